package app

import (
	"testing"
)

// TestStatusLine shows how far the windows are while nothing is waited for.
func TestStatusLine(t *testing.T) {
	l := statusLine{place: "reading"}
	waits := ""
	l.setWaiting(func() string { return waits })
	for _, step := range []struct{ place, waits, want string }{
		{"reading", "", "reading"},
		{"until 11-22 15:04", "", "until 11-22 15:04"},
		{"until 11-22 15:04", "paced by Agent Connect, 100/min", "paced by Agent Connect, 100/min"},
		{"until 11-22 16:04", "", "until 11-22 16:04"},
	} {
		l.setPlace(step.place)
		waits = step.waits
		if got := l.text(); got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
}
