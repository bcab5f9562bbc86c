package app

import (
	"fmt"
	"testing"

	surveysync "acsync/sync"
)

// TestForgottenIsUsage: a window that begins where the ledger has forgotten who was asked is the caller's to mend.
func TestForgottenIsUsage(t *testing.T) {
	err := fmt.Errorf("begin: %w", &surveysync.FloorError{})
	if got := exitCode(err); got != exitUsage {
		t.Errorf("exit code %d, want %d", got, exitUsage)
	}
}
