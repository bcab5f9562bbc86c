package bolt

import (
	"errors"

	"acsync/store"
)

// Ledger is an open ledger. Its methods may be called at the same time; transactions run one after the other.
type Ledger struct {
	*database
	Reader
	Writer
	Keeper
	Checker
	Repairer
	Copier

	holder *holderFile // nil while open for reading only
}

func newLedger(d *database, holder *holderFile) *Ledger {
	return &Ledger{d, Reader{d}, Writer{d}, Keeper{d}, Checker{d}, Repairer{d}, Copier{d}, holder}
}

// Report tells others how far the pass has come. The file is changed at most once a second, and at once where
// a pass begins; what cannot be written is left out: nothing that is sent depends on it. On a ledger that is
// closed or open for reading only it does nothing.
func (l *Ledger) Report(p store.Progress) {
	if l.holder != nil {
		l.holder.report(p)
	}
}

// Room gives ErrNoRoom when the disk of the ledger is nearly full. It is to be asked before survey requests
// are sent, because the outcome of one that was sent must find its place. Systems that do not tell are taken
// to have room.
func (l *Ledger) Room() error { return explain(l.path, checkRoom(l.path)) }

var errClosed = errors.New("the ledger is closed; open it again")

// Close brings the fence up to date and lets go of the file and its lock. Closing twice is harmless. An error
// of the fence takes nothing from what the ledger holds.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		return nil
	}
	var err error
	if l.dead == nil {
		l.faulted, err = recoverFaults(func() error { return l.writeFence(false) })
	}
	if l.holder != nil {
		err = errors.Join(err, l.holder.remove())
	}
	err = errors.Join(err, l.release())
	l.db, l.dead = nil, errClosed
	return explain(l.path, err)
}
