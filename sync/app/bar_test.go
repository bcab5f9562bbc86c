package app

import (
	"io"
	"strings"
	"sync"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
)

// TestBarGoesOn finishes one window before the next is read: the bar is not done by that.
func TestBarGoesOn(t *testing.T) {
	b := newBar(io.Discard, 80, false)
	b.Observe(surveysync.PassStarted{})
	for range 3 {
		b.Observe(surveysync.WindowRead{Found: 2})
		b.Observe(surveysync.Disposed{Row: surveysync.Row{State: store.Accepted}})
		b.Observe(surveysync.Disposed{Row: surveysync.Row{State: store.Skipped}})
		if b.tracker.IsDone() {
			t.Fatal("the bar is done before the pass is")
		}
	}
	b.stop()
	if !b.tracker.IsDone() || b.tracker.Value() != 6 {
		t.Errorf("done %v, %d of 6 conversations", b.tracker.IsDone(), b.tracker.Value())
	}
	b.stop()
}

// TestBarStopsAtOnce stops a bar that has hardly begun, many times over: nothing may be drawn afterwards.
func TestBarStopsAtOnce(t *testing.T) {
	for range 20 {
		var screen screen
		b := newBar(&screen, 80, false)
		b.Observe(surveysync.PassStarted{})
		b.stop()
		before := screen.text()
		if _, err := b.Write([]byte("a line\n")); err != nil {
			t.Fatal(err)
		}
		if after := screen.text(); strings.TrimPrefix(after, before) != "a line\n" {
			t.Errorf("after the end %q was written", strings.TrimPrefix(after, before))
		}
	}
}

// screen keeps what is written to it.
type screen struct {
	mu   sync.Mutex
	kept strings.Builder
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.Write(b)
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.String()
}
