package bolt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// compactBytes bounds the transactions in which a ledger is copied.
const compactBytes = 1 << 20

// Compact rewrites the ledger at path without the space that lies unused in it: after pruning, or once a
// year. The new file takes the place of the old one under the lock of the old one, after both have been
// checked and found to say the same; if anything fails before, the old one stays as it was. It needs as much
// free space as the ledger takes. On Windows, where an open file cannot be replaced, the error is
// errors.ErrUnsupported.
func Compact(path string, options ...Options) error {
	if runtime.GOOS == "windows" {
		return explain(path, fmt.Errorf("compacting a ledger on Windows: %w", errors.ErrUnsupported))
	}
	o := firstOf(options)
	o.ReadOnly = false
	l, err := Open(path, o)
	if err != nil {
		return err
	}
	// Close brings the fence up to date, and only then gives the lock up.
	return errors.Join(compact(l), l.Close())
}

func compact(l *Ledger) error {
	if err := l.Check(context.Background()); err != nil {
		return err
	}
	before, err := l.Info()
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(l.path)
	if err != nil {
		return explain(l.path, err)
	}
	temp, err := tempFile(real)
	if err != nil {
		return explain(l.path, err)
	}
	defer os.Remove(temp)
	if err := l.locked(func() error { return compactInto(temp, l.file) }); err != nil {
		return err
	}
	after, err := verify(temp)
	if err == nil {
		err = checkSame(before, after)
	}
	if err == nil {
		err = os.Rename(temp, real)
	}
	if err == nil {
		err = syncDir(filepath.Dir(real))
	}
	return explain(l.path, err)
}

// compactInto copies the content into an empty file, and gives that the owner of the ledger.
func compactInto(temp string, from file) error {
	stat, err := from.handle.Stat()
	if err != nil {
		return err
	}
	to := file{path: temp}
	if err := to.open(Options{Timeout: time.Minute}); err != nil {
		return err
	}
	err = bbolt.Compact(to.db, from.db, compactBytes)
	if err = errors.Join(err, to.release()); err != nil {
		return err
	}
	return keepOwner(temp, stat)
}

// checkSame makes sure that a copy says what the ledger says.
func checkSame(a, b store.Info) error {
	a.Path, a.Size, b.Path, b.Size = "", 0, "", 0
	same := maps.Equal(a.Counts, b.Counts)
	a.Counts, b.Counts = nil, nil
	if !same || fmt.Sprint(a) != fmt.Sprint(b) {
		return damaged("its compacted copy says something else than it does, and was thrown away")
	}
	return nil
}
