package sync_test

import (
	"context"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	stdsync "sync"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox"
)

// TestTroubledServices makes passes with the real clients and the real ledger against services that fail in every way
// there is, in virtual time: answers that are late, lost, cut off or HTML, 429 of every kind, broken connections, a search
// that lags behind, conversations reopened and closed again while they are read. Nobody is asked twice, and everybody is
// asked, refused, or in doubt where it can be seen.
func TestTroubledServices(t *testing.T) {
	seeds := uint64(1)
	if os.Getenv("LONG_TESTS") != "" {
		seeds = 8
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { weather(t, seed) })
	}
}

func weather(t *testing.T, seed uint64) {
	stand, err := sandbox.New(sandbox.Options{
		Seed: seed, Busy: time.Hour, Faults: sandbox.Faults{
			Kustomer: trouble(seed, 1), AgentConnect: trouble(seed, 2), IndexLag: 20 * time.Second, IndexLagJitter: 5 * time.Minute,
			Reopen: 0.01, Reclose: 0.02, JoinDrop: 0.05,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	read, stopRead := inMemory(stand.KustomerHandler())
	defer stopRead()
	post, stopPost := inMemory(stand.AgentConnectHandler())
	defer stopPost()
	begin := time.Now()
	path := filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(path, begin.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	reader, err := kustomer.New(kustomer.Options{
		BaseURL: "http://127.0.0.1", APIKey: stand.KustomerKey(), Timeout: 30 * time.Second, HTTP: read,
		All: httpx.NewPacer(httpx.PacerOptions{Name: "all", PerMinute: 300}), Search: httpx.NewPacer(httpx.PacerOptions{Name: "search", PerMinute: 60}),
	})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := agentconnect.New(agentconnect.Options{
		BaseURL: "http://127.0.0.1", APIKey: stand.AgentConnectKey(), Timeout: 30 * time.Second, HTTP: post,
		Requests: httpx.NewPacer(httpx.PacerOptions{Name: "requests", PerMinute: 100}),
	})
	if err != nil {
		t.Fatal(err)
	}
	e := &surveysync.Engine{
		Source: reader, Directory: reader, Sender: sender, Ledger: ledger, Observer: deaf{},
		Options: surveysync.Options{
			Policy: decide.Policy{SkipImported: true, SkipSpam: true, SkipMachineAgents: true}, Limits: deliver.Limits{ErrorRate: 1},
			Settle: 3 * time.Minute, Overlap: 30 * time.Minute, Recheck: 10 * time.Minute, Concurrency: 8, Stamp: true,
		},
	}
	for time.Since(begin) < 4*time.Hour {
		result, err := e.Run(t.Context())
		if !result.Accounted() {
			t.Fatalf("seed %d: the pass does not add up: %+v, %v", seed, result, err)
		}
		time.Sleep(15 * time.Minute)
	}
	compareWithTruth(t, seed, stand, ledger, Window{From: begin.Add(-time.Hour), To: begin.Add(2 * time.Hour)})
}

// trouble is what goes wrong with one of the services. Answers are late, and what tells of the limit, and of when to come
// back after a 429, differs by seed: nothing, Retry-After in seconds, the reset in milliseconds, Retry-After as a date.
func trouble(seed, service uint64) sandbox.ServiceFaults {
	var mu stdsync.Mutex
	random := rand.New(rand.NewPCG(seed, service))
	return sandbox.ServiceFaults{
		Hook: func(*http.Request) sandbox.Fault {
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			end := now.Truncate(time.Minute).Add(time.Minute)
			f := sandbox.Fault{
				Delay:  time.Duration(float64(200*time.Millisecond) * math.Exp(random.NormFloat64()/2)),
				Header: http.Header{"X-Ratelimit-Limit": nil, "X-Ratelimit-Remaining": nil, "X-Ratelimit-Reset": nil},
			}
			if seed%4 == 2 {
				f.Header = http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(end.UnixMilli(), 10)}}
			}
			if random.Float64() >= 0.02 {
				return f
			}
			f.Status = http.StatusTooManyRequests
			switch seed % 4 {
			case 1:
				f.Header.Set("Retry-After", strconv.Itoa(int((end.Sub(now)+time.Second-1)/time.Second)))
			case 3:
				f.Header.Set("Retry-After", end.UTC().Format(http.TimeFormat))
			}
			return f
		},
		Rules: []sandbox.Rule{
			{Share: 0.03, Fault: sandbox.Fault{Status: 503}},
			{Share: 0.02, Fault: sandbox.Fault{Status: 500, Processed: true}},
			{Share: 0.02, Fault: sandbox.Fault{Break: true}},
			{Share: 0.02, Fault: sandbox.Fault{Break: true, Processed: true}},
			{Share: 0.02, Fault: sandbox.Fault{Cut: true}},
			{Share: 0.01, Fault: sandbox.Fault{
				Status: 502, Body: "<html><body>502 Bad Gateway</body></html>", Header: http.Header{"Content-Type": {"text/html"}},
			}},
		},
	}
}

// Window is a stretch of time.
type Window = fetch.Window

// compareWithTruth looks at what Agent Connect took, and at what the ledger says.
func compareWithTruth(t *testing.T, seed uint64, stand *sandbox.Sandbox, ledger *bolt.Ledger, w Window) {
	t.Helper()
	accepted := map[string]int{}
	for _, request := range stand.Requests() {
		if request.Accepted() {
			accepted[request.ExtInteractionID]++
		}
	}
	asked, doubtful := 0, 0
	for _, c := range stand.Conversations(w.From, w.To) {
		if c.Expect != sandbox.Send {
			continue
		}
		key := store.Key{Conversation: c.ID}
		known, err := ledger.Lookup([]store.Key{key})
		if err != nil {
			t.Fatal(err)
		}
		state := known[key].State
		switch {
		case accepted[c.ID] > 1:
			t.Errorf("seed %d: %s (%s) was asked %d times", seed, c.ID, c.Kind, accepted[c.ID])
		case state == store.Accepted && accepted[c.ID] == 1, state == store.Rejected && accepted[c.ID] == 0:
			asked++
		case state == store.InDoubt:
			doubtful++
		case state == store.Skipped && known[key].Reason == string(decide.Reopened):
		// Reopened for good: a search came too late for it, or has shown that it is open.
		case (state == store.Unknown || state == store.Skipped && known[key].Reason == string(decide.NotDone)) && !done(stand, c.ID):
		default:
			t.Errorf("seed %d: %s (%s) is %s %s, and Agent Connect took it %d times", seed, c.ID, c.Kind, state, known[key].Reason, accepted[c.ID])
		}
	}
	if asked < 150 || doubtful == 0 {
		t.Errorf("seed %d: only %d asked and %d in doubt: this was no test", seed, asked, doubtful)
	}
}

// done reports whether a conversation is done now: some were reopened for good.
func done(stand *sandbox.Sandbox, id string) bool {
	for _, c := range stand.Conversations(time.Now().Add(-24*time.Hour), time.Now()) {
		if c.ID == id {
			return c.Status == "done"
		}
	}
	return false
}

// inMemory serves a handler on connections in memory, so that it works in a synctest bubble.
func inMemory(handler http.Handler) (*http.Client, func()) {
	conns, closed := make(chan net.Conn), make(chan struct{})
	server := &http.Server{Handler: handler}
	var serving stdsync.WaitGroup
	serving.Go(func() { _ = server.Serve(memoryListener{conns, closed}) })
	transport := &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case conns <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-closed:
			return nil, net.ErrClosed
		}
	}}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		close(closed)
		_ = server.Close()
		serving.Wait()
	}
}

type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (memoryListener) Close() error   { return nil }
func (memoryListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
