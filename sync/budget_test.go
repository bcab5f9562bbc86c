package sync_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
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
	ledger := &dryrun.Ledger{ReadLedger: dryrun.None{Start: time.Now().Add(-stretch)}}
	result, calls := counted(tb, perHour, stretch, func(e *surveysync.Engine) { e.Ledger, e.Sender = ledger, dryrun.Sender{} })
	if result.Counts[store.Skipped]+result.Planned != result.Found {
		tb.Fatalf("the pass does not add up: %+v", result)
	}
	return result.Found, calls
}

// firstPass makes the first pass of a ledger over such a stretch, of which somebody has confirmed so many.
func firstPass(tb testing.TB, perHour int, stretch time.Duration, confirmed int) (found, calls int) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "acsync.db")
	if err := bolt.Create(path, time.Now().Add(-stretch)); err != nil {
		tb.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	defer ledger.Close()
	result, calls := counted(tb, perHour, stretch, func(e *surveysync.Engine) {
		e.Ledger, e.Sender = ledger, takesAll{}
		e.Options.Unconfirmed, e.Options.Confirmed = 100, confirmed
	})
	if result.Counts[store.Skipped]+result.Counts[store.Accepted] != result.Found {
		tb.Fatalf("the pass does not add up: %+v", result)
	}
	return result.Found, calls
}

// takesAll is an Agent Connect that accepts every survey request at once.
type takesAll struct{}

func (takesAll) Ready(ctx context.Context) error { return ctx.Err() }

func (takesAll) Create(context.Context, agentconnect.Request) agentconnect.Answer {
	return agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true}}
}

// counted makes a pass, and counts the calls to Kustomer.
func counted(
	tb testing.TB, perHour int, stretch time.Duration, arrange func(*surveysync.Engine),
) (result surveysync.Result, calls int) {
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
		Source: client, Directory: client, Observer: deaf{},
		Options: surveysync.Options{
			Policy: decide.Policy{SkipImported: true, SkipSpam: true, SkipMachineAgents: true, DoNotSendAttributes: []string{"doNotSendAgentConnectRequestBool"}},
			Settle: 3 * time.Minute, Overlap: 30 * time.Minute, Recheck: 10 * time.Minute, Concurrency: 8,
		},
	}
	arrange(e)
	if result, err = e.Run(context.Background()); err != nil {
		tb.Fatal(err)
	}
	if !result.Accounted() {
		tb.Fatalf("the pass does not add up: %+v", result)
	}
	return result, int(asked.Load())
}

type deaf struct{}

func (deaf) Observe(surveysync.Event) {}

// TestCallBudget holds the budget over a range of several thousand conversations, and with LONG_TESTS=1 over a
// first pass that finds more than one search counts.
func TestCallBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("it counts calls, which no race changes")
	}
	found, calls := dryPass(t, 2000, 2*time.Hour)
	if found < 3000 || float64(calls) > mostCalls*float64(found) {
		t.Errorf("%d calls to Kustomer for %d conversations, want at most %.3f each", calls, found, mostCalls)
	}
	if os.Getenv("LONG_TESTS") == "" {
		return
	}
	found, calls = firstPass(t, 6000, 2*time.Hour, 100_000)
	if found <= 10_000 || float64(calls) > mostCalls*float64(found) {
		t.Errorf("%d calls to Kustomer for %d conversations of a first pass, want at most %.3f each", calls, found, mostCalls)
	}
}

// BenchmarkKustomerCalls reads ranges of 100,000 conversations, and of a first pass that has to be confirmed.
func BenchmarkKustomerCalls(b *testing.B) {
	report := func(b *testing.B, found, calls int) {
		b.ReportMetric(float64(calls)/float64(found), "kustomer-calls/conversation")
		b.ReportMetric(float64(found), "conversations")
	}
	b.Run("dry", func(b *testing.B) {
		for b.Loop() {
			found, calls := dryPass(b, 5000, 20*time.Hour)
			report(b, found, calls)
		}
	})
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			found, calls := firstPass(b, 6000, 2*time.Hour, 100_000)
			report(b, found, calls)
		}
	})
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
