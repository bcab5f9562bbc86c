//go:build unix

package bolt

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestHolderIsPipe does not wait for what is no file, and puts the holder in its place all the same.
func TestHolderIsPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	for _, pipe := range []string{path + holderSuffix, path + holderSuffix + ".tmp"} {
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Skip(err)
		}
	}
	if _, err := ReadHolder(path); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a pipe: %v", err)
	}
	n, err := newHolderFile(path, fence{})
	if err != nil {
		t.Fatal(err)
	}
	if h, err := ReadHolder(path); err != nil || h.PID != n.holder.PID {
		t.Errorf("it says %v, %v", h, err)
	}
}
