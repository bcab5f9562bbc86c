package httpx

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
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
var ErrStray = errors.New("more came on the connection than one answer, " +
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
type single struct {
	dialer  net.Dialer
	tls     *tls.Config
	proxy   func(*http.Request) (*url.URL, error)
	proxied http.RoundTripper // makes the connections through a proxy, one for each request as well
}

// newSingle takes over what t has for connections.
func newSingle(t *http.Transport, dialer net.Dialer) *single {
	t.DisableKeepAlives = true
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	return &single{dialer: dialer, tls: t.TLSClientConfig, proxy: t.Proxy, proxied: t}
}

// RoundTrip makes the request, and reads its answer to the end. It tells the request's trace of its
// connection right before the first byte is written there, and never without writing.
func (s *single) RoundTrip(req *http.Request) (*http.Response, error) {
	switch proxy, err := s.proxy(req); {
	case err != nil:
		closeBody(req)
		return nil, err
	case proxy != nil:
		return s.viaProxy(req)
	}
	defer closeBody(req)
	ctx := req.Context()
	conn, err := s.dial(ctx, req.URL)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	resp, err := exchange(conn, req)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return resp, err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

func (s *single) dial(ctx context.Context, u *url.URL) (net.Conn, error) {
	if u.Scheme != "https" {
		return s.dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "80")))
	}
	secured := tls.Dialer{NetDialer: &s.dialer, Config: s.tls}
	return secured.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
}

// exchange writes the request, and reads what is answered.
func exchange(conn net.Conn, req *http.Request) (*http.Response, error) {
	reader := bufio.NewReader(io.LimitReader(conn, maxStream))
	if err := checkQuiet(conn, reader); err != nil {
		return nil, err
	}
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	last := *req
	last.Close = true
	if err := last.Write(conn); err != nil {
		return nil, err
	}
	resp, err := readFinal(reader, req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	_ = resp.Body.Close()
	switch {
	case err != nil && req.Context().Err() != nil:
		// The connection was closed because of it, and says something else.
		err = req.Context().Err()
	case err == nil && len(body) <= MaxAnswer && trailed(conn, reader, resp, body):
		err = ErrStray
	}
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failingReader{cmp.Or(err, io.EOF)}))
	return resp, nil
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

// trailed reports whether more comes behind an answer. Behind a success it does not wait for that: a success
// is known by what it says. Line breaks are taken for bad manners.
func trailed(conn net.Conn, reader *bufio.Reader, resp *http.Response, body []byte) bool {
	success := resp.StatusCode >= 200 && resp.StatusCode <= 299
	// A body without a length ends with the connection, and would swallow the answer that follows.
	unbounded := resp.ContentLength < 0 && len(resp.TransferEncoding) == 0
	if !success && unbounded && bytes.Contains(body, []byte("HTTP/1.")) {
		return true
	}
	for !success || reader.Buffered() > 0 {
		if conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
			return false
		}
		next, err := reader.ReadByte()
		if err != nil {
			return false
		}
		if next != '\r' && next != '\n' {
			return true
		}
	}
	return false
}

// viaProxy makes the request through a proxy. What comes behind the answer is not seen there, and what comes
// before the request nearly always.
func (s *single) viaProxy(req *http.Request) (*http.Response, error) {
	var asked, early atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		// The headers are in a buffer yet, so that no answer can come before this.
		WroteHeaders:         func() { asked.Store(true) },
		GotFirstResponseByte: func() { early.Store(!asked.Load()) },
	})
	resp, err := s.proxied.RoundTrip(req.WithContext(ctx))
	if err == nil && early.Load() {
		_ = resp.Body.Close()
		resp.Body = io.NopCloser(failingReader{ErrStray})
	}
	return resp, err
}

// failingReader is the end of a body.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// timedOut reports whether a connection failed by a time-out.
func timedOut(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
