package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// Backup writes a copy of the ledger, as it is now, to another path. What is at that path already stays, and the answer
// is ErrExists. The copy is on the disk and has been opened and checked before it gets its name. Other calls wait
// meanwhile; a hundred megabytes take about a second.
//
// The copy has no fence of its own: to open it, Options need AcceptFence. Copied back over its ledger it is
// ErrRolledBack, unless nothing has been written since.
func (l *Ledger) Backup(path string) error {
	return explain(path, l.backup(path))
}

func (l *Ledger) backup(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return store.ErrExists
	}
	temp, err := tempFile(path)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	if err := l.copyTo(temp); err != nil {
		return err
	}
	if _, err := verify(temp); err != nil {
		return err
	}
	if err := publish(temp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// copyTo writes the file as of one transaction, and syncs it.
func (l *Ledger) copyTo(temp string) error {
	f, err := os.OpenFile(temp, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = l.locked(func() error {
		return l.db.View(func(tx *bbolt.Tx) error {
			_, err := tx.WriteTo(f)
			return err
		})
	})
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
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

// tempFile makes an empty file in the directory of path.
func tempFile(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
