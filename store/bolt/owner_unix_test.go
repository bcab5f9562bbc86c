//go:build unix

package bolt

import (
	"os"
	"syscall"
	"testing"

	"acsync/store"
)

// TestOwnerOfWhatIsBeside lets root use another user's ledger, with a umask that leaves others nothing: all that root
// writes there is that user's.
func TestOwnerOfWhatIsBeside(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
	const uid, gid = 65534, 12345
	l := testLedger(t, Options{})
	closeLedger(t, l)
	must(t, os.Chown(l.path, uid, gid))
	must(t, os.Chmod(l.path, 0o660))
	defer syscall.Umask(syscall.Umask(0o077))
	wantOwned := func(suffixes ...string) {
		t.Helper()
		for _, suffix := range suffixes {
			stat, err := os.Stat(l.path + suffix)
			must(t, err)
			if s := stat.Sys().(*syscall.Stat_t); s.Uid != uid || s.Gid != gid || stat.Mode().Perm() != 0o660 {
				t.Errorf("ledger%s is of %d:%d, %v", suffix, s.Uid, s.Gid, stat.Mode())
			}
		}
	}
	l = openLedger(t, l.path, Options{})
	finish(t, l, id(1), store.Accepted)
	wantOwned("", fenceSuffix, holderSuffix)
	closeLedger(t, l)
	wantOwned("", fenceSuffix)
	sparse := unchecked(t, l.path)
	spread(t, sparse)
	closeLedger(t, sparse)
	must(t, Compact(l.path))
	wantOwned("", fenceSuffix)
}
