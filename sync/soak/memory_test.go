package soak

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// inMemory serves a handler on connections in memory, so that it works in a synctest bubble. What it returns
// with the client ends it.
func inMemory(handler http.Handler) (client *http.Client, stop func()) {
	l := memory{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) })
	transport := &http.Transport{MaxIdleConnsPerHost: 16, DialContext: l.dial}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		close(l.closed)
		_ = server.Close()
		serving.Wait()
	}
}

// memory is a listener whose connections are pipes.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (m memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Accept waits for a connection.
func (m memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close does nothing: the listener ends with the server.
func (memory) Close() error { return nil }

// Addr is one on loopback.
func (memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
