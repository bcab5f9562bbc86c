package sync

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	stdsync "sync"
	"testing"
	"testing/synctest"
	"time"

	"acsync/sync/agentconnect"
	"acsync/sync/httpx"
)

// TestRateIsUsed sends through the real client to a server that counts in fixed windows of a minute and answers late, in
// virtual time: nearly all of the limit is used, and no request is ever one too many.
func TestRateIsUsed(t *testing.T) {
	tests := []struct {
		name        string
		limit       int
		latency     time.Duration // median
		concurrency int
		requests    int
	}{
		{"1,000 a minute, 0.4 s", 1000, 400 * time.Millisecond, 48, amount(3000, 8000)},
		{"100 a minute, 1 s", 100, time.Second, 8, 1000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &fixedWindow{limit: test.limit, latency: test.latency, random: rand.New(rand.NewPCG(1, 2))}
				pacer := httpx.NewPacer(httpx.PacerOptions{Name: "requests", PerMinute: float64(test.limit)})
				client, stop := server.serve(t, pacer)
				defer stop()
				d := newDesk(test.requests)
				now := time.Now()
				for i := range d.conversations {
					d.conversations[i].LastDone.At = now.Add(-20*time.Hour + time.Duration(i)*5*time.Second).Truncate(time.Millisecond)
				}
				d.now = now
				e := &Engine{
					Source: d, Directory: d, Sender: client, Ledger: newMemoryLedger(now.Add(-24 * time.Hour)), Observer: &heard{},
					Options: Options{Policy: testPolicy(), Recheck: time.Hour, Concurrency: test.concurrency},
				}
				result, err := e.Run(t.Context())
				if err != nil || server.refused > 0 {
					t.Fatalf("%v; %d requests were one too many; %+v", err, server.refused, result.Counts)
				}
				used := float64(server.taken-1) / server.last.Sub(server.first).Minutes() / float64(test.limit)
				t.Logf("%.2f %% of the limit", 100*used)
				if used < 0.98 || used > 1 || server.taken != test.requests {
					t.Errorf("%.2f %% of the limit was used by %d requests, want at least 98 %%", 100*used, server.taken)
				}
			})
		})
	}
}

// fixedWindow is a server with a limit for each minute of its clock, and log-normal latency.
type fixedWindow struct {
	limit   int
	latency time.Duration

	mu          stdsync.Mutex
	random      *rand.Rand
	minute      time.Time
	inMinute    int
	taken       int
	refused     int
	first, last time.Time
}

func (f *fixedWindow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	now := time.Now()
	if minute := now.Truncate(time.Minute); !minute.Equal(f.minute) {
		f.minute, f.inMinute = minute, 0
	}
	f.inMinute++
	over := f.inMinute > f.limit
	if over {
		f.refused++
	}
	if f.taken++; f.taken == 1 {
		f.first = now
	}
	f.last = now
	delay := time.Duration(float64(f.latency) * math.Exp(0.5*f.random.NormFloat64()))
	f.mu.Unlock()
	time.Sleep(delay)
	if over {
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	_, _ = w.Write(body) // an echo, as documented
}

// serve answers a client over connections in memory, so that it works in a synctest bubble.
func (f *fixedWindow) serve(t *testing.T, pacer *httpx.Pacer) (*agentconnect.Client, func()) {
	t.Helper()
	listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: f}
	go func() { _ = server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial, MaxIdleConnsPerHost: 100}
	client, err := agentconnect.New(agentconnect.Options{
		BaseURL: "http://127.0.0.1", APIKey: "key", Requests: pacer, Timeout: time.Minute, HTTP: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
	}
}

// pipes is a listener whose connections are pipes in memory.
type pipes struct {
	conns  chan net.Conn
	once   stdsync.Once
	closed chan struct{}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, fmt.Errorf("listener: %w", net.ErrClosed)
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
