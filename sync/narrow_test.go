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
		"a gateway gives up":              {wide(sandbox.Fault{Status: 504}), 0, 60},
		"a gateway's page":                {wide(sandbox.Fault{Status: 502, Body: page}), 0, 60},
		"a proxy gave up":                 {wide(sandbox.Fault{Status: 499}), 0, 60},
		"no answer in time":               {wide(sandbox.Fault{Delay: time.Minute}), 0, 60},
		"a broken connection":             {wide(sandbox.Fault{Break: true}), 0, 60},
		"cut off":                         {wide(sandbox.Fault{Cut: true}), 0, 60},
		"not JSON":                        {wide(sandbox.Fault{Status: 200, Body: `{"data":[nothing]}`}), 0, 60},
		"a page with a 200":               {wide(sandbox.Fault{Status: 200, Body: page}), 0, 60},
		"answers of more than the limit":  {sandbox.Faults{RowBytes: 1 << 20}, 0, 60},
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

func narrowed(t *testing.T, faults sandbox.Faults, broken, most int) {
	begin := time.Now()
	window := Window{From: begin.Add(-time.Hour), To: begin}
	options := sandbox.Options{Seed: 3, Busy: time.Hour}
	plain, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plain.Conversations(window.From.Add(40*time.Minute), window.To) {
		if len(faults.Broken) < broken && c.Expect == sandbox.Send {
			faults.Broken = append(faults.Broken, c.ID)
		}
	}
	var searches atomic.Int32
	faults.Kustomer.Hook = func(r *http.Request) sandbox.Fault {
		if r.Method == http.MethodPost {
			searches.Add(1)
		}
		return sandbox.Fault{Delay: 100 * time.Millisecond}
	}
	options.Faults = faults
	stand, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	read, stopRead := inMemory(stand.KustomerHandler())
	defer stopRead()
	post, stopPost := inMemory(stand.AgentConnectHandler())
	defer stopPost()
	path := filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(path, window.From); err != nil {
		t.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	reader, err := kustomer.New(kustomer.Options{
		BaseURL: "http://127.0.0.1", APIKey: stand.KustomerKey(), Timeout: 30 * time.Second, HTTP: read,
		Search: httpx.NewPacer(httpx.PacerOptions{Name: "search", PerMinute: 600}),
	})
	if err != nil {
		t.Fatal(err)
	}
	sender, err := agentconnect.New(agentconnect.Options{
		BaseURL: "http://127.0.0.1", APIKey: stand.AgentConnectKey(), Timeout: 30 * time.Second, HTTP: post,
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
	for pass := range 2 {
		searches.Store(0)
		started := time.Now()
		result, err := e.Run(t.Context())
		if err != nil || !result.Accounted() || result.Checkpoint.Before(started.Add(-4*time.Minute)) {
			t.Fatalf("pass %d: %v, checkpoint %s, started %s", pass, err, result.Checkpoint, started)
		}
		if n := int(searches.Load()); result.Unseen != broken || n > most {
			t.Errorf("pass %d: %d unseen, %d searches; want %d and at most %d", pass, result.Unseen, n, broken, most)
		}
		if said := strings.Join(result.Notices, "\n"); broken > 0 && !strings.Contains(said, "500, the server failed") {
			t.Errorf("notices %q", result.Notices)
		}
		time.Sleep(2 * time.Minute)
	}
	asked := map[string]int{}
	for _, request := range stand.Requests() {
		asked[request.ExtInteractionID]++
	}
	for _, c := range stand.Conversations(window.From, window.To.Add(-5*time.Minute)) {
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
