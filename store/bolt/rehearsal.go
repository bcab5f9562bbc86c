package bolt

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"acsync/store"
)

// checkKind refuses a ledger of rehearsals in the place of another, and the reverse.
func checkKind(m *meta, o Options) error {
	marked := m.get(metaRehearsal) != nil
	switch {
	case o.anyKind:
	case marked && !o.Rehearsal:
		return store.ErrRehearsal
	case !marked && o.Rehearsal:
		return store.ErrNoRehearsal
	}
	return nil
}

// Discard takes a ledger of rehearsals away, with all that lies beside it, whatever its fence says and
// whoever it is bound to: nobody real was asked, so that nothing is lost. Any other ledger, and one that
// another process holds or that cannot be read, stays.
func Discard(path string, o Options) error {
	o.Rehearsal, o.ReadOnly = true, false
	o.AcceptFence, o.AcceptTenant, o.AcceptCredential = true, true, true
	l, err := Open(path, o)
	if err != nil {
		return err
	}
	if err := l.Close(); err != nil {
		return err
	}
	// The ledger last: as long as it is there, a start that was interrupted can be made again.
	for _, name := range slices.Backward(Files(path)) {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return explain(path, err)
		}
	}
	return nil
}
