package agentconnect

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// service is a server that speaks bytes, so that it can break off anywhere. It counts the requests that reached it.
type service struct {
	net.Listener
	arrived atomic.Int32
}

// serve lets act answer every request; act returns false to close the connection.
func serve(t *testing.T, act func(conn net.Conn, r *http.Request) bool) *service {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{Listener: listener}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.converse(conn, act) })
		}
	})
	return s
}

func (s *service) converse(conn net.Conn, act func(net.Conn, *http.Request) bool) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		s.arrived.Add(1)
		if !act(conn, r) {
			return
		}
	}
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
