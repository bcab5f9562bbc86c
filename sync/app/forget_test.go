package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"acsync/store"
)

// TestForgetUnwiped: what is erased stays erased when the file cannot be rewritten. To try again is said only
// where that may help.
func TestForgetUnwiped(t *testing.T) {
	done := erasure{Erasure: store.Erasure{Erased: 1}}
	for cause, again := range map[error]bool{store.ErrNoRoom: true, errors.ErrUnsupported: false} {
		err := done.unwiped(fmt.Errorf("rewriting it: %w", cause))
		what := newComplaint(err)
		if !errors.Is(err, cause) || !strings.Contains(what.what, "1 conversation is erased, and will never be asked about") ||
			strings.Contains(what.hint, "give the same command again") != again {
			t.Errorf("%v: %+v", cause, what)
		}
	}
	if done.unwiped(nil) != nil {
		t.Error("nothing has failed")
	}
}
