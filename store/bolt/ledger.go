package bolt

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math/bits"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"acsync/store"
)

// DefaultTimeout is how long Open waits for the lock unless told otherwise.
const DefaultTimeout = 2 * time.Second

const (
	mapped = 1 << 30   // bytes of address space taken at once, so that a growing file is hardly ever mapped anew
	growth = 256 << 10 // bytes by which the file grows; bbolt's own 16 MiB would be most of a small ledger
	least  = 4 << 10   // bytes of the smallest file that bbolt ever writes
)

// Options are the choices in opening a ledger; the zero value is right for a pass.
type Options struct {
	Timeout  time.Duration // how long to wait for the lock; 0 is DefaultTimeout, less than 0 tries once
	ReadOnly bool          // share the ledger with other readers; every change is answered with ErrReadOnly
	MaxSize  int           // bytes beyond which the file does not grow, as if the disk were full; 0 is no limit
	Strict   bool          // check the whole file in each commit; slow, for tests

	// AcceptFence opens a ledger whatever its fence says, to read it or to mend it. One that its fence does
	// not hold for is distrusted then: the fence stays as it is, and everybody else refuses the ledger, until
	// Adopt.
	AcceptFence bool
	// Tenant is whom the ledger is opened for, in words that messages can show: the accounts, no secrets. The first opening
	// for writing that names one binds the ledger to it; empty opens any.
	Tenant string
	// AcceptTenant opens a ledger whatever tenant it is bound to, and binds it, unless ReadOnly, to Tenant: on an operator's
	// explicit word, for an account whose address has changed.
	AcceptTenant bool
	// Credential is what survey requests are sent with, a secret: the ledger keeps a hash of it, keyed by its
	// own id. The first request that is taken or may have arrived binds the ledger to it, because what one
	// account has been sent says nothing of another; empty opens any.
	Credential string
	// AcceptCredential opens a ledger whatever it is bound to, and binds it, unless ReadOnly, to Credential:
	// on an operator's explicit word, for an account that has got a new key.
	AcceptCredential bool
	// AllowNetwork opens a ledger on a network file system. Whoever sets it vouches for its locks and syncs.
	AllowNetwork bool
	// Identity is what a ledger that Create makes remembers as one; empty is PerConversation.
	Identity store.Identity
}

// choice is the first of options that may be left out.
func choice(o []Options) Options {
	if len(o) == 0 {
		return Options{}
	}
	return o[0]
}

// Ledger is an open ledger. Its methods may be called at the same time; transactions run one after the other.
type Ledger struct {
	path     string
	id       string
	readOnly bool
	file     *os.File // bbolt's own handle

	mu      sync.Mutex
	db      *bbolt.DB
	reasons reasons
	dead    error   // why nothing works any more: closed or damaged
	faulted bool    // bbolt was interrupted by a fault and cannot be entered again
	stuck   error   // why no change is taken any more: a commit failed
	sealed  fence   // what the fence says
	bound   Options // whom it was opened for
	before  uint64  // intents given before this opening
	doubted bool    // it is not the ledger that its fence was left by, or a repair has begun; see Adopt

	notice *notice // the file that names this process as the holder; nil while open for reading only
}

// Open opens a ledger and takes its lock. It never creates one: a missing file is ErrMissing; an empty,
// cut-off or otherwise damaged one, or one that is no ledger, is ErrDamaged; one that another process holds
// is ErrLocked; one that a newer version wrote is ErrNewerFormat; one that has lost transactions, or is
// another one than its fence was left by, is ErrRolledBack; one that is bound to another tenant is
// ErrOtherTenant, or to another credential ErrOtherCredential; one on a network file system is ErrNetwork.
func Open(path string, o Options) (*Ledger, error) {
	l, err := open(path, o, migrations)
	if err != nil {
		return nil, explain(path, orphaned(path, named(path, err)))
	}
	return l, nil
}

// open tries again when the file was replaced between its opening and its locking, as compacting does.
func open(path string, o Options, steps []migration) (*Ledger, error) {
	if err := plausible(path); err != nil {
		return nil, err
	}
	if err := suited(path, o); err != nil {
		return nil, err
	}
	for range 3 {
		l, err := visit(path, o, steps)
		if !errors.Is(err, errReplaced) {
			return l, err
		}
	}
	return nil, store.ErrLocked
}

// suited refuses a place that is not fit for a ledger.
func suited(path string, o Options) error {
	if o.AllowNetwork {
		return nil
	}
	return network(path)
}

// visit opens the file twice: shared, to find out whether it is sound, and then as it was asked for.
func visit(path string, o Options, steps []migration) (*Ledger, error) {
	shared := o
	shared.ReadOnly = true // bbolt must not take the free list for granted before it has been inspected
	l, err := attempt(path, shared, func(l *Ledger) error {
		if err := l.examine(); err != nil {
			return err
		}
		older, err := l.older(steps)
		switch {
		case err != nil:
			return err
		case o.ReadOnly && unreadable(older):
			return errOlderFormat
		}
		if err := l.trust(o); err != nil || !o.ReadOnly {
			return err
		}
		return l.db.View(l.load)
	})
	if err != nil || o.ReadOnly {
		return l, err
	}
	if err := l.Close(); err != nil {
		return nil, err
	}
	return attempt(path, o, func(l *Ledger) error {
		if err := l.trust(o); err != nil {
			return err
		}
		if err := l.upgrade(steps); err != nil {
			return err
		}
		if err := l.db.View(l.load); err != nil {
			return err
		}
		return l.settleIn(o)
	})
}

// trust holds the ledger against its fence, its tenant and its credential, unless told to accept them.
func (l *Ledger) trust(o Options) error {
	err := l.checkFence()
	if o.AcceptFence && errors.Is(err, store.ErrRolledBack) {
		l.doubted, err = true, nil
	}
	if err != nil {
		return err
	}
	return l.serves(o)
}

// settleIn makes a ledger that has been opened for writing known as such, in itself and beside it, before
// anything else is written. One that is doubted is left as it is, but that its fence counts what a killed
// pass has told.
func (l *Ledger) settleIn(o Options) error {
	err := roomBeside(l.path) // before anything changes
	switch {
	case err != nil:
	case l.doubted:
		err = l.forewarn()
	default:
		err = l.enter(o)
	}
	if err != nil {
		return err
	}
	if err := l.inherit(); err != nil {
		return err
	}
	now, err := l.self()
	if err == nil {
		l.notice, err = post(l.path, now)
	}
	return err
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

// attempt opens the file with bbolt and runs prepare on it; when either fails, nothing stays open.
func attempt(path string, o Options, prepare func(*Ledger) error) (*Ledger, error) {
	l := &Ledger{path: path, readOnly: o.ReadOnly, bound: o}
	faulted, err := guard(func() error {
		var err error
		if l.db, err = bbolt.Open(path, 0o600, l.boltOptions(o)); err != nil {
			return boltError(err)
		}
		if err := l.inPlace(); err != nil {
			return err
		}
		l.db.AllocSize = growth
		l.db.StrictMode = o.Strict
		return prepare(l)
	})
	if err != nil {
		l.faulted = faulted
		return nil, errors.Join(err, l.release())
	}
	return l, nil
}

// errReplaced answers whoever got the lock of a file that no longer bears its name.
var errReplaced = errors.New("the ledger was replaced while it was being opened")

// inPlace makes sure that the file which is locked is the one at the path.
func (l *Ledger) inPlace() error {
	stat, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return store.ErrMissing
	}
	if err != nil {
		return err
	}
	own, err := l.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(stat, own) {
		return errReplaced
	}
	return nil
}

func (l *Ledger) boltOptions(o Options) *bbolt.Options {
	b := &bbolt.Options{
		Timeout:      cmp.Or(o.Timeout, DefaultTimeout),
		FreelistType: bbolt.FreelistMapType,
		ReadOnly:     o.ReadOnly,
		MaxSize:      o.MaxSize,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag&^os.O_CREATE, perm)
			l.file = f
			return f, err
		},
	}
	if runtime.GOOS != "windows" && bits.UintSize == 64 { // Windows would make the file that big
		b.InitialMmapSize = mapped
	}
	return b
}

// boltError sorts the errors of opening: those of the operating system stay what they are, all others mean that the
// content is not what bbolt writes.
func boltError(err error) error {
	if errors.Is(err, bolterrors.ErrTimeout) {
		return store.ErrLocked
	}
	if errors.Is(err, fs.ErrNotExist) {
		return store.ErrMissing
	}
	if _, ok := errors.AsType[syscall.Errno](err); ok {
		return err
	}
	return damaged("it cannot be opened: %v", err)
}

// examine reads every page before bbolt follows any: damage is met before anything is sent.
func (l *Ledger) examine() error {
	m, err := l.image()
	if err != nil {
		return err
	}
	return m.inspect(context.Background())
}

// image reads the file beside bbolt, which must be open and must not write meanwhile.
func (l *Ledger) image() (*image, error) {
	stat, err := l.file.Stat()
	if err != nil {
		return nil, err
	}
	return readImage(l.file, stat.Size(), int64(l.db.Info().PageSize))
}

// older gives the migrations that are due.
func (l *Ledger) older(steps []migration) (older []migration, err error) {
	err = l.db.View(func(tx *bbolt.Tx) error {
		older, err = due(tx, steps)
		return err
	})
	return older, err
}

// upgrade brings the ledger to the newest format.
func (l *Ledger) upgrade(steps []migration) error {
	older, err := l.older(steps)
	if err != nil || len(older) == 0 {
		return err
	}
	return l.db.Update(func(tx *bbolt.Tx) error { return migrate(tx, steps) })
}

// load reads what is kept in memory and makes sure that the rest of meta can be read.
func (l *Ledger) load(tx *bbolt.Tx) error {
	t, err := l.begin(tx)
	if err != nil {
		return err
	}
	if l.id, err = readID(t.meta); err != nil {
		return err
	}
	if err := l.reasons.load(t); err != nil {
		return err
	}
	if err := t.readable(); err != nil {
		return err
	}
	l.before = t.intents.Sequence()
	return t.describe(new(store.Info))
}

// Close brings the fence up to date and lets go of the file and its lock. Closing twice is harmless. An error of the fence
// takes nothing from what the ledger holds.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		return nil
	}
	var err error
	if l.dead == nil {
		l.faulted, err = guard(func() error { return l.sealAs(false) })
	}
	if l.notice != nil {
		err = errors.Join(err, l.notice.remove())
	}
	err = errors.Join(err, l.release())
	l.db, l.dead = nil, errClosed
	return explain(l.path, err)
}

// release closes the file; after a fault without bbolt, whose locks may be held for good. Its mapping then stays until
// the process ends.
func (l *Ledger) release() error {
	switch {
	case l.db != nil && !l.faulted:
		return l.db.Close()
	case l.file == nil:
		return nil
	}
	if err := l.file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
