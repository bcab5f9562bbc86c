package bolt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
	"acsync/sync/exit"
)

// ErrCopy answers a copy that cannot be restored. Nothing was changed.
var ErrCopy = exit.New(exit.Usage, "it cannot be restored")

// errOvertaken answers a restore that finds something else in the place of the ledger than it has looked at.
var errOvertaken = exit.Advise(
	exit.New(exit.Locked, "another process, such as a second restore, has changed it since it was looked at; "+
		"nothing was changed"), "run this again when nobody else works on the ledger", aboutRestore)

// aboutRestore is the topic of the manual.
const aboutRestore = "restore"

func unfit(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCopy}, args...)...)
}

// Restoration is a copy of a ledger that is to be put in its place. Until Close both are held for reading, so
// that neither changes. What Place has put there is refused to everybody until Adopt, so that a crash at any
// moment leaves either what was there, or a ledger from which nothing is sent.
type Restoration struct {
	Copy  store.Info
	Made  time.Time   // when it was copied, as far as it tells; else when its last pass ended
	There *store.Info // what the ledger says of itself; nil for none, or a damaged one
	// why the ledger that is there cannot be read; nil where there is none, or a sound one
	Damage error
	// the ledger was closed as the copy has it: nothing was sent since
	Newest bool
	// the copy was put there before, by a restoration that has come to its end, or not
	Done, Begun bool

	path  string // of the file itself, where the ledger's is a link
	copy  *Ledger
	there *Ledger     // nil for none that can be read
	seen  fs.FileInfo // of the file that is there; nil for none
	hash  []byte      // of the copy
	// what the ledger that is there was told to forget
	forgotten []store.Entry
	// what is there was copied there by hand, and nothing was learnt since
	untouched bool
}

// NewRestoration looks at a copy, and at the ledger at path, and changes nothing. A copy that is no sound
// ledger, serves others than the options say, or is of another ledger than the one that is or was there, is
// ErrCopy; a ledger that a process holds is ErrLocked. Of the options those count that say for whom a ledger
// is opened, and where.
func NewRestoration(path, copied string, o Options) (r *Restoration, err error) {
	r = &Restoration{path: path}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
			r = nil
		}
	}()
	if err := o.checkPlace(path); err != nil {
		return r, explain(path, err)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		r.path = real
	} else if _, link := os.Lstat(path); link == nil {
		return r, explain(path, fmt.Errorf("it is a link that leads nowhere: %w; nothing was changed", err))
	}
	if err := r.openCopy(copied, o); err != nil {
		return r, fmt.Errorf("%s: %w; nothing was changed", copied, err)
	}
	if err := r.look(); err != nil {
		return r, explain(path, err)
	}
	if err := r.compare(o.Place); err != nil {
		return r, fmt.Errorf("%s: %w; nothing was changed", copied, err)
	}
	return r, nil
}

// openCopy opens the copy and reads all of it.
func (r *Restoration) openCopy(copied string, o Options) error {
	mine, unread := os.Stat(r.path)
	stat, err := os.Stat(copied)
	switch {
	case err != nil:
		return unfit("%w", cause(err))
	case unread == nil && os.SameFile(mine, stat):
		return unfit("it is the ledger itself")
	}
	// Nothing is sent with it where it lies, and its fence, if any, says nothing of the one that is there.
	o.ReadOnly, o.AcceptFence, o.AllowNetwork, o.Place = true, true, true, nil
	r.copy, err = open(copied, o, migrations)
	switch {
	case errors.Is(err, store.ErrOtherTenant):
		return exit.Advise(unfit("%w", err),
			"if these are the same accounts and only an address has changed, add --accept-tenant", aboutRestore)
	case errors.Is(err, errOnlyRehearsed):
		return unfit("%w, and whoever it knows as asked was not", err)
	case errors.Is(err, store.ErrOtherCredential):
		return exit.Advise(unfit("%w", err), "if the account is the same and has got a new key, add --accept-key",
			aboutRestore)
	case errors.Is(err, errOlderFormat):
		return exit.Advise(unfit("its format is too old to be read without a change"), "put it in the place of "+
			"the ledger by hand, leave the fence there, and run acsync ledger rebuild before anything else",
			aboutRestore)
	case err != nil:
		return unfit("%w", err)
	}
	if err = r.copy.Check(context.Background()); err == nil {
		r.Copy, err = r.copy.Info()
	}
	if err != nil {
		return unfit("%w", bare(copied, err))
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r.copy.handle, 0, stat.Size())); err != nil {
		return unfit("%w", cause(err))
	}
	r.hash = sum.Sum(nil)
	return nil
}

// look opens what is at the path, whatever that is.
func (r *Restoration) look() error {
	r.seen, _ = os.Stat(r.path) // what keeps it from being found open says
	o := Options{ReadOnly: true, AcceptFence: true, AllowNetwork: true, anyKind: true}
	there, err := open(r.path, o, migrations)
	switch {
	case err == nil:
		r.there = there
		// Whoever held it while this waited for the lock may have written to it; nobody does from here on.
		if r.seen, err = there.handle.Stat(); err != nil {
			return err
		}
		info, err := there.Info()
		if err == nil {
			r.forgotten, err = there.Erased()
		}
		r.There = &info
		return err
	case errors.Is(err, store.ErrMissing):
		return nil
	case errors.Is(err, store.ErrDamaged):
		// What is no file can neither be moved aside nor replaced as one.
		if r.seen != nil && r.seen.Mode().IsRegular() {
			r.Damage = err
			return nil
		}
	}
	return fmt.Errorf("%w; nothing was changed", named(r.path, err))
}

// compare tells how the copy stands to what is there, and to the fence.
func (r *Restoration) compare(at *Place) error {
	now, err := r.copy.self()
	if err != nil {
		return unfit("%w", err)
	}
	if to := r.movedTo(); to != "" {
		return exit.Advise(unfit("the ledger that is there was moved to %s, which knows whom it has asked since", to),
			"use that one; nothing may be sent by a file any more", "high-availability")
	}
	if r.There != nil && r.There.ID != now.Ledger {
		return unfit("it is a copy of ledger %s, and the one that is there is %s. If the copy is the right "+
			"one, move that ledger and its fence away first", now.Ledger, r.There.ID)
	}
	r.Made = now.copied
	if r.Made.IsZero() {
		r.Made = r.Copy.Created
		if runs, err := r.copy.Runs(1); err == nil && len(runs) > 0 {
			r.Made = runs[0].Ended
		}
	}
	seen, err := r.witnessed(at, now)
	if err != nil {
		return unfit("%w", err)
	}
	f, err := readFence(r.path)
	trusted := err == nil
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, store.ErrRolledBack): // it tells nothing
	case err != nil:
		return unfit("%w", err)
	case f.Ledger != now.Ledger:
		return unfit("it is a copy of ledger %s, and the fence was left by ledger %s. If the copy is the "+
			"right one, move that fence away first", now.Ledger, f.Ledger)
	default:
		r.Newest = f.closedAs(now) && seen <= now.Transaction
	}
	if r.there == nil {
		return nil
	}
	there, err := r.there.self()
	r.untouched = err == nil && !there.copied.IsZero() && there.Transaction == now.Transaction
	if err == nil && bytes.Equal(there.restored, r.hash) {
		r.Done = trusted && f.holds(there, "its fence", there.Opening, there.over) == nil
		r.Begun = !r.Done
	}
	return err
}

// movedTo is where the ledger that is there is kept instead; empty for none that was moved.
func (r *Restoration) movedTo() string {
	if r.there == nil {
		return ""
	}
	to, _ := read(r.there.database, func(t *txn) (string, error) { return string(t.meta.get(metaMovedTo)), nil })
	return to
}

// witnessed is the last transaction of which the witness at a place knows; 0 for none. A witness that would
// refuse the copy, and cannot be written, is an error: the restore would come to its end, and be in vain.
func (r *Restoration) witnessed(at *Place, now self) (uint64, error) {
	place, err := newPlaced(r.path, at)
	if err != nil {
		return 0, err
	}
	w := &place.witness
	err = r.copy.view(func(t *txn) error {
		gone, err := w.read(t.meta, false)
		if w.needed = w.refuses(t.meta, now); w.needed {
			return w.prepare()
		}
		// One that is missing is begun anew, unless it cannot be.
		if err == nil && !errors.Is(gone, store.ErrMoved) {
			err = gone
		}
		return err
	})
	if w.spoilt {
		return math.MaxUint64, err
	}
	return w.said.Transaction, err
}

// Newer reports whether the ledger that is there is as new as the copy, or newer. The copy itself, which
// somebody has put there by hand, is neither.
func (r *Restoration) Newer() bool {
	return r.There != nil && !r.untouched && (r.There.Transaction >= r.Copy.Transaction ||
		r.There.Checkpoint.After(r.Copy.Checkpoint))
}

// Place puts the copy in the place of the ledger, and moves that aside: to the path that it gives, which is
// empty where there was none. Copy and ledger are closed then.
func (r *Restoration) Place() (aside string, err error) {
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := removeTemporary(r.path); err != nil {
		return "", explain(r.path, err)
	}
	write := func(temp string) error {
		if err := r.copy.copyTo(temp); err != nil {
			return err
		}
		err := changeCopy(temp, func(m *meta) {
			if m.get(metaCopied) == nil {
				m.putTime(metaCopied, r.Made)
			}
			m.put(metaRestored, r.hash)
		})
		if err != nil || len(r.forgotten) == 0 {
			return err
		}
		return eraseAgain(r.path, temp, r.forgotten)
	}
	return aside, explain(r.path, build(r.path, write, func(temp string, _ store.Info) error {
		err := r.unchanged()
		switch {
		case err != nil:
		case r.seen == nil:
			err = publish(temp, r.path)
		default:
			aside, err = r.replace(temp)
		}
		if err != nil {
			return err
		}
		return syncDir(filepath.Dir(r.path))
	}))
}

// unchanged makes sure that what is there is what was looked at. A damaged ledger cannot be locked, and a
// lock that is shared keeps no other restore away.
func (r *Restoration) unchanged() error {
	now, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.seen == nil:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil, r.seen == nil, !os.SameFile(now, r.seen), now.Size() != r.seen.Size(),
		!now.ModTime().Equal(r.seen.ModTime()):
		return errOvertaken
	}
	return nil
}

// replace puts a file in the place of the ledger, which gets another name first: whatever happens, one of
// the two is there.
func (r *Restoration) replace(temp string) (aside string, err error) {
	if err := errors.Join(os.Chmod(temp, r.seen.Mode().Perm()), giveTo(temp, r.seen)); err != nil {
		return "", err
	}
	if runtime.GOOS == "windows" { // where an open file cannot be replaced
		if err := r.Close(); err != nil {
			return "", err
		}
	}
	now := time.Now().UTC()
	for ; ; now = now.Add(time.Second) {
		aside = r.path + ".before-" + now.Format(backupTime)
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if err := os.Link(r.path, aside); err != nil {
		// A file system without links. A crash right after leaves no ledger, and its fence.
		if err := os.Rename(r.path, aside); err != nil {
			return "", err
		}
	}
	return aside, os.Rename(temp, r.path)
}

// Close lets go of the copy and the ledger. Closing twice is harmless.
func (r *Restoration) Close() error {
	var failed error
	for _, l := range []*Ledger{r.copy, r.there} {
		if l != nil {
			failed = errors.Join(failed, l.Close())
		}
	}
	return failed
}

// eraseAgain erases from a file with a copy of the ledger at path, which nobody else knows of yet, what
// that was told to forget since, and leaves no trace of it. The copy's transaction stays what it was.
func eraseAgain(path, temp string, marks []store.Entry) error {
	clean, err := tempFile(path)
	if err != nil {
		return err
	}
	defer os.Remove(clean) //nolint:errcheck // it has another name by then, unless it failed
	f := file{path: temp}
	faulted, err := recoverFaults(func() error {
		if err := f.open(Options{}); err != nil {
			return err
		}
		// A version that does not know of forgetting must not open it.
		if err := upgrade(f.db, migrations); err != nil {
			return err
		}
		err := f.db.Update(func(tx *bbolt.Tx) error {
			t, err := beginTxn(tx)
			if err != nil {
				return err
			}
			t.id--
			for _, mark := range marks {
				if _, err := importEntry(t, mark); err != nil {
					return err
				}
			}
			if err := sweep(t); err != nil {
				return err
			}
			return t.finish(false)
		})
		if err != nil {
			return err
		}
		return compactInto(clean, f)
	})
	f.faulted = faulted
	if err = errors.Join(err, f.release()); err != nil {
		return err
	}
	return os.Rename(clean, temp)
}

// CopyHolds reports whether a copy of a ledger still holds what Forget erases.
func CopyHolds(path string, ids []string) (bool, error) {
	o := Options{ReadOnly: true, AcceptFence: true, AllowNetwork: true, anyKind: true}
	l, err := open(path, o, migrations)
	if err != nil {
		return false, explain(path, err)
	}
	holds, err := read(l.database, func(t *txn) (bool, error) {
		plan, err := planForget(t, ids)
		return plan.Erased > 0 || len(plan.runs) > 0, err
	})
	if errors.Is(err, store.ErrRefused) {
		holds, err = true, nil // it is in doubt there
	}
	return holds, errors.Join(err, l.Close())
}
