package sync

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/dryrun"
	"acsync/sync/kustomer"
)

func TestRunSendsOnce(t *testing.T) {
	b := newBench(t, 20)
	b.conversations[3].Spam = true
	first := b.mustRun(t)
	if first.Found != 20 || first.Counts[store.Accepted] != 19 || first.Reasons[store.Skipped][decide.Spam] != 1 {
		t.Errorf("first pass: %+v", first)
	}
	if want := testNow.Add(-3 * time.Minute); !first.Checkpoint.Equal(want) {
		t.Errorf("checkpoint %s, want %s", first.Checkpoint, want)
	}
	if got := b.state(t, 3); got.State != store.Skipped || got.Reason != "spam" {
		t.Errorf("the ledger has %+v for the spam", got)
	}
	if got := b.state(t, 0); got.State != store.Accepted || got.Status != 200 || got.Attempts != 1 {
		t.Errorf("the ledger has %+v for a sent one", got)
	}

	b.now = b.now.Add(time.Minute)
	b.engine.Options.Overlap = 24 * time.Hour
	second := b.mustRun(t)
	if second.Found != 20 || second.Reasons[store.Skipped][decide.AlreadySent] != 19 || second.Reasons[store.Skipped][decide.Spam] != 1 {
		t.Errorf("second pass: %+v", second)
	}
	for id, times := range b.times() {
		if times != 1 {
			t.Errorf("%s was asked %d times", id, times)
		}
	}
}

func TestSkippedIsDecidedAnew(t *testing.T) {
	b := newBench(t, 1)
	b.conversations[0].Spam = true
	b.mustRun(t)
	b.conversations[0].Spam = false
	b.engine.Options.Overlap = 24 * time.Hour
	if result := b.mustRun(t); result.Counts[store.Accepted] != 1 {
		t.Errorf("no longer spam, but %+v", result)
	}
}

func TestRequestCarriesItsIntent(t *testing.T) {
	b := newBench(t, 2)
	b.mustRun(t)
	info, err := b.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	stamps := map[string]bool{}
	for _, request := range b.got {
		stamp := request.CustomProperties["acsync_intent"]
		if !strings.HasPrefix(stamp, info.ID+"-") || stamps[stamp] {
			t.Errorf("stamp %q", stamp)
		}
		stamps[stamp] = true
	}

	unstamped := newBench(t, 1)
	unstamped.engine.Options.Stamp = false
	unstamped.mustRun(t)
	if got := unstamped.got[0].CustomProperties; got != nil {
		t.Errorf("stamp = false, but custom properties %v", got)
	}
}

// TestIntentComesFirst holds that at the moment of a POST the ledger has the intent, durably.
func TestIntentComesFirst(t *testing.T) {
	b := newBench(t, 3)
	b.answer = func(r agentconnect.Request) agentconnect.Answer {
		open, err := b.ledger.OpenIntents()
		if err != nil {
			t.Error(err)
		}
		for _, entry := range open {
			if entry.Conversation == r.ExtInteractionID && entry.State == store.Sending {
				return taken()
			}
		}
		t.Errorf("%s was posted without an intent", r.ExtInteractionID)
		return taken()
	}
	b.mustRun(t)
}

// TestCrashLeavesDoubt stops between an intent and its outcome, as a crash would, and makes the next pass.
func TestCrashLeavesDoubt(t *testing.T) {
	b := newBench(t, 3)
	if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[1]), b.conversations[1].LastDone.At, time.Now()); err != nil {
		t.Fatal(err)
	}
	for pass := range 2 {
		result := b.mustRun(t)
		if result.Counts[store.InDoubt] != 1 || result.Reasons[store.InDoubt][decide.Interrupted] != 1 {
			t.Errorf("pass %d: %+v", pass, result)
		}
		if got := b.state(t, 1); got.State != store.InDoubt || decide.Reason(got.Reason) != decide.Interrupted {
			t.Errorf("pass %d: the ledger has %+v", pass, got)
		}
		b.engine.Options.Overlap = 24 * time.Hour
	}
	if got := b.times()[b.conversations[1].ID]; got != 0 {
		t.Errorf("sent %d times in spite of the doubt", got)
	}
}

func TestTakeUp(t *testing.T) {
	b := newBench(t, 5)
	down := true
	b.answer = func(r agentconnect.Request) agentconnect.Answer {
		if down {
			return agentconnect.Answer{Status: 429, Written: true}
		}
		return taken()
	}
	if first := b.mustRun(t); first.Counts[store.Retry] != 5 || first.Reasons[store.Retry][decide.Limited] != 5 {
		t.Fatalf("limited pass: %+v", first)
	}
	down = false
	b.conversations[0].Status = "open"
	b.conversations[1].Spam = true
	gone := b.conversations[4]
	b.conversations = b.conversations[:4]
	b.got = nil
	if early := b.mustRun(t); len(b.got) != 0 || early.Due != 0 {
		t.Errorf("nothing is due yet, but %+v", early)
	}

	due(t, b)
	result := b.mustRun(t)
	want := map[decide.Reason]int{decide.Reopened: 1, decide.Spam: 1, decide.Gone: 1}
	if diff := cmp.Diff(want, result.Reasons[store.Skipped]); diff != "" {
		t.Errorf("reasons: -want +got:\n%s", diff)
	}
	if result.Due != 5 || result.Found != 5 || result.Counts[store.Accepted] != 2 {
		t.Errorf("due pass: %+v", result)
	}
	if got := b.rows()[gone.ID]; got.Reason != decide.Gone {
		t.Errorf("gone: %+v", got)
	}
}

// due makes everything that waits due now: the ledger's times are this machine's.
func due(t *testing.T, b *bench) {
	t.Helper()
	waiting, err := b.ledger.Waiting(1000, store.Retry, store.Scheduled)
	if err != nil {
		t.Fatal(err)
	}
	for i := range waiting {
		waiting[i].Due = time.Now().Add(-time.Second)
	}
	if err := b.ledger.Commit(store.Batch{Entries: waiting}); err != nil {
		t.Fatal(err)
	}
}

// TestStops lets each thing that ends the sending happen, and checks that nothing is lost and nothing sent twice: what
// was not sent is scheduled, and the next pass sends it.
func TestStops(t *testing.T) {
	const all = 100
	refuse := func(status, first int) func(n int) agentconnect.Answer {
		return func(n int) agentconnect.Answer {
			if n <= first {
				return taken()
			}
			return agentconnect.Answer{Status: status, Written: true, Own: true}
		}
	}
	tests := []struct {
		name   string
		limits deliver.Limits
		answer func(n int) agentconnect.Answer
		want   func(Result) bool
		err    error
	}{
		{
			name: "max", limits: deliver.Limits{Max: 7},
			want: func(r Result) bool {
				return r.Limit == "max" && r.Counts[store.Accepted] == 7 && r.Counts[store.Scheduled] == all-7
			},
		},
		{
			name: "max_per_run", limits: deliver.Limits{Requests: 7},
			want: func(r Result) bool {
				return strings.HasPrefix(r.Fuse, "max_per_run") && r.Counts[store.Accepted] == 7 && r.Counts[store.Scheduled] == all-7
			},
		},
		{
			name: "max_error_rate", limits: deliver.Limits{ErrorRate: 0.25}, answer: refuse(400, 20),
			want: func(r Result) bool {
				return strings.HasPrefix(r.Fuse, "max_error_rate") && r.Counts[store.Rejected] >= 20 && r.Counts[store.Scheduled] > 40
			},
		},
		{
			// None is accepted first: an outcome that is noted late would begin the row anew. Those in flight finish.
			name: "server failures", answer: refuse(500, 0),
			want: func(r Result) bool {
				return strings.HasPrefix(r.Fuse, "server_failures") && r.Counts[store.InDoubt] >= 5 && r.Counts[store.InDoubt] <= 5+3
			},
		},
		{
			// The fuse ends it: the limit was admitted up to, and not come to.
			name: "server failures within max", limits: deliver.Limits{Max: 6}, answer: refuse(500, 0),
			want: func(r Result) bool {
				return strings.HasPrefix(r.Fuse, "server_failures") && r.Limit == "" && r.Counts[store.InDoubt] >= 5
			},
		},
		{
			name: "credentials", answer: refuse(403, 0), err: deliver.ErrRefused,
			want: func(r Result) bool {
				return r.Refused && r.Counts[store.Accepted] == 0 && r.Counts[store.Retry] <= 5 && r.Reasons[store.Retry][decide.Credentials] >= 2
			},
		},
		{
			name: "credentials in the middle", answer: refuse(403, 3), err: deliver.ErrRefused,
			want: func(r Result) bool {
				return r.Refused && r.Counts[store.Accepted] >= 3 && r.Counts[store.Retry] <= 8 && r.Reasons[store.Retry][decide.Forbidden] >= 1
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, all)
				if test.answer != nil {
					n := 0
					b.answer = func(agentconnect.Request) agentconnect.Answer {
						b.receiver.mu.Lock()
						n++
						answer := test.answer(n)
						b.receiver.mu.Unlock()
						// What was taken is noted before: noted late, it would begin a row of failures anew.
						if answer.Status != taken().Status {
							time.Sleep(time.Second)
						}
						return answer
					}
				}
				b.engine.Options.Limits = test.limits
				result, err := b.run(t)
				if !errors.Is(err, test.err) {
					t.Fatalf("error %v, want %v", err, test.err)
				}
				if !test.want(result) {
					t.Errorf("got %v: %v", result.Counts, result.Reasons)
				}
				b.answer, b.engine.Options.Limits = nil, deliver.Limits{ErrorRate: 1}
				due(t, b)
				rest := b.mustRun(t)
				parked := result.Counts[store.InDoubt]
				if got := rest.Counts[store.Accepted] + result.Counts[store.Accepted] + result.Counts[store.Rejected] + parked; got != all {
					t.Errorf("after the next pass %d of %d are settled", got, all)
				}
			})
		})
	}
}

// TestStoppedIsNoAttempt stops passes, more often than anything is tried, before the one survey request has left. The
// ledger has it as before, each pass counts it like what it did not come to, and in the end it is sent.
func TestStoppedIsNoAttempt(t *testing.T) {
	tests := []struct {
		name   string
		tried  int // attempts before
		before store.Record
		want   store.Record // what waits then
	}{
		{"unknown", 0, store.Record{}, store.Record{State: store.Scheduled, Reason: "stopped"}},
		{"skipped", 0, store.Record{State: store.Skipped, Reason: "spam"}, store.Record{State: store.Scheduled, Reason: "stopped"}},
		{"unreadable", 0, store.Record{State: store.Scheduled, Reason: "unreadable"}, store.Record{State: store.Scheduled, Reason: "unreadable"}},
		{"tried", 3, store.Record{State: store.Retry, Reason: "gateway_answer", Status: 404}, store.Record{State: store.Retry, Reason: "gateway_answer", Status: 404}},
		{"by hand", 2, store.Record{State: store.Retry, Reason: "by_hand"}, store.Record{State: store.Retry, Reason: "by_hand"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 1)
			key, past := decide.KeyOf(b.conversations[0]), time.Now().Add(-time.Hour)
			for range test.tried {
				i, err := b.ledger.Begin(key, b.conversations[0].LastDone.At, past)
				if err = errors.Join(err, b.ledger.Finish(i, store.Result{State: store.Retry, At: past})); err != nil {
					t.Fatal(err)
				}
			}
			if r := test.before; r.State != store.Unknown {
				r.Resolution, r.At, r.Due = b.conversations[0].LastDone.At, past, past
				if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{Key: key, Record: r}}}); err != nil {
					t.Fatal(err)
				}
			}
			before := b.state(t, 0)
			for range 2 * decide.MostAttempts {
				ctx, stop := context.WithCancel(t.Context())
				b.answer = func(agentconnect.Request) agentconnect.Answer {
					stop()
					return agentconnect.Answer{Err: ctx.Err()}
				}
				b.heard.events = nil
				result, err := b.engine.Run(ctx)
				b.check(t, result)
				if !errors.Is(err, context.Canceled) || result.Found != 1 || result.Reasons[test.want.State][decide.Reason(test.want.Reason)] != 1 {
					t.Fatalf("a pass tells %+v (%v)", result, err)
				}
				got := b.state(t, 0)
				if before.State.Waiting() && got != before {
					t.Fatalf("the ledger has %+v, want what it had, %+v", got, before)
				}
				before = got
			}
			if r := before; r.State != test.want.State || r.Reason != test.want.Reason || r.Status != test.want.Status ||
				r.Attempts != test.tried || r.First.IsZero() != (test.tried == 0) || r.Due.After(time.Now()) {
				t.Errorf("the ledger has %+v, want %+v after %d attempts, due", r, test.want, test.tried)
			}
			b.answer = nil
			if result := b.mustRun(t); result.Counts[store.Accepted] != 1 || b.state(t, 0).Attempts != test.tried+1 {
				t.Errorf("in the end %+v, and %+v", result, b.state(t, 0))
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 50)
		b.answer = func(agentconnect.Request) agentconnect.Answer {
			return agentconnect.Answer{Err: errors.New("connection refused")}
		}
		result := b.mustRun(t)
		if result.Down == "" || result.Counts[store.Accepted] != 0 || result.Counts[store.Retry] > 10 {
			t.Errorf("got %+v", result)
		}
		if got := b.state(t, 49); got.State != store.Retry || decide.Reason(got.Reason) != decide.Unreachable {
			t.Errorf("the ledger has %+v for the first that was tried", got)
		}
	})
}

// TestUnrecognisedAnswers ends a pass whose first five answers do not say that they are about its requests.
// It says what they look like, which the ledger does not keep. Later in a pass, or mixed with other failures,
// they are failures like any.
func TestUnrecognisedAnswers(t *testing.T) {
	empty := agentconnect.Answer{Status: 202, Written: true, Looks: "an empty body (under 1 KB)"}
	page := agentconnect.Answer{Status: 200, Written: true, Looks: "a web page (text/html, 1 to 16 KB)"}
	failed := agentconnect.Answer{Status: 500, Written: true}
	const alike = "server_failures: 5 requests in a row got no usable answer"
	const none = "unrecognised_answers: none of the first 5 answers says that its survey request was taken"
	const advice = "; compare agent_connect.base_url with Agent Connect's own address, and look there whether these arrived"
	for _, test := range []struct {
		name    string
		answers []agentconnect.Answer // and the last of them again and again
		shown   string
		kept    string
	}{
		{"all alike", []agentconnect.Answer{empty}, none + "; they were 202 with an empty body (under 1 KB)" + advice, none},
		{
			"of two kinds",
			[]agentconnect.Answer{empty, empty, page},
			none + "; they were 202 with an empty body (under 1 KB) and 200 with a web page (text/html, 1 to 16 KB)" + advice, none,
		},
		{"after one that was", []agentconnect.Answer{taken(), empty}, alike, alike},
		{"one that failed among them", []agentconnect.Answer{empty, empty, failed, empty}, alike, alike},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 20)
			b.engine.Options.Concurrency = 1
			n := 0
			b.answer = func(agentconnect.Request) agentconnect.Answer {
				n++
				return test.answers[min(n, len(test.answers))-1]
			}
			result := b.mustRun(t)
			if result.Fuse != test.shown || result.Counts[store.InDoubt] != 5 || result.Reasons[store.InDoubt][decide.Unrecognised] < 4 {
				t.Errorf("%s\n%+v", result.Fuse, result.Counts)
			}
			runs, err := b.ledger.Runs(1)
			if err != nil || len(runs) != 1 || runs[0].Fuse != test.kept {
				t.Fatalf("the ledger keeps %+v, %v", runs, err)
			}
			left := runs[0].Left
			if left["in_doubt"] != 5 || left["retry"]+left["scheduled"] == 0 || left["accepted"] != 0 {
				t.Errorf("the summary says that it left %v", left)
			}
		})
	}
}

// TestInterrupt cancels while requests are in flight: these finish, the rest is scheduled, the checkpoint moves.
func TestInterrupt(t *testing.T) {
	b := newBench(t, 40)
	ctx, cancel := context.WithCancelCause(t.Context())
	signal := errors.New("SIGTERM")
	started, release := make(chan struct{}, 40), make(chan struct{})
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		started <- struct{}{}
		<-release
		return taken()
	}
	go func() {
		for range 4 {
			<-started
		}
		cancel(signal)
		close(release)
	}()
	result, err := b.engine.Run(ctx)
	b.check(t, result)
	if !errors.Is(err, signal) {
		t.Errorf("error %v, want the cause", err)
	}
	if result.Counts[store.Accepted] != 4 || result.Counts[store.Scheduled] != 36 || result.Counts[store.InDoubt] != 0 {
		t.Errorf("got %+v", result)
	}
	b.answer = nil
	if rest := b.mustRun(t); rest.Counts[store.Accepted] != 36 {
		t.Errorf("the next pass: %+v", rest)
	}
}

func TestReadingFails(t *testing.T) {
	b := newBench(t, 300)
	for i := range b.conversations { // spread over 20 h, so that there are several windows
		b.conversations[i].LastDone.At = testNow.Add(-time.Hour - time.Duration(i)*4*time.Minute)
	}
	broken := errors.New("search is down")
	searches := 0
	b.fail = func(call string) error {
		if call == "search" {
			if searches++; searches == 3 {
				return broken
			}
		}
		return nil
	}
	result, err := b.run(t)
	if !errors.Is(err, broken) {
		t.Fatalf("error %v, want %v", err, broken)
	}
	if result.Counts[store.Accepted] == 0 {
		t.Error("the windows before the failure were not delivered")
	}
	for i, c := range b.conversations {
		if c.LastDone.At.Before(result.Checkpoint) && b.state(t, i).State != store.Accepted {
			t.Errorf("the checkpoint %s passed %s, which is not sent", result.Checkpoint, c.LastDone.At)
		}
	}
	b.fail = nil
	if rest := b.mustRun(t); rest.Counts[store.Accepted]+result.Counts[store.Accepted] != 300 {
		t.Errorf("the next pass: %+v", rest)
	}
}

func TestBeginFailures(t *testing.T) {
	b := newBench(t, 1)
	broken := errors.New("401")
	b.fail = func(string) error { return broken }
	if _, err := b.run(t); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
	runs, err := b.ledger.Runs(10)
	if err != nil || len(runs) != 1 {
		t.Errorf("a pass that failed at once leaves no summary: %v, %v", runs, err)
	}
}

func TestDryRun(t *testing.T) {
	b := newBench(t, 30)
	b.conversations[3].Spam = true
	b.conversations[4].LastDone.AssignedUsers, b.conversations[4].AssignedUsers = nil, nil
	if _, err := b.ledger.Begin(decide.KeyOf(b.conversations[5]), b.conversations[5].LastDone.At, time.Now()); err != nil {
		t.Fatal(err)
	}
	before := b.written(t)
	b.engine.Ledger, b.engine.Sender, b.engine.Options.DryRun = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}, true
	dry := b.mustRun(t)
	dryRows := b.rows()
	if after := b.written(t); after != before {
		t.Error("the dry run changed the ledger")
	}
	if len(b.got) != 0 {
		t.Errorf("the dry run sent %d requests", len(b.got))
	}
	b.engine.Ledger, b.engine.Sender, b.engine.Options.DryRun = b.ledger, b.receiver, false
	live := b.mustRun(t)
	if dry.Planned != 27 || dry.Planned != live.Counts[store.Accepted] || dry.Found != live.Found || !dry.Checkpoint.Equal(live.Checkpoint) {
		t.Errorf("dry %+v\nlive %+v", dry, live)
	}
	for id, row := range b.rows() {
		planned := dryRows[id]
		if planned.Planned {
			planned.Planned, planned.Status = false, row.Status
		}
		planned.Handled, row.Handled = time.Time{}, time.Time{} // when is no part of a decision
		if diff := cmp.Diff(planned, row); diff != "" {
			t.Errorf("%s: -dry +live:\n%s", id, diff)
		}
	}
}

// written is all that the ledger holds: the bytes of its file, or the number of its last change and its entries.
func (b *bench) written(t *testing.T) string {
	t.Helper()
	if !inDatabase() {
		data, err := os.ReadFile(b.path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	info, err := b.ledger.Info()
	text := fmt.Sprintf("%+v", info)
	if err == nil {
		err = b.ledger.Each(func(e store.Entry) error {
			text += fmt.Sprintf("\n%+v", e)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestCustomers(t *testing.T) {
	b := newBench(t, 12)
	for i := range 6 {
		b.conversations[i].Spam = true
	}
	delete(b.customers, b.conversations[7].CustomerID)
	result := b.mustRun(t)
	if result.Reasons[store.Skipped][decide.NoCustomer] != 1 || result.Counts[store.Accepted] != 5 {
		t.Errorf("got %+v", result)
	}
	want := map[string]int{"search customers": 1, "customer": 1}
	got := map[string]int{"search customers": b.calls["search customers"], "customer": b.calls["customer"]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls: -want +got:\n%s", diff)
	}
}

func TestListsOnce(t *testing.T) {
	b := newBench(t, 200)
	b.mustRun(t)
	if b.calls["users"] != 1 || b.calls["tags"] != 1 || b.calls["clock"] != 1 {
		t.Errorf("calls %v", b.calls)
	}
}

func TestUnknownTagIsItsOwnName(t *testing.T) {
	b := newBench(t, 1)
	b.conversations[0].TagIDs = []string{"5849765dc41e372700cc84a3", "vip"}
	b.mustRun(t)
	if diff := cmp.Diff([]string{"late-delivery", "vip"}, b.got[0].Tags); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestDenseWindows puts more into a stretch of time than a page holds.
func TestDenseWindows(t *testing.T) {
	b := newBench(t, 3000)
	b.engine.Ledger = newMemoryLedger(testNow.Add(-24 * time.Hour))
	for i := range b.conversations {
		b.conversations[i].LastDone.At = testNow.Add(-2 * time.Hour).Add(time.Duration(i%1800) * time.Second / 3)
	}
	if result := b.mustRun(t); result.Counts[store.Accepted] != 3000 {
		t.Errorf("got %+v", result)
	}
}

// TestSearchLies lets the search return what its criteria exclude.
func TestSearchLies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 3)
		b.engine.Source = liar{b.desk}
		result := b.mustRun(t)
		if result.Found != 3 || result.Counts[store.Accepted] != 2 || result.Reasons[store.Skipped][decide.NotDone] != 1 {
			t.Errorf("got %+v", result)
		}
	})
}

// liar repeats rows, returns one that was reopened meanwhile, and one that was marked done again well after
// the window.
type liar struct{ *desk }

func (l liar) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	page, err := l.desk.SearchConversations(ctx, q)
	if len(page.Items) == 0 {
		return page, err
	}
	later := page.Items[0]
	later.ID = "6716500fa1b2c3d4e5f6ffff"
	later.LastDone = &kustomer.Done{At: q.To.Add(decide.SameWithin)}
	for i := range page.Items {
		if page.Items[i].ID == l.conversations[0].ID {
			page.Items[i].Status = "open"
		}
	}
	page.Items = append(page.Items, page.Items...)
	page.Items = append(page.Items, later)
	page.Total = len(page.Items)
	return page, err
}

// TestDiskFull lets the ledger fail at each of its writes in turn: nothing is sent without an intent, nothing is sent
// twice, and the pass ends with an error.
func TestDiskFull(t *testing.T) {
	broken := errors.New("no space left on device")
	for at := range 12 {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			b := newBench(t, 4)
			b.engine.Options.Concurrency = 1
			full := &breaking{Ledger: b.ledger, err: broken}
			full.left.Store(int64(at))
			b.engine.Ledger = full
			_, err := b.engine.Run(t.Context())
			b.heard.events = nil
			if at < 10 && !errors.Is(err, broken) {
				t.Errorf("error %v, want %v", err, broken)
			}
			b.engine.Ledger = b.ledger
			b.mustRun(t)
			for id, times := range b.times() {
				if times > 1 {
					t.Errorf("%s was asked %d times", id, times)
				}
			}
		})
	}
}

// breaking is a ledger whose writes fail after so many.
type breaking struct {
	Ledger
	left atomic.Int64
	err  error
}

func (b *breaking) write() error {
	if b.left.Add(-1) < 0 {
		return b.err
	}
	return nil
}

func (b *breaking) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	if err := b.write(); err != nil {
		return store.Intent{}, err
	}
	return b.Ledger.Begin(key, resolution, now)
}

func (b *breaking) Finish(intent store.Intent, result store.Result) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Ledger.Finish(intent, result)
}

func (b *breaking) Commit(batch store.Batch) error {
	if err := b.write(); err != nil {
		return err
	}
	return b.Ledger.Commit(batch)
}

// TestSeenTwice lets the search catch up with a conversation between two windows: it is found again, closed later.
func TestSeenTwice(t *testing.T) {
	tests := []struct {
		name  string
		first func(*kustomer.Conversation) // how the first window shows it
		want  func(Result) bool
	}{
		{"sent by the first", func(*kustomer.Conversation) {}, func(r Result) bool { return r.Counts[store.Accepted] == 2 }},
		{"skipped by the first", func(c *kustomer.Conversation) { c.Spam = true }, func(r Result) bool {
			return r.Counts[store.Accepted] == 2 && r.Counts[store.Skipped] == 0
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 2)
			b.conversations[0].LastDone.At = testNow.Add(-23*time.Hour - 30*time.Minute) // in the first window
			later := b.conversations[0]
			later.LastDone = &kustomer.Done{At: testNow.Add(-2 * time.Hour), AssignedUsers: later.LastDone.AssignedUsers}
			test.first(&b.conversations[0])
			b.fail = func(call string) error {
				if call == "search" {
					b.conversations[0] = later // from the second search on
				}
				return nil
			}
			result := b.mustRun(t)
			if result.Found != 2 || !test.want(result) || b.times()[later.ID] != 1 {
				t.Errorf("got %+v, sent %v", result, b.times())
			}
		})
	}
}

// TestFuseStopsThoseThatWait lets every request fail while many wait for their turn: they are not sent into the failure.
func TestFuseStopsThoseThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 100)
		b.engine.Options.Concurrency = 64
		var turns atomic.Int64
		b.ready = func(context.Context) error { // one after the other, ten milliseconds apart
			time.Sleep(time.Duration(turns.Add(1)) * 10 * time.Millisecond)
			return nil
		}
		b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Status: 500, Written: true} }
		if result := b.mustRun(t); result.Counts[store.InDoubt] != 5 {
			t.Errorf("%d were sent into the failure", result.Counts[store.InDoubt])
		}
	})
}

func TestErrorRateOfZero(t *testing.T) {
	b := newBench(t, 100)
	b.engine.Options.Limits.ErrorRate = 0
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		return agentconnect.Answer{Status: 400, Written: true, Own: true}
	}
	if result := b.mustRun(t); result.Fuse == "" || result.Counts[store.Rejected] > 48 {
		t.Errorf("a share of 0 allows none, but %+v", result)
	}
}

// TestDoubtsDoNotHideWhatIsDue has more in doubt than one pass takes up.
func TestDoubtsDoNotHideWhatIsDue(t *testing.T) {
	b := newBench(t, 1)
	var entries []store.Entry
	for i := range pendingAtOnce {
		entries = append(entries, store.Entry{
			Key:    store.Key{Conversation: fmt.Sprintf("5716500fa1b2c3d4e5f6%04x", i)},
			Record: store.Record{State: store.InDoubt, Resolution: testNow, At: testNow, Due: testNow.Add(-time.Hour)},
		})
	}
	entries = append(entries, store.Entry{
		Key: decide.KeyOf(b.conversations[0]), Record: store.Record{State: store.Scheduled, Resolution: testNow, At: testNow, Due: testNow},
	})
	if err := b.ledger.Commit(store.Batch{Entries: entries}); err != nil {
		t.Fatal(err)
	}
	if result := b.mustRun(t); result.Counts[store.Accepted] != 1 || result.Counts[store.InDoubt] != pendingAtOnce {
		t.Errorf("got %+v", result)
	}
}

// TestFailureBeforeSignal lets a write fail after a signal has ended the pass: the failure is told, not the signal.
func TestFailureBeforeSignal(t *testing.T) {
	b := newBench(t, 4)
	b.engine.Options.Concurrency = 1
	ctx, cancel := context.WithCancelCause(t.Context())
	broken := errors.New("no space left on device")
	full := &breaking{Ledger: b.ledger, err: broken}
	full.left.Store(1) // the intent, and no outcome
	b.engine.Ledger = full
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		cancel(errors.New("SIGTERM"))
		return taken()
	}
	result, err := b.engine.Run(ctx)
	var failure *store.WriteError
	if !errors.Is(err, broken) || !errors.As(err, &failure) {
		t.Errorf("error %v, result %+v", err, result)
	}
}

// TestHiddenRows lets the search count rows that it does not return.
func TestHiddenRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 20)
		b.engine.Source = hiding{b.desk, b.conversations[7].ID}
		result := b.mustRun(t)
		if result.Found != 19 || result.Unseen != 1 || len(result.Notices) != 1 || b.calls["search"] > 8 {
			t.Errorf("got %+v after %d searches", result, b.calls["search"])
		}
	})
}

type hiding struct {
	*desk
	id string
}

func (h hiding) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	page, err := h.desk.SearchConversations(ctx, q)
	for i, row := range page.Items {
		if row.ID == h.id {
			page.Items = append(page.Items[:i], page.Items[i+1:]...)
			break
		}
	}
	return page, err
}

// TestSignalDuringTheLast cancels while the last requests of a pass are under way: the signal is told all the same.
func TestSignalDuringTheLast(t *testing.T) {
	b := newBench(t, 8)
	ctx, cancel := context.WithCancelCause(t.Context())
	signal := errors.New("SIGTERM")
	b.answer = func(agentconnect.Request) agentconnect.Answer {
		cancel(signal)
		return taken()
	}
	result, err := b.engine.Run(ctx)
	b.check(t, result)
	if !errors.Is(err, signal) {
		t.Errorf("error %v, %+v", err, result)
	}
}

// TestSignalDuringRecheck cancels a pass while it reads conversations again.
func TestSignalDuringRecheck(t *testing.T) {
	b := newBench(t, 8)
	b.engine.Options.Recheck = 0
	ctx, cancel := context.WithCancelCause(t.Context())
	signal := errors.New("SIGTERM")
	b.fail = func(call string) error {
		if call == "conversations" {
			cancel(signal)
			return context.Canceled
		}
		return nil
	}
	if _, err := b.engine.Run(ctx); !errors.Is(err, signal) || len(b.got) > 0 {
		t.Errorf("error %v, sent %d", err, len(b.got))
	}
}

// TestNoRoom has a disk that is nearly full: nothing is sent.
func TestNoRoom(t *testing.T) {
	b := newBench(t, 8)
	b.engine.Ledger = full{b.ledger}
	result, err := b.engine.Run(t.Context())
	var failure *store.WriteError
	if !errors.As(err, &failure) || len(b.got) > 0 || result.Counts[store.Scheduled] != 8 {
		t.Errorf("error %v, sent %d, %+v", err, len(b.got), result)
	}
	// What is due is not sent either, though no window has to be read for it.
	due(t, b)
	result, err = b.engine.Run(t.Context())
	if !errors.As(err, &failure) || len(b.got) > 0 || result.Counts[store.Scheduled] != 8 {
		t.Errorf("what is due: error %v, sent %d, %+v", err, len(b.got), result)
	}
}

// TestRoomVanishes has a disk that another process fills while a window, or what is due, is being sent:
// nothing more is sent, what was sent is known, and the next pass sends the rest.
func TestRoomVanishes(t *testing.T) {
	b := newBench(t, 8)
	ledger := b.ledger
	for _, sent := range []int{3, 6} { // first of a window, then of what is due
		disk := &filling{Ledger: ledger}
		disk.left.Store(3)
		b.engine.Ledger = disk
		result, err := b.engine.Run(t.Context())
		if !errors.Is(err, store.ErrNoRoom) || len(b.got) != sent || result.Counts[store.Accepted] != 3 ||
			result.Counts[store.Scheduled] != 8-sent {
			t.Errorf("error %v, sent %d, %+v", err, len(b.got), result.Counts)
		}
	}
	b.engine.Ledger = ledger
	if result := b.mustRun(t); len(b.got) != 8 || result.Counts[store.Accepted] != 2 {
		t.Errorf("with space again: sent %d, %+v", len(b.got), result.Counts)
	}
}

// filling is a ledger that has room for some more requests.
type filling struct {
	Ledger
	left atomic.Int32
}

func (f *filling) Room() error {
	if f.left.Add(-1) < 0 {
		return store.ErrNoRoom
	}
	return nil
}

type full struct{ Ledger }

func (full) Room() error { return store.ErrNoRoom }

// TestSameIDInTwoCases has one conversation twice in a window, its id once in upper case.
func TestSameIDInTwoCases(t *testing.T) {
	b := newBench(t, 1)
	twin := b.conversations[0]
	twin.ID, twin.Spam = strings.ToUpper(twin.ID), true
	b.conversations = append(b.conversations, twin)
	if result := b.mustRun(t); result.Found != 1 {
		t.Errorf("got %+v", result)
	}
}

// TestEndIsInclusive has a search that takes "before" for "until": the rows at the end of a window belong to the next.
func TestEndIsInclusive(t *testing.T) {
	b := newBench(t, 600)
	b.bulk(testNow.Add(-2*time.Hour), 1)
	b.engine.Source = inclusive{b.desk}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
	if result := b.mustRun(t); result.Planned != 600 || b.calls["search"] > 60 {
		t.Errorf("%d of 600 after %d searches", result.Planned, b.calls["search"])
	}
}

type inclusive struct{ *desk }

func (i inclusive) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	q.To = q.To.Add(time.Millisecond)
	return i.desk.SearchConversations(ctx, q)
}

// TestClosedByReading reopens a conversation whose customer is gone: it was read again, and is not asked about.
func TestClosedByReading(t *testing.T) {
	b := newBench(t, 6)
	delete(b.customers, b.conversations[2].CustomerID)
	b.engine.Source = reopening{b.desk, b.conversations[2].ID}
	result := b.mustRun(t)
	if result.Reasons[store.Skipped][decide.NotDone] != 1 || result.Counts[store.Accepted] != 5 {
		t.Errorf("got %+v", result)
	}
}

type reopening struct {
	*desk
	id string
}

func (r reopening) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	rows, err := r.desk.Conversations(ctx, ids)
	for i := range rows {
		if rows[i].ID == r.id {
			rows[i].Status = "open"
		}
	}
	return rows, err
}

// TestNothingBut429 lets Agent Connect answer 429 for hours, and its pacer pause for a minute each time: the pass ends
// after minutes, with nothing lost.
func TestNothingBut429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 300)
		began := time.Now()
		var turn atomic.Int64
		b.ready = func(ctx context.Context) error {
			// Four at a time, a minute apart.
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(turn.Add(1)/4)*time.Minute - time.Since(began)):
			}
			return ctx.Err()
		}
		b.answer = func(agentconnect.Request) agentconnect.Answer { return agentconnect.Answer{Status: 429, Written: true} }
		result := b.mustRun(t)
		if result.Down == "" || time.Since(began) > 10*time.Minute || result.Counts[store.Retry]+result.Counts[store.Scheduled] != 300 {
			t.Errorf("after %s: %+v", time.Since(began), result)
		}
	})
}
