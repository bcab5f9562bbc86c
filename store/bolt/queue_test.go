package bolt

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
)

// wantWaiting compares who says that they wait, by their commands.
func wantWaiting(t *testing.T, path string, modes ...string) []store.Waiter {
	t.Helper()
	list, err := ReadWaiters(path)
	var got []string
	for _, w := range list {
		got = append(got, w.Mode)
	}
	if err != nil || !slices.Equal(got, modes) {
		t.Errorf("%q (%v) wait, want %q", got, err, modes)
	}
	return list
}

// TestQueue lets two wait for one ledger: both say so, and whoever came first comes first.
func TestQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		holder, one, two := NewQueue(path, "backfill"), NewQueue(path, "run"), NewQueue(path, "explain")
		if holder.Other() {
			t.Error("somebody waits before anybody does")
		}
		one.Wait()
		time.Sleep(time.Second)
		two.Wait()
		if !holder.Other() || one.Other() || !two.Other() {
			t.Error("the first does not say that it waits, or the second is not behind it")
		}
		wantWaiting(t, path, "run", "explain")
		two.Leave() // it has got in first
		wantWaiting(t, path, "run")
		time.Sleep(waiterStale / 2)
		one.Wait()
		two.Wait()
		if w := wantWaiting(t, path, "run", "explain"); len(w) > 0 && w[0].At.Sub(w[0].Since) != time.Second+waiterStale/2 {
			t.Errorf("%v, said again", w[0])
		}
		if err := os.Remove(path + waitingSuffix); err != nil { // its word is lost
			t.Fatal(err)
		}
		two.Wait()
		one.Wait()
		wantWaiting(t, path, "run", "explain")
		one.Leave()
		if !holder.Other() || two.Other() {
			t.Error("the second is not the first when that has left")
		}
		wantWaiting(t, path, "explain")
		time.Sleep(waiterStale + time.Second) // killed
		if wantWaiting(t, path); holder.Other() {
			t.Error("whoever is gone holds up others")
		}
		one.Wait()
		if !holder.Other() {
			t.Error("what one has left behind keeps another from saying that it waits")
		}
		one.Leave()
		if wantWaiting(t, path); holder.Other() {
			t.Error("it waits although it has left")
		}
	})
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q (%v)", left, err)
	}
}

// TestQueueOfNobody takes no file that nobody who waits has written for one who does.
func TestQueueOfNobody(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "ledger.db"), time.Now().UTC().Format(time.RFC3339)
	for _, said := range []string{
		"", "%", "{}", "[{}]", `{"pid":1,"at":"` + now + `"}`, `[{"pid":1,"mode":"a\nb","at":"` + now + `"}]`, `[{"pid":1,"at":"9999-01-01T00:00:00Z"}]`,
	} {
		if err := os.WriteFile(path+waitingSuffix, []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
		if NewQueue(path, "backfill").Other() {
			t.Errorf("%q was believed", said)
		}
	}
	if err := os.Remove(path + waitingSuffix); err != nil {
		t.Fatal(err)
	}
	// It cannot be written, nor removed.
	if err := os.MkdirAll(filepath.Join(path+waitingSuffix, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	q := NewQueue(path, "run")
	q.Wait()
	q.Leave()
	if NewQueue(path, "backfill").Other() {
		t.Error("a directory was believed")
	}
}
