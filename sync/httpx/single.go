package httpx

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// MaxAnswer is the greatest body that is read of the answer to a call that is made once, in bytes: an
	// echo of the request, or a refusal, has a few KB.
	MaxAnswer = 256 << 10
	// maxStream is how much is read of a connection: such a body in small chunks, and its header.
	maxStream = 1 << 20
	// quietTime is how long a new connection is watched before anything is written to it: nobody may speak
	// there yet.
	quietTime = time.Millisecond
	// lingerTime is how long more is waited for behind an answer that is no success. The server was asked to
	// close the connection, so that there is nothing to wait for unless it has more to say.
	lingerTime = 2 * time.Second
)

// ErrStray is in the error of an answer to a call made once that may be the answer to something else, or not
// the only one: whatever it says is not certain.
var ErrStray = errors.New("more came on the connection than one answer, or may have, " +
	"so that which is the request's own is not certain")

var errSpokeFirst = errors.New("the server spoke before it was asked anything, and nothing was sent to it")

// single makes a connection for each request, and closes it behind the answer. On a connection that is kept,
// nothing but the order tells which request an answer belongs to: one that a server sends unasked, or twice,
// would be taken for the answer to the next request.
//
// Each request takes a port of this machine, which can stay taken for a minute after (TIME_WAIT). The pace of
// the requests bounds that: Linux by default has ports for 28,000 of them a minute to one address. Without a
// port no connection is made, and nothing is sent. TLS sessions are resumed, never with early data, which
// could be replayed: Go sends none.
//
// The context of a request ends it while nothing of it can have left this machine. From then on its deadline
// and its cut-off do, and even then what the socket holds is taken before it is given up: see lastLook.
type single struct {
	dial    Dial
	tls     *tls.Config
	proxy   func(*http.Request) (*url.URL, error)
	proxied http.RoundTripper // makes the connections through a proxy, one for each request as well
}

// newSingle takes over what t has for connections.
func newSingle(t *http.Transport, dial Dial) *single {
	t.DisableKeepAlives = true
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	s := &single{dial: dial, tls: t.TLSClientConfig, proxy: t.Proxy, proxied: t}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := s.connect(ctx, network, address)
		if dialed, ok := ctx.Value(dialedKey{}).(*atomic.Pointer[lastLook]); ok && err == nil {
			dialed.Store(conn)
		}
		return conn, err
	}
	return s
}

// dialedKey is where the context of a request through a proxy keeps its connection.
type dialedKey struct{}

// RoundTrip makes the request, and reads its answer to the end. It tells the request's trace of its
// connection right before the first byte is written there, and never without writing.
func (s *single) RoundTrip(req *http.Request) (*http.Response, error) {
	defer closeBody(req)
	ctx := req.Context()
	end, release := begun(ctx)
	defer release()
	if err := mayDepart(ctx); err != nil {
		return nil, err
	}
	switch proxy, err := s.proxy(req); {
	case err != nil:
		return nil, err
	case proxy != nil:
		return s.viaProxy(req, end)
	}
	look, err := s.connect(ctx, "tcp", authority(req.URL))
	if err != nil {
		return nil, err
	}
	defer look.Close()
	conn, err := s.secure(ctx, look, req.URL)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(end, look.expire)()
	return exchange(conn, req, end)
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// connect makes the connection below TLS.
func (s *single) connect(ctx context.Context, network, address string) (*lastLook, error) {
	conn, err := s.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &lastLook{Conn: conn}, nil
}

// authority is the host and port of an address.
func authority(u *url.URL) string {
	port := "80"
	if u.Scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}

// secure puts TLS over a connection, where the address says so.
func (s *single) secure(ctx context.Context, conn net.Conn, u *url.URL) (net.Conn, error) {
	if u.Scheme != "https" {
		return conn, nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	config := s.tls.Clone()
	config.ServerName = u.Hostname()
	secured := tls.Client(conn, config)
	return secured, secured.HandshakeContext(ctx)
}

// exchange writes the request, and reads what is answered, until end is over.
func exchange(conn net.Conn, req *http.Request, end context.Context) (*http.Response, error) {
	limited := &io.LimitedReader{R: conn, N: maxStream}
	reader := bufio.NewReader(limited)
	if err := checkQuiet(conn, reader); err != nil {
		return nil, err
	}
	// The last moment at which it is certain that nothing was sent.
	if err := mayDepart(req.Context()); err != nil {
		return nil, err
	}
	departs(req.Context(), conn)
	last := *req
	last.Close = true
	if err := last.Write(conn); err != nil {
		return nil, ended(end, err)
	}
	resp, err := readFinal(reader, req)
	if err != nil {
		return nil, ended(end, err)
	}
	body, err := readBody(resp, end)
	stray := unclear(resp, body, err)
	if !stray && err == nil && len(body) <= MaxAnswer {
		// What is not read to its end is not known to have one.
		stray = trailed(conn, reader, resp, end) || limited.N == 0
	}
	if stray {
		astray(resp, body, err)
	}
	return resp, nil
}

// ended is what a failure comes of: of the end, where that has come.
func ended(end context.Context, err error) error {
	if err != nil && end.Err() != nil {
		return context.Cause(end)
	}
	return err
}

// unclear reports whether the body of an answer that is no success may hold another answer: it breaks off, or
// ends with the connection alone. A success is known by what it says.
func unclear(resp *http.Response, body []byte, err error) bool {
	unbounded := resp.ContentLength < 0 && len(resp.TransferEncoding) == 0
	return !success(resp) && (err != nil || unbounded && bytes.Contains(body, []byte("HTTP/1.")))
}

func success(resp *http.Response) bool { return resp.StatusCode >= 200 && resp.StatusCode <= 299 }

// astray lets the body of an answer end with ErrStray, and with the error that it ends with besides.
func astray(resp *http.Response, body []byte, err error) {
	stray := ErrStray
	if err != nil {
		stray = fmt.Errorf("it was cut off, and %w: %w", ErrStray, err)
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failingReader{stray}))
}

// readBody reads the body of an answer, as far as it is read at all, and leaves it there with the error that
// it ends with.
func readBody(resp *http.Response, end context.Context) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	_ = resp.Body.Close()
	err = ended(end, err)
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failingReader{cmp.Or(err, io.EOF)}))
	return body, err
}

// checkQuiet returns an error when the server speaks, which has not been asked yet, or has left.
func checkQuiet(conn net.Conn, reader *bufio.Reader) error {
	if err := conn.SetReadDeadline(time.Now().Add(quietTime)); err != nil {
		return err
	}
	_, err := reader.Peek(1)
	switch {
	case err == nil:
		return errSpokeFirst
	case !timedOut(err):
		return err
	}
	return conn.SetReadDeadline(time.Time{})
}

// readFinal reads the first answer that is more than a sign of life.
func readFinal(reader *bufio.Reader, req *http.Request) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(reader, req)
		if err != nil || resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}

// trailed reports whether more comes behind an answer, or may: end was over before the server had closed the
// connection, or been silent for long enough. Behind a success it does not wait for that. Line breaks are
// taken for bad manners.
func trailed(conn net.Conn, reader *bufio.Reader, resp *http.Response, end context.Context) bool {
	for !success(resp) || reader.Buffered() > 0 {
		if conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
			return true
		}
		next, err := reader.ReadByte()
		if err != nil {
			return timedOut(err) && end.Err() != nil
		}
		if next != '\r' && next != '\n' {
			return true
		}
	}
	return false
}

// viaProxy makes the request through a proxy. What comes behind the answer is not seen there, and what comes
// before the request nearly always. What must not leave any more finds its connection closed before anything
// was written: net/http asks nobody whether it may write.
func (s *single) viaProxy(req *http.Request, end context.Context) (*http.Response, error) {
	var asked, early, left atomic.Bool
	var dialed atomic.Pointer[lastLook]
	expire := func() {
		if look := dialed.Load(); look != nil {
			look.expire()
		}
	}
	var refused error
	// Without the trace of the request, which is to hear of connections alone that are written to.
	ctx := context.WithValue(context.Background(), dialedKey{}, &dialed)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(req.Context(), func() {
		if !left.Load() {
			cancel()
		}
	})()
	defer context.AfterFunc(end, expire)()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// It is called by RoundTrip, before that hands the request over to be written.
		GotConn: func(got httptrace.GotConnInfo) {
			left.Store(true)
			if refused = mayDepart(req.Context()); refused != nil {
				closeUnused(dialed.Load(), got.Conn)
				return
			}
			departs(req.Context(), got.Conn)
			// It may be the end already, which found no connection to tell.
			if end.Err() != nil {
				expire()
			}
		},
		// The headers are in a buffer yet, so that no answer can come before this.
		WroteHeaders:         func() { asked.Store(true) },
		GotFirstResponseByte: func() { early.Store(!asked.Load()) },
	})
	resp, err := s.proxied.RoundTrip(req.WithContext(ctx))
	switch {
	case refused != nil:
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, refused
	case err != nil && !left.Load():
		return nil, cmp.Or(req.Context().Err(), err)
	case err != nil:
		return nil, ended(end, err)
	}
	if body, err := readBody(resp, end); early.Load() || unclear(resp, body, err) {
		astray(resp, body, err)
	}
	return resp, nil
}

// closeUnused closes a connection, beneath TLS: what secures it would say goodbye there first.
func closeUnused(look *lastLook, conn net.Conn) {
	if look != nil {
		_ = look.Close()
		return
	}
	_ = conn.Close()
}

// failingReader is the end of a body.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// timedOut reports whether a connection failed by a time-out.
func timedOut(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
