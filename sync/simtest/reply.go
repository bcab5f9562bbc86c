package simtest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// reply is what a service answers.
type reply struct {
	status  int
	header  map[string]string
	body    string
	took    time.Duration // before it answers
	chunked bool          // its body has no length
	way     way
}

// way is how an answer comes over the connection.
type way int

const (
	whole   way = iota
	lost        // the connection is reset in place of it
	hungUp      // the connection is closed in place of it
	silence     // nothing ever comes
	cutOff      // half of it, then the connection is closed
	broken      // half of it, then the connection is reset
	stray       // and another one behind it, that nobody has asked for
	early       // after a sign of life: 100 Continue
)

// text is the answer on the wire.
func (r reply) text() []byte {
	var b bytes.Buffer
	if r.way == early {
		b.WriteString("HTTP/1.1 100 Continue\r\n\r\n")
	}
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", r.status, http.StatusText(r.status))
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		fmt.Fprintf(&b, "%s: %s\r\n", name, r.header[name])
	}
	if r.chunked {
		b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
		for part := range slices.Chunk([]byte(r.body), 1000) {
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
		}
		b.WriteString("0\r\n\r\n")
		return b.Bytes()
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(r.body), r.body)
	return b.Bytes()
}

func jsonReply(status int, body string) reply {
	return reply{status: status, body: body, header: map[string]string{"Content-Type": "application/json"}}
}

func page(status int, title string) reply {
	return reply{
		status: status, header: map[string]string{"Content-Type": "text/html"},
		body: "<!DOCTYPE html><html><head><title>" + title + "</title></head><body><h1>" + title +
			"</h1></body></html>",
	}
}

// with adds a header.
func (r reply) with(name, value string) reply {
	r.header = maps.Clone(r.header)
	if r.header == nil {
		r.header = map[string]string{}
	}
	r.header[name] = value
	return r
}
