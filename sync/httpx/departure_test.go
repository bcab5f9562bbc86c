package httpx

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// departure is a server that tells how much of each request came to it, through whatever stands before it.
type departure struct {
	net.Listener
	tunnels, secured bool
	reached          func() // is called when the connection is made, and secured where it is to be
	config           *tls.Config
	came             chan int // bytes of a request, of each connection
}

func (d *departure) serve() {
	for {
		conn, err := d.Accept()
		if err != nil {
			return
		}
		d.came <- d.listen(conn)
	}
}

func (d *departure) listen(conn net.Conn) int {
	defer conn.Close()
	if d.tunnels {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return -1
		}
		io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	}
	if !d.secured {
		d.reached()
		n, _ := conn.Read(make([]byte, 1024))
		return n
	}
	secured := tls.Server(conn, d.config)
	// The client waits for the handshake, and the server's part of it comes first.
	if secured.Handshake() != nil {
		return -1
	}
	n, _ := secured.Read(make([]byte, 1024))
	return n
}

// TestTooLateToLeave lets nothing of a request out whose time is over, whether that is known before there is a
// connection or when it is made and secured. What is in time leaves.
func TestTooLateToLeave(t *testing.T) {
	donor := httptest.NewTLSServer(nil)
	defer donor.Close()
	for name, tt := range map[string]struct{ proxied, secured bool }{
		"plain": {}, "TLS": {secured: true}, "proxy": {proxied: true}, "tunnel": {true, true},
	} {
		for _, when := range []string{"before dialling", "while it is dialled", "never"} {
			t.Run(name+", "+when, func(t *testing.T) {
				over := &atomic.Bool{}
				over.Store(when == "before dialling")
				reached := func() {
					if when == "while it is dialled" {
						over.Store(true)
					}
				}
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				d := &departure{
					Listener: listener, tunnels: tt.proxied && tt.secured, secured: tt.secured, reached: reached,
					came: make(chan int, 9),
				}
				d.config = donor.TLS.Clone()
				d.config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
					reached()
					return nil, nil
				}
				t.Cleanup(func() { listener.Close() })
				go d.serve()

				s := NewClient(TransportOptions{Single: true}).Transport.(*single)
				s.tls.RootCAs = donor.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
				s.proxy = direct
				address := "http://" + listener.Addr().String()
				if tt.proxied {
					u, err := url.Parse(address)
					if err != nil {
						t.Fatal(err)
					}
					s.proxy = http.ProxyURL(u)
					s.proxied.(*http.Transport).Proxy = s.proxy
					address = "http://example.com"
				}
				if tt.secured {
					address = strings.Replace(address, "http:", "https:", 1)
				}
				written := false
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { written = true }})
				// A machine that stands still between the dialling and the request: for a plain server the client
				// knows of the connection before it.
				asked := 0
				ctx = WithLatest(ctx, func(time.Time) bool {
					asked++
					return over.Load() || when == "while it is dialled" && asked > 1
				})
				req, err := http.NewRequestWithContext(ctx, "POST", address, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				_, err = s.RoundTrip(req)
				if when == "never" {
					if came := <-d.came; came <= 0 || !written || errors.Is(err, ErrTooLate) {
						t.Errorf("%d bytes came, written %t, %v", came, written, err)
					}
					return
				}
				if !errors.Is(err, ErrTooLate) || written {
					t.Errorf("got %v, written %t", err, written)
				}
				if when == "while it is dialled" {
					if came := <-d.came; came != 0 {
						t.Errorf("%d bytes of the request came", came)
					}
				}
				listener.Close()
				select {
				case came := <-d.came:
					t.Errorf("another connection was made, and %d bytes came", came)
				default:
				}
			})
		}
	}
}

// TestTooLateIsTold tells what was not sent apart from what failed: nothing of it was written, and nothing is
// wrong with the network.
func TestTooLateIsTold(t *testing.T) {
	l := listen(t, func(_ net.Conn, asked func() bool) { asked() })
	_, written, err := once(WithLatest(t.Context(), func(time.Time) bool { return true }), t, l.url())
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != Stopped || !errors.Is(err, ErrTooLate) || errors.Is(err, context.Canceled) || written {
		t.Errorf("got %v, written %t", err, written)
	}
}
