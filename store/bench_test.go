package store

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var (
	benchIDs   = flag.Int("ids", 200_000, "conversations in the ledger of the benchmarks")
	benchBatch = flag.Int("batch", 400, "conversations a commit")
)

// history makes conversations as an organisation with some 12,500 a day has them, in the order in which they are marked
// done, which is within two days of their creation; five in six were accepted, the others skipped.
func history(n int) []Entry {
	random := rand.New(rand.NewPCG(1, 2))
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	list := make([]Entry, n)
	for i := range list {
		created := began.Add(time.Duration(i) * 7 * time.Second)
		done := created.Add(time.Duration(random.Int64N(int64(48 * time.Hour))))
		seen := done.Add(time.Duration(3+random.IntN(30)) * time.Minute)
		id := fmt.Sprintf("%08x%016x", created.Unix(), random.Uint64())
		r := Record{State: Skipped, Reason: "no_agent", Resolution: done, At: seen}
		if i%6 != 0 {
			r = Record{
				State: Accepted, Resolution: done, At: seen, First: seen.Add(-time.Second),
				Attempts: 1, Status: 200, Intent: uint64(i + 1),
			}
		}
		list[i] = Entry{Key: Key{Conversation: id}, Record: r}
	}
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return list
}

// benchLedger makes a ledger with a history.
func benchLedger(b *testing.B, list []Entry) *Ledger {
	b.Helper()
	path := filepath.Join(b.TempDir(), "ledger.db")
	if err := Create(path, time.Unix(1, 0)); err != nil {
		b.Fatal(err)
	}
	l, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	for part := range slices.Chunk(list, *benchBatch) {
		if err := l.Commit(Batch{Entries: part}); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

// BenchmarkSize prints the bytes of file for each conversation (B/id), which must not exceed 64 with five million:
// go test -run '^$' -bench Size -ids 5000000 ./store
func BenchmarkSize(b *testing.B) {
	list := history(*benchIDs)
	for b.Loop() {
		l := benchLedger(b, list)
		info, err := l.Info()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size)/float64(len(list)), "B/id")
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(len(list)), "µs/id")
	}
}

func BenchmarkOpen(b *testing.B) {
	l := benchLedger(b, history(*benchIDs))
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		l, err := Open(l.path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	l := benchLedger(b, history(*benchIDs))
	for b.Loop() {
		if err := l.Check(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookupPage(b *testing.B) {
	list := history(*benchIDs)
	l := benchLedger(b, list)
	keys := make([]Key, 0, 400)
	for _, e := range list[len(list)/2:][:400] {
		keys = append(keys, e.Key)
	}
	for b.Loop() {
		if _, err := l.Lookup(keys); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBeginFinish(b *testing.B) {
	l := benchLedger(b, history(*benchIDs))
	now := time.Now()
	n := 0
	for b.Loop() {
		n++
		i, err := l.Begin(Key{Conversation: fmt.Sprintf("%08x%016x", now.Unix(), n)}, now, now)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Finish(i, Result{State: Accepted, Status: 200, At: now}); err != nil {
			b.Fatal(err)
		}
	}
}
