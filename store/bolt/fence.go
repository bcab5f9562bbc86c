package bolt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// fenceSuffix is added to the path of the ledger for its fence.
const fenceSuffix = ".fence"

// fence is what the file beside a ledger remembers of it: the least that the ledger must hold. A ledger behind its fence
// has lost transactions; one ahead of it was interrupted before it could bring the fence up to date, which is harmless.
type fence struct {
	Ledger      string `json:"ledger"`      // id of the ledger
	Transaction uint64 `json:"transaction"` // number of its last change
	Accepted    uint64 `json:"accepted"`    // keys that ever became accepted, those that were pruned since included

	// Since format 3 of the ledger.
	Foreign uint64 `json:"foreign,omitempty"` // of the accepted: imported, and not asked for by this ledger
	Intents uint64 `json:"intents,omitempty"`
	Opening string `json:"opening,omitempty"` // the number of its last opening for writing
	Open    bool   `json:"open,omitempty"`    // it was open then: what became of it later the fence does not know
}

// mostBeside is how much is read of a file beside a ledger, in bytes: far more than any has.
const mostBeside = 64 << 10

// errNoFile answers for what lies beside a ledger and was not put there by this package.
var errNoFile = errors.New("it is no regular file that acsync wrote; remove it")

// readBeside reads a file beside a ledger. What is no file, such as a pipe that nobody writes to, is never
// waited for.
func readBeside(path, suffix string) ([]byte, error) {
	path = beside(path, suffix)
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !stat.Mode().IsRegular() || stat.Size() > mostBeside {
		return nil, errNoFile
	}
	return os.ReadFile(path)
}

// readFence reads the fence of a ledger; an error that is fs.ErrNotExist means that there is none.
func readFence(path string) (fence, error) {
	b, err := readBeside(path, fenceSuffix)
	if errors.Is(err, errNoFile) {
		return fence{}, rolledBack("its fence %s is no regular file that acsync wrote", beside(path, fenceSuffix))
	}
	if err != nil {
		return fence{}, err
	}
	var content struct {
		fence
		Stamp json.RawMessage `json:"stamp"` // written by earlier versions; it says nothing any more
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&content); err != nil || content.Ledger == "" || content.Transaction == 0 {
		return fence{}, rolledBack("its fence %s cannot be read", beside(path, fenceSuffix))
	}
	return content.fence, nil
}

// write replaces the fence of a ledger.
func (f fence) write(path string) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return unsealed(replace(beside(path, fenceSuffix), append(b, '\n'), 0o644, true))
}

// holds tells whether a ledger that says now of itself may be the one that the fence was written for.
func (f fence) holds(now self) error {
	switch {
	case now.distrusted:
		return rolledBack("a repair of it was begun and has not come to its end")
	case f.Ledger != now.Ledger:
		return rolledBack("it is ledger %s, its fence was left by ledger %s", now.Ledger, f.Ledger)
	case f.Transaction > now.Transaction:
		return rolledBack("it ends with transaction %d, its fence has seen %d", now.Transaction, f.Transaction)
	case f.Accepted > now.Accepted:
		return rolledBack("it knows of %d accepted survey requests, its fence of %d", now.Accepted, f.Accepted)
	case f.Opening != "" && f.Opening != now.Opening && f.Opening != now.over:
		return rolledBack("it was opened for writing after this copy of it was made, or the copy was used elsewhere")
	}
	return nil
}

// checkFence compares the open file with its fence and remembers what the fence says.
func (l *Ledger) checkFence() error {
	now, err := l.self()
	if err != nil {
		return err
	}
	f, err := readFence(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return rolledBack("its fence %s is missing", beside(l.path, fenceSuffix))
	}
	if err != nil {
		return err
	}
	l.sealed = f
	return f.holds(now)
}

// seal brings the fence up to date, while the ledger goes on to be open.
func (l *Ledger) seal() error { return l.sealAs(true) }

// sealAs brings the fence up to date. It does nothing where that is so already, nor after a commit that
// failed: the fence must never promise what the disk may not hold. Nor for a ledger that is doubted: its
// fence is what keeps others from it.
func (l *Ledger) sealAs(open bool) error {
	if l.readOnly || l.stuck != nil || l.doubted {
		return nil
	}
	now, err := l.self()
	now.Open = open
	if err != nil || now.fence == l.sealed {
		return err
	}
	if err := now.write(l.path); err != nil {
		return err
	}
	l.sealed = now.fence
	return nil
}

// self is what a ledger says of itself, for its fence.
type self struct {
	fence
	over       string // the opening that its fence bore before the last one
	distrusted bool
}

func (l *Ledger) self() (now self, err error) {
	err = l.db.View(func(b *bbolt.Tx) error {
		now, err = readSelf(b)
		return err
	})
	return now, err
}

// readSelf reads from the ledger what its fence would say.
func readSelf(b *bbolt.Tx) (self, error) {
	var s self
	meta, intents := b.Bucket(bucketMeta), b.Bucket(bucketIntents)
	if meta == nil || intents == nil {
		return s, damaged("the bucket %q or %q is not there; it may not be a ledger", bucketMeta, bucketIntents)
	}
	var err error
	if s.Ledger, err = readID(meta); err != nil {
		return s, err
	}
	if s.Transaction, err = readNumber(meta, metaTransaction); err != nil {
		return s, err
	}
	s.Intents = intents.Sequence()
	s.Opening, s.over = hex.EncodeToString(meta.Get(metaOpening)), hex.EncodeToString(meta.Get(metaOpenedOver))
	s.distrusted = meta.Get(metaDistrusted) != nil
	if s.Foreign, err = optionalNumber(meta, metaForeign); err != nil {
		return s, err
	}
	s.Accepted, err = readNumber(meta, metaAccepted)
	return s, err
}

// abandoned refuses to make a ledger where a fence shows that another one was and is gone. A ledger that was only
// created, or closed before it had sent anything, leaves nothing to lose.
func abandoned(path string) error {
	f, err := readFence(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case f.Transaction <= firstTransaction, f.Opening != "" && !f.Open && f.Intents == 0 && f.Accepted == 0:
		return nil
	}
	return rolledBack("ledger %s is gone, of which the fence %s is left", f.Ledger, beside(path, fenceSuffix))
}

// orphaned adds to an error that is ErrMissing what the fence tells.
func orphaned(path string, err error) error {
	if !errors.Is(err, store.ErrMissing) || abandoned(path) == nil {
		return err
	}
	return fmt.Errorf("%w, but its fence %s is left, so there was one", err, beside(path, fenceSuffix))
}

// beside is the path of a file that accompanies a ledger: next to the file itself, not to a symbolic link to it.
func beside(path, suffix string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path + suffix
}

// replace puts a small file in the place of another, whole or not at all; durable waits for the disk. Only whoever holds
// the ledger's lock writes beside it, so the temporary name can be a fixed one, and none pile up after crashes.
// The mode is that of the new file, whatever the old one had.
func replace(path string, content []byte, mode fs.FileMode, durable bool) error {
	temp := path + ".tmp"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && durable {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if durable {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// roomBeside makes sure that files beside a ledger can be replaced.
func roomBeside(path string) error {
	f, err := os.CreateTemp(filepath.Dir(beside(path, "")), "."+filepath.Base(path)+".*.tmp")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	return unsealed(err)
}

// unsealed explains why a fence could not be written; nil stays nil.
func unsealed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the fence of the ledger could not be written: %w; make sure that its directory can be written to and has space", err)
}

// Files are the paths of a ledger and of what lies beside it: none of them may be replaced by something else.
func Files(path string) []string {
	return []string{path, beside(path, fenceSuffix), beside(path, holderSuffix)}
}

// Abandoned tells that there is no ledger at path, but was one: its fence is left, or a link that leads nowhere, as when
// the disk that it leads to is not mounted.
func Abandoned(path string) bool {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	_, err := os.Lstat(path)
	return err == nil || abandoned(path) != nil
}
