package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"runtime"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"acsync/store"
)

const (
	// mapped is the address space taken at once, in bytes: a growing file is hardly ever mapped anew.
	mapped = 1 << 30
	// growth is by how many bytes the file grows; bbolt's own 16 MiB would be most of a small ledger.
	growth = 256 << 10
	least  = 4 << 10 // bytes of the smallest file that bbolt ever writes
)

// DefaultTimeout is how long Open waits for the lock unless told otherwise.
const DefaultTimeout = 2 * time.Second

// Options are the choices in opening a ledger; the zero value is right for a pass.
type Options struct {
	Timeout  time.Duration // how long to wait for the lock; 0 is DefaultTimeout, less than 0 tries once
	ReadOnly bool          // share the ledger with other readers; every change is answered with ErrReadOnly
	MaxSize  int           // bytes beyond which the file does not grow, as on a full disk; 0 is no limit
	Strict   bool          // check the whole file in each commit; slow, for tests
	InFlight int           // requests sent at once, for whose outcomes Room keeps a reserve; 0 is 256
	mapped   int           // of tests: in the place of the constant, and on any system; 0 is none

	// AcceptFence opens a ledger whatever its fence, its witness and its place say, to read it or to mend it.
	// One that they do not hold for is refused to everybody else until Adopt.
	AcceptFence bool
	// Tenant is whom the ledger is opened for, in words that messages can show: the accounts, no secrets. The
	// first opening for writing that names one binds the ledger to it; empty opens any.
	Tenant string
	// Credential is what survey requests are sent with, a secret, of which the ledger keeps a hash. The first
	// request that is taken or may have arrived binds the ledger to it, because what one account has been
	// sent says nothing of another; empty opens any.
	Credential string
	// AcceptTenant and AcceptCredential open a ledger whatever it is bound to, and bind it anew unless
	// ReadOnly: on an operator's explicit word, for an account whose address or key has changed.
	AcceptTenant, AcceptCredential bool
	// Place is where the ledger is used. The first opening for writing that names one binds the ledger to it.
	// Nil: the ledger is bound to none, and has no second witness.
	Place *Place
	// AcceptMove opens a ledger whatever its place was, and binds it to this one unless ReadOnly: on an
	// operator's explicit word that the old one will never be used again.
	AcceptMove bool
	// AllowNetwork opens a ledger on a network file system. Whoever sets it vouches for its locks and syncs.
	AllowNetwork bool
	// Identity is what a ledger that Create makes remembers as one; empty is PerConversation.
	Identity store.Identity
	// Rehearsal is a ledger whose survey requests reach no customer. One that Create makes with it is marked
	// for good: it opens with Rehearsal alone, and no other does.
	Rehearsal bool
	// TestCredential is what rehearsals are sent with, a secret. A ledger that has sent with nothing else is
	// refused as such where Credential is another one; empty for none.
	TestCredential string

	// Distrusted is a ledger that Create makes to be filled by a repair: as after Distrust, nobody else opens
	// it until Adopt.
	Distrusted bool

	// Moved opens for writing a ledger that was moved elsewhere, for whoever goes on moving it.
	Moved bool

	anyKind bool // a ledger of rehearsals or not, for copies that are checked
}

func (o Options) checkPlace(path string) error {
	if o.AllowNetwork {
		return nil
	}
	return network(path)
}

type file struct {
	path   string
	handle *os.File // bbolt's own
	db     *bbolt.DB
	// in bytes. bbolt itself looks at its mapping before it tells, which a commit takes away for a moment where
	// the file grows out of it.
	pageSize int64
	faulted  bool // bbolt was interrupted by a fault and cannot be entered again
}

// open lets bbolt open the file, which must exist.
func (f *file) open(o Options) (err error) {
	options := &bbolt.Options{
		Timeout:      cmp.Or(o.Timeout, DefaultTimeout),
		FreelistType: bbolt.FreelistMapType,
		ReadOnly:     o.ReadOnly,
		MaxSize:      o.MaxSize,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			handle, err := os.OpenFile(name, flag&^os.O_CREATE, perm)
			f.handle = handle
			return handle, err
		},
	}
	// Windows would make the file as large as what is mapped.
	if runtime.GOOS != "windows" && bits.UintSize == 64 {
		options.InitialMmapSize = mapped
	}
	options.InitialMmapSize = cmp.Or(o.mapped, options.InitialMmapSize)
	f.db, err = bbolt.Open(f.path, 0o600, options)
	// There may be as much as the file needs, and no more.
	if errors.Is(err, syscall.ENOMEM) {
		options.InitialMmapSize = 0
		f.db, err = bbolt.Open(f.path, 0o600, options)
	}
	if err != nil {
		return boltError(err)
	}
	f.db.AllocSize, f.db.StrictMode = growth, o.Strict
	f.pageSize = int64(f.db.Info().PageSize)
	return nil
}

// boltError leaves the errors of the system as they are; all others mean that bbolt did not write this.
func boltError(err error) error {
	_, system := errors.AsType[syscall.Errno](err)
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return store.ErrLocked
	case errors.Is(err, fs.ErrNotExist):
		return store.ErrMissing
	case system:
		return err
	}
	return damaged("it cannot be opened: %v", err)
}

// errReplaced answers whoever got the lock of a file that no longer bears its name.
var errReplaced = errors.New("the ledger was replaced while it was being opened")

func (f *file) inPlace() error {
	stat, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return store.ErrMissing
	}
	if err != nil {
		return err
	}
	own, err := f.handle.Stat()
	if err == nil && !os.SameFile(stat, own) {
		err = errReplaced
	}
	return err
}

// kept returns an error when the file no longer bears its name, while it is in use: whatever is written to it
// will be gone, and whoever is asked from now on will be asked again.
func (f *file) kept() error {
	const lost = "while it was in use: what was written to it since is lost"
	switch err := f.inPlace(); {
	case errors.Is(err, store.ErrMissing):
		return fmt.Errorf("%w any more: it was removed %s", store.ErrMissing, lost)
	case errors.Is(err, errReplaced):
		return damaged("another file was put in its place %s", lost)
	default:
		return err
	}
}

// inspect reads every page before bbolt follows any. Torn reports that one of the two meta pages is not
// valid.
func (f *file) inspect(ctx context.Context) (torn bool, err error) {
	stat, err := f.handle.Stat()
	if err != nil {
		return false, err
	}
	m, err := readImage(f.handle, stat.Size(), f.pageSize)
	if err != nil {
		return false, err
	}
	return m.torn, inspect(ctx, m)
}

// copyTo writes the content as of one transaction to another file, which exists. It is on the disk when
// something is committed to it.
func (f *file) copyTo(path string) error {
	to, err := os.OpenFile(path, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = f.db.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(to)
		return err
	})
	return errors.Join(err, to.Close())
}

// release closes the file; after a fault without bbolt, whose locks may be held for good.
func (f *file) release() error {
	switch {
	case f.db != nil && !f.faulted:
		return f.db.Close()
	case f.handle == nil:
		return nil
	}
	if err := f.handle.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
