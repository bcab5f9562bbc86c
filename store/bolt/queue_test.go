package bolt

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestQueue lets two wait for one ledger: the first says so, and the second when that one has left.
func TestQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		holder, one, two := NewQueue(path, "backfill"), NewQueue(path, "run"), NewQueue(path, "explain")
		if holder.Other() {
			t.Error("somebody waits before anybody does")
		}
		one.Wait()
		two.Wait()
		if !holder.Other() || one.Other() || !two.Other() {
			t.Error("the first does not say that it waits, or the second does")
		}
		two.Leave() // it has got in first
		if w, err := ReadWaiter(path); err != nil || w.Mode != "run" || !w.Since.Equal(w.At) {
			t.Errorf("%v (%v) waits, want the first", w, err)
		}
		time.Sleep(waiterStale / 2)
		one.Wait()
		if w, err := ReadWaiter(path); err != nil || w.At.Sub(w.Since) != waiterStale/2 {
			t.Errorf("%v (%v), said again", w, err)
		}
		one.Leave()
		if holder.Other() {
			t.Error("it waits although it has left")
		}
		two.Wait()
		if w, err := ReadWaiter(path); err != nil || w.Mode != "explain" {
			t.Errorf("%v (%v) waits, want the second", w, err)
		}
		time.Sleep(waiterStale + time.Second) // killed
		if _, err := ReadWaiter(path); holder.Other() {
			t.Error("whoever is gone holds up others")
		} else {
			wantError(t, err, fs.ErrNotExist)
		}
		one.Wait()
		if !holder.Other() {
			t.Error("what one has left behind keeps another from saying that it waits")
		}
	})
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q (%v)", left, err)
	}
}

// TestQueueOfNobody takes no file that nobody who waits has written for one who does.
func TestQueueOfNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	for _, said := range []string{
		"", "%", "{}", `{"pid":1,"mode":"a\nb","at":"2026-11-23T10:00:00Z"}`, `{"pid":1,"at":"9999-01-01T00:00:00Z"}`,
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
