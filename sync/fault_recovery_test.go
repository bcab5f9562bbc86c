package sync

import (
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// askedLongAgo are the survey requests of all conversations, accepted long before they were last marked done.
func (d *desk) askedLongAgo() []store.Entry {
	var entries []store.Entry
	for _, c := range d.conversations {
		at := c.LastDone.At.Add(-30 * 24 * time.Hour)
		entries = append(entries, store.Entry{Key: decide.KeyOf(c), Record: store.Record{State: store.Accepted, Resolution: at, At: at, Status: 200, Attempts: 1}})
	}
	return entries
}

// TestFaultTableOfRecoveries is the fault table for what follows up: the same holds for recoveries as for survey requests.
func TestFaultTableOfRecoveries(t *testing.T) {
	rows := 0
	for _, s := range scenes(2) {
		s.recoveries = true
		s.name += ", followed up"
		single(t, s, inMemory, everyRow(), func(row, []step) { rows++ })
	}
	single(t, scene{
		name: "1 in one window, followed up, on disk", conversations: 1, apart: time.Minute, start: 90 * time.Minute, recheck: 24 * time.Hour, recoveries: true,
	}, onDisk, amount(3, 1), func(row, []step) { rows++ })
	t.Logf("%d rows", rows)
}
