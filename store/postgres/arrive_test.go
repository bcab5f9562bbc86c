package postgres

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/store/bolt"
)

// everything walks all that a ledger that is a file has.
func everything(l *bolt.Ledger) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		erased, err := l.Erased()
		for _, e := range erased {
			if !yield(e, nil) {
				return
			}
		}
		stop := errors.New("enough")
		if err == nil {
			err = l.Each(func(e store.Entry) error {
				if !yield(e, nil) {
					return stop
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, stop) {
			yield(store.Entry{}, err)
		}
	}
}

// inFile makes a ledger that is a file, with something of everything.
func inFile(t *testing.T) *bolt.Ledger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "acsync.db")
	must(t, bolt.Create(path, noon.Add(-time.Hour), bolt.Options{Tenant: "acme"}))
	l, err := bolt.Open(path, bolt.Options{Tenant: "acme", Credential: "key"})
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	ends := []store.State{store.Accepted, store.Rejected, store.Retry, store.InDoubt, store.Scheduled}
	for n := range 40 {
		k := store.Key{Conversation: string(rune('a'+n%26)) + time.Duration(n).String()}
		if n%3 == 0 {
			k = store.Key{Conversation: "6921a0b1c2d3e4f5a6b7c8" + string(rune('0'+n/10)) + string(rune('0'+n%10))}
		}
		if n%7 == 0 {
			k.Resolution = noon.UnixMilli()
		}
		i, err := l.Begin(k, noon, noon)
		must(t, err)
		must(t, l.Finish(i, store.Result{State: ends[n%len(ends)], Reason: "busy", Status: 200 + n, At: noon, Due: noon.Add(time.Hour)}))
	}
	fill := store.Backfill{From: noon.AddDate(0, -1, 0), To: noon, Position: noon.AddDate(0, 0, -3), Begun: noon}
	open := store.Backfill{From: noon.AddDate(0, -2, 0), Position: noon, Begun: noon}
	must(t, l.Commit(store.Batch{
		Entries:    []store.Entry{{Key: store.Key{Conversation: "spam"}, Record: store.Record{State: store.Skipped, Reason: "spam", Resolution: noon, At: noon}}},
		Checkpoint: noon, Late: []time.Duration{time.Minute}, Backfill: &fill, Acknowledged: noon,
		Run: &store.Run{Pass: "p1", Mode: "run", Counts: map[string]int{"accepted": 8}, Refusals: []store.Refusal{{Conversation: "x", Reason: "y"}}},
	}))
	must(t, l.Commit(store.Batch{Backfill: &open, Run: &store.Run{Pass: "p2", Started: noon}}))
	_, err = l.Forget([]string{"spam", "never seen"}, noon)
	must(t, err)
	_, err = l.Prune(t.Context(), noon.Add(-2*time.Hour))
	must(t, err)
	return l
}

// TestTakeIn moves a ledger from a file into the database: nothing of it is lost, its id and its sequence
// stay, and nobody opens it before the file is known not to be used again.
func TestTakeIn(t *testing.T) {
	file, d, ctx := inFile(t), connect(t), context.Background()
	s, err := file.Snapshot()
	must(t, err)
	must(t, d.TakeIn(ctx, "acme", s, everything(file), Options{}))
	_, err = d.Open(ctx, "acme", Options{})
	if !errors.Is(err, store.ErrRolledBack) {
		t.Errorf("before it is trusted it opens with %v", err)
	}
	must(t, d.TakeIn(ctx, "acme", s, everything(file), Options{})) // what was stopped is done again
	// It was stopped before the file was marked, and that went on.
	must(t, file.Commit(store.Batch{Entries: []store.Entry{{
		Key: store.Key{Conversation: "later"}, Record: store.Record{State: store.Skipped, Reason: "no_email", At: noon},
	}}}))
	s, err = file.Snapshot()
	must(t, err)
	must(t, d.TakeIn(ctx, "acme", s, everything(file), Options{}))
	must(t, d.Trust(ctx, "acme", s.ID))
	if err := d.TakeIn(ctx, "acme", s, everything(file), Options{}); !errors.Is(err, store.ErrExists) {
		t.Errorf("over one that is in use: %v", err)
	}
	if err := d.TakeIn(ctx, "other", s, everything(file), Options{}); !errors.Is(err, store.ErrExists) {
		t.Errorf("twice, under another name: %v", err)
	}
	l := opened(t, d, "acme", Options{Tenant: "acme", Credential: "key"})
	must(t, l.Check(ctx))
	compare := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(store.Lateness{})); diff != "" {
			t.Errorf("%s: -file +database\n%s", what, diff)
		}
	}
	walk := func(each func(func(store.Entry) error) error) (list []store.Entry) {
		must(t, each(func(e store.Entry) error { list = append(list, e); return nil }))
		return list
	}
	compare("entries", walk(l.Each), walk(file.Each))
	gotErased, err := l.Erased()
	must(t, err)
	wantErased, err := file.Erased()
	must(t, err)
	compare("erased", gotErased, wantErased)
	gotRuns, err := l.Runs(0)
	must(t, err)
	wantRuns, err := file.Runs(0)
	must(t, err)
	compare("runs", gotRuns, wantRuns)
	gotFills, err := l.Backfills()
	must(t, err)
	compare("back-fills", gotFills, s.Backfills)
	got, err := l.Info()
	must(t, err)
	want := s.Info
	want.Path, want.Size, want.Format, want.Transaction = got.Path, got.Size, got.Format, got.Transaction
	compare("info", got, want)
	i, err := l.Begin(store.Key{Conversation: "new"}, noon, noon)
	must(t, err)
	if i.Number != s.Intents+1 || i.Ledger != s.ID {
		t.Errorf("the next intent is %s after number %d of %s", i, s.Intents, s.ID)
	}
	_, err = d.Open(ctx, "acme", Options{Tenant: "acme", Credential: "another", ReadOnly: true})
	if !errors.Is(err, store.ErrOtherCredential) {
		t.Errorf("with another key it opens with %v", err)
	}
}

// TestTakeInIsWhole: entries that break off, or are others than the snapshot counts, leave nothing.
func TestTakeInIsWhole(t *testing.T) {
	file, d, ctx := inFile(t), connect(t), context.Background()
	s, err := file.Snapshot()
	must(t, err)
	broken := errors.New("broken")
	n := 0
	cut := func(yield func(store.Entry, error) bool) {
		for e := range everything(file) {
			if n++; n == 20 {
				yield(e, broken)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
	if err := d.TakeIn(ctx, "acme", s, cut, Options{}); !errors.Is(err, broken) || errors.Is(err, ErrUnreachable) {
		t.Errorf("got %v", err)
	}
	if err := d.TakeIn(ctx, "acme", s, func(func(store.Entry, error) bool) {}, Options{}); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("without entries: %v", err)
	}
	if there, err := d.Exists(ctx, "acme"); there || err != nil {
		t.Errorf("there is one: %v (%v)", there, err)
	}
}

// TestTakeInAnew: a move that was stopped after it had copied, and whose file was used since, is made anew, under
// whatever name; what somebody has opened stays.
func TestTakeInAnew(t *testing.T) {
	file, d, ctx := inFile(t), connect(t), context.Background()
	s, err := file.Snapshot()
	must(t, err)
	must(t, d.TakeIn(ctx, "acme", s, everything(file), Options{}))
	key := store.Key{Conversation: "asked since"}
	i, err := file.Begin(key, noon, noon)
	must(t, err)
	must(t, file.Finish(i, store.Result{State: store.Accepted, At: noon}))
	s, err = file.Snapshot()
	must(t, err)
	must(t, d.TakeIn(ctx, "other", s, everything(file), Options{}))
	if there, err := d.Exists(ctx, "acme"); there || err != nil {
		t.Errorf("the older copy is there: %v (%v)", there, err)
	}
	must(t, d.Trust(ctx, "other", s.ID))
	l := opened(t, d, "other", Options{Credential: "key"})
	if got := record(t, l, key); got.State != store.Accepted {
		t.Errorf("what was sent since is %+v", got)
	}
	must(t, l.Close())
	if err := d.TakeIn(ctx, "other", s, everything(file), Options{}); !errors.Is(err, store.ErrExists) {
		t.Errorf("over one that was opened: %v", err)
	}
}
