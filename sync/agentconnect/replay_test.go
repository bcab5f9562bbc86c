package agentconnect

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
)

// lyingConn delivers its second write, and then claims that nothing of it was written: the case in which net/http makes
// a second attempt by itself, if it can have the body again.
type lyingConn struct {
	net.Conn
	writes int
}

func (c *lyingConn) Write(p []byte) (int, error) {
	c.writes++
	n, err := c.Conn.Write(p)
	if c.writes == 2 {
		return 0, errors.New("broken pipe")
	}
	return n, err
}

func TestCreateIsNotReplayed(t *testing.T) {
	s := serve(t, func(conn net.Conn, _ *http.Request) bool {
		io.WriteString(conn, response("200 OK", "", echo))
		return true
	})
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &lyingConn{Conn: conn}, err
	}}
	t.Cleanup(transport.CloseIdleConnections)
	c := client(t, Options{BaseURL: s.URL, HTTP: &http.Client{Transport: transport}})
	for i := range 2 {
		request := survey
		request.ExtInteractionID = strconv.Itoa(i)
		if a := c.Create(t.Context(), request); !a.Written {
			t.Errorf("request %d: got %+v, want it written", i, a)
		}
	}
	if n := s.arrived.Load(); n > 2 {
		t.Errorf("%d requests arrived, of 2 that were made", n)
	}
}
