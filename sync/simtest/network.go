package simtest

import (
	"bufio"
	"context"
	"crypto/x509"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// service answers calls, each in a goroutine of its connection.
type service interface {
	// about names what a call is about, the same for each repetition of it.
	about(c call) string
	answer(c call) reply
}

// call is a request as a service reads it.
type call struct {
	process string // that has made it
	left    time.Time
	method  string
	url     string // path and query
	header  http.Header
	body    []byte
}

// network connects processes with the services of a world, over connections in memory.
type network struct {
	dice     dice
	journal  *journal
	services map[string]*station // by address

	mu    sync.Mutex
	conns map[string][]*conn         // by process
	noes  map[string]map[string]bool // by process: what was answered 401 or 403 about
	final map[string][]string        // by process: what Agent Connect itself refused
	hush  map[string]hush            // by process: Agent Connect wants no request before
}

// heard keeps what a process was told.
func (n *network) heard(s *station, in call, about string, out reply, now time.Time) {
	process := in.process
	n.mu.Lock()
	defer n.mu.Unlock()
	if out.status == http.StatusUnauthorized || out.status == http.StatusForbidden {
		if n.noes[process] == nil {
			n.noes[process] = map[string]bool{}
		}
		n.noes[process][about] = true
		// One read that is refused says enough.
		if in.method == http.MethodGet {
			n.noes[process][about+" again"] = true
		}
	}
	seconds, err := strconv.Atoi(out.header["Retry-After"])
	if s.alone && in.method == http.MethodPost && out.status == http.StatusTooManyRequests && out.way == whole &&
		err == nil &&
		seconds > 1 {
		n.hush[process] = hush{now, now.Add(time.Duration(seconds) * time.Second)}
	}
}

// refusals are what a process was told that Agent Connect refuses it.
func (n *network) refusals(process string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.final[process]
}

// refused is how many requests of a process were answered 401 or 403.
func (n *network) refused(process string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.noes[process])
}

// hush is a time in which no request is wanted.
type hush struct{ from, to time.Time }

// breaks reports whether what left at a time disregards it. What was admitted already may still leave, once
// its intent is on a disk that is slow.
func (h hush) breaks(left time.Time) bool {
	return left.After(h.from.Add(2500*time.Millisecond)) && left.Before(h.to.Add(-time.Second))
}

// hushed is when a process was told to be quiet last.
func (n *network) hushed(process string) hush {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hush[process]
}

// hangUp ends all connections of a process, as the end of the process does.
func (n *network) hangUp(process string) {
	n.mu.Lock()
	conns := n.conns[process]
	delete(n.conns, process)
	n.mu.Unlock()
	for _, each := range conns {
		each.reset()
	}
}

// connect makes a connection of a process, and gives both its ends.
func (n *network) connect(process string) (near, far *conn) {
	near, far = newConns()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[process] = append(n.conns[process], near)
	return near, far
}

// station is a service in its weather.
type station struct {
	name    string
	service service
	weather *weather
	alone   bool // calls are made on connections of their own
	dials   occurrences
	calls   occurrences
}

// dialer is the network of a process.
func (n *network) dialer(g *gate) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		s := n.services[address]
		if s == nil {
			return nil, &net.OpError{
				Op:  "dial",
				Net: "tcp",
				Err: &net.DNSError{Err: "no such host", Name: address, IsNotFound: true},
			}
		}
		left := time.Now()
		if err := g.pass("dial", s.name); err != nil {
			return nil, err
		}
		if fault := s.weather.dial("", s.dials.next(""), time.Now()); fault != "" &&
			(s.alone || fault != spokeFirst) {
			n.journal.meets("dial: " + fault)
			n.journal.note("%s: no connection to %s: %s", g.name, s.name, fault)
			if fault != spokeFirst {
				return nil, n.refuse(ctx, fault, address)
			}
			near, far := n.connect(g.name)
			_, _ = far.Write([]byte("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"))
			go n.serve(s, far, g.name, left)
			return near, nil
		}
		near, far := n.connect(g.name)
		near.before = func(p []byte) (int, error) { return 0, g.pass("write", s.name) }
		near.after = func() error { return g.pass("written", s.name) }
		go n.serve(s, far, g.name, left)
		return near, nil
	}
}

// refuse is why no connection is made.
func (n *network) refuse(ctx context.Context, fault, address string) error {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	switch fault {
	case "refused":
		return dial(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	case "no such host":
		return dial(&net.DNSError{Err: "no such host", Name: address, IsNotFound: true})
	case "name server silent":
		return dial(&net.DNSError{Err: "i/o timeout", Name: address, IsTimeout: true, IsTemporary: true})
	case "no route":
		return dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH))
	case "handshake failed":
		return x509.CertificateInvalidError{Reason: x509.Expired}
	}
	select {
	case <-ctx.Done():
		return dial(ctx.Err())
	case <-time.After(10 * time.Second):
		return dial(os.ErrDeadlineExceeded)
	}
}

// serve answers the calls on a connection, until one side ends it.
func (n *network) serve(s *station, c *conn, process string, left time.Time) {
	defer c.Close()
	reader := bufio.NewReader(c)
	for nth := 1; ; nth++ {
		// Before the other side would close it, after 30 s exactly: that could come together with something else.
		_ = c.SetReadDeadline(time.Now().Add(5*time.Second + n.dice.nanoseconds("idle", s.name+process, nth)))
		req, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		_ = c.SetReadDeadline(time.Time{})
		body, err := io.ReadAll(req.Body)
		if err != nil {
			n.journal.note("%s got a part of a request", s.name)
			return
		}
		if !s.alone {
			left = time.Now()
		}
		in := call{process, left, req.Method, req.URL.RequestURI(), req.Header, body}
		if !n.answer(s, c, in) || req.Close {
			return
		}
	}
}

// answer reports whether the connection goes on.
func (n *network) answer(s *station, c *conn, in call) bool {
	about := s.service.about(in)
	if quiet := n.hushed(in.process); s.alone && in.method == http.MethodPost && quiet.breaks(in.left) {
		n.journal.wrongf("I7", "%s was told to send nothing before %s, and has", in.process,
			since(n.journal.began, quiet.to))
	}
	nth := s.calls.next(about)
	m, r := s.weather.call(about, nth, time.Now())
	if m != nil && m.posts && in.method != http.MethodPost {
		m = nil
	}
	time.Sleep(between(r, time.Millisecond, 30*time.Millisecond)) // until it is there
	name := ""
	var out reply
	switch {
	case m != nil && m.instead != nil:
		out = m.instead(r, time.Now())
	default:
		out = s.service.answer(in)
		if m != nil {
			out = m.spoil(r, out)
		}
	}
	if m != nil {
		name = " (" + m.name + ")"
		n.journal.meets(s.name + ": " + m.name)
	}
	n.journal.note("%s: %s #%d -> %d%s", s.name, about, nth, out.status, name)
	time.Sleep(out.took + between(r, 10*time.Millisecond, 300*time.Millisecond))
	n.heard(s, in, about, out, time.Now())
	if m == nil && in.method == http.MethodPost && s.alone && out.status >= 400 && out.status < 500 {
		n.mu.Lock()
		n.final[in.process] = append(n.final[in.process], about)
		n.mu.Unlock()
	}
	return n.send(c, out, r)
}

func (n *network) send(c *conn, out reply, r *rand.Rand) bool {
	text := out.text()
	part := text[:len(text)/2+r.IntN(len(text)/2)]
	switch out.way {
	case lost:
		c.reset()
		return false
	case hungUp:
		return false
	case silence:
		// Until the other side has had enough.
		_, _ = io.Copy(io.Discard, c)
		return false
	case cutOff:
		_, _ = c.Write(part)
		return false
	case broken:
		_, _ = c.Write(part)
		time.Sleep(time.Millisecond)
		c.reset()
		return false
	case stray:
		_, _ = c.Write(text)
		time.Sleep(time.Millisecond)
		_, err := c.Write(jsonReply(429, `{"message":"Too Many Requests"}`).text())
		return err == nil
	}
	_, err := c.Write(text)
	return err == nil
}
