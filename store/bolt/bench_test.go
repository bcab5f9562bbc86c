package bolt

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
)

var (
	benchIDs   = flag.Int("ledger.keys", 200_000, "conversations in the ledger of the benchmarks")
	benchBatch = flag.Int("batch", 400, "conversations a commit")
)

// A history begins here, and has a conversation so often.
var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const pace = 7 * time.Second

// history makes conversations as an organisation with some 12,500 a day has them, in the order in which they
// are marked done, which is within two days of their creation; five in six were accepted, the others skipped.
func history(n int) []store.Entry {
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]store.Entry, n)
	for i := range list {
		created := began.Add(time.Duration(i) * pace)
		done := created.Add(time.Duration(random.Int64N(int64(48 * time.Hour))))
		seen := done.Add(time.Duration(3+random.IntN(30)) * time.Minute)
		id := fmt.Sprintf("%08x%016x", created.Unix(), random.Uint64())
		r := store.Record{State: store.Skipped, Reason: "no_agent", Resolution: done, At: seen}
		if i%6 != 0 {
			r = store.Record{
				State: store.Accepted, Resolution: done, At: seen, First: seen.Add(-time.Second),
				Attempts: 1, Status: 200, Intent: uint64(i + 1),
			}
		}
		list[i] = store.Entry{Key: store.Key{Conversation: id}, Record: r}
	}
	slices.SortStableFunc(list, func(a, b store.Entry) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return list
}

// benchLedger makes a ledger with a history.
func benchLedger(b *testing.B, list []store.Entry) *Ledger {
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
		if err := l.Commit(store.Batch{Entries: part}); err != nil {
			b.Fatal(err)
		}
	}
	return l
}

// BenchmarkSize prints the bytes of file for each conversation (B/id), which must not exceed 64 with five
// million: go test -run '^$' -bench Size -ledger.keys 5000000 ./store
func BenchmarkSize(b *testing.B) {
	list := history(*benchIDs)
	for b.Loop() {
		from := time.Now()
		l := benchLedger(b, list)
		built := time.Since(from)
		info, err := l.Info()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size)/float64(len(list)), "B/id")
		b.ReportMetric(float64(built.Microseconds())/float64(len(list)), "µs/id")
		if err := errors.Join(l.Close(), Compact(l.path)); err != nil {
			b.Fatal(err)
		}
		stat, err := os.Stat(l.path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(stat.Size())/float64(len(list)), "B/id-compacted")
	}
}

// BenchmarkEmptyPass prints what a pass that finds nothing costs the ledger with all the keys, and that in
// multiples of the cost with none (ratio): nearly all of it is that each opening reads the whole file. Passes
// on both take turns, so that a slow moment of the disk hits both.
func BenchmarkEmptyPass(b *testing.B) {
	full, none := benchLedger(b, history(*benchIDs)), benchLedger(b, nil)
	if err := errors.Join(full.Close(), none.Close()); err != nil {
		b.Fatal(err)
	}
	var spent [2]time.Duration
	mark := time.Now()
	news := unheard()
	for b.Loop() {
		mark = mark.Add(time.Minute)
		for i, path := range []string{full.path, none.path} {
			from := time.Now()
			emptyPass(b, path, mark, news)
			spent[i] += time.Since(from)
		}
	}
	b.ReportMetric(float64(spent[0])/float64(spent[1]), "ratio")
	b.ReportMetric(float64(spent[0].Microseconds())/float64(b.N), "µs/pass")
}

// emptyPass does to a ledger what a pass does that finds nothing.
func emptyPass(b *testing.B, path string, mark time.Time, news []store.Key) {
	b.Helper()
	l, err := Open(path, Options{})
	if err != nil {
		b.Fatal(err)
	}
	_, err = l.Info()
	_, err2 := l.Recover(mark)
	waiting, err3 := l.Waiting(0)
	known, err4 := l.Lookup(news)
	err5 := l.Commit(store.Batch{Checkpoint: mark})
	err6 := l.Commit(store.Batch{Run: &store.Run{Pass: "empty", Started: mark}})
	if err := errors.Join(err, err2, err3, err4, err5, err6, l.Close()); err != nil || len(waiting)+len(known) > 0 {
		b.Fatal(err, waiting, known)
	}
}

// unheard are a hundred conversations that the history does not hold, created in the last two days of it.
func unheard() []store.Key {
	keys := make([]store.Key, 100)
	last := began.Add(time.Duration(*benchIDs) * pace)
	for i := range keys {
		created := last.Add(-48 * time.Hour * time.Duration(i) / time.Duration(len(keys)))
		keys[i].Conversation = fmt.Sprintf("%08x%016x", created.Unix(), i)
	}
	return keys
}

// BenchmarkPrune removes the older half of the keys, and prints how many that were and in how many
// transactions.
func BenchmarkPrune(b *testing.B) {
	list := history(*benchIDs)
	half := list[len(list)/2].Record.Resolution
	for b.Loop() {
		l := benchLedger(b, list)
		if err := l.Commit(store.Batch{Checkpoint: list[len(list)-1].At}); err != nil {
			b.Fatal(err)
		}
		before, err := l.Info()
		if err != nil {
			b.Fatal(err)
		}
		from := time.Now()
		n, err := l.Prune(b.Context(), half)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n)/time.Since(from).Seconds(), "keys/s")
		after, err := l.Info()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "keys")
		b.ReportMetric(float64(after.Transaction-before.Transaction), "transactions")
		if err := errors.Join(l.Close(), os.Remove(l.path)); err != nil {
			b.Fatal(err)
		}
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
	keys := make([]store.Key, 0, 400)
	for _, e := range list[len(list)/2:][:400] {
		keys = append(keys, e.Key)
	}
	for b.Loop() {
		if _, err := l.Lookup(keys); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInFlight sends requests, so many at a time, each with an intent before it and an outcome after it, and
// prints what one of them costs the ledger. The conversations are of the last two days of the history. Where
// turns are alone no two share a commit, as if whoever writes had a lock; sync=5ms stands for a slow disk.
func BenchmarkInFlight(b *testing.B) {
	l := benchLedger(b, history(*benchIDs))
	must(b, l.Room())
	var sent atomic.Int64
	for _, c := range []struct {
		sync, post time.Duration
	}{{}, {0, 300 * time.Microsecond}, {5 * time.Millisecond, 0}, {5 * time.Millisecond, 5 * time.Millisecond}} {
		for _, inFlight := range []int{1, 4, 8, 32} {
			for _, turns := range []string{"alone", "shared"} {
				name := fmt.Sprintf("sync=%v/post=%v/in-flight=%d/turns=%s", c.sync, c.post, inFlight, turns)
				b.Run(name, func(b *testing.B) {
					// A commit makes two of them.
					l.OnCommit(func(committed bool) error {
						if !committed {
							time.Sleep(2 * c.sync)
						}
						return nil
					})
					ledger := benchRequests{Ledger: l, post: c.post, sent: &sent, alone: turns == "alone"}
					ledger.measure(b, inFlight)
				})
			}
		}
	}
}

// benchRequests sends requests, and remembers each in a ledger.
type benchRequests struct {
	*Ledger
	post  time.Duration
	sent  *atomic.Int64
	alone bool
	lock  sync.Mutex
}

// measure sends b.N requests, so many at a time.
func (r *benchRequests) measure(b *testing.B, inFlight int) {
	before, err := r.Info()
	must(b, err)
	pages, written := r.db.Stats().TxStats, bytesWritten()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range inFlight {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := r.send(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	after, err := r.Info()
	must(b, err)
	stats := r.db.Stats().TxStats
	pages = stats.Sub(&pages)
	n := float64(b.N)
	b.ReportMetric(float64(after.Transaction-before.Transaction)/n, "commits/request")
	b.ReportMetric(float64(pages.GetPageAlloc())/n, "page-alloc-B/request")
	if written >= 0 {
		b.ReportMetric((bytesWritten()-written)/n, "written-B/request")
	}
}

func (r *benchRequests) send() error {
	n := r.sent.Add(1)
	random := rand.New(rand.NewPCG(3, uint64(n)))
	now := began.Add(pace * time.Duration(int64(*benchIDs)+n))
	created := now.Add(-time.Duration(random.Int64N(int64(48 * time.Hour))))
	key := store.Key{Conversation: fmt.Sprintf("%08x%016x", created.Unix(), random.Uint64())}
	err := r.Room()
	if err != nil {
		return err
	}
	var i store.Intent
	r.turn(func() { i, err = r.Begin(key, now, now) })
	if err != nil {
		return err
	}
	if r.post > 0 {
		time.Sleep(r.post)
	}
	r.turn(func() { err = r.Finish(i, store.Result{State: store.Accepted, Status: 200, At: now}) })
	return err
}

func (r *benchRequests) turn(fn func()) {
	if r.alone {
		r.lock.Lock()
		defer r.lock.Unlock()
	}
	fn()
}

// bytesWritten are those that the process has handed to the system so far; less than 0 where that does not tell.
func bytesWritten() (bytes float64) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return -1
	}
	_, after, _ := strings.Cut(string(text), "wchar: ")
	if _, err := fmt.Sscan(after, &bytes); err != nil {
		return -1
	}
	return bytes
}
