package sync_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
	"acsync/sync/kustomer"
	"acsync/sync/sandbox"
)

// mostCalls is how many calls to Kustomer a conversation may cost, everything included.
const mostCalls = 0.02

// dryPass makes a dry run over a stretch of the stand-in's conversations, with the real client over HTTP, and tells how
// many conversations it found and how many calls it made.
func dryPass(tb testing.TB, perHour int, stretch time.Duration) (found, calls int) {
	tb.Helper()
	var asked atomic.Int64
	count := func(*http.Request) sandbox.Fault { asked.Add(1); return sandbox.Fault{} }
	stand, err := sandbox.Start(sandbox.Options{
		PerHour: perHour, Busy: stretch + time.Hour, KustomerPerMinute: 1e9, SearchesPerMinute: 1e9,
		Faults: sandbox.Faults{Kustomer: sandbox.ServiceFaults{Hook: count}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	defer stand.Close()
	client, err := kustomer.New(kustomer.Options{BaseURL: stand.KustomerURL(), APIKey: stand.KustomerKey(), Timeout: time.Minute})
	if err != nil {
		tb.Fatal(err)
	}
	e := &surveysync.Engine{
		Source: client, Directory: client, Sender: dryrun.Sender{}, Observer: deaf{},
		Ledger: &dryrun.Ledger{ReadLedger: dryrun.None{Start: time.Now().Add(-stretch)}},
		Options: surveysync.Options{
			Policy: decide.Policy{SkipImported: true, SkipSpam: true, SkipMachineAgents: true, DoNotSendAttributes: []string{"doNotSendAgentConnectRequestBool"}},
			Settle: 3 * time.Minute, Overlap: 30 * time.Minute, Recheck: 10 * time.Minute, Concurrency: 8,
		},
	}
	result, err := e.Run(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	if !result.Accounted() || result.Counts[store.Skipped]+result.Planned != result.Found {
		tb.Fatalf("the pass does not add up: %+v", result)
	}
	return result.Found, int(asked.Load())
}

type deaf struct{}

func (deaf) Observe(surveysync.Event) {}

// TestCallBudget holds the budget over a range of several thousand conversations.
func TestCallBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("it counts calls, which no race changes")
	}
	found, calls := dryPass(t, 2000, 2*time.Hour)
	if found < 3000 || float64(calls) > mostCalls*float64(found) {
		t.Errorf("%d calls to Kustomer for %d conversations, want at most %.3f each", calls, found, mostCalls)
	}
}

// BenchmarkKustomerCalls reads a range of 100,000 conversations.
func BenchmarkKustomerCalls(b *testing.B) {
	for b.Loop() {
		found, calls := dryPass(b, 5000, 20*time.Hour)
		b.ReportMetric(float64(calls)/float64(found), "kustomer-calls/conversation")
		b.ReportMetric(float64(found), "conversations")
	}
}

// TestEveryKindIsDecided compares what the engine decides with what the stand-in says of each of its conversations, kind by
// kind. What earlier passes are to have sent, and what policy decides, is left out.
func TestEveryKindIsDecided(t *testing.T) {
	stand, err := sandbox.Start(sandbox.Options{KustomerPerMinute: 1e9, SearchesPerMinute: 1e9})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	client, err := kustomer.New(kustomer.Options{BaseURL: stand.KustomerURL(), APIKey: stand.KustomerKey(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	rows := rows{}
	e := &surveysync.Engine{
		Source: client, Directory: client, Sender: dryrun.Sender{}, Observer: rows,
		Ledger: &dryrun.Ledger{ReadLedger: dryrun.None{Start: stand.Start()}},
		Options: surveysync.Options{
			Policy: decide.Policy{
				SkipImported: true, SkipSpam: true, SkipMachineAgents: true, MaxAge: 72 * time.Hour,
				DoNotSendAttributes: []string{"doNotSendStellaConnectRequestBool", "doNotSendAgentConnectRequestBool"},
			},
			Settle: 3 * time.Minute, Recheck: time.Hour,
		},
	}
	result, err := e.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, c := range stand.Conversations(result.From, result.To) {
		row, found := rows[c.ID]
		if c.Expect == "" || !found {
			continue
		}
		kinds[c.Kind] = true
		got := string(row.Reason)
		if row.Planned {
			got = sandbox.Send
		}
		if got != c.Expect && row.Reason != decide.Stale {
			t.Errorf("%s (%s): %s, want %s", c.ID, c.Kind, got, c.Expect)
		}
	}
	if len(kinds) < 30 {
		t.Errorf("only %d kinds of conversations were found", len(kinds))
	}
}

// rows keeps what became of each conversation.
type rows map[string]surveysync.Row

func (r rows) Observe(event surveysync.Event) {
	if e, ok := event.(surveysync.Disposed); ok {
		r[e.Key.Conversation] = e.Row
	}
}
