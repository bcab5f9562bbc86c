package report

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/agentconnect"
)

// TestRowsAreSmall keeps 100,000 conversations for a report: without the requests that were sent, and each name once.
func TestRowsAreSmall(t *testing.T) {
	const most = 160 // bytes each
	conversations := amount(10_000, 100_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows := &Rows{AppURL: "https://acme.kustomerapp.com"}
	for i := range conversations {
		row := madeUp(i, at)
		row.Key = store.Key{Conversation: fmt.Sprintf("%024x", i)}
		row.AgentName = strings.Clone("A name that each answer brings along anew, and that is rather long, as some are")
		row.Request = &agentconnect.Request{Tags: make([]string, 20)}
		rows.Observe(surveysync.Disposed{Row: row})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / int64(conversations); each > most {
		t.Errorf("a conversation takes %d bytes, want at most %d", each, most)
	}
	runtime.KeepAlive(rows)
}
