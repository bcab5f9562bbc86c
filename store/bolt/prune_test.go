package bolt

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"acsync/store"
)

func TestPrune(t *testing.T) {
	l := testLedger(t, Options{})
	sample(t, l) // a key in every state, all of noon
	commit(t, l, store.Record{State: store.Skipped, Reason: "spam", Resolution: noon.Add(time.Hour), At: noon}, id(9))
	commit(t, l, store.Record{State: store.Skipped, Reason: "spam", At: noon}, store.Key{Conversation: "conv-without-resolution"})
	must(t, l.Commit(store.Batch{Checkpoint: noon.Add(2 * time.Hour)}))

	n, err := l.Prune(t.Context(), noon)
	must(t, err)
	wantSame(t, n, 1) // skipped at noon, less its milliseconds: the ledger keeps that time by seconds
	n, err = l.Prune(t.Context(), noon.Add(time.Minute))
	must(t, err)
	wantSame(t, n, 4)
	want := []string{id(3).Conversation, id(4).Conversation, id(5).Conversation, id(6).Conversation, id(9).Conversation}
	wantSame(t, conversations(all(t, l)), want)
	i := info(t, l)
	wantSame(t, i.Counts, map[store.State]int{store.InDoubt: 1, store.Sending: 1, store.Retry: 1, store.Scheduled: 1, store.Skipped: 1})
	wantSame(t, i.Floor, noon.Add(time.Minute))
	wantFence(t, l, fence{Ledger: l.id, Transaction: i.Transaction, Accepted: 1, Intents: i.Intents, Open: true})
	closeLedger(t, l)
	openLedger(t, l.path, Options{}) // fewer keys are accepted than the fence says, yet nothing was lost
}

// What was asked about lately stays, however long ago it was marked done: the receiver's data may still show
// it.
func TestPruneKeepsWhatWasAskedLately(t *testing.T) {
	l := testLedger(t, Options{})
	must(t, l.Commit(store.Batch{Checkpoint: noon}))
	old := noon.AddDate(-1, 0, 0)
	commit(t, l, store.Record{State: store.Accepted, Resolution: old, At: noon.Add(-time.Minute)}, id(1))
	commit(t, l, store.Record{State: store.Accepted, Resolution: old, At: noon.Add(-time.Hour)}, id(2))
	n, err := l.Prune(t.Context(), noon.Add(-30*time.Minute))
	must(t, err)
	wantSame(t, n, 1)
	wantSame(t, record(t, l, id(1)).State, store.Accepted)
}

func TestPruneManyAndStop(t *testing.T) {
	l := testLedger(t, Options{})
	must(t, l.Close())
	l = unchecked(t, l.path)
	var b store.Batch
	for i := range 2*pruneStride + 7 {
		b.Entries = append(b.Entries, store.Entry{Key: id(i), Record: store.Record{State: store.Skipped, Resolution: noon, At: noon}})
	}
	b.Checkpoint = noon.Add(time.Hour)
	must(t, l.Commit(b))
	before := info(t, l).Transaction
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n, err := l.Prune(ctx, noon.Add(time.Minute))
	wantError(t, err, context.Canceled)
	wantSame(t, n, 0)
	n, err = l.Prune(t.Context(), noon.Add(time.Minute))
	must(t, err)
	wantSame(t, n, len(b.Entries))
	wantSame(t, info(t, l).Transaction-before, uint64(4)) // the floor, and three of keys
	must(t, l.Check(t.Context()))
}

// pruneKeys are the keys that TestPruneInBoundedTransactions removes.
func pruneKeys() int {
	if long {
		return 1_000_000
	}
	return 35_000
}

// between is a context that calls a function whenever it is asked whether it has ended.
type between struct {
	context.Context
	look func()
}

func (b between) Err() error {
	b.look()
	return b.Context.Err()
}

// Pruning a million keys takes a hundred transactions, none of which removes more than 10,000; so it is in
// the long programmes.
func TestPruneInBoundedTransactions(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, Create(path, time.Unix(1, 0)))
	l := unchecked(t, path)
	list := history(2 * pruneKeys())
	for part := range slices.Chunk(list, 50_000) {
		must(t, l.Commit(store.Batch{Entries: part}))
	}
	must(t, l.Commit(store.Batch{Checkpoint: list[len(list)-1].At}))
	held := func() (n int) {
		for _, count := range info(t, l).Counts {
			n += count
		}
		return n
	}
	first, left, most := info(t, l).Transaction, held(), 0
	look := func() {
		now := held()
		most, left = max(most, left-now), now
	}
	n, err := l.Prune(between{t.Context(), look}, list[len(list)/2].Record.Resolution)
	must(t, err)
	look()
	made := int(info(t, l).Transaction - first)
	t.Logf("%d keys were removed in %d transactions, at most %d in one", n, made, most)
	if least := pruneKeys() * 9 / 10; n < least || left != len(list)-n {
		t.Errorf("%d were removed, %d are left of %d", n, left, len(list))
	}
	if limit := n/pruneStride + 2; most > 10_000 || made > limit {
		t.Errorf("%d transactions, at most %d; the largest removed %d", made, limit, most)
	}
	must(t, l.Check(t.Context()))
}

func TestPruneRuns(t *testing.T) {
	l := testLedger(t, Options{})
	must(t, l.Close())
	l = unchecked(t, l.path)
	must(t, l.update(func(tx *txn) error {
		for i := range keptRuns + 3 {
			at := noon.Add(time.Duration(i) * time.Minute)
			if err := tx.runs.add(&store.Run{Pass: "old", Started: at, Ended: at}); err != nil {
				return err
			}
		}
		return nil
	}))
	at := noon.AddDate(1, 0, 0)
	must(t, l.Commit(store.Batch{Run: &store.Run{Pass: "new", Started: at, Ended: at}}))
	_, err := l.Prune(t.Context(), noon.AddDate(-1, 0, 0))
	must(t, err)
	runs, err := l.Runs(0)
	must(t, err)
	wantSame(t, len(runs), keptRuns)
	wantSame(t, runs[0].Pass, "new")
	must(t, l.Check(t.Context()))
}
