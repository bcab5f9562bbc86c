package sync_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox"
)

// TestSearchesThatFail makes passes with the real clients against a Kustomer that does not answer certain searches: each
// pass ends well after a bounded number of searches, moves the checkpoint, and has asked about everybody else.
func TestSearchesThatFail(t *testing.T) {
	wide := func(f sandbox.Fault) sandbox.Faults {
		rule := sandbox.Rule{On: "POST /v1/customers/search", Wider: 7 * time.Minute, Fault: f}
		return sandbox.Faults{Kustomer: sandbox.ServiceFaults{Rules: []sandbox.Rule{rule}}}
	}
	seldom := func(f sandbox.Fault) sandbox.Faults {
		rule := sandbox.Rule{On: "POST /v1/customers/search", Times: 3, Fault: f}
		return sandbox.Faults{Kustomer: sandbox.ServiceFaults{Rules: []sandbox.Rule{rule}}}
	}
	const page = "<html><title>502 Bad Gateway</title></html>"
	for name, test := range map[string]struct {
		faults sandbox.Faults
		broken int // the conversations that no search shows
		most   int // searches of a pass
	}{
		"a gateway gives up":              {wide(sandbox.Fault{Status: 504}), 0, 110},
		"a gateway's page":                {wide(sandbox.Fault{Status: 502, Body: page}), 0, 110},
		"a proxy gave up":                 {wide(sandbox.Fault{Status: 499}), 0, 110},
		"no answer in time":               {wide(sandbox.Fault{Delay: time.Minute}), 0, 110},
		"a broken connection":             {wide(sandbox.Fault{Break: true}), 0, 110},
		"cut off":                         {wide(sandbox.Fault{Cut: true}), 0, 110},
		"not JSON":                        {wide(sandbox.Fault{Status: 200, Body: `{"data":[nothing]}`}), 0, 110},
		"a page with a 200":               {wide(sandbox.Fault{Status: 200, Body: page}), 0, 110},
		"answers of more than the limit":  {sandbox.Faults{RowBytes: 1 << 20}, 0, 110},
		"three bad moments":               {seldom(sandbox.Fault{Status: 503}), 0, 20},
		"a conversation, and another one": {sandbox.Faults{}, 2, 200},
	} {
		t.Run(name, func(t *testing.T) {
			if test.faults.RowBytes > 0 && os.Getenv("LONG_TESTS") == "" {
				t.Skip("one of the long programmes: LONG_TESTS=1")
			}
			synctest.Test(t, func(t *testing.T) { narrowed(t, test.faults, test.broken, test.most) })
		})
	}
}

// TestSearchIsDown lets every search fail from the start, or after some: the pass ends soon, the checkpoint stays at what
// was read, and nobody is given up.
func TestSearchIsDown(t *testing.T) {
	for name, test := range map[string]struct {
		fault sandbox.Fault
		code  exit.Code
	}{
		"errors":       {sandbox.Fault{Status: 503}, exit.Temporary},
		"a page":       {sandbox.Fault{Status: 200, Body: "<html></html>"}, exit.Failed},
		"no answer":    {sandbox.Fault{Delay: time.Minute}, exit.Temporary},
		"hanging up":   {sandbox.Fault{Break: true}, exit.Temporary},
		"half answers": {sandbox.Fault{Cut: true}, exit.Failed},
	} {
		for _, after := range []int{0, 1} {
			synctest.Test(t, func(t *testing.T) {
				const on = "POST /v1/customers/search"
				rules := []sandbox.Rule{{On: on, Fault: test.fault}}
				if after > 0 {
					rules = append([]sandbox.Rule{{On: on, Times: after}}, rules...)
				}
				b := newNarrow(t, sandbox.Faults{Kustomer: sandbox.ServiceFaults{Rules: rules}})
				// The first window has an hour.
				want := b.checkpoint(t).Add(time.Duration(after) * time.Hour)
				result, err := b.engine.Run(t.Context())
				if code, _ := exit.Of(err); code != test.code || result.Unseen > 0 || !b.checkpoint(t).Equal(want) || b.searches.Load() > 12 {
					t.Errorf("%s after %d: %d searches, exit %d, %d unseen, checkpoint %s, not %s: %v",
						name, after, b.searches.Load(), code, result.Unseen, b.checkpoint(t), want, err)
				}
			})
		}
	}
}

// narrow is an engine with the real clients on a sandbox with an hour of conversations, before it was made.
type narrow struct {
	engine   *surveysync.Engine
	stand    *sandbox.Sandbox
	ledger   *bolt.Ledger
	window   Window
	searches *atomic.Int32
}

func (n *narrow) checkpoint(t *testing.T) time.Time {
	info, err := n.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	return info.Checkpoint
}

var narrowOptions = sandbox.Options{Seed: 3, Busy: time.Hour}

func newNarrow(t *testing.T, faults sandbox.Faults) *narrow {
	t.Helper()
	n := &narrow{window: Window{From: time.Now().Add(-time.Hour), To: time.Now()}, searches: new(atomic.Int32)}
	faults.Kustomer.Hook = func(r *http.Request) sandbox.Fault {
		if r.Method == http.MethodPost {
			n.searches.Add(1)
		}
		return sandbox.Fault{Delay: 100 * time.Millisecond}
	}
	options := narrowOptions
	options.Faults = faults
	var err error
	if n.stand, err = sandbox.New(options); err != nil {
		t.Fatal(err)
	}
	read, stopRead := inMemory(n.stand.KustomerHandler())
	t.Cleanup(stopRead)
	post, stopPost := inMemory(n.stand.AgentConnectHandler())
	t.Cleanup(stopPost)
	path := filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(path, n.window.From.Add(-3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n.ledger, err = bolt.Open(path, bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.ledger.Close() })
	reader, err := kustomer.New(kustomer.Options{
		BaseURL: "http://127.0.0.1", APIKey: n.stand.KustomerKey(), Timeout: 30 * time.Second, HTTP: read,
		Search: httpx.NewPacer(httpx.PacerOptions{Name: "search", PerMinute: 600}),
	})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := agentconnect.New(agentconnect.Options{
		BaseURL: "http://127.0.0.1", APIKey: n.stand.AgentConnectKey(), Timeout: 30 * time.Second, HTTP: post,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.engine = &surveysync.Engine{
		Source: reader, Directory: reader, Sender: sender, Ledger: n.ledger, Observer: deaf{},
		Options: surveysync.Options{
			Policy: decide.Policy{SkipImported: true, SkipSpam: true, SkipMachineAgents: true}, Limits: deliver.Limits{ErrorRate: 1},
			Settle: 3 * time.Minute, Overlap: 30 * time.Minute, Recheck: 10 * time.Minute, Concurrency: 8, Stamp: true,
		},
	}
	return n
}

func narrowed(t *testing.T, faults sandbox.Faults, broken, most int) {
	plain, err := sandbox.New(narrowOptions)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plain.Conversations(time.Now().Add(-20*time.Minute), time.Now()) {
		if len(faults.Broken) < broken && c.Expect == sandbox.Send {
			faults.Broken = append(faults.Broken, c.ID)
		}
	}
	n := newNarrow(t, faults)
	for pass := range 2 {
		n.searches.Store(0)
		started := time.Now()
		result, err := n.engine.Run(t.Context())
		if err != nil || !result.Accounted() || result.Checkpoint.Before(started.Add(-4*time.Minute)) {
			t.Fatalf("pass %d: %v, checkpoint %s, started %s", pass, err, result.Checkpoint, started)
		}
		if searches := int(n.searches.Load()); result.Unseen != broken || searches > most {
			t.Errorf("pass %d: %d unseen, %d searches; want %d and at most %d", pass, result.Unseen, searches, broken, most)
		}
		if said := strings.Join(result.Notices, "\n"); broken > 0 && !strings.Contains(said, "500, the server failed") {
			t.Errorf("notices %q", result.Notices)
		}
		time.Sleep(2 * time.Minute)
	}
	asked := map[string]int{}
	for _, request := range n.stand.Requests() {
		asked[request.ExtInteractionID]++
	}
	for _, c := range n.stand.Conversations(n.window.From, n.window.To.Add(-5*time.Minute)) {
		want := 0
		if c.Expect == sandbox.Send && !slices.Contains(faults.Broken, c.ID) {
			want = 1
		}
		if asked[c.ID] < want || asked[c.ID] > 1 {
			t.Errorf("%s (%s) was asked %d times, want %d", c.ID, c.Kind, asked[c.ID], want)
		}
	}
	if len(asked) < 60 {
		t.Errorf("only %d asked: this was no test", len(asked))
	}
}
