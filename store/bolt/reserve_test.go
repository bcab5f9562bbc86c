package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"acsync/store"
)

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	stat, err := os.Stat(path)
	must(t, err)
	return stat.Size()
}

// many are entries of keys that lie all over the ledger.
func many(from, to int) (list []store.Entry) {
	for n := from; n < to; n++ {
		key := store.Key{Conversation: fmt.Sprintf("6921%020x", uint64(n)*0x9E3779B97F4A7C15)}
		list = append(list, store.Entry{Key: key, Record: store.Record{State: store.Dropped, Resolution: noon, At: noon}})
	}
	return list
}

// longSummary is as large as summaries become.
func longSummary() *store.Run {
	run := store.Run{Pass: "p", Mode: "run", Started: noon, Ended: noon, Exit: 1}
	for n := range 100 {
		run.Refusals = append(run.Refusals, store.Refusal{Conversation: id(n).Conversation, Reason: strings.Repeat("r", 60)})
	}
	return &run
}

// TestReserve fills the disk while as many requests are under way as there may be: a window finds no place,
// their intents, their outcomes and the summary do.
func TestReserve(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	if runtime.GOOS == "windows" {
		t.Skip("there is no reserve")
	}
	for _, inFlight := range []int{1, 8, mostInFlight} {
		t.Run(fmt.Sprint(inFlight), func(t *testing.T) {
			l := testLedger(t, Options{})
			closeLedger(t, l)
			l, err := Open(l.path, Options{InFlight: inFlight})
			must(t, err)
			must(t, l.Commit(store.Batch{Entries: many(0, 20_000)}))
			must(t, l.Room())
			closeLedger(t, l)
			l, err = Open(l.path, Options{InFlight: inFlight, MaxSize: int(sizeOf(t, l.path))})
			must(t, err)
			defer l.Close()
			must(t, l.Room())
			wantError(t, l.Commit(store.Batch{Entries: many(20_000, 60_000)}), store.ErrNoRoom)
			var intents []store.Intent
			for _, e := range many(100_000, 100_000+inFlight) {
				intents = append(intents, begin(t, l, e.Key))
			}
			wantError(t, l.Commit(store.Batch{Entries: many(20_000, 60_000)}), store.ErrNoRoom)
			for n, i := range intents {
				must(t, l.Finish(i, store.Result{State: store.Rejected, Reason: fmt.Sprint("reason ", n%20), At: noon}))
			}
			must(t, l.Commit(store.Batch{Run: longSummary()}))
			must(t, l.Check(t.Context()))
		})
	}
}

// TestReserveIsKept: a ledger has one reserve, however often it is opened and asked, as much of it as the
// pages need that it holds, and none for whoever only reads or does not send.
func TestReserveIsKept(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no reserve")
	}
	l := testLedger(t, Options{InFlight: 8})
	closeLedger(t, l)
	bare := sizeOf(t, l.path)
	r := openLedger(t, l.path, Options{ReadOnly: true})
	wantError(t, r.Room(), store.ErrReadOnly)
	closeLedger(t, r)
	wantSame(t, sizeOf(t, l.path), bare)

	most := int64(8*outcomePages*pageSize + lastRoom + 2*growth)
	var before, used int64
	for n := range 20 {
		w := openLedger(t, l.path, Options{InFlight: 8})
		for i := range 3 {
			must(t, w.Room())
			finish(t, w, id(3*n+i), store.Accepted)
		}
		must(t, w.db.View(func(tx *bbolt.Tx) error {
			used = tx.Size()
			return nil
		}))
		closeLedger(t, w)
		size := sizeOf(t, l.path)
		if n > 0 && size != before || size > bare+most {
			t.Errorf("opening %d: %d bytes, there were %d, and %d without a reserve", n, size, before, bare)
		}
		before = size
	}

	// Compacting gives it back, and the next pass makes it again.
	must(t, Compact(l.path))
	if size := sizeOf(t, l.path); size >= before {
		t.Errorf("%d bytes after compacting, there were %d", size, before)
	}
	w := openLedger(t, l.path, Options{InFlight: 8})
	must(t, w.Room())
	must(t, w.db.View(func(tx *bbolt.Tx) error {
		used = tx.Size()
		return nil
	}))
	closeLedger(t, w)
	before = sizeOf(t, l.path)

	// Copied by what leaves out the empty part of a file, it is written out again.
	must(t, os.Truncate(l.path, used))
	must(t, os.Truncate(l.path, before))
	w = openLedger(t, l.path, Options{InFlight: 8})
	must(t, w.Room())
	closeLedger(t, w)
	stat, err := os.Stat(l.path)
	must(t, err)
	if !hasBlocks(stat) || stat.Size() > before+growth {
		t.Errorf("%d bytes without all of their blocks, there were %d", stat.Size(), before)
	}
}

// TestNeedWithoutMapping: how much room is needed can be told while bbolt has no mapping of the file. A commit
// that makes the file outgrow it takes it away for a moment, in which others ask for room.
func TestNeedWithoutMapping(t *testing.T) {
	path := testLedgerClosed(t)
	l, err := Open(path, Options{InFlight: 8})
	must(t, err)
	defer l.Close()
	want := l.reserve.need(&l.file, 0, 0)
	must(t, l.db.Close())
	wantSame(t, l.reserve.need(&l.file, 0, 0), want)
}

// TestFullIsNotUnsound tells a disk that is full from one whose syncs fail.
func TestFullIsNotUnsound(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&fs.PathError{Op: "write", Path: "l.db", Err: syscall.ENOSPC}, true},
		{&fs.PathError{Op: "write", Path: "l.db", Err: syscall.EDQUOT}, true},
		{fmt.Errorf("wrapped: %w", bolterrors.ErrMaxSizeReached), true},
		{&fs.PathError{Op: "write", Path: "l.db", Err: syscall.EIO}, false},
		{&fs.PathError{Op: "sync", Path: "l.db", Err: syscall.ENOSPC}, false},
		{syscall.ENOSPC, false},
		{errors.New("file sync error: no space left on device"), false},
	} {
		wantSame(t, isFull(c.err), c.want)
	}
}
