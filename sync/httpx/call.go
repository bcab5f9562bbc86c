package httpx

import (
	"errors"
	"io"
)

const (
	// MaxBody is the greatest body that is read from a success, in bytes after decompression. The largest
	// answer expected, 500 conversations, has about 2 MB.
	MaxBody = 32 << 20
	// maxErrorBody is how much of any other answer is read, unless the call is made once.
	maxErrorBody = 64 << 10
)

var errTooLarge = errors.New("the body is longer than is read")

// Call is one request.
type Call struct {
	Method string // such as "GET"
	Path   string // escaped, with its leading slash, without a query
	Query  string // encoded, without the question mark
	Body   []byte // JSON; nil for none
	// sent at most once, whatever becomes of the connection; MaxAnswer is read at most. Once it may have left
	// this machine, its context does not end it any more, but the deadline of that, the time-out, and WithCutOff
	Once    bool
	Secrets []string // personal data in the request that its answer may echo
	Shown   string   // the path as errors show it, where Path holds personal data; empty: Path
	Paced   []*Pacer // told of the answer's status and header; Fetch waits for them, and Do does not
}

// read reads at most limit bytes of an answer. It returns what it read with every error.
func (c Call) read(r io.Reader, limit int64) ([]byte, error) {
	if c.Once {
		limit = MaxAnswer
	}
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return body[:limit], errTooLarge
	}
	return body, err
}
