package sync

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	stdsync "sync"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/fetch"
)

// lender is a ledger that is closed and opened again for whoever has a turn.
type lender struct {
	kept
	place  *place
	wanted func() bool
	turn   func() // while nobody has it open
	taken  int
}

func (l *lender) Wanted() bool { return l.wanted() }

func (l *lender) Yield(ctx context.Context) error {
	if err := l.kept.Close(); err != nil {
		return err
	}
	l.taken++
	l.turn()
	again, err := l.place.open(false)
	if err != nil {
		return err
	}
	l.kept = again
	return context.Cause(ctx)
}

// lends lets the bench's back-fill give turns, in which turn is called, and tells which.
func (b *bench) lends(wanted func() bool, turn func()) *lender {
	b.lent = true
	l := &lender{kept: b.ledger, place: b.place, wanted: wanted, turn: turn}
	b.engine.Ledger, b.engine.Turns, b.engine.Reach = l, l, modelReach
	return l
}

// everyWindow makes every window end with a turn.
func everyWindow() bool { return true }

// other is an engine on the same services, with the ledger open for as long as act works with it.
func (b *bench) other(t *testing.T, act func(e *Engine)) {
	t.Helper()
	ledger, err := b.place.open(false)
	if err != nil {
		t.Fatal(err)
	}
	e := *b.engine
	e.Ledger, e.Turns, e.Observer = ledger, nil, &heard{}
	e.Options.Range, e.Options.Mode, e.Options.Restart = fetch.Window{}, "run", false
	act(&e)
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
}

// mayHave counts the requests by conversation that Agent Connect has, or may have.
type mayHave struct {
	mu    stdsync.Mutex
	times map[string]int
}

func (m *mayHave) note(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.times[id]++
}

// TestTurns lets passes and back-fills over ranges that overlap have the ledger between the windows of a long
// back-fill, at random: nobody is asked twice, nobody is passed over, and each pass adds up.
func TestTurns(t *testing.T) {
	turns := 0
	for seed := range uint64(amount(10, 1500)) {
		synctest.Test(t, func(t *testing.T) { turns += takeTurns(t, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if turns == 0 {
		t.Error("nobody had a turn")
	}
	t.Logf("%d turns", turns)
}

func takeTurns(t *testing.T, seed uint64) int {
	time.Sleep(time.Until(testNow))
	const all = 60
	random := &dice{random: rand.New(rand.NewPCG(seed, 7))}
	b := newBench(t, all)
	// Some are marked done at one instant.
	for i := range b.conversations {
		if random.IntN(4) == 0 && i > 0 {
			b.conversations[i].LastDone.At = b.conversations[i-1].LastDone.At
		}
	}
	got := &mayHave{times: map[string]int{}}
	trouble, first := random.IntN(2) == 0, true
	b.answer = func(r agentconnect.Request) agentconnect.Answer {
		time.Sleep(time.Duration(random.IntN(900)) * time.Millisecond)
		switch n := random.IntN(20); {
		case trouble && n == 0:
			return agentconnect.Answer{Status: http.StatusBadRequest, Written: true, Own: true}
		case trouble && n == 1, trouble && first && n < 9:
			return agentconnect.Answer{Err: errors.New("connection refused")}
		case trouble && n == 2:
			got.note(r.ExtInteractionID)
			return agentconnect.Answer{Status: http.StatusInternalServerError, Written: true}
		}
		got.note(r.ExtInteractionID)
		return taken()
	}
	from, to := testNow.Add(-140*time.Minute), testNow.Add(-30*time.Minute)
	if random.IntN(2) == 0 {
		b.engine.Options.Policy.Delay = time.Duration(random.IntN(90)) * time.Minute
	}
	if random.IntN(4) == 0 {
		b.engine.Options.SurveyPer = store.PerResolution
	}
	// What earlier passes have left, some of it tried before.
	b.engine.Options.Limits.Max = 1 + random.IntN(20)
	if _, err := b.engine.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.engine.Options.Limits.Max, first = 0, false
	time.Sleep(10 * time.Minute)
	b.desk.now = time.Now()
	b.backfill(from, to)
	l := b.lends(func() bool { return random.IntN(3) == 0 }, func() {
		b.other(t, func(e *Engine) {
			switch random.IntN(4) {
			case 0: // the same one
				e.Options.Range, e.Options.Mode = fetch.Window{From: from, To: to}, "backfill"
				e.Options.Limits.Max = random.IntN(20)
			case 1:
				begin := from.Add(time.Duration(random.IntN(100)) * time.Minute)
				e.Options.Range = fetch.Window{From: begin, To: begin.Add(time.Duration(1+random.IntN(30)) * time.Minute)}
				e.Options.Mode = "backfill"
			case 2: // it is killed with requests under way
				entry := b.conversations[random.IntN(all)]
				key := decide.SurveyPer(e.Options.SurveyPer).Key(entry)
				if _, err := e.Ledger.Begin(key, entry.LastDone.At, time.Now()); err == nil {
					got.note(entry.ID)
				}
				return
			}
			result, err := e.Run(t.Context())
			if err != nil {
				t.Errorf("the turn of a %s: %v", e.Options.Mode, err)
			}
			if !result.Accounted() {
				t.Errorf("the turn of a %s does not add up: %+v", e.Options.Mode, result)
			}
		})
		time.Sleep(time.Duration(random.IntN(30)) * time.Minute)
		b.desk.now = time.Now()
	})
	b.heard.events = nil
	result, err := b.engine.Run(t.Context())
	if err != nil && l.taken == 0 || err != nil && !strings.Contains(err.Error(), "stopped") {
		t.Errorf("the back-fill: %v", err)
	}
	b.check(t, result)
	if result.Fuse == "" && result.Down == "" && result.Backfill.Finished.IsZero() {
		t.Errorf("it has not come to its end: %+v", result)
	}
	b.ledger = l.kept
	b.engine.Ledger, b.engine.Turns, b.engine.Options.Range = l.kept, nil, fetch.Window{}
	runs, err := l.Runs(0)
	if err != nil || runs[0].Pass != result.Pass || runs[0].Killed || runs[0].Found != result.Found {
		t.Errorf("the newest summary is %+v (%v)", runs[0], err)
	}
	for i, run := range runs {
		if run.Killed || i > 0 && run.Pass == result.Pass {
			t.Errorf("a second summary of the back-fill, or of one that was not killed: %+v", run)
		}
	}
	trouble = false
	time.Sleep(12 * time.Hour)
	b.desk.now = time.Now()
	b.backfill(from, to)
	for range 2 {
		if _, err := b.engine.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.engine.Options.Range = fetch.Window{}
	}
	for id, n := range got.times {
		if n > 1 {
			t.Errorf("%s was asked %d times", id, n)
		}
	}
	for i, c := range b.conversations {
		known, err := l.Lookup([]store.Key{{Conversation: c.ID}})
		if err != nil {
			t.Fatal(err)
		}
		asked := false
		for _, r := range known {
			asked = asked || r.Held()
		}
		if !asked {
			t.Errorf("conversation %d was passed over: %+v", i, known)
		}
	}
	return l.taken
}

// TestTurnChangesTheLedger ends a back-fill whose ledger is not fit for it any more when it comes back, and sends
// nothing after that.
func TestTurnChangesTheLedger(t *testing.T) {
	signal := exit.New(exit.Terminated, "SIGTERM")
	from, to := testNow.Add(-140*time.Minute), testNow.Add(-30*time.Minute)
	for name, c := range map[string]struct {
		turn func(t *testing.T, b *bench, copied []byte)
		code exit.Code
		want string
		ends bool // with a summary of its own
		// the ledger that came back is refused from then on, although its fence fits it
		refused bool
		// it is not about a file
		anyLedger bool
	}{
		"put back from a copy": {turn: func(t *testing.T, b *bench, copied []byte) {
			if err := os.WriteFile(b.path, copied, 0o600); err != nil {
				t.Fatal(err)
			}
			ledger, err := b.place.open(true)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(ledger.Adopt(store.Adoption{Excused: true}), ledger.Close()); err != nil {
				t.Fatal(err)
			}
		}, code: exit.LedgerDamaged, want: "ledger restore FILE, and otherwise acsync ledger rebuild"},
		// As ledger restore does, which has found who was asked since.
		"restored": {turn: func(t *testing.T, b *bench, copied []byte) {
			if err := os.WriteFile(b.path, copied, 0o600); err != nil {
				t.Fatal(err)
			}
			ledger, err := b.place.open(true)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(ledger.Adopt(store.Adoption{Missing: true}), ledger.Close()); err != nil {
				t.Fatal(err)
			}
		}, code: exit.Temporary, want: "goes on from what the ledger knows now"},
		"put back, repaired and gone on with": {turn: func(t *testing.T, b *bench, copied []byte) {
			if err := os.WriteFile(b.path, copied, 0o600); err != nil {
				t.Fatal(err)
			}
			ledger, err := b.place.open(true)
			if err == nil {
				err = ledger.Adopt(store.Adoption{Excused: true})
			}
			for n := 0; err == nil && n < 500; n++ {
				err = ledger.Commit(store.Batch{Late: []time.Duration{time.Second}})
			}
			if err = errors.Join(err, ledger.Close()); err != nil {
				t.Fatal(err)
			}
		}, code: exit.Temporary, want: "restored or rebuilt"},
		// More is in it than this pass knows, and its fence fits it.
		"put back with its fence, and gone on with": {turn: func(t *testing.T, b *bench, copied []byte) {
			err := errors.Join(os.WriteFile(b.path, copied, 0o600), os.Rename(b.path+".before.fence", b.path+".fence"))
			if err != nil {
				t.Fatal(err)
			}
			b.other(t, func(e *Engine) {
				e.Backups = nil
				for range 500 {
					if err := e.Ledger.Commit(store.Batch{Late: []time.Duration{time.Second}}); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := e.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
		}, code: exit.LedgerDamaged, want: "knows nothing of what", refused: true},
		"put back with its fence": {turn: func(t *testing.T, b *bench, copied []byte) {
			err := errors.Join(os.WriteFile(b.path, copied, 0o600), os.Rename(b.path+".before.fence", b.path+".fence"))
			if err != nil {
				t.Fatal(err)
			}
		}, code: exit.LedgerDamaged, want: "Until then every pass refuses it", refused: true},
		"put back with its fence in the way": {turn: func(t *testing.T, b *bench, copied []byte) {
			if err := os.WriteFile(b.path, copied, 0o600); err != nil {
				t.Fatal(err)
			}
		}, code: exit.LedgerDamaged, want: "ledger rebuild"},
		"another ledger": {turn: func(t *testing.T, b *bench, _ []byte) {
			if err := errors.Join(os.Remove(b.path), os.Remove(b.path+".fence")); err != nil {
				t.Fatal(err)
			}
			if err := bolt.Create(b.path, testNow.Add(-24*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}, code: exit.LedgerDamaged, want: "what came back is ledger"},
		"removed": {turn: func(t *testing.T, b *bench, _ []byte) {
			if err := os.Remove(b.path); err != nil {
				t.Fatal(err)
			}
		}, code: exit.LedgerMissing, want: "there is no ledger"},
		"converted": {anyLedger: true, turn: func(t *testing.T, b *bench, _ []byte) {
			b.other(t, func(e *Engine) {
				if _, err := e.Ledger.(kept).Convert(store.PerResolution); err != nil {
					t.Fatal(err)
				}
			})
		}, code: exit.Usage, want: "survey_per", ends: true},
		"pruned": {anyLedger: true, turn: func(t *testing.T, b *bench, _ []byte) {
			b.other(t, func(e *Engine) {
				_, err := e.Run(t.Context())
				if err == nil {
					_, err = e.Ledger.Prune(t.Context(), to)
				}
				if err != nil {
					t.Fatal(err)
				}
			})
		}, code: exit.Usage, want: "has forgotten who was asked", ends: true},
		"begun again": {anyLedger: true, turn: func(t *testing.T, b *bench, _ []byte) {
			time.Sleep(2 * time.Millisecond)
			b.other(t, func(e *Engine) {
				e.Options.Range, e.Options.Restart, e.Options.Mode = fetch.Window{From: from, To: to}, true, "backfill"
				if _, err := e.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
		}, code: exit.Temporary, want: "begun again", ends: true},
		"a signal": {anyLedger: true, code: exit.Terminated, want: "SIGTERM", ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, 60)
			copied, err := []byte(nil), error(nil)
			if !c.anyLedger {
				fileOnly(t)
				if copied, err = os.ReadFile(b.path); err == nil {
					err = os.Link(b.path+".fence", b.path+".before.fence")
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			sent := 0
			begun := func() bool {
				b.receiver.mu.Lock()
				defer b.receiver.mu.Unlock()
				return len(b.got) > 0
			}
			l := b.lends(begun, func() {
				if c.turn != nil {
					c.turn(t, b, copied)
				} else {
					cancel(signal)
				}
				sent = len(b.got)
			})
			b.backfill(from, to)
			kept := &keeper{}
			b.engine.Backups = kept
			result, err := b.engine.Run(ctx)
			// Nor are good copies replaced by those of a ledger that is not its own.
			if !c.ends && kept.asked.Load() > 0 {
				t.Errorf("%d copies of that ledger were made", kept.asked.Load())
			}
			if err == nil || exit.Or(err, exit.Failed) != c.code || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want exit %d with %q", err, c.code, c.want)
			}
			b.check(t, result)
			if l.taken != 1 || len(b.got) != sent || sent == 0 {
				t.Errorf("%d turns, %d sent before the end, %d at the end", l.taken, sent, len(b.got))
			}
			b.ledger = l.kept
			runs, err := l.Runs(1)
			if c.ends && (err != nil || runs[0].Pass != result.Pass || runs[0].Killed) {
				t.Errorf("the newest summary is %+v (%v)", runs, err)
			}
			if !c.ends && err == nil && len(runs) > 0 && runs[0].Pass == result.Pass {
				t.Errorf("it has left a summary in a ledger that is not its own: %+v", runs)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			next, err := b.place.open(false)
			if err == nil {
				err = next.Close()
			}
			if c.refused != (err != nil && strings.Contains(err.Error(), "a repair of it is due")) {
				t.Errorf("the next pass meets %v", err)
			}
			if _, err := os.Stat(b.path); err != nil {
				if err := os.WriteFile(b.path, copied, 0o600); err != nil { // for the cleanup
					t.Fatal(err)
				}
			}
			if b.ledger, err = b.place.open(true); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestNoTurnInTheCountOfAFirstRun counts what a first pass would send without letting go of the ledger.
func TestNoTurnInTheCountOfAFirstRun(t *testing.T) {
	b := newBench(t, 60)
	b.engine.Options.Unconfirmed = 5
	l := b.lends(everyWindow, func() {})
	b.backfill(testNow.Add(-140*time.Minute), testNow.Add(-30*time.Minute))
	_, err := b.engine.Run(t.Context())
	if !errors.As(err, new(*UnconfirmedError)) || l.taken > 0 {
		t.Errorf("%d turns, error %v", l.taken, err)
	}
}
