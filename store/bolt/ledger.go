package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"acsync/store"
)

// Ledger is an open ledger. Its methods may be called at the same time. Changes are made one after the other,
// but that what is in flight at the same time shares commits.
type Ledger struct {
	*database
	Reader
	Writer
	Keeper
	Eraser
	Checker
	Repairer
	Copier
	Mover

	holder *holderFile // nil while open for reading only
}

func newLedger(d *database, holder *holderFile) *Ledger {
	return &Ledger{d, Reader{d}, Writer{d}, Keeper{d}, Eraser{d}, Checker{d}, Repairer{d}, Copier{d}, Mover{d}, holder}
}

// Report tells others how far the pass has come. The file is changed at most once a second, and at once where
// a pass begins; what cannot be written is left out: nothing that is sent depends on it. On a ledger that is
// closed or open for reading only it does nothing.
func (l *Ledger) Report(p store.Progress) {
	if l.holder != nil {
		l.holder.report(p, l.foreign.Load())
	}
}

// Room gives ErrNoRoom when the disk of the ledger is nearly full, and ErrMissing or ErrDamaged when its file
// was taken away. It is to be asked before each survey request, because the outcome of one that was sent must
// find its place: from the first call on the file holds a reserve for the outcomes of Options.InFlight
// requests. Systems that do not tell are taken to have room.
func (l *Ledger) Room() error {
	err := l.beside(func() error {
		if l.readOnly {
			return store.ErrReadOnly
		}
		return cmp.Or(l.kept(), checkRoom(l.path))
	})
	if err != nil {
		return err
	}
	return l.keepReserve(0)
}

var errClosed = errors.New("the ledger is closed; open it again")

// Close brings the fence up to date and lets go of the file and its lock. Closing twice is harmless. An error
// of the fence takes nothing from what the ledger holds.
//
// What was called before is done first, and what is called later finds the ledger closed.
func (l *Ledger) Close() error {
	turn := l.turns.take()
	defer l.turns.pass(turn, 0)
	l.inside.Lock()
	defer l.inside.Unlock()
	if l.db == nil {
		return nil
	}
	var err error
	if l.dead == nil {
		l.faulted, err = recoverFaults(func() error { return l.writeFence(false) })
	}
	l.entry.Lock()
	unwritten := l.unwritten
	l.entry.Unlock()
	switch {
	case l.holder == nil:
	case unwritten != nil:
		err = errors.Join(err, l.holder.leave(*unwritten))
	default:
		err = errors.Join(err, l.holder.remove())
	}
	err = errors.Join(err, l.release())
	l.db = nil
	l.entry.Lock()
	l.dead = errClosed
	l.entry.Unlock()
	return explain(l.path, err)
}

// OnCommit has fn called before and after each commit of changes, outside of any lock; it is for tests, which
// can make a commit slow, or let the process die there: an error of fn is that of all calls that share the
// commit, and of all later ones. It is to be called before the ledger is used.
func (l *Ledger) OnCommit(fn func(committed bool) error) { l.onCommit = fn }

// Open opens a ledger and takes its lock. It never creates one: a missing file is ErrMissing; an empty,
// cut-off or otherwise damaged one, or one that is no ledger, is ErrDamaged; one that another process holds
// is ErrLocked; one that a newer version wrote is ErrNewerFormat; one that has lost transactions, or is
// another one than its fence was left by, is ErrRolledBack; one that is bound to another tenant is
// ErrOtherTenant, or to another credential ErrOtherCredential; one on a network file system is ErrNetwork;
// one of rehearsals is ErrRehearsal, and with Options.Rehearsal any other one ErrNoRehearsal; one that is
// opened for writing at another place than the last time is ErrMoved.
func Open(path string, o Options) (*Ledger, error) {
	l, err := open(path, o, migrations)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, store.ErrLocked):
		err = named(path, err)
	case errors.Is(err, store.ErrMissing):
		err = missed(path, o.Place, err)
	}
	return nil, explain(path, err)
}

// named adds to ErrLocked who holds the ledger.
func named(path string, err error) error {
	if h, unknown := ReadHolder(path); errors.Is(err, store.ErrLocked) && unknown == nil {
		err = fmt.Errorf("%w: %v", err, h)
	}
	return err
}

// open tries again when the file was replaced between its opening and its locking, as compacting does.
func open(path string, o Options, steps []migration) (*Ledger, error) {
	if err := plausible(path); err != nil {
		return nil, err
	}
	if err := o.checkPlace(path); err != nil {
		return nil, err
	}
	for range 3 {
		l, err := openOnce(path, o, steps)
		if !errors.Is(err, errReplaced) {
			return l, err
		}
	}
	return nil, store.ErrLocked
}

// plausible refuses what cannot be a ledger before anything opens it.
func plausible(path string) error {
	stat, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return store.ErrMissing
	case err != nil:
		return err
	case !stat.Mode().IsRegular():
		return damaged("it is not a regular file")
	case stat.Size() < least:
		return damaged("it has only %d bytes", stat.Size())
	}
	return nil
}

// openOnce opens the file twice: shared, to find out whether it is sound, and then as it was asked for.
func openOnce(path string, o Options, steps []migration) (*Ledger, error) {
	shared := o
	shared.ReadOnly = true // bbolt must not take the free list for granted before it has been inspected
	d, err := attempt(path, shared, func(d *database) error {
		// Every page is read before bbolt follows any: damage is met before anything is sent.
		if _, err := d.inspect(context.Background()); err != nil {
			return err
		}
		older, err := olderThan(d.db, steps)
		switch {
		case err != nil:
			return err
		case o.ReadOnly && unreadable(older):
			return errOlderFormat
		}
		if err := trust(d, o); err != nil || !o.ReadOnly {
			return err
		}
		return d.load()
	})
	if err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return newLedger(d, nil), nil
	}
	if err := d.release(); err != nil {
		return nil, err
	}
	var holder *holderFile
	d, err = attempt(path, o, func(d *database) error {
		if err := trust(d, o); err != nil {
			return err
		}
		if err := upgrade(d.db, steps); err != nil {
			return err
		}
		if err := d.load(); err != nil {
			return err
		}
		holder, err = announce(d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return newLedger(d, holder), nil
}

// attempt opens the file with bbolt and runs prepare on it; when either fails, nothing stays open.
func attempt(path string, o Options, prepare func(*database) error) (*database, error) {
	place, err := newPlaced(path, o.Place)
	if err != nil {
		return nil, err
	}
	d := &database{
		interrupted: make(chan struct{}),
		file:        file{path: path}, readOnly: o.ReadOnly, place: place,
		binding: binding{tenant: o.Tenant, credential: o.Credential, test: o.TestCredential},
		reserve: newReserve(o.InFlight),
	}
	faulted, err := recoverFaults(func() error {
		if err := d.open(o); err != nil {
			return err
		}
		if err := d.inPlace(); err != nil {
			return err
		}
		return prepare(d)
	})
	if err != nil {
		d.faulted = faulted
		return nil, errors.Join(err, d.release())
	}
	return d, nil
}

// trust compares the ledger with its fence, its witness, its tenant, its credential and its place, unless
// told to accept them. Whoever only reads it may do so wherever it is.
func trust(d *database, o Options) error {
	return d.view(func(t *txn) error {
		now, err := t.self()
		if err != nil {
			return err
		}
		// First of all: what is missing beside one of the other kind is not to be put back.
		if err := cmp.Or(checkKind(t.meta, o), checkMoved(t.meta, o, &d.place)); err != nil {
			return err
		}
		d.fenced, err = readFence(d.path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !now.distrusted:
			err = fmt.Errorf("%w: its fence %s is missing", errUnfenced, beside(d.path, fenceSuffix))
		case err == nil, errors.Is(err, fs.ErrNotExist): // for what it is distrusted needs no fence
			err = d.fenced.holds(now, "its fence", now.Opening, now.over)
		}
		err = cmp.Or(err, d.place.check(t.meta, now, o.ReadOnly))
		if o.AcceptFence && errors.Is(err, store.ErrRolledBack) {
			d.doubted, err = true, nil
		}
		if err != nil {
			return err
		}
		if err := d.binding.check(t.meta, o); err != nil || o.ReadOnly {
			return err
		}
		switch moved := errors.Is(d.place.refused, store.ErrMoved); {
		case moved && o.AcceptMove:
			d.place.refused = nil
		case moved && o.AcceptFence:
			d.doubted, d.place.refused = true, nil // until the repair has succeeded it is of no place
		}
		d.place.witness.needed = d.doubted && d.place.witness.refuses(t.meta, now)
		return d.place.refused
	})
}

// announce makes a ledger that has been opened for writing known as such, in itself and beside it, before
// anything else is written. One that is doubted is left as it is, but that its fence counts what a killed
// pass has told.
func announce(d *database) (*holderFile, error) {
	// Before anything changes.
	err := cmp.Or(unfenced(roomIn(filepath.Dir(beside(d.path, "")))), d.place.witness.prepare())
	switch {
	case err != nil:
	case d.doubted:
		err = raiseFence(d.path)
	default:
		if err = d.reopen(d.fenced, func(*txn) error { return nil }); err == nil {
			err = d.writeFence(true)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := adoptKilledRun(d); err != nil {
		return nil, err
	}
	now, err := d.self()
	if err != nil {
		return nil, err
	}
	return newHolderFile(d.path, now.fence)
}

// raiseFence lets the fence of a ledger that is doubted count what the pass has told that was killed since
// the fence was written: the repair must find at least as much.
func raiseFence(path string) error {
	f, err := readFence(path)
	if err != nil {
		return nil // it counts nothing that could be raised
	}
	h, err := ReadHolder(path)
	if err != nil || h.Pass == "" {
		return nil
	}
	told := h.Known + uint64(max(h.Accepted-h.AcceptedBefore, 0))
	if !f.Open || h.Opening != f.Opening || told <= f.Accepted {
		return nil
	}
	f.Accepted, f.Foreign = told, max(f.Foreign, h.Foreign)
	return f.write(path)
}

// adoptKilledRun enters into the runs the pass of a holder that was killed, or could not write its summary,
// before its file is replaced: the lock is held, so that the holder is nobody who is at work. A pass that was
// killed after it had written its own summary keeps that; what it had said before it let go of the ledger is
// brought up to date.
func adoptKilledRun(d *database) error {
	h, err := ReadHolder(d.path)
	if err != nil {
		return nil // it was closed, or its file tells nothing
	}
	run := h.Left()
	if run == nil {
		return nil
	}
	_, err = d.transact(func(t *txn) error {
		var known store.Run
		err := t.runs.newest(func(r store.Run) bool {
			if r.Pass == run.Pass {
				known = r
			}
			return known.Pass == ""
		})
		switch {
		case err != nil:
			return err
		case known.Pass != "" && !known.Killed:
			return errNothing
		// Its reasons its process has not told since.
		case known.Killed && run.Killed:
			run.Reasons, run.Refusals = known.Reasons, known.Refusals
		}
		return t.runs.add(run)
	})
	if err != nil {
		return fmt.Errorf("the summary of pass %s, which an earlier process has left, could not be "+
			"written: %w; make sure that the disk has space and is sound, then run again", run.Pass, err)
	}
	return nil
}
