package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// snapshot is what lies at the path of a ledger, as it is at a moment.
type snapshot map[string][]byte

// take keeps the files with these endings; one that is not there is kept as such.
func take(t *testing.T, path string, endings ...string) snapshot {
	t.Helper()
	s := snapshot{}
	for _, ending := range endings {
		content, err := os.ReadFile(path + ending)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		s[ending] = content
	}
	return s
}

// putBack lets the files be as they were.
func (s snapshot) putBack(t *testing.T, path string) {
	t.Helper()
	for ending, content := range s {
		if content == nil {
			_ = os.Remove(path + ending)
			continue
		}
		must(t, os.WriteFile(path+ending, content, 0o600))
	}
}

// abandon lets go of a ledger as a process does that is killed: nothing beside it is brought up to date.
func abandon(t *testing.T, l *Ledger) {
	t.Helper()
	must(t, l.db.Close())
	l.db, l.dead = nil, errClosed
}

func reopened(t *testing.T, path string, o Options) *Ledger {
	t.Helper()
	l, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// A copy from before an opening is told, even where the process was killed before it had written another
// word.
func TestCopyFromBeforeAnOpening(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	copied := take(t, l.path, "")
	abandon(t, reopened(t, l.path, Options{}))
	for _, o := range []Options{{}, {ReadOnly: true}} {
		abandon(t, reopened(t, l.path, o)) // as it is it opens
	}
	copied.putBack(t, l.path)
	for _, o := range []Options{{}, {ReadOnly: true}} {
		_, err := Open(l.path, o)
		wantError(t, err, store.ErrRolledBack)
	}
}

// A ledger that was used at two places from one copy on is told at either, however far each has come.
func TestCopyThatWasUsedElsewhere(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	copied := take(t, l.path, "", fenceSuffix)
	m := reopened(t, l.path, Options{})
	for n := range 10 {
		finish(t, m, id(10+n), store.Accepted)
	}
	closeLedger(t, m)
	elsewhere := take(t, l.path, "") // far ahead of what the other place will be
	copied.putBack(t, l.path)
	closeLedger(t, reopened(t, l.path, Options{}))
	elsewhere.putBack(t, l.path)
	_, err := Open(l.path, Options{})
	wantError(t, err, store.ErrRolledBack)
}

// Crashes between the commit of an opening and its fence, one after the other, refuse nobody.
func TestOpeningsThatWereNotSealed(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	fence := take(t, l.path, fenceSuffix)
	for range 3 {
		abandon(t, reopened(t, l.path, Options{}))
		fence.putBack(t, l.path)
	}
	wantSame(t, record(t, reopened(t, l.path, Options{}), id(1)).State, store.Accepted)
}

// restored gives a ledger that knows of one accepted request where its fence has counted three.
func restored(t *testing.T) string {
	t.Helper()
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	copied := take(t, l.path, "")
	m := reopened(t, l.path, Options{})
	finish(t, m, id(2), store.Accepted)
	finish(t, m, id(3), store.Accepted)
	closeLedger(t, m)
	copied.putBack(t, l.path)
	return l.path
}

func accepted(keys ...store.Key) func(func(store.Entry, error) bool) {
	return func(yield func(store.Entry, error) bool) {
		for _, k := range keys {
			if !yield(store.Entry{Key: k, Record: store.Record{State: store.Accepted, Reason: store.ReasonRebuilt, Resolution: noon, At: noon, Intent: 2}}, nil) {
				return
			}
		}
	}
}

// Whatever becomes of a repair, the ledger is refused until it has come to its end.
func TestHalfARepair(t *testing.T) {
	for name, half := range map[string]func(t *testing.T, l *Ledger){
		"only opened": func(t *testing.T, l *Ledger) { closeLedger(t, l) },
		"killed":      abandon,
		"a part of it": func(t *testing.T, l *Ledger) {
			_, err := l.Import(accepted(id(2)))
			must(t, err)
			closeLedger(t, l)
		},
		"more than the fence has seen, and killed": func(t *testing.T, l *Ledger) {
			for n := range 20 {
				_, err := l.Import(accepted(id(10 + n)))
				must(t, err)
			}
			abandon(t, l)
		},
		"a pass goes on with it": func(t *testing.T, l *Ledger) {
			must(t, l.Commit(store.Batch{Checkpoint: noon.Add(1), Run: &store.Run{Pass: "a"}}))
			closeLedger(t, l)
		},
		"too few": func(t *testing.T, l *Ledger) {
			_, err := l.Import(accepted(id(2)))
			must(t, err)
			wantError(t, l.Adopt(store.Adoption{Seen: 3}), store.ErrRolledBack)
			closeLedger(t, l)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := restored(t)
			half(t, reopened(t, path, Options{AcceptFence: true}))
			for _, o := range []Options{{}, {ReadOnly: true}} {
				_, err := Open(path, o)
				wantError(t, err, store.ErrRolledBack)
			}
			l := reopened(t, path, Options{AcceptFence: true})
			_, err := l.Import(accepted(id(2), id(3)))
			must(t, err)
			must(t, l.Adopt(store.Adoption{Seen: 3}))
			closeLedger(t, l)
			l = reopened(t, path, Options{})
			wantSame(t, record(t, l, id(3)).State, store.Accepted)
			must(t, l.Check(t.Context()))
		})
	}
}

// What others have asked for does not make up for what the ledger has lost, in however many attempts it is
// learnt.
func TestRepairCountsItsOwn(t *testing.T) {
	path := restored(t)
	for n := range 2 {
		l := reopened(t, path, Options{AcceptFence: true})
		_, err := l.Import(func(yield func(store.Entry, error) bool) {
			for i := range 5 {
				if !yield(store.Entry{Key: id(100 + 10*n + i), Record: store.Record{State: store.Accepted, Reason: store.ReasonRebuilt, Resolution: noon, At: noon}}, nil) {
					return
				}
			}
		})
		must(t, err)
		wantError(t, l.Adopt(store.Adoption{Seen: 3}), store.ErrRolledBack)
		closeLedger(t, l)
	}
	l := reopened(t, path, Options{AcceptFence: true})
	must(t, l.Adopt(store.Adoption{Seen: 3, Unstamped: true}))
}

// The operator may take a ledger as it is. Its numbers are none that any life of it has given.
func TestAdoptAsItIs(t *testing.T) {
	path := restored(t)
	numbers := []uint64{1, 2, 3}
	for range 2 {
		copied := take(t, path, "")
		l := reopened(t, path, Options{AcceptFence: true})
		must(t, l.Adopt(store.Adoption{Excused: true}))
		closeLedger(t, l)
		l = reopened(t, path, Options{})
		for n := range 3 {
			number := finish(t, l, id(20+n), store.Accepted).Number
			if slices.Contains(numbers, number) {
				t.Errorf("the number %d was given before", number)
			}
			numbers = append(numbers, number)
		}
		closeLedger(t, l)
		copied.putBack(t, path)
		_, err := Open(path, Options{})
		wantError(t, err, store.ErrRolledBack)
	}
}

// A new ledger that is to be filled is refused until it is, and then is one that has never sent anything.
func TestDistrust(t *testing.T) {
	l := testLedger(t, Options{})
	must(t, l.Distrust())
	closeLedger(t, l)
	_, err := Open(l.path, Options{})
	wantError(t, err, store.ErrRolledBack)
	for range 2 { // the second finds nothing to do
		m := reopened(t, l.path, Options{AcceptFence: true})
		must(t, m.Adopt(store.Adoption{}))
		wantSame(t, info(t, m).Intents, uint64(0))
		closeLedger(t, m)
	}
	reopened(t, l.path, Options{})
	r := reopened(t, testLedgerClosed(t), Options{ReadOnly: true})
	wantError(t, r.Distrust(), store.ErrReadOnly)
	wantError(t, r.Adopt(store.Adoption{}), store.ErrReadOnly)
}

// A ledger that was made to be filled is refused from the beginning, and knows then since when it was.
func TestMadeToBeFilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, Create(path, noon, Options{Distrusted: true}))
	for _, o := range []Options{{}, {ReadOnly: true}, {AcceptTenant: true, AcceptCredential: true}} {
		_, err := Open(path, o)
		wantError(t, err, store.ErrRolledBack)
	}
	for _, step := range []struct{ from, want time.Time }{
		{time.Time{}, time.Time{}}, {noon, noon}, {noon.Add(time.Hour), noon}, {time.Time{}, noon}, {noon.Add(-time.Hour), noon.Add(-time.Hour)},
	} {
		l := openLedger(t, path, Options{AcceptFence: true})
		must(t, l.Adopt(store.Adoption{KnownFrom: step.from}))
		wantSame(t, info(t, l).KnownFrom, step.want)
		closeLedger(t, l)
	}
	must(t, Compact(path))
	wantSame(t, info(t, openLedger(t, path, Options{})).KnownFrom, noon.Add(-time.Hour))
}

func testLedgerClosed(t *testing.T) string {
	t.Helper()
	l := testLedger(t, Options{})
	closeLedger(t, l)
	return l.path
}

// A pass that was killed has told how many were accepted: a repair must find as many.
func TestRepairAfterAKill(t *testing.T) {
	l := testLedger(t, Options{})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	copied := take(t, l.path, "")
	m := reopened(t, l.path, Options{})
	finish(t, m, id(2), store.Accepted)
	finish(t, m, id(3), store.Accepted)
	m.Report(store.Progress{Pass: "p", Mode: "run", Accepted: 2})
	abandon(t, m)
	copied.putBack(t, l.path)
	for range 2 { // the first repair leaves a holder of its own, and what the pass told counts all the same
		r := reopened(t, l.path, Options{AcceptFence: true})
		wantError(t, r.Adopt(store.Adoption{}), store.ErrRolledBack)
		abandon(t, r)
	}
	r := reopened(t, l.path, Options{AcceptFence: true})
	_, err := r.Import(accepted(id(2), id(3)))
	must(t, err)
	must(t, r.Adopt(store.Adoption{}))
}

func TestCredential(t *testing.T) {
	path := testLedgerClosed(t)
	l := reopened(t, path, Options{Credential: "a typing error"})
	finish(t, l, id(1), store.Retry)
	closeLedger(t, l)
	l = reopened(t, path, Options{Credential: "key-of-production"})
	finish(t, l, id(1), store.Accepted)
	closeLedger(t, l)
	for _, readOnly := range []bool{false, true} {
		_, err := Open(path, Options{Credential: "key-of-test", ReadOnly: readOnly})
		wantError(t, err, store.ErrOtherCredential)
		if err != nil && strings.Contains(err.Error(), "key-of-production") {
			t.Errorf("%q shows the credential", err)
		}
		closeLedger(t, reopened(t, path, Options{Credential: "key-of-production", ReadOnly: readOnly}))
		closeLedger(t, reopened(t, path, Options{ReadOnly: readOnly}))
	}
	must(t, Compact(path))
	wantSame(t, info(t, reopened(t, path, Options{ReadOnly: true})).BoundAt, uint64(1)) // with what else nobody knows
	r := reopened(t, copyOf(t, path), Options{Credential: "new", AcceptCredential: true, AcceptFence: true})
	must(t, r.Adopt(store.Adoption{}))
	if info(t, r).BoundAt == 0 {
		t.Error("what was sent before it was bound anew may have been sent with the other one")
	}
}

// A change of the credential notes what may have been sent with the one before.
func TestAcceptCredential(t *testing.T) {
	path := testLedgerClosed(t)
	l := reopened(t, path, Options{Credential: "old"})
	finish(t, l, id(1), store.Accepted)
	finish(t, l, id(2), store.Accepted)
	closeLedger(t, l)
	l = reopened(t, path, Options{Credential: "new", AcceptCredential: true})
	wantSame(t, info(t, l).BoundAt, uint64(2))
	closeLedger(t, l)
	_, err := Open(path, Options{Credential: "old"})
	wantError(t, err, store.ErrOtherCredential)
	content, err := os.ReadFile(path)
	must(t, err)
	if strings.Contains(string(content), "old") || strings.Contains(string(content), "new") {
		t.Error("the file holds a credential")
	}
}

func copyOf(t *testing.T, path string) string {
	t.Helper()
	to := t.TempDir() + "/copy.db"
	take(t, path, "").putBack(t, to)
	return to
}

// A pass that is killed after it has accepted what others asked about has told of no request of the ledger's own.
func TestKilledAfterOthersAsked(t *testing.T) {
	for _, foreign := range []bool{false, true} {
		l := testLedger(t, Options{})
		copied := take(t, l.path, "")
		i := begin(t, l, id(1))
		must(t, l.Finish(i, store.Result{State: store.InDoubt, At: noon, Due: noon}))
		must(t, l.Commit(store.Batch{Checkpoint: noon.Add(1)})) // the fence is up to date
		must(t, l.Settle(id(1), i.Number, store.Result{State: store.Accepted, At: noon, Foreign: foreign}))
		l.Report(store.Progress{Pass: "p", Mode: "run", Accepted: 1})
		told := take(t, l.path, fenceSuffix, holderSuffix)
		closeLedger(t, l)
		copied.putBack(t, l.path)
		told.putBack(t, l.path)
		m := reopened(t, l.path, Options{AcceptFence: true})
		entry := store.Entry{Key: id(1), Record: store.Record{
			State: store.Accepted, Reason: store.ReasonRebuilt, Resolution: noon, At: noon,
		}}
		_, err := m.Import(func(yield func(store.Entry, error) bool) { yield(entry, nil) })
		must(t, err)
		if err = m.Adopt(store.Adoption{}); foreign {
			must(t, err)
		} else {
			wantError(t, err, store.ErrRolledBack)
		}
	}
}
