//go:build unix

package bolt

import (
	"os"
	"syscall"
	"testing"

	"acsync/store"
)

// What lies beside a ledger and is no file is not waited for: a pipe that nobody writes to would hold up
// every command.
func TestPipesBesideALedger(t *testing.T) {
	for _, ending := range []string{fenceSuffix, holderSuffix} {
		path := testLedgerClosed(t)
		_ = os.Remove(path + ending)
		if err := syscall.Mkfifo(path+ending, 0o600); err != nil {
			t.Skip(err)
		}
		for _, readOnly := range []bool{true, false} {
			l, err := Open(path, Options{ReadOnly: readOnly})
			if ending == fenceSuffix {
				wantError(t, err, store.ErrRolledBack)
				continue
			}
			must(t, err)
			must(t, l.Close())
		}
	}
}
