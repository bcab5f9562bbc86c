package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"acsync/store"
)

// Copier makes copies of a ledger.
type Copier struct{ *database }

// Backup writes a copy of the ledger, as it is now, to another path. What is at that path already stays, and
// the answer is ErrExists. The copy is on the disk and has been opened and checked before it gets its name.
// Other calls wait meanwhile; a hundred megabytes take about a second.
//
// The copy has no fence of its own: to open it, Options need AcceptFence. Copied back over its ledger it is
// ErrRolledBack, unless nothing has been written since.
func (c Copier) Backup(path string) error { return explain(path, c.backup(path)) }

func (c Copier) backup(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return store.ErrExists
	}
	_, err := build(path, func(temp string) error {
		return c.locked(func() error { return c.copyTo(temp) })
	})
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// build makes a ledger under another name, checks it, gives it its own name, and tells what it says of
// itself.
func build(path string, write func(temp string) error) (store.Info, error) {
	temp, err := tempFile(path)
	if err != nil {
		return store.Info{}, err
	}
	defer os.Remove(temp)
	if err := write(temp); err != nil {
		return store.Info{}, err
	}
	info, err := verify(temp)
	if err != nil {
		return info, err
	}
	return info, publish(temp, path)
}

// verify opens a copy of a ledger, checks all of it, and gives what it says of itself.
func verify(temp string) (store.Info, error) {
	l, err := open(temp, Options{ReadOnly: true, AcceptFence: true, AllowNetwork: true}, migrations)
	if err != nil {
		return store.Info{}, err
	}
	info, err := l.Info()
	if err == nil {
		err = l.Check(context.Background())
	}
	return info, errors.Join(err, l.Close())
}
