package app

import (
	"io"
	"testing"
)

// TestStatusLine shows how far the windows are while nothing is waited for.
func TestStatusLine(t *testing.T) {
	b := newBar(io.Discard, 80, false)
	waits := ""
	b.waiting = func() string { return waits }
	for _, step := range []struct{ place, waits, want string }{
		{"reading", "", "reading"},
		{"until 11-22 15:04", "", "until 11-22 15:04"},
		{"until 11-22 15:04", "paced by Agent Connect, 100/min", "paced by Agent Connect, 100/min"},
		{"until 11-22 16:04", "", "until 11-22 16:04"},
	} {
		b.place.Store(&step.place)
		waits = step.waits
		if got := b.status(); got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
}
