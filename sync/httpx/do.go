package httpx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

const (
	// MaxBody is the greatest body that is read from a success, in bytes after decompression. The largest answer
	// expected, 500 conversations, has about 2 MB.
	MaxBody = 32 << 20
	// maxErrorBody is how much of any other answer is read, unless the call is made once.
	maxErrorBody = 64 << 10
)

// Call is one request.
type Call struct {
	Method  string   // such as "GET"
	Path    string   // escaped, with its leading slash, without a query
	Query   string   // encoded, without the question mark
	Body    []byte   // JSON; nil for none
	Once    bool     // the body is sent at most once, whatever becomes of the connection; MaxAnswer is read at most
	Secrets []string // personal data in the request that its answer may echo
	Paced   []*Pacer // told of the answer's status and header; Do does not wait for them
}

// Do makes one attempt. A 2xx answer is returned with its whole body; everything else is an *Error.
func (s *Service) Do(ctx context.Context, c Call) (*Response, error) {
	attempt, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := s.request(attempt, c)
	if err != nil {
		return nil, s.failed(ctx, c, nil, err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, s.failed(ctx, c, nil, err)
	}
	defer resp.Body.Close()
	for _, p := range c.Paced {
		p.Observe(resp.StatusCode, resp.Header)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, s.refused(ctx, c, resp)
	}
	body, err := readAll(resp.Body, c.limit(MaxBody))
	if err != nil {
		return nil, s.failed(ctx, c, resp, err)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, service: s, call: c}, nil
}

// limit is how much of a body is read.
func (c Call) limit(usual int64) int64 {
	if c.Once {
		return MaxAnswer
	}
	return usual
}

func (s *Service) request(ctx context.Context, c Call) (*http.Request, error) {
	u := s.base.String() + c.Path
	if c.Query != "" {
		u += "?" + c.Query
	}
	var body io.Reader
	if c.Body != nil {
		body = bytes.NewReader(c.Body)
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, u, body)
	if err != nil {
		return nil, err
	}
	req.Header = s.header.Clone()
	req.Header.Set("Accept", "application/json")
	if c.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Once {
		// Without GetBody net/http cannot send a body twice: it replays a request on a new connection only when
		// the body can be had again, or was never touched.
		req.GetBody = nil
		req.Header.Set("Accept-Encoding", "identity") // what is not asked for at all may come compressed
	}
	return req, nil
}

// failed is the error of an attempt that broke on the way; resp is nil when no header arrived.
func (s *Service) failed(ctx context.Context, c Call, resp *http.Response, err error) *Error {
	e := s.error(c, Network)
	e.Err = s.cause(err, c)
	if resp != nil {
		e.Status = resp.StatusCode
	}
	switch {
	case ctx.Err() != nil:
		e.Kind, e.Err = Stopped, ctx.Err()
	case errors.Is(err, errTooLarge):
		e.Kind = TooLarge
	case errors.Is(err, ErrStray):
		e.Kind = Unreadable
	case timedOut(err) || errors.Is(err, context.DeadlineExceeded):
		e.Err = fmt.Errorf("timed out, after at most %v: %w", s.timeout, e.Err)
	case errors.Is(err, io.ErrUnexpectedEOF) && resp != nil:
		e.Kind, e.Err = Unreadable, fmt.Errorf("it was cut off: %w", e.Err)
	}
	return e
}

// refused is the error of an answer that is no success. Its body is read for the server's words; when that fails, the
// status still stands.
func (s *Service) refused(ctx context.Context, c Call, resp *http.Response) *Error {
	body, err := readAll(resp.Body, c.limit(maxErrorBody))
	switch {
	case errors.Is(err, errTooLarge) && c.Once: // what stands behind it is not known
		err = ErrStray
	case errors.Is(err, errTooLarge):
		err = nil
	}
	e := s.error(c, kindOf(resp.StatusCode))
	e.Status = resp.StatusCode
	e.Message = s.said(body, c)
	if s.advise != nil {
		e.Hint = s.advise(body)
	}
	e.RetryAfter = asked(resp.StatusCode, resp.Header)
	if err != nil {
		e.Err = s.failed(ctx, c, resp, err).Err
	}
	return e
}

// said is what may be quoted of an answer's body.
func (s *Service) said(body []byte, c Call) string {
	if s.codes {
		return Codes(body, s.private(c)...)
	}
	return Message(body, s.private(c)...)
}

// error names the call.
func (s *Service) error(c Call, kind Kind) *Error {
	return &Error{Service: s.name, Method: c.Method, Path: shown(c.Path), Kind: kind}
}

// shown is a path as it may be shown: an address in it, where an id was meant, is masked.
func shown(path string) string { return email.ReplaceAllString(oneLine(path), mask) }

// private is everything that must not be in an error of this call.
func (s *Service) private(c Call) []string { return slices.Concat(s.secrets, c.Secrets) }

// asked is how long the server wants to be left alone: Retry-After, or after a 429 the reset of its window.
func asked(status int, h http.Header) time.Duration {
	now := serverNow(h)
	if wait, ok := RetryAfter(h, now); ok {
		return wait
	}
	if status != http.StatusTooManyRequests {
		return 0
	}
	wait, _ := Reset(h, now)
	return wait
}

// serverNow is the clock that times in h are measured by: the server's own where it tells it.
func serverNow(h http.Header) time.Time {
	if at := ServerTime(h); !at.IsZero() {
		return at
	}
	return time.Now()
}

var errTooLarge = errors.New("the body is longer than is read")

// readAll reads at most limit bytes. It returns what it read with every error.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(body)) > limit {
		return body[:limit], errTooLarge
	}
	return body, err
}
