package simtest

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// lane is one direction of a connection: bytes that were written and not read yet, without a bound.
type lane struct {
	mu   sync.Mutex
	held []byte
	end  error         // what a reader finds behind them; nil: more may come
	news chan struct{} // closed at the next change
}

func newLane() *lane { return &lane{news: make(chan struct{})} }

func (l *lane) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.news)
	l.news = make(chan struct{})
}

func (l *lane) write(p []byte) (n int, err error) {
	l.change(func() {
		if err = l.end; err == nil {
			l.held, n = append(l.held, p...), len(p)
		}
	})
	if err == io.EOF {
		err = syscall.EPIPE
	}
	return n, err
}

// close ends the lane with an error. A reset throws away what was not read yet, as a socket does.
func (l *lane) close(end error) {
	l.change(func() {
		if l.end == nil {
			l.end = end
		}
		if end == syscall.ECONNRESET {
			l.held = nil
		}
	})
}

// take gives what is there; with nothing, what to wait for.
func (l *lane) take(p []byte) (n int, news <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) > 0 {
		n = copy(p, l.held)
		l.held = l.held[n:]
		return n, nil, nil
	}
	return 0, l.news, l.end
}

// conn is one end of a connection in memory.
type conn struct {
	in, out *lane
	before  func(p []byte) (int, error) // is asked before bytes are written; see network.dial
	after   func() error                // and when they were

	mu       sync.Mutex
	deadline time.Time // of reads
	moved    chan struct{}
	closed   bool
}

// newConns makes both ends.
func newConns() (near, far *conn) {
	there, back := newLane(), newLane()
	near = &conn{in: back, out: there, moved: make(chan struct{})}
	far = &conn{in: there, out: back, moved: make(chan struct{})}
	return near, far
}

// Read waits for bytes until the deadline.
func (c *conn) Read(p []byte) (int, error) {
	for {
		c.mu.Lock()
		deadline, moved, closed := c.deadline, c.moved, c.closed
		c.mu.Unlock()
		if closed {
			return 0, net.ErrClosed
		}
		n, news, err := c.in.take(p)
		if n > 0 || err != nil {
			return n, err
		}
		if !wait(news, moved, deadline) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// wait waits for one of two changes; false when the deadline, if there is one, comes before.
func wait(news, moved <-chan struct{}, deadline time.Time) bool {
	if deadline.IsZero() {
		select {
		case <-news:
		case <-moved:
		}
		return true
	}
	left := time.Until(deadline)
	if left <= 0 {
		return false
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-news:
	case <-moved:
	case <-timer.C:
		return false
	}
	return true
}

// Write never waits.
func (c *conn) Write(p []byte) (int, error) {
	if c.before != nil {
		if n, err := c.before(p); err != nil {
			return n, err
		}
	}
	n, err := c.out.write(p)
	if err == nil && c.after != nil {
		err = c.after()
	}
	return n, err
}

// Close ends both directions.
func (c *conn) Close() error {
	c.mu.Lock()
	was := c.closed
	c.closed = true
	c.mu.Unlock()
	if !was {
		c.out.close(io.EOF)
		c.in.close(net.ErrClosed)
	}
	return nil
}

// reset ends both directions as a RST does.
func (c *conn) reset() {
	c.out.close(syscall.ECONNRESET)
	c.in.close(syscall.ECONNRESET)
}

// SetReadDeadline also wakes who reads.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	close(c.moved)
	c.moved = make(chan struct{})
	return nil
}

// SetDeadline is that of reads: writes never wait.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetWriteDeadline does nothing: writes never wait.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr is that of a loopback interface.
func (c *conn) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// RemoteAddr is that of a loopback interface.
func (c *conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
