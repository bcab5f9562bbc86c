package bolt

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
)

func TestLateness(t *testing.T) {
	l := newLedger(t, Options{})
	late := []time.Duration{400 * time.Millisecond, 4 * time.Second, 4 * time.Second, 7 * time.Minute, 48 * time.Hour}
	if err := l.Commit(store.Batch{Late: late[:2]}); err != nil {
		t.Fatal(err)
	}
	if err := l.Commit(store.Batch{Late: late[2:]}); err != nil {
		t.Fatal(err)
	}
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	if info.Lateness.Count != 5 || info.Lateness.Greatest != 48*time.Hour {
		t.Errorf("got %+v", info.Lateness)
	}
	want := []store.LatenessClass{{Below: time.Second, Count: 1}, {Below: 5 * time.Second, Count: 2}, {Below: 10 * time.Minute, Count: 1}, {Below: 0, Count: 1}}
	if diff := cmp.Diff(want, info.Lateness.Classes()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestLatenessOfAges writes what can be no lateness, and reads it back: a statistic must not spoil a ledger.
func TestLatenessOfAges(t *testing.T) {
	l := newLedger(t, Options{})
	if err := l.Commit(store.Batch{Late: []time.Duration{math.MaxInt64, math.MinInt64, -time.Hour, 0}}); err != nil {
		t.Fatal(err)
	}
	info, err := l.Info()
	if err != nil || info.Lateness.Count != 4 || info.Lateness.Greatest != 1<<42*time.Millisecond {
		t.Errorf("got %+v, %v", info.Lateness, err)
	}
}
