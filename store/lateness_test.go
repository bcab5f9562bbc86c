package store

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLateness(t *testing.T) {
	l := newLedger(t, Options{})
	late := []time.Duration{400 * time.Millisecond, 4 * time.Second, 4 * time.Second, 7 * time.Minute, 48 * time.Hour}
	if err := l.Commit(Batch{Late: late[:2]}); err != nil {
		t.Fatal(err)
	}
	if err := l.Commit(Batch{Late: late[2:]}); err != nil {
		t.Fatal(err)
	}
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	if info.Lateness.Count != 5 || info.Lateness.Greatest != 48*time.Hour {
		t.Errorf("got %+v", info.Lateness)
	}
	want := []LatenessClass{{time.Second, 1}, {5 * time.Second, 2}, {10 * time.Minute, 1}, {0, 1}}
	if diff := cmp.Diff(want, info.Lateness.Classes()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func FuzzDecodeLateness(f *testing.F) {
	var l Lateness
	f.Add(l.encode())
	l.add(time.Hour)
	f.Add(l.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := decodeLateness(b)
		if err != nil || len(b) == 0 {
			return
		}
		again, err := decodeLateness(l.encode())
		if err != nil || again != l {
			t.Errorf("%+v became %+v, %v", l, again, err)
		}
	})
}

// TestLatenessOfAges writes what can be no lateness, and reads it back: a statistic must not spoil a ledger.
func TestLatenessOfAges(t *testing.T) {
	l := newLedger(t, Options{})
	if err := l.Commit(Batch{Late: []time.Duration{math.MaxInt64, math.MinInt64, -time.Hour, 0}}); err != nil {
		t.Fatal(err)
	}
	info, err := l.Info()
	if err != nil || info.Lateness.Count != 4 || info.Lateness.Greatest != mostLate {
		t.Errorf("got %+v, %v", info.Lateness, err)
	}
}
