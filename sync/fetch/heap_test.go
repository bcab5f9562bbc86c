package fetch

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"runtime"
	"testing"
	"time"

	"acsync/sync/kustomer"
)

// endless is a Kustomer with a conversation every second, each of another customer; it keeps none of them.
type endless struct {
	*fakeKustomer
	start time.Time
}

func (e endless) at(i int64) kustomer.Conversation {
	row := plain()
	row.ID, row.CustomerID = e.id(1, i), e.id(2, i)
	row.LastDone.At = e.start.Add(time.Duration(i) * time.Second)
	row.Custom = map[string]any{"orderNumberStr": row.ID}
	return row
}

func (e endless) id(kind uint32, i int64) string {
	b := binary.BigEndian.AppendUint32(nil, kind)
	return hex.EncodeToString(binary.BigEndian.AppendUint64(b, uint64(i)))
}

func (e endless) rows(q kustomer.Query) []kustomer.Conversation {
	first := (q.From.Sub(e.start) + time.Second - 1) / time.Second
	var rows []kustomer.Conversation
	for i := int64(max(first, 0)); e.start.Add(time.Duration(i) * time.Second).Before(q.To); i++ {
		rows = append(rows, e.at(i))
	}
	return rows
}

func (e endless) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	return cutPage(e.rows(q), q, e.now), nil
}

func (e endless) SearchCustomers(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error) {
	var found []kustomer.Customer
	for _, row := range e.rows(q) {
		found = append(found, kustomer.Customer{ID: row.CustomerID, Emails: emails("jane@example.com")})
	}
	return cutPage(found, q, e.now), nil
}

// heapAfter collects and decides so many conversations, and tells what the heap holds then.
func heapAfter(tb testing.TB, conversations int) uint64 {
	tb.Helper()
	start := testNow.Add(-time.Duration(conversations) * time.Second)
	source := endless{fakeKustomer: newFakeKustomer(0), start: start}
	f := New(Options{Source: source, Directory: source})
	f.Begin(testNow)
	found := 0
	err := f.Sweep(tb.Context(), Window{From: start, To: testNow}, func(b Chunk) bool {
		found += len(b.Cases)
		return true
	})
	if err != nil || found != conversations {
		tb.Fatalf("%d of %d were found: %v", found, conversations, err)
	}
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	runtime.KeepAlive(f)
	return stats.HeapAlloc
}

// TestHeapDoesNotGrow holds that what a pass keeps does not depend on how much it reads.
func TestHeapDoesNotGrow(t *testing.T) {
	if amount(0, 1) == 0 {
		t.Skip("one of the long programmes: LONG_TESTS=1")
	}
	more := amount(30_000, 100_000)
	few, many := heapAfter(t, 10_000), heapAfter(t, 10_000+more)
	if grown := int64(many) - int64(few); grown > 2<<20 {
		t.Errorf("%d conversations more left %d bytes behind", more, grown)
	}
}

// BenchmarkHeap lets a million conversations through collect and decide.
func BenchmarkHeap(b *testing.B) {
	const few, many = 20_000, 1_000_000
	for b.Loop() {
		less := heapAfter(b, few)
		b.ReportMetric(max(float64(heapAfter(b, many))-float64(less), 0)/(many-few), "B/conversation")
	}
}
