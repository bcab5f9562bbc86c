package bolt

import (
	"testing"
	"time"

	"acsync/store"
)

// TestWaitingEndsEarly: what waits for its time in great number does not hide what is asked for, nor is it
// gone through when there is nothing more to find.
func TestWaitingEndsEarly(t *testing.T) {
	l := testLedger(t, Options{})
	var later []store.Key
	for n := range 200 {
		later = append(later, id(100+n))
	}
	commit(t, l, store.Record{State: store.Scheduled, Reason: "delayed", At: noon, Due: noon.Add(time.Hour)}, later...)
	finish(t, l, id(1), store.InDoubt)
	commit(t, l, store.Record{State: store.Scheduled, At: noon, Due: noon.Add(-time.Hour)}, id(2))
	list, err := l.Waiting(10, store.Scheduled, store.Retry)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, len(list), 10)
	wantSame(t, list[0].Key, id(2))
	looked := 0
	if _, err := l.waiting(0, []store.State{store.InDoubt}, func(store.Entry) bool {
		looked++
		return true
	}); err != nil {
		t.Fatal(err)
	}
	wantSame(t, looked, 2)
}
