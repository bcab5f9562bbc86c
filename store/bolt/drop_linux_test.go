package bolt

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"acsync/store"
)

// resident is how much of a file is mapped and in the memory of this process, in bytes.
func resident(t *testing.T, path string) (sum int64) {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	must(t, err)
	defer f.Close()
	ours := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if !strings.HasSuffix(fields[0], ":") {
			ours = fields[len(fields)-1] == path
		} else if ours && fields[0] == "Rss:" {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			must(t, err)
			sum += n << 10
		}
	}
	return sum
}

// TestMemoryOfALargeLedger: what was read of a ledger does not stay in the memory of a pass, and is there for
// whoever reads on, also beside it.
func TestMemoryOfALargeLedger(t *testing.T) {
	const amount = 16_000
	l := testLedger(t, Options{})
	closeLedger(t, l)
	l = unchecked(t, l.path) // a check of the whole file in each commit would read all of it
	must(t, l.Commit(store.Batch{Entries: many(0, amount)}))
	var before int64
	must(t, l.view(func(x *txn) error {
		err := x.records.behind(nil, func([]byte, store.Entry) bool { return true })
		before = resident(t, l.path)
		return err
	}))
	if size := sizeOf(t, l.path); before < size/2 {
		t.Fatalf("%d of %d bytes are resident: the test shows little", before, size)
	}
	must(t, l.Commit(store.Batch{Checkpoint: noon.Add(time.Second)}))
	if after := resident(t, l.path); after > before/4 {
		t.Errorf("%d bytes are resident after a window, %d before it", after, before)
	}
	must(t, l.view(func(x *txn) error {
		for _, e := range many(0, amount/dropEvery*dropEvery) {
			if _, err := x.records.load(e.Key); err != nil {
				return err
			}
		}
		if within := resident(t, l.path); within > before/2 {
			t.Errorf("%d bytes are resident, after many keys were looked up in one transaction", within)
		}
		return nil
	}))
	written := make(chan error, 1)
	go func() {
		var err error
		for n := range 50 {
			err = errors.Join(err, l.Commit(store.Batch{Checkpoint: noon.Add(time.Duration(n+1) * time.Minute)}))
		}
		written <- err
	}()
	for range 20 {
		known, err := l.Lookup(keysOf(many(0, amount/4)))
		must(t, err)
		wantSame(t, len(known), amount/4)
	}
	must(t, <-written)
}
