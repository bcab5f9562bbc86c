package bolt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"acsync/store"
)

// person is a ledger in which conversations of somebody are in each state that may be forgotten, and one that was
// rejected is named by the summary of a pass. Others surround them.
func person(t *testing.T) (l *Ledger, ids []string) {
	t.Helper()
	l = testLedger(t, Options{})
	for n := range 40 {
		finish(t, l, id(100+n), store.Accepted)
	}
	finish(t, l, id(1), store.Accepted)
	finish(t, l, id(2), store.Rejected)
	finish(t, l, id(3), store.Retry)
	commit(t, l, store.Record{State: store.Skipped, Reason: "no_agent", Resolution: noon, At: noon}, id(4))
	commit(t, l, store.Record{State: store.Accepted, Resolution: noon, At: noon}, store.Key{Conversation: id(1).Conversation, Recovery: true})
	commit(t, l, store.Record{State: store.Scheduled, Resolution: noon, At: noon}, store.Key{Conversation: "conversation-of-somebody", Resolution: noon.UnixMilli()})
	run := store.Run{Pass: "p", Mode: "run", Found: 8, Refusals: []store.Refusal{
		{Conversation: id(2).Conversation, Reason: "refused"}, {Conversation: id(100).Conversation, Reason: "refused"},
	}}
	must(t, l.Commit(store.Batch{Run: &run}))
	return l, []string{id(1).Conversation, id(2).Conversation, id(3).Conversation, id(4).Conversation, "conversation-of-somebody", id(9).Conversation}
}

// wantNoTrace looks for ids in the bytes of all files of a folder.
func wantNoTrace(t *testing.T, dir string, ids ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		for _, id := range ids {
			raw, err := hex.DecodeString(id)
			if bytes.Contains(content, []byte(id)) || err == nil && bytes.Contains(content, raw) {
				t.Errorf("%s still holds %s", e.Name(), id)
			}
		}
	}
}

// wantForgotten makes sure that nothing is ever sent for the conversations, under whichever key.
func wantForgotten(t *testing.T, l *Ledger, ids ...string) {
	t.Helper()
	for _, id := range ids {
		for _, k := range []store.Key{{Conversation: id}, {Conversation: id, Resolution: noon.UnixMilli()}, {Conversation: id, Recovery: true}} {
			if r := record(t, l, store.Key{Conversation: id}); !r.Erased() || !r.Held() {
				t.Errorf("%s is %+v", id, r)
			}
			_, err := l.Begin(k, noon, noon)
			wantError(t, err, store.ErrRefused)
			for _, s := range []store.State{store.Scheduled, store.Retry, store.Skipped, store.Accepted} {
				wantError(t, l.Commit(store.Batch{Entries: []store.Entry{{Key: k, Record: store.Record{State: s, At: noon}}}}), store.ErrRefused)
			}
		}
	}
}

// TestForget: what is erased leaves no byte behind, in the ledger and beside it, and is never asked about.
func TestForget(t *testing.T) {
	l, ids := person(t)
	before := info(t, l)
	planned, err := l.PlanForget(ids)
	must(t, err)
	wantSame(t, info(t, l), before)
	done, err := l.Forget(ids, noon)
	must(t, err)
	wantSame(t, done, store.Erasure{Erased: 5, Waited: 2, Unknown: 1})
	wantSame(t, done, planned)
	must(t, l.Wipe())
	must(t, l.Close())
	wantNoTrace(t, filepath.Dir(l.path), ids...)

	l = openLedger(t, l.path, Options{})
	wantForgotten(t, l, ids...)
	wantSame(t, len(all(t, l)), 40)
	wantSame(t, runsOf(t, l)[0].Refusals, []store.Refusal{{Conversation: id(100).Conversation, Reason: "refused"}})
	// How many were ever accepted the fence has counted.
	wantFence(t, l, fence{Ledger: l.id, Transaction: info(t, l).Transaction, Accepted: 42, Intents: before.Intents, Open: true})
	again, err := l.Forget(ids, noon.Add(time.Hour))
	must(t, err)
	wantSame(t, again, store.Erasure{Before: 6})
	marks, err := l.Erased()
	must(t, err)
	wantSame(t, len(marks), 6)
}

// TestForgetStaysForLong: what was forgotten is not asked about after retention either.
func TestForgetStaysForLong(t *testing.T) {
	l, ids := person(t)
	_, err := l.Forget(ids, noon)
	must(t, err)
	must(t, l.Commit(store.Batch{Checkpoint: noon.AddDate(2, 0, 0)}))
	n, err := l.Prune(t.Context(), noon.AddDate(1, 0, 0))
	must(t, err)
	wantSame(t, n, 40)
	wantForgotten(t, l, ids...)
}

// TestForgetRefusesDoubts: what may be under way is to be settled first, and of all that were named nothing goes.
func TestForgetRefusesDoubts(t *testing.T) {
	for name, leave := range map[string]func(*Ledger){
		"in doubt": func(l *Ledger) { finish(t, l, id(50), store.InDoubt) },
		"sending":  func(l *Ledger) { begin(t, l, id(50)) },
	} {
		t.Run(name, func(t *testing.T) {
			l, ids := person(t)
			leave(l)
			before := all(t, l)
			_, err := l.Forget(append(ids, id(50).Conversation), noon)
			wantError(t, err, store.ErrRefused)
			_, err = l.PlanForget([]string{id(50).Conversation})
			wantError(t, err, store.ErrRefused)
			wantSame(t, all(t, l), before)
		})
	}
}

// TestForgetWritesAllOrNothing ends the erasure of many at each size that the file may have: then nothing is
// erased, and nobody may be asked who was not to be. With room the same call does it.
func TestForgetWritesAllOrNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	l := testLedger(t, Options{})
	path, ids := l.path, []string(nil)
	must(t, l.Close())
	l = unchecked(t, path)
	var keys []store.Key
	for n := range 3000 {
		keys = append(keys, id(n))
		ids = append(ids, id(n).Conversation)
	}
	commit(t, l, store.Record{State: store.Accepted, Resolution: noon, At: noon}, keys...)
	want := all(t, l)
	size := info(t, l).Size
	must(t, l.Close())
	failed := 0
	for most := size; ; most += size / 8 {
		l, err := Open(path, Options{MaxSize: int(most)})
		must(t, err)
		_, err = l.Forget(ids, noon)
		if err == nil {
			must(t, l.Wipe())
			must(t, l.Close())
			break
		}
		failed++
		wantError(t, err, bolterrors.ErrMaxSizeReached)
		wantSame(t, all(t, l), want)
		must(t, l.Close())
	}
	if failed == 0 {
		t.Error("it never failed: the test shows nothing")
	}
	wantNoTrace(t, filepath.Dir(path), ids[0], ids[2999])
	wantForgotten(t, openLedger(t, path, Options{}), ids[0], ids[2999])
}

// TestForgetKilled: a process that dies between any two steps leaves a ledger that knows whom not to ask, and the
// same command takes what is left of the bytes away.
func TestForgetKilled(t *testing.T) {
	l, ids := person(t)
	_, err := l.Forget(ids, noon)
	must(t, err)
	// It dies here, and another one right in the middle of rewriting the file.
	must(t, l.db.Close())
	l.dead, l.db = errClosed, nil
	content, err := os.ReadFile(l.path)
	must(t, err)
	dir := filepath.Dir(l.path)
	must(t, os.WriteFile(filepath.Join(dir, ".ledger.db.4711.tmp"), content[:len(content)/2], 0o600))
	l = openLedger(t, l.path, Options{})
	wantForgotten(t, l, ids...)
	done, err := l.Forget(ids, noon)
	must(t, err)
	wantSame(t, done, store.Erasure{Before: 6})
	must(t, l.Wipe())
	must(t, l.Close())
	wantNoTrace(t, dir, ids...)
}

// TestForgottenDoNotComeBack: neither an import nor a copy that is restored brings back what was erased.
func TestForgottenDoNotComeBack(t *testing.T) {
	l, ids := person(t)
	old := all(t, l)
	copied := filepath.Join(t.TempDir(), "copy.db")
	must(t, l.Backup(copied))
	holds, err := CopyHolds(copied, ids[:1])
	if err != nil || !holds {
		t.Fatalf("the copy holds it: %t, %v", holds, err)
	}
	finish(t, l, id(60), store.Accepted) // the copy is older
	_, err = l.Forget(ids, noon)
	must(t, err)
	n, err := l.Import(func(yield func(store.Entry, error) bool) {
		for _, e := range old {
			if e.State.Final() && !yield(e, nil) {
				return
			}
		}
	})
	if err != nil || n != 0 {
		t.Errorf("the import wrote %d, %v", n, err)
	}
	must(t, l.Wipe())
	must(t, l.Close())

	r, err := NewRestoration(l.path, copied, Options{})
	must(t, err)
	if _, err := r.Place(); err != nil {
		t.Fatal(err)
	}
	wantNoTrace(t, filepath.Dir(l.path), ids...)
	w := openLedger(t, l.path, Options{AcceptFence: true})
	wantSame(t, info(t, w).Transaction, r.Copy.Transaction)
	wantForgotten(t, w, ids...)
	must(t, w.Adopt(store.Adoption{Excused: true}))
}

// TestForgottenStayAwayFromOldCopies: a copy of an older format becomes one that no version opens that does not know
// of forgetting.
func TestForgottenStayAwayFromOldCopies(t *testing.T) {
	for format := 2; format < newest(migrations); format++ {
		t.Run(fmt.Sprint(format), func(t *testing.T) {
			stored := fmt.Sprintf("testdata/format-%d.db.gz", format)
			path, copied := unpack(t, stored), unpackRaw(t, stored)
			l := openLedger(t, path, Options{AcceptFence: true})
			_, err := l.Forget([]string{id(5).Conversation, "conv-7"}, noon)
			must(t, err)
			must(t, l.Close())
			r, err := NewRestoration(path, copied, Options{})
			must(t, err)
			if _, err := r.Place(); err != nil {
				t.Fatal(err)
			}
			_, err = open(path, Options{AcceptFence: true}, migrations[:3])
			wantError(t, err, store.ErrNewerFormat)
			wantForgotten(t, openLedger(t, path, Options{AcceptFence: true}), id(5).Conversation, "conv-7")
		})
	}
}

// TestForgottenAreTakenOver: a ledger that imports the export of another one erases what that was told to forget.
func TestForgottenAreTakenOver(t *testing.T) {
	l, ids := person(t)
	_, err := l.Forget(ids, noon)
	must(t, err)
	marks, err := l.Erased()
	must(t, err)
	other, _ := person(t)
	begin(t, other, id(70))
	n, err := other.Import(func(yield func(store.Entry, error) bool) {
		for _, e := range marks {
			if !yield(e, nil) {
				return
			}
		}
	})
	must(t, err)
	wantSame(t, n, 6)
	wantForgotten(t, other, ids...)
	if slices.ContainsFunc(all(t, other), func(e store.Entry) bool { return slices.Contains(ids, e.Conversation) }) {
		t.Error("it still holds what was forgotten")
	}
}

// TestForgottenByOlderVersions: a version that does not know of forgetting must not open the ledger.
func TestForgottenByOlderVersions(t *testing.T) {
	l, ids := person(t)
	_, err := l.Forget(ids, noon)
	must(t, err)
	path := l.path
	must(t, l.Close())
	_, err = open(path, Options{}, migrations[:3])
	wantError(t, err, store.ErrNewerFormat)
}

// TestForgetFindsDamage: a summary that cannot be read may name whoever is to be erased.
func TestForgetFindsDamage(t *testing.T) {
	l, ids := person(t)
	path := l.path
	must(t, l.Close())
	l = unchecked(t, path)
	must(t, l.db.Update(func(tx *bbolt.Tx) error {
		k, v := tx.Bucket(bucketRuns).Cursor().Last()
		return tx.Bucket(bucketRuns).Put(slices.Clone(k), append(slices.Clone(v[:len(v)-1]), v[len(v)-1]+1))
	}))
	if _, err := l.Forget(ids, noon); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}
