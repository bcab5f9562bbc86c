package sync

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
)

const days = 24 * time.Hour

// agedBench has a ledger that began 500 days ago, with a conversation in it that was accepted so many days ago.
func agedBench(t *testing.T, ages ...int) *bench {
	t.Helper()
	b := newBench(t, 2)
	b.begun(t, testNow.Add(-500*days))
	var entries []store.Entry
	for i, age := range ages {
		at := testNow.Add(-time.Duration(age) * days)
		entries = append(entries, store.Entry{Key: oldKey(i), Record: store.Record{State: store.Accepted, Resolution: at, At: at}})
	}
	if err := b.ledger.Commit(store.Batch{Entries: entries, Checkpoint: testNow.Add(-2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	b.engine.Options.Retain = 400 * days
	return b
}

func oldKey(n int) store.Key {
	return store.Key{Conversation: "old-" + string(rune('a'+n))}
}

// begun replaces the bench's ledger by one that begins at another time.
func (b *bench) begun(t *testing.T, start time.Time) {
	t.Helper()
	b.place = newPlace(t, start)
	b.path = b.place.path
	b.open(t)
	b.engine.Ledger = b.ledger
}

// held tells which of the old conversations the ledger still knows.
func (b *bench) held(t *testing.T, n int) (held []bool) {
	t.Helper()
	for i := range n {
		known, err := b.ledger.Lookup([]store.Key{oldKey(i)})
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, len(known) == 1)
	}
	return held
}

func (b *bench) floor(t *testing.T) time.Time {
	t.Helper()
	info, err := b.ledger.Info()
	if err != nil {
		t.Fatal(err)
	}
	return info.Floor
}

// TestForget makes passes through two days: the first forgets what is old enough, those of the next day nothing, and then
// one forgets again.
func TestForget(t *testing.T) {
	b := agedBench(t, 450, 401, 399, 398)
	result := b.mustRun(t)
	if diff := cmp.Diff([]bool{false, false, true, true}, b.held(t, 4)); diff != "" || result.Forgotten != 2 || result.Found != 2 {
		t.Errorf("got %+v, -want +got:\n%s", result, diff)
	}
	floor := b.floor(t)
	if want := testNow.Add(-400 * days); !floor.Equal(want) {
		t.Errorf("the floor is %s, want %s", floor, want)
	}
	for range 5 {
		b.now = b.now.Add(4 * time.Hour)
		if got := b.mustRun(t).Forgotten; got != 0 || !b.floor(t).Equal(floor) {
			t.Errorf("%d forgotten within a day, the floor is %s", got, b.floor(t))
		}
	}
	b.now = testNow.Add(30 * time.Hour)
	if got := b.mustRun(t).Forgotten; got != 1 {
		t.Errorf("%d forgotten on the next day, want 1", got)
	}
}

func TestForgetNothing(t *testing.T) {
	for name, change := range map[string]func(*bench){
		"for ever": func(b *bench) { b.engine.Options.Retain = 0 },
		"a dry run": func(b *bench) {
			b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
		},
		"not read whole":   func(b *bench) { b.desk.fail = func(string) error { return errTrouble } },
		"stopped by --max": func(b *bench) { b.engine.Options.Limits.Max = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			b := agedBench(t, 450)
			change(b)
			result, _ := b.run(t)
			if got := b.held(t, 1); !got[0] || result.Forgotten != 0 || !b.floor(t).IsZero() {
				t.Errorf("it was forgotten: %+v", result)
			}
		})
	}
}

// TestForgetKeepsTheOverlap retains for less than the passes reach back: where the next one begins to read stays known.
func TestForgetKeepsTheOverlap(t *testing.T) {
	b := agedBench(t, 3, 9)
	b.engine.Options.Retain, b.engine.Options.Overlap, b.engine.Options.Policy.MaxAge = time.Hour, 5*days, 0
	result := b.mustRun(t)
	if diff := cmp.Diff([]bool{true, false}, b.held(t, 2)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if want := result.Checkpoint.Add(-5*days - decide.SameWithin); !b.floor(t).Equal(want) {
		t.Errorf("the floor is %s, want %s", b.floor(t), want)
	}
}

// TestNoWindowBelowTheFloor widens the overlap beyond what the ledger knows.
func TestNoWindowBelowTheFloor(t *testing.T) {
	b := agedBench(t, 450)
	b.mustRun(t)
	b.engine.Options.Overlap = 450 * days
	if result := b.mustRun(t); !result.From.Equal(b.floor(t)) || len(b.got) != 2 {
		t.Errorf("the pass begins at %s, the floor is %s; %d were sent", result.From, b.floor(t), len(b.got))
	}
}

// raised is a ledger whose floor is above its checkpoint, as only a defect or another program can leave it.
type raised struct{ Ledger }

func (r raised) Info() (store.Info, error) {
	info, err := r.Ledger.Info()
	info.Floor = info.Checkpoint.Add(time.Hour)
	return info, err
}

func TestCheckpointBelowTheFloor(t *testing.T) {
	b := newBench(t, 2)
	b.engine.Ledger = raised{b.ledger}
	_, err := b.run(t)
	if floor, ok := errors.AsType[*FloorError](err); !ok || len(b.got) > 0 || !floor.Floor.Equal(floor.From.Add(time.Hour)) {
		t.Errorf("got %v, %d sent", err, len(b.got))
	}
}

// forgetting is a ledger whose Prune fails, or is stopped by a signal.
type forgetting struct {
	Ledger
	cancel func()
}

func (f forgetting) Prune(ctx context.Context, _ time.Time) (int, error) {
	if f.cancel == nil {
		return 3, errTrouble
	}
	f.cancel()
	return 3, ctx.Err()
}

func TestForgetFails(t *testing.T) {
	b := agedBench(t)
	b.engine.Ledger = forgetting{b.ledger, nil}
	result, err := b.run(t)
	if _, ok := errors.AsType[*store.WriteError](err); !ok || result.Forgotten != 3 || result.Counts[store.Accepted] != 2 {
		t.Errorf("got %v, %+v", err, result)
	}
}

// TestForgetIsStopped by a signal: all that the pass had to do is done.
func TestForgetIsStopped(t *testing.T) {
	b := agedBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.engine.Ledger = forgetting{b.ledger, cancel}
	result, err := b.engine.Run(ctx)
	if err != nil || result.Forgotten != 3 || result.Counts[store.Accepted] != 2 {
		t.Errorf("got %v, %+v", err, result)
	}
}

// TestForgetKeepsWhoIsMetAgain has a conversation that was asked about long ago marked done again within the overlap: while the
// passes still read that, none of them forgets who was asked.
func TestForgetKeepsWhoIsMetAgain(t *testing.T) {
	b := agedBench(t, 440)
	long := testNow.Add(-450 * days)
	again := store.Entry{Key: decide.KeyOf(b.conversations[0]), Record: store.Record{State: store.Accepted, Resolution: long, At: long}}
	if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{again}}); err != nil {
		t.Fatal(err)
	}
	b.engine.Options.Overlap = 2 * days
	for _, now := range []time.Time{testNow, testNow.Add(time.Hour)} {
		b.now = now
		b.mustRun(t)
	}
	for _, request := range b.got {
		if request.ExtInteractionID == again.Conversation {
			t.Error("it was asked about again")
		}
	}
	b.now = testNow.Add(5 * days)
	b.mustRun(t)
	b.now = testNow.Add(6 * days) // it is no longer read
	if result := b.mustRun(t); result.Forgotten != 2 {
		t.Errorf("%d forgotten, want 2", result.Forgotten)
	}
}
