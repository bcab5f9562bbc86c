package agentconnect

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"acsync/sync/sandbox"
)

// service is a server whose answers are bytes, so that it can break off anywhere. It counts the requests that reached it.
type service struct {
	*httptest.Server
	arrived atomic.Int32
}

// serve lets act answer every request; act returns false to close the connection.
func serve(t *testing.T, act func(conn net.Conn, r *http.Request) bool) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		conn, rw, hijacked := http.NewResponseController(w).Hijack()
		if hijacked != nil {
			t.Error(hijacked)
			return
		}
		defer conn.Close()
		for err == nil {
			r.Body = io.NopCloser(bytes.NewReader(body))
			s.arrived.Add(1)
			if !act(conn, r) {
				return
			}
			if r, err = http.ReadRequest(rw.Reader); err == nil {
				body, err = io.ReadAll(r.Body)
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// says writes raw and closes the connection.
func says(raw string) func(net.Conn, *http.Request) bool {
	return func(conn net.Conn, _ *http.Request) bool {
		io.WriteString(conn, raw)
		return false
	}
}

// response is a whole answer.
func response(status, header, body string) string {
	return "HTTP/1.1 " + status + "\r\n" + header + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// startSandbox starts a stand-in, and makes a client of it.
func startSandbox(t *testing.T, o sandbox.Options) (*sandbox.Sandbox, *Client) {
	t.Helper()
	stand, err := sandbox.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stand.Close() })
	c, err := New(Options{
		BaseURL: stand.AgentConnectURL(), APIKey: stand.AgentConnectKey(), APISecret: stand.AgentConnectSecret(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return stand, c
}
