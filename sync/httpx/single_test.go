package httpx

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// line is a server that speaks bytes.
type line struct {
	net.Listener
	accepted, arrived atomic.Int32 // connections, and requests read from them
}

// listen lets act have each connection; asked reads the next request from it, and is false when there is
// none.
func listen(t *testing.T, act func(conn net.Conn, asked func() bool)) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: listener}
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
			l.accepted.Add(1)
			wg.Go(func() {
				defer conn.Close()
				reader := bufio.NewReader(conn)
				act(conn, func() bool {
					r, err := http.ReadRequest(reader)
					if err != nil {
						return false
					}
					if _, err = io.Copy(io.Discard, r.Body); err != nil {
						return false
					}
					l.arrived.Add(1)
					return true
				})
			})
		}
	})
	return l
}

func (l *line) url() string { return "http://" + l.Addr().String() }

// once posts to a service that makes a connection for each request. It reports whether something may have been
// written.
func once(ctx context.Context, t *testing.T, address string) (resp *Response, written bool, err error) {
	t.Helper()
	s, err := NewService(ServiceOptions{
		Name: "test", BaseURL: address, Setting: "test.base_url", Timeout: 10 * time.Second, Transport: TransportOptions{Single: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { written = true }})
	resp, err = s.Do(ctx, Call{Method: "POST", Path: "/v1/x", Body: []byte(`{"id":1}`), Once: true})
	return resp, written, err
}

const (
	done    = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
	tooMany = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}"
)

// broken is a server that answers with a header and what there is of a body, and leaves.
func broken(status int, header, body string) func(net.Conn, func() bool) {
	return func(conn net.Conn, asked func() bool) {
		asked()
		fmt.Fprintf(conn, "HTTP/1.1 %d No\r\n%s\r\n\r\n%s", status, header, body)
	}
}

// TestSingleAnswers has answers that are more than one, or none of the request's: what is certain about them
// stays, and nothing else does.
func TestSingleAnswers(t *testing.T) {
	tests := []struct {
		name   string
		act    func(conn net.Conn, asked func() bool)
		status int
		err    error // in the error; nil for none beside the status
	}{
		{"one", func(conn net.Conn, asked func() bool) { asked(); io.WriteString(conn, done) }, 200, nil},
		{"one, and the connection stays open", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, tooMany)
			asked() // until the client leaves
		}, 429, nil},
		{"one, and a line break", func(conn net.Conn, asked func() bool) { asked(); io.WriteString(conn, tooMany+"\r\n") }, 429, nil},
		{"behind signs of life", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"+tooMany)
		}, 429, nil},
		{"two at once", func(conn net.Conn, asked func() bool) { asked(); io.WriteString(conn, tooMany+done) }, 429, ErrStray},
		{"two at once, the good one first", func(conn net.Conn, asked func() bool) { asked(); io.WriteString(conn, done+tooMany) }, 200, ErrStray},
		{"the second later", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, tooMany)
			time.Sleep(50 * time.Millisecond)
			io.WriteString(conn, done)
		}, 429, ErrStray},
		{"the first without a length", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, "HTTP/1.1 429 Too Many Requests\r\n\r\n"+done)
		}, 429, ErrStray},
		{"the first without a body", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"+done)
		}, 400, ErrStray},
		{"the first in chunks", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"+done)
		}, 400, ErrStray},
		{"a success too long", func(conn net.Conn, asked func() bool) {
			asked()
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", MaxAnswer+1, strings.Repeat(" ", MaxAnswer+1))
		}, 200, errTooLarge},
		{"a refusal too long", func(conn net.Conn, asked func() bool) {
			asked()
			fmt.Fprintf(conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: %d\r\n\r\n%s", MaxAnswer+1, strings.Repeat(" ", MaxAnswer+1))
		}, 400, ErrStray},
		{"a refusal and line breaks without an end", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, tooMany+strings.Repeat("\n", maxStream)+done)
		}, 429, ErrStray},
		{"a success that breaks off", broken(200, "Content-Length: 90", "{"), 200, io.ErrUnexpectedEOF},
		{"a refusal that breaks off", broken(429, "Content-Length: 90", "{"), 429, ErrStray},
		{"a refusal of the key that breaks off", broken(401, "Content-Length: 90", "{"), 401, ErrStray},
		{"a failure that breaks off", broken(503, "Content-Length: 90", "{"), 503, ErrStray},
		{"a refusal that breaks off at once", broken(429, "Content-Length: 90", ""), 429, ErrStray},
		{"a refusal that breaks off within another answer", broken(429, "Content-Length: 90", "{}"+done), 429, ErrStray},
		{"a refusal that ends within another answer", broken(429, fmt.Sprintf("Content-Length: %d", 2+len(done)/2), "{}"+done), 429, ErrStray},
		{"a refusal in chunks that break off", broken(429, "Transfer-Encoding: chunked", "2\r\n{}\r\n"), 429, ErrStray},
		{"a refusal in chunks that are none", broken(429, "Transfer-Encoding: chunked", "2\r\n{}\r\n"+done), 429, ErrStray},
		{"a refusal that is reset", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, "HTTP/1.1 429 No\r\nContent-Length: 90\r\n\r\n{")
			time.Sleep(50 * time.Millisecond) // what was not read is lost with it
			conn.(*net.TCPConn).SetLinger(0)
		}, 429, ErrStray},
		{"one that goes on without an end", func(conn net.Conn, asked func() bool) {
			asked()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(conn, "X-More: "+strings.Repeat("x", 4000)+"\r\n"); err != nil {
					return
				}
			}
		}, 0, io.ErrUnexpectedEOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := listen(t, tt.act)
			resp, written, err := once(t.Context(), t, l.url())
			status := 0
			if e, ok := errors.AsType[*Error](err); ok {
				status, err = e.Status, e.Err
			} else if resp != nil {
				status = resp.Status
			}
			if status != tt.status || !errors.Is(err, tt.err) || !written || l.arrived.Load() != 1 {
				t.Errorf("got %d and %v, written %t, arrived %d; want %d and %v", status, err, written, l.arrived.Load(), tt.status, tt.err)
			}
		})
	}
}

// TestSingleAnswersOfProxy takes no answer for certain that breaks off on its way through a proxy, or may hold another.
func TestSingleAnswersOfProxy(t *testing.T) {
	for name, tt := range map[string]struct {
		act func(net.Conn, func() bool)
		err error
	}{
		"a refusal":                         {broken(429, "Content-Length: 2", "{}"), nil},
		"a refusal without a length":        {broken(429, "Via: 1.1 x", "{}"), nil},
		"a refusal that breaks off":         {broken(429, "Content-Length: 90", "{}"), ErrStray},
		"a refusal in chunks that are none": {broken(429, "Transfer-Encoding: chunked", "2\r\n{}\r\n"+done), ErrStray},
		"a refusal that holds another":      {broken(429, "Via: 1.1 x", "{}"+done), ErrStray},
		"a success that breaks off":         {broken(200, "Content-Length: 90", "{}"), io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			address, err := url.Parse(listen(t, tt.act).url())
			if err != nil {
				t.Fatal(err)
			}
			s := NewClient(TransportOptions{Single: true}).Transport.(*single)
			s.proxy = http.ProxyURL(address)
			s.proxied.(*http.Transport).Proxy = s.proxy
			req, err := http.NewRequestWithContext(t.Context(), "POST", "http://service.example/", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := s.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(resp.Body); !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
		})
	}
}

// TestSingleCutOff takes a refusal for certain only where its server had closed the connection when the time was over.
func TestSingleCutOff(t *testing.T) {
	for name, tt := range map[string]struct {
		raw    string
		closes bool
		err    error
	}{
		"silent":             {tooMany, false, ErrStray},
		"closed":             {tooMany, true, nil},
		"half":               {strings.TrimSuffix(tooMany, "}"), false, ErrStray},
		"in chunks":          {"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", false, ErrStray},
		"without a length":   {"HTTP/1.1 400 No\r\n\r\n{}", false, ErrStray},
		"a second behind it": {tooMany + done, false, ErrStray},
	} {
		t.Run(name, func(t *testing.T) {
			cutOff, cut := context.WithCancelCause(t.Context())
			l := listen(t, func(conn net.Conn, asked func() bool) {
				asked()
				if io.WriteString(conn, tt.raw); tt.closes {
					conn.(*net.TCPConn).CloseWrite()
				}
				time.Sleep(20 * time.Millisecond) // it may be cut off before the answer was read, and behind it
				cut(errDrained)
				asked() // until the client leaves
			})
			_, _, err := once(WithCutOff(t.Context(), cutOff), t, l.url())
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Status/100 != 4 || errors.Is(err, ErrStray) != (tt.err != nil) || tt.err == nil && e.Err != nil {
				t.Errorf("got %v, want status 4xx and %v", err, tt.err)
			}
		})
	}
}

// TestSingleServerSpeaksFirst has a server say something as soon as it is connected to, and then answer what
// it is asked. Either nothing is written, or what was said is not taken for certain.
func TestSingleServerSpeaksFirst(t *testing.T) {
	for name, first := range map[string]string{
		"an answer": tooMany, "a sign of life": "HTTP/1.1 100 Continue\r\n\r\n", "another protocol": "SSH-2.0-x\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				// A listener of its own: the request of the last round can be read after this one has begun.
				l := listen(t, func(conn net.Conn, asked func() bool) {
					io.WriteString(conn, first)
					if asked() {
						io.WriteString(conn, done)
					}
				})
				resp, written, err := once(t.Context(), t, l.url())
				arrived := l.arrived.Load() > 0
				e, _ := errors.AsType[*Error](err)
				switch {
				case !written && (arrived || e == nil || e.Status != 0):
					t.Fatalf("nothing was written, and yet it arrived (%t), or: %v", arrived, err)
				case written && resp == nil && e.Status != 0 && !errors.Is(err, ErrStray):
					t.Fatalf("taken for certain: %v", err)
				}
			}
		})
	}
}

// TestSingleListensFirst writes nothing to a server that has spoken, or left, before it was asked.
func TestSingleListensFirst(t *testing.T) {
	for name, first := range map[string]string{"an answer": tooMany, "a line break": "\n", "nothing, and left": ""} {
		t.Run(name, func(t *testing.T) {
			ready := make(chan struct{})
			l := listen(t, func(conn net.Conn, asked func() bool) {
				if io.WriteString(conn, first); first == "" {
					conn.Close()
				}
				close(ready)
				asked()
			})
			s := &single{dial: new(net.Dialer).DialContext}
			conn, err := s.connect(t.Context(), "tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			<-ready
			written := false
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { written = true }})
			req, err := http.NewRequestWithContext(ctx, "POST", l.url(), strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := exchange(conn, req, t.Context()); err == nil || written || l.arrived.Load() != 0 {
				t.Errorf("got %v, written %t, arrived %d", err, written, l.arrived.Load())
			}
		})
	}
}

func direct(*http.Request) (*url.URL, error) { return nil, nil }

var errDrained = errors.New("the time to finish is over")

// TestSingleStops ends a request whose answer does not come, or not to its end, at its cut-off, and not before.
func TestSingleStops(t *testing.T) {
	for name, raw := range map[string]string{
		"no answer": "", "half an answer": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
		"one without a length": "HTTP/1.1 200 OK\r\n\r\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cutOff, cut := context.WithCancelCause(t.Context())
			l := listen(t, func(conn net.Conn, asked func() bool) {
				asked()
				io.WriteString(conn, raw)
				cancel()
				cut(errDrained)
				asked() // until the client leaves
			})
			_, written, err := once(WithCutOff(ctx, cutOff), t, l.url())
			if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Stopped || !errors.Is(err, errDrained) || !written {
				t.Errorf("got %v, written %t", err, written)
			}
		})
	}
}

// TestSingleIsFinished brings a request to its end that had left when its context ended.
func TestSingleIsFinished(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := listen(t, func(conn net.Conn, asked func() bool) {
		asked()
		cancel()
		io.WriteString(conn, done)
	})
	if resp, written, err := once(ctx, t, l.url()); err != nil || resp.Status != 200 || !written {
		t.Errorf("got %v, written %t", err, written)
	}
}

// TestSingleNotBegun writes nothing when its context ends before, however late.
func TestSingleNotBegun(t *testing.T) {
	l := listen(t, func(_ net.Conn, asked func() bool) { asked() })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	written := false
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { written = true }})
	req, err := http.NewRequestWithContext(traced, "POST", l.url(), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchange(conn, req, t.Context()); !errors.Is(err, context.Canceled) || written || l.arrived.Load() != 0 {
		t.Errorf("got %v, written %t, arrived %d", err, written, l.arrived.Load())
	}
}

// late is a connection whose time is over as soon as the request is written and its answer has come, before any of it
// was read: so it is when a process that stood still goes on.
type late struct {
	*lastLook
	asked    atomic.Bool
	answered <-chan struct{}
}

func (l *late) Write(p []byte) (int, error) {
	n, err := l.lastLook.Write(p)
	if l.asked.Load() {
		<-l.answered
		l.expire()
	}
	return n, err
}

// TestLastLook takes an answer that was there when the time was over, and one that was not there in whole for none.
func TestLastLook(t *testing.T) {
	half := strings.Replace(done, "Content-Length: 2", "Content-Length: 3", 1)
	for _, tt := range []struct {
		name, raw string
		ends      bool // the server closes behind it
		err       error
	}{
		{"an answer", done, false, nil},
		{"a refusal, and ended", tooMany, true, nil},
		{"a refusal", tooMany, false, ErrStray}, // behind which another may come
		{"without a length, and ended", "HTTP/1.1 200 OK\r\n\r\n{}", true, nil},
		{"without a length", "HTTP/1.1 200 OK\r\n\r\n{}", false, context.Canceled},
		{"half", half, false, context.Canceled},
		{"long", "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + strings.Repeat(" ", 60000), false, nil},
		{"nothing", "", false, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answered := make(chan struct{})
			l := listen(t, func(conn net.Conn, asked func() bool) {
				asked()
				if io.WriteString(conn, tt.raw); tt.ends {
					conn.Close()
				}
				close(answered)
				asked() // until the client leaves
			})
			raw, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			conn := &late{lastLook: &lastLook{Conn: raw}, answered: answered}
			end, cancel := context.WithCancel(t.Context())
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
				conn.asked.Store(true)
				cancel()
			}})
			req, err := http.NewRequestWithContext(ctx, "POST", l.url(), strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := exchange(conn, req, end)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
			}
			if !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
		})
	}
}

// secure is a TLS server, and a transport that trusts it.
func secure(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *single, *atomic.Int32) {
	t.Helper()
	connections := &atomic.Int32{}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	s, ok := NewClient(TransportOptions{Single: true}).Transport.(*single)
	if !ok {
		t.Fatal("no single transport")
	}
	s.tls.RootCAs = x509.NewCertPool()
	s.tls.RootCAs.AddCert(server.Certificate())
	s.proxy = direct
	return server, s, connections
}

func post(t *testing.T, s *single, address string) {
	t.Helper()
	resp, err := (&http.Client{Transport: s}).Post(address, "application/json", strings.NewReader(`{"id":1}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || string(body) != `{"id":1}` {
		t.Fatalf("got %d %s, %v", resp.StatusCode, body, err)
	}
}

// TestSingleResumes has each request on a connection of its own, of which all but the first go on with the
// session of an earlier one.
func TestSingleResumes(t *testing.T) {
	var states []*tls.ConnectionState
	server, s, connections := secure(t, func(w http.ResponseWriter, r *http.Request) {
		states = append(states, r.TLS)
		io.Copy(w, r.Body)
	})
	for range 4 {
		post(t, s, server.URL)
	}
	if connections.Load() != 4 {
		t.Errorf("%d connections for 4 requests", connections.Load())
	}
	for i, state := range states {
		if state.DidResume != (i > 0) {
			t.Errorf("request %d resumed: %t", i, state.DidResume)
		}
	}
}

// TestLastLookSecured is the same for what TLS has to unwrap.
func TestLastLookSecured(t *testing.T) {
	answered := make(chan struct{})
	server, s, _ := secure(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", "30000")
		io.WriteString(w, strings.Repeat(" ", 30000))
		_ = http.NewResponseController(w).Flush()
		close(answered)
		<-r.Context().Done() // until the client leaves
	})
	raw, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	look := &late{lastLook: &lastLook{Conn: raw}, answered: answered}
	end, cancel := context.WithCancel(t.Context())
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		look.asked.Store(true)
		cancel()
	}})
	req, err := http.NewRequestWithContext(ctx, "POST", server.URL, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.secure(ctx, look, req.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := exchange(conn, req, end)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) != 30000 {
		t.Errorf("got %d bytes and %v", len(body), err)
	}
}

// TestSingleThroughProxy has each request on a connection of its own also where a proxy makes them.
func TestSingleThroughProxy(t *testing.T) {
	var stop func()
	server, s, connections := secure(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/held" {
			stop()
			if r.Header.Get("Held") != "" {
				<-r.Context().Done() // until the client leaves
			}
		}
		w.Write(body)
	})
	held := func(ctx context.Context) *http.Request {
		req, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/held", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if ctx.Value(cutOffKey{}) != nil {
			req.Header.Set("Held", "true")
		}
		return req
	}
	tunnels := &atomic.Int32{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there, err := net.Dial("tcp", r.Host)
		if r.Method != http.MethodConnect || err != nil {
			t.Errorf("%s %s: %v", r.Method, r.Host, err)
			return
		}
		tunnels.Add(1)
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			defer here.Close()
			io.Copy(here, there)
		}()
		defer there.Close()
		io.Copy(there, here)
	}))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.proxy = http.ProxyURL(address)
	s.proxied.(*http.Transport).Proxy = s.proxy
	for range 3 {
		post(t, s, server.URL)
	}
	// A context that ends leaves what has begun, and its cut-off ends that.
	ctx, cancel := context.WithCancel(t.Context())
	cutOff, cut := context.WithCancelCause(t.Context())
	written := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { written = true }})
	stop = func() {
		cancel()
		cut(errDrained)
	}
	if _, err := s.RoundTrip(held(WithCutOff(ctx, cutOff))); !errors.Is(err, errDrained) || !written {
		t.Errorf("got %v, written %t", err, written)
	}
	written = false
	if _, err := s.RoundTrip(held(ctx)); !errors.Is(err, context.Canceled) || written {
		t.Errorf("got %v, written %t", err, written)
	}
	ctx, cancel = context.WithCancel(t.Context())
	stop = cancel
	if resp, err := s.RoundTrip(held(ctx)); err != nil || resp.StatusCode != 200 {
		t.Errorf("got %v for what had begun", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	stop = func() {}
	if _, err := s.RoundTrip(held(WithCutOff(ctx, t.Context()))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want a time-out", err)
	}
	if tunnels.Load() != 6 || connections.Load() != 6 {
		t.Errorf("%d tunnels and %d connections for 6 requests", tunnels.Load(), connections.Load())
	}
}
