package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"acsync/store"
)

// convertible fills a ledger with settled, waiting and skipped records of a few conversations, under both
// kinds of keys.
func convertible(t *rapid.T, l *Ledger, identity store.Identity) {
	names := []string{id(1).Conversation, id(2).Conversation, "conv-1", "elevenbytes"}
	states := []store.State{store.Accepted, store.Rejected, store.Retry, store.Scheduled, store.Skipped}
	for range rapid.IntRange(1, 25).Draw(t, "entries") {
		key := store.Key{Conversation: rapid.SampledFrom(names).Draw(t, "id")}
		key.Recovery = rapid.IntRange(0, 9).Draw(t, "recovery") == 0
		at := noon.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "at")) * time.Minute)
		if !key.Recovery && (identity == store.PerResolution) != (rapid.IntRange(0, 9).Draw(t, "other kind") == 0) {
			key.Resolution = at.UnixMilli()
		}
		known, err := l.Lookup([]store.Key{key})
		must(t, err)
		if known[key].Held() {
			continue
		}
		state := rapid.SampledFrom(states).Draw(t, "state")
		if state == store.Skipped || rapid.Bool().Draw(t, "decided") {
			r := store.Record{State: state, Resolution: at, At: at}
			must(t, l.Commit(store.Batch{Entries: []store.Entry{{Key: key, Record: r}}}))
			continue
		}
		i, err := l.Begin(key, at, at)
		must(t, err)
		must(t, l.Finish(i, store.Result{State: state, At: at, Reason: "busy"}))
	}
}

// TestConvert converts random ledgers there and back: nobody who was settled is forgotten, and what the
// receiver may show is accounted for as before.
func TestConvert(t *testing.T) {
	few(t, 25)
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "convert")
		must(r, err)
		path := filepath.Join(dir, "ledger.db")
		from := rapid.SampledFrom([]store.Identity{store.PerConversation, store.PerResolution}).Draw(r, "identity")
		must(r, Create(path, noon, Options{Identity: from}))
		l, err := Open(path, Options{Strict: true})
		must(r, err)
		defer func() { l.Close() }()
		convertible(r, l, from)
		to := store.PerResolution
		if from == to {
			to = store.PerConversation
		}
		for _, identity := range []store.Identity{to, from} {
			before, ever := everything(r, l), everAccepted(r, l)
			planned, err := l.PlanConversion(identity)
			must(r, err)
			done, err := l.Convert(identity)
			must(r, err)
			same(r, done, planned)
			must(r, l.Check(t.Context()))
			info, err := l.Info()
			must(r, err)
			same(r, info.Identity, identity)
			same(r, everAccepted(r, l), ever)
			after := everything(r, l)
			same(r, len(after), len(before)-done.Merged)
			remembered(r, before, after)
			for key, record := range after {
				same(r, identity.Key(store.Entry{Key: key, Record: record}), key)
			}
			must(r, l.Close())
			l, err = Open(path, Options{Strict: true}) // its fence holds for it
			must(r, err)
		}
	})
}

func everAccepted(t rapid.TB, l *Ledger) (n uint64) {
	must(t, l.view(func(t *txn) error { n = t.accepted; return nil }))
	return n
}

func everything(t rapid.TB, l *Ledger) map[store.Key]store.Record {
	found := map[store.Key]store.Record{}
	must(t, l.Each(func(e store.Entry) error { found[e.Key] = e.Record; return nil }))
	return found
}

// remembered makes sure that each record of a ledger is settled, and accounted for, in another one as well.
func remembered(t *rapid.T, before, after map[store.Key]store.Record) {
	for key, r := range before {
		settled, accounted := false, false
		for other, now := range after {
			if other.Conversation != key.Conversation || other.Recovery != key.Recovery {
				continue
			}
			settled = settled || now.Settled()
			accounted = accounted || now.Intent == r.Intent || now.Attempts > 1 || now.Attempts == 0 && now.Held()
		}
		if r.Settled() && !settled {
			t.Fatalf("%v was %s, and nothing of it is left in %v", key, r.State, after)
		}
		if r.Intent != 0 && !accounted {
			t.Fatalf("intent %d of %v is a stranger to %v", r.Intent, key, after)
		}
	}
}

func TestConvertRefuses(t *testing.T) {
	l := newLedger(t, Options{})
	finish(t, l, id(1), store.InDoubt)
	begin(t, l, id(2))
	before := all(t, l)
	for _, c := range []struct {
		to   store.Identity
		says string
	}{
		{store.PerConversation, "by conversation already"},
		{"customer", `by "customer"`},
		{store.PerResolution, "2 survey requests are in doubt"},
	} {
		_, err := l.Convert(c.to)
		wantError(t, err, store.ErrRefused)
		if !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("it says %q, not %q", err, c.says)
		}
		_, planned := l.PlanConversion(c.to)
		wantSame(t, fmt.Sprint(planned), fmt.Sprint(err))
	}
	wantSame(t, all(t, l), before)
}

// TestConvertWhole: a conversion for which the disk has no room changes nothing.
func TestConvertWhole(t *testing.T) {
	l := newLedger(t, Options{})
	path := l.path
	var keys []store.Key
	for n := range 2000 {
		keys = append(keys, id(n))
	}
	commit(t, l, store.Record{State: store.Scheduled, Resolution: noon, At: noon, Due: noon}, keys...)
	before := all(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	stat, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	l = openLedger(t, path, Options{MaxSize: int(stat.Size())})
	_, err = l.Convert(store.PerResolution)
	wantError(t, err, bolterrors.ErrMaxSizeReached)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openLedger(t, path, Options{})
	wantSame(t, all(t, l), before)
	c, err := l.Convert(store.PerResolution)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, c, store.Conversion{From: store.PerConversation, To: store.PerResolution, Moved: len(before)})
}
