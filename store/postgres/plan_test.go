package postgres

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// BenchmarkRequest notes an intent and its outcome, as for each survey request, eight at once.
func BenchmarkRequest(b *testing.B) {
	d := connect(b)
	must(b, d.Create(context.Background(), "bench", noon, Options{}))
	l, err := d.Open(context.Background(), "bench", Options{})
	must(b, err)
	defer l.Close() //nolint:errcheck // it is a benchmark
	var n atomic.Int64
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				intent, err := l.Begin(store.Key{Conversation: fmt.Sprintf("6921%020x", i)}, noon, noon)
				if err == nil {
					err = l.Finish(intent, store.Result{State: store.Accepted, Status: 200, At: noon})
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
}

// BenchmarkWindow records the decisions of a window of 1,000 conversations, and tells the bytes that each
// takes.
func BenchmarkWindow(b *testing.B) {
	d := connect(b)
	must(b, d.Create(context.Background(), "bench", noon, Options{}))
	l, err := d.Open(context.Background(), "bench", Options{})
	must(b, err)
	defer l.Close() //nolint:errcheck // it is a benchmark
	const window = 1000
	for n := range b.N {
		var batch store.Batch
		for i := range window {
			batch.Entries = append(batch.Entries, store.Entry{
				Key:    store.Key{Conversation: fmt.Sprintf("6921%020x", n*window+i)},
				Record: store.Record{State: store.Skipped, Reason: "no_email", Resolution: noon, At: noon},
			})
		}
		must(b, l.Commit(batch))
	}
	var size int64
	must(b, d.Pool().QueryRow(context.Background(), `select sum(pg_total_relation_size(inhrelid))::bigint
		from pg_inherits where inhparent = 'acsync.keys'::regclass`).Scan(&size))
	b.ReportMetric(float64(size)/float64(b.N*window), "bytes/conversation")
	b.ReportMetric(window, "conversations/op")
}

// TestLookupByIndex: however a table has grown, and whatever the server knows of that, keys are found by the
// index.
func TestLookupByIndex(t *testing.T) {
	d := connect(t)
	must(t, d.Create(t.Context(), "grown", noon, Options{}))
	l := opened(t, d, "grown", Options{})
	var batch store.Batch
	for n := range 20_000 {
		batch.Entries = append(batch.Entries, store.Entry{
			Key:    store.Key{Conversation: fmt.Sprintf("6921%020x", n)},
			Record: store.Record{State: store.Skipped, Reason: "no_email", Resolution: noon, At: noon},
		})
	}
	must(t, l.Commit(batch))
	var keys []store.Key
	for n := range 1000 {
		keys = append(keys, store.Key{Conversation: fmt.Sprintf("6922%020x", n)})
	}
	asked, err := newLookup(keys)
	must(t, err)
	codes, err := codesOf(keys)
	must(t, err)
	for name, plan := range map[string]struct {
		sql  string
		args []any
	}{"lookup": {lookupSQL, asked.args(l.no)}, "change": {exact, []any{l.no, codes}}} {
		rows, err := d.Pool().Query(t.Context(), "explain "+plan.sql, plan.args...)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		if text := strings.Join(lines, "\n"); strings.Contains(text, "Seq Scan on keys") || strings.Contains(text, "Filter: (key") {
			t.Errorf("%s reads all of the ledger:\n%.2000s", name, text)
		}
	}
}
