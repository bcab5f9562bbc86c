package rebuild

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/verify"
)

// shown is a receiver with what its data show, and how they end.
type shown struct {
	rows  []agentconnect.Interaction
	err   error
	since *time.Time
}

func (s shown) Since(_ context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error] {
	*s.since = since
	return func(yield func(agentconnect.Interaction, error) bool) {
		for i, err := range each(s.rows) {
			if !i.CreatedAt.Before(since) && !yield(i, err) {
				return
			}
		}
		if s.err != nil {
			yield(agentconnect.Interaction{}, s.err)
		}
	}
}

func (s shown) Between(context.Context, time.Time, time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return each(nil)
}

// made is a new ledger that was just opened, and how to open it again.
func made(t *testing.T, start time.Time) (*bolt.Ledger, func(bolt.Options) (*bolt.Ledger, error)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(path, start, bolt.Options{}); err != nil {
		t.Fatal(err)
	}
	again := func(o bolt.Options) (*bolt.Ledger, error) { return bolt.Open(path, o) }
	ledger, err := again(bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ledger.Close() })
	return ledger, again
}

func stateOf(t *testing.T, ledger Ledger, key store.Key) store.State {
	t.Helper()
	known, err := ledger.Lookup([]store.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return known[key].State
}

// TestRun fills a new ledger with what Agent Connect has, recoveries and what has no time included, and is
// content the second time.
func TestRun(t *testing.T) {
	now := time.Now()
	ledger, _ := made(t, now.AddDate(0, 0, -10))
	since := now
	receiver := shown{since: &since, rows: []agentconnect.Interaction{
		{UUID: "1", ExtInteractionID: "a", CreatedAt: now.AddDate(0, 0, -3)},
		{UUID: "2", ExtInteractionID: "b", CreatedAt: now.AddDate(0, 0, -200)},
		// It follows up the first, whatever id it has of its own; and one says nothing of whom it is about.
		{UUID: "3", ExtInteractionID: "elsewhere", Parent: "1", Recovery: true, CreatedAt: now.AddDate(0, 0, -2)},
		{UUID: "4", Parent: "1", Recovery: true, CreatedAt: now.AddDate(0, 0, -2)},
		{UUID: "5", Parent: "unknown", Recovery: true, CreatedAt: now.AddDate(0, 0, -2)},
		{UUID: "6", ExtInteractionID: "c", Parent: "unknown", Recovery: true, CreatedAt: now.AddDate(0, 0, -2)},
	}}
	if done, err := Run(t.Context(), ledger, receiver, Options{}); err != nil || done.Written != 3 {
		t.Errorf("got %+v, %v", done, err)
	}
	for key, want := range map[store.Key]store.State{
		{Conversation: "a"}:                         store.Accepted,
		{Conversation: "a", Recovery: true}:         store.Accepted,
		{Conversation: "b"}:                         store.Unknown, // nobody is asked about what is that old
		{Conversation: "c", Recovery: true}:         store.Accepted,
		{Conversation: "elsewhere", Recovery: true}: store.Unknown,
	} {
		if got := stateOf(t, ledger, key); got != want {
			t.Errorf("%+v is %s, want %s", key, got, want)
		}
	}
	if days := now.Sub(since).Hours() / 24; days < 89 || days > 91 {
		t.Errorf("it was read from %s", since)
	}
	if done, err := Run(t.Context(), ledger, receiver, Options{}); err != nil || done.Written != 0 {
		t.Errorf("the second time: %+v, %v", done, err)
	}
	if info, err := ledger.Info(); err != nil || info.KnownFrom.IsZero() {
		t.Errorf("it knows what others have asked from %s, %v", info.KnownFrom, err)
	}
}

// TestNoTimeOfReception takes what Agent Connect's data give no time for as received now: later is safe.
func TestNoTimeOfReception(t *testing.T) {
	before := time.Now().Add(-time.Minute)
	if at := receivedAt(agentconnect.Interaction{}); at.Before(before) {
		t.Errorf("got %s", at)
	}
}

// TestRunThatFails leaves a new ledger to nobody, until a later run has read all: what was read before the
// failure would leave out somebody who was asked.
func TestRunThatFails(t *testing.T) {
	now, trouble := time.Now(), errors.New("trouble")
	ledger, again := made(t, now)
	since := now
	receiver := shown{
		since: &since, err: trouble,
		rows: []agentconnect.Interaction{{ExtInteractionID: "a", CreatedAt: now.Add(-time.Hour)}},
	}
	if done, err := Run(t.Context(), ledger, receiver, Options{}); !errors.Is(err, trouble) || done.Written != 0 {
		t.Errorf("got %+v, %v", done, err)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if other, err := again(bolt.Options{}); !errors.Is(err, store.ErrRolledBack) {
		other.Close()
		t.Fatalf("a pass opens it: %v", err)
	}
	ledger, err := again(bolt.Options{AcceptFence: true})
	if err != nil {
		t.Fatal(err)
	}
	receiver.err = nil
	if _, err := Run(t.Context(), ledger, receiver, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if ledger, err = again(bolt.Options{}); err != nil {
		t.Fatalf("a pass does not open it afterwards: %v", err)
	}
	ledger.Close()
}

// TestSinceTooLate refuses to leave out a time in which the ledger may have asked somebody.
func TestSinceTooLate(t *testing.T) {
	now := time.Now()
	ledger, _ := made(t, now)
	since := time.Time{}
	_, err := Run(t.Context(), ledger, shown{since: &since}, Options{Since: now.Add(time.Hour)})
	if code, _ := exit.Of(err); code != exit.Usage || !since.IsZero() {
		t.Errorf("got %v, asked from %s", err, since)
	}
}

// TestSinceTheLastGoodPass reads from before the last pass that nothing spoke against, also where that is longer
// ago than is usually read.
func TestSinceTheLastGoodPass(t *testing.T) {
	ledger, _ := made(t, time.Now())
	old := time.Now().AddDate(0, -8, 0)
	since := time.Time{}
	if _, err := Run(t.Context(), witnessed{ledger, old}, shown{since: &since}, Options{}); err != nil {
		t.Fatal(err)
	}
	if !since.Before(old) || since.Before(old.Add(-time.Hour)) {
		t.Errorf("asked from %s, the last good pass was at %s", since, old)
	}
}

// witnessed is a ledger whose last good pass was long ago.
type witnessed struct {
	*bolt.Ledger
	at time.Time
}

func (w witnessed) Info() (store.Info, error) {
	info, err := w.Ledger.Info()
	info.Witnessed = w.at
	return info, err
}

// TestNameless trusts nothing while Agent Connect shows requests of the ledger that nobody can tell the
// conversation of, unless the operator takes that upon himself.
func TestNameless(t *testing.T) {
	ledger, _ := made(t, time.Now())
	info, err := ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	since := time.Time{}
	receiver := shown{since: &since, rows: []agentconnect.Interaction{{
		CreatedAt: time.Now(), Intent: store.Intent{Ledger: info.ID, Number: 7}.String(),
	}}}
	if _, err := Run(t.Context(), ledger, receiver, Options{Stamped: true}); !errors.Is(err, store.ErrRolledBack) {
		t.Errorf("got %v", err)
	}
	if _, err := Run(t.Context(), ledger, receiver, Options{Stamped: true, Missing: true}); err != nil {
		t.Errorf("with the operator's word: %v", err)
	}
	if info, err = ledger.Info(); err != nil || info.Intents < 7 {
		t.Errorf("its next number is one that was given before: %d, %v", info.Intents+1, err)
	}
}

// TestMarker takes in what some requests are about, and settles what was in doubt of them.
func TestMarker(t *testing.T) {
	now := time.Now()
	ledger, _ := made(t, now.AddDate(0, 0, -1))
	doubtful := store.Key{Conversation: "doubtful"}
	intent, err := ledger.Begin(doubtful, now, now)
	if err == nil {
		err = ledger.Finish(intent, store.Result{State: store.InDoubt, At: now})
	}
	if err != nil {
		t.Fatal(err)
	}
	mark := Marker(ledger)
	for _, want := range []int{2, 0} {
		n, err := mark([]agentconnect.Interaction{
			{ExtInteractionID: "a", CreatedAt: now},
			{ExtInteractionID: "doubtful", CreatedAt: now, Intent: intent.String()},
		})
		if err != nil || n != want {
			t.Errorf("%d were marked, want %d: %v", n, want, err)
		}
	}
	for _, key := range []store.Key{{Conversation: "a"}, doubtful} {
		if got := stateOf(t, ledger, key); got != store.Accepted {
			t.Errorf("%+v is %s", key, got)
		}
	}
}

// TestOverAndReceived has what was refused, and what was dropped, taken up again and sent in the time that a ledger
// has lost: nobody may take it up once more. What was refused after it had been received by other means stays so.
func TestOverAndReceived(t *testing.T) {
	now := time.Now()
	for identity, resolution := range map[store.Identity]int64{
		store.PerConversation: 0, store.PerResolution: now.UnixMilli(),
	} {
		t.Run(string(identity), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "acsync.db")
			if err := bolt.Create(path, now.AddDate(0, 0, -1), bolt.Options{Identity: identity}); err != nil {
				t.Fatal(err)
			}
			ledger, err := bolt.Open(path, bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer ledger.Close()
			of := func(id string) store.Key { return store.Key{Conversation: id, Resolution: resolution} }
			for _, id := range []string{"refused", "dropped", "received before", "never received"} {
				intent, err := ledger.Begin(of(id), now, now)
				result := store.Result{State: store.Rejected, Reason: "employee_not_found", Status: 400, At: now}
				if err == nil {
					err = ledger.Finish(intent, result)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			dropped := store.Entry{Key: of("given up"), Record: store.Record{State: store.Dropped, Resolution: now, At: now}}
			if err := ledger.Commit(store.Batch{Entries: []store.Entry{dropped}}); err != nil {
				t.Fatal(err)
			}
			id, err := ledger.Info()
			if err != nil {
				t.Fatal(err)
			}
			at := func(conversation string, after time.Duration, number uint64) agentconnect.Interaction {
				return agentconnect.Interaction{
					UUID: conversation, ExtInteractionID: conversation, CreatedAt: now.Add(after),
					Intent: store.Intent{Ledger: id.ID, Number: number}.String(),
				}
			}
			since := now
			receiver := shown{since: &since, rows: []agentconnect.Interaction{
				at("refused", 10*time.Minute, 7), at("dropped", time.Minute, 8), at("given up", time.Minute, 9),
				{UUID: "x", ExtInteractionID: "received before", CreatedAt: now.Add(-time.Hour)},
			}}
			if _, err := Run(t.Context(), ledger, receiver, Options{Stamped: true}); err != nil {
				t.Fatal(err)
			}
			for id, want := range map[string]store.State{
				"refused": store.Accepted, "dropped": store.Accepted, "given up": store.Accepted,
				"received before": store.Rejected, "never received": store.Rejected,
			} {
				if got := stateOf(t, ledger, of(id)); got != want {
					t.Errorf("what was %s is %s, want %s", id, got, want)
				}
			}
		})
	}
}

// TestAskedByOthers has what was in doubt, or refused, be accepted because others have asked. Whichever way that was
// learnt, a copy from before is trusted once it has learnt the same: the fence has counted no request of the ledger's
// own. What was its own is missed.
func TestAskedByOthers(t *testing.T) {
	for name, learn := range map[string]func(t *testing.T, l *bolt.Ledger, r verify.Receiver) error{
		"a rebuild": func(t *testing.T, l *bolt.Ledger, r verify.Receiver) error {
			_, err := Run(t.Context(), l, r, Options{Stamped: true})
			return err
		},
		"verify and retry": func(t *testing.T, l *bolt.Ledger, r verify.Receiver) error {
			v := verify.Verification{Receiver: r, Stamped: true}
			_, err := verify.Verify(t.Context(), l, v)
			if err == nil {
				refused := verify.RetryOptions{Refusals: verify.Refusals{IDs: []string{"refused"}}}
				_, err = verify.Retry(t.Context(), l, refused, v)
			}
			return err
		},
	} {
		for _, own := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, own is %t", name, own), func(t *testing.T) {
				now, since := time.Now(), time.Time{}
				path := filepath.Join(t.TempDir(), "acsync.db")
				if err := bolt.Create(path, now.AddDate(0, 0, -1), bolt.Options{}); err != nil {
					t.Fatal(err)
				}
				copied, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				ledger, err := bolt.Open(path, bolt.Options{})
				if err != nil {
					t.Fatal(err)
				}
				var rows []agentconnect.Interaction
				for id, state := range map[string]store.State{"doubtful": store.InDoubt, "refused": store.Rejected} {
					row := agentconnect.Interaction{UUID: id, ExtInteractionID: id, CreatedAt: now}
					intent, err := ledger.Begin(store.Key{Conversation: id}, now, now)
					if err == nil {
						timedOut := store.Result{State: state, Status: http.StatusRequestTimeout, At: now}
						err = ledger.Finish(intent, timedOut)
					}
					if err != nil {
						t.Fatal(err)
					}
					if own {
						row.Intent = intent.String()
					}
					rows = append(rows, row)
				}
				if err := learn(t, ledger, shown{rows: rows, since: &since}); err != nil {
					t.Fatal(err)
				}
				for _, row := range rows {
					if got := stateOf(t, ledger, store.Key{Conversation: row.ExtInteractionID}); got != store.Accepted {
						t.Errorf("what was %s is %s", row.ExtInteractionID, got)
					}
				}
				if err := ledger.Close(); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, copied, 0o600); err != nil {
					t.Fatal(err)
				}
				if ledger, err = bolt.Open(path, bolt.Options{AcceptFence: true}); err != nil {
					t.Fatal(err)
				}
				defer ledger.Close()
				for i := range rows {
					rows[i].Intent = ""
				}
				_, err = Run(t.Context(), ledger, shown{rows: rows, since: &since}, Options{Stamped: true})
				if errors.Is(err, store.ErrRolledBack) != own || err != nil && !own {
					t.Errorf("a rebuild of the copy ends with %v", err)
				}
			})
		}
	}
}

// TestLaterResolution has what is over, or in doubt, of one resolution turn out to have arrived: the request about a later
// one, which the ledger has lost, is learnt all the same.
func TestLaterResolution(t *testing.T) {
	for _, state := range []store.State{store.Rejected, store.InDoubt} {
		t.Run(state.String(), func(t *testing.T) {
			first, second := time.Now().AddDate(0, 0, -20), time.Now().AddDate(0, 0, -10)
			ledger := madeFor(t, first, store.PerResolution)
			intent := finished(t, ledger, store.Key{Conversation: "c", Resolution: first.UnixMilli()}, first, first, state)
			number := intent.Number
			if state == store.Rejected {
				number += 6 // it was tried again
			}
			since := first
			receiver := shown{since: &since, rows: []agentconnect.Interaction{
				stamped("c", first.Add(5*time.Minute), intent.Ledger, number),
				stamped("c", second.Add(time.Minute), intent.Ledger, 9),
			}}
			if _, err := Run(t.Context(), ledger, receiver, Options{Stamped: true}); err != nil {
				t.Fatal(err)
			}
			known, err := ledger.Lookup([]store.Key{{Conversation: "c"}})
			if err != nil {
				t.Fatal(err)
			}
			var entries []store.Entry
			for key, record := range known {
				entries = append(entries, store.Entry{Key: key, Record: record})
			}
			per := decide.SurveyPer(store.PerResolution)
			for name, at := range map[string]time.Time{"first": first, "second": second} {
				key := per.KeyAt(store.Key{Conversation: "c"}, at)
				if got := per.Effective(key, at, entries).State; got != store.Accepted {
					t.Errorf("the %s resolution is %s, and was asked about", name, got)
				}
			}
		})
	}
}

// TestClockWasAhead has what was refused by a clock that was ahead be sent again by one that was right: the numbers tell
// which came first.
func TestClockWasAhead(t *testing.T) {
	at := time.Now().AddDate(0, 0, -1)
	ledger := madeFor(t, at.AddDate(0, 0, -1), store.PerConversation)
	intent := finished(t, ledger, store.Key{Conversation: "c"}, at, at.Add(30*time.Minute), store.Rejected)
	since := at
	receiver := shown{since: &since, rows: []agentconnect.Interaction{
		stamped("c", at.Add(10*time.Minute), intent.Ledger, intent.Number+6),
	}}
	if _, err := Run(t.Context(), ledger, receiver, Options{Stamped: true}); err != nil {
		t.Fatal(err)
	}
	if got := stateOf(t, ledger, store.Key{Conversation: "c"}); got != store.Accepted {
		t.Errorf("it is %s although a later request of it was received", got)
	}
}

// madeFor is a new ledger that is open.
func madeFor(t *testing.T, start time.Time, identity store.Identity) *bolt.Ledger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "acsync.db")
	if err := bolt.Create(path, start, bolt.Options{Identity: identity}); err != nil {
		t.Fatal(err)
	}
	ledger, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ledger.Close() })
	return ledger
}

// finished has an intent end in a state, by a clock.
func finished(
	t *testing.T, ledger *bolt.Ledger, key store.Key, resolution, now time.Time, state store.State,
) store.Intent {
	t.Helper()
	intent, err := ledger.Begin(key, resolution, now)
	if err == nil {
		err = ledger.Finish(intent, store.Result{State: state, Reason: "employee_not_found", Status: 400, At: now})
	}
	if err != nil {
		t.Fatal(err)
	}
	return intent
}

// stamped is a request that Agent Connect has received.
func stamped(id string, at time.Time, ledger string, number uint64) agentconnect.Interaction {
	stamp := store.Intent{Ledger: ledger, Number: number}.String()
	return agentconnect.Interaction{UUID: id + stamp, ExtInteractionID: id, CreatedAt: at, Intent: stamp}
}

// unreadable is a ledger of which one thing fails.
type unreadable struct {
	*bolt.Ledger
	info, lookup, distrust error
}

func (u unreadable) Info() (store.Info, error) {
	info, err := u.Ledger.Info()
	return info, errors.Join(err, u.info)
}

func (u unreadable) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	known, err := u.Ledger.Lookup(keys)
	return known, errors.Join(err, u.lookup)
}

func (u unreadable) Distrust() error { return errors.Join(u.Ledger.Distrust(), u.distrust) }

// TestLedgerFails trusts nothing that was not written whole.
func TestLedgerFails(t *testing.T) {
	trouble, now := errors.New("trouble"), time.Now()
	rows := []agentconnect.Interaction{{ExtInteractionID: "a", CreatedAt: now}}
	followUp := []agentconnect.Interaction{{ExtInteractionID: "a", Recovery: true, CreatedAt: now}}
	for name, tt := range map[string]struct {
		fails unreadable
		rows  []agentconnect.Interaction
	}{
		"what it says of itself":      {unreadable{info: trouble}, rows},
		"what it knows":               {unreadable{lookup: trouble}, rows},
		"what it knows of follow-ups": {unreadable{lookup: trouble}, followUp},
		"the note that it is mended":  {unreadable{distrust: trouble}, rows},
	} {
		ledger, _ := made(t, now)
		tt.fails.Ledger = ledger
		since := time.Time{}
		if _, err := Run(t.Context(), tt.fails, shown{since: &since, rows: tt.rows}, Options{}); !errors.Is(err, trouble) {
			t.Errorf("%s: got %v", name, err)
		}
		if tt.fails.distrust == nil {
			if n, err := Marker(tt.fails)(tt.rows); !errors.Is(err, trouble) || n != 0 {
				t.Errorf("%s: marked %d, %v", name, n, err)
			}
		}
		if info, err := ledger.Info(); err != nil || !info.KnownFrom.IsZero() {
			t.Errorf("%s: it is trusted from %s, %v", name, info.KnownFrom, err)
		}
	}
}
