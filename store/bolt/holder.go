package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"acsync/store"
)

// holderSuffix is added to the path of the ledger for the file that names its holder.
const holderSuffix = ".holder"

// holderMode lets nobody else read how far a pass is: whoever may read the ledger may read this too.
const holderMode fs.FileMode = 0o600

// reportEvery is the least time between two changes of the holder's file.
const reportEvery = time.Second

// ReadHolder tells who holds the ledger at path for writing, without opening it. An error that is fs.ErrNotExist
// means that nobody does.
func ReadHolder(path string) (store.Holder, error) {
	b, err := readBeside(path, holderSuffix)
	if err != nil {
		return store.Holder{}, fmt.Errorf("read who holds the ledger: %w", err)
	}
	var h store.Holder
	if err := json.Unmarshal(b, &h); err != nil || h.PID == 0 || strings.ContainsFunc(h.Host+h.Pass+h.Mode, unicode.IsControl) {
		return store.Holder{}, fmt.Errorf("%s does not name the holder of the ledger; remove it if no pass is running",
			beside(path, holderSuffix))
	}
	return h, nil
}

// named adds the holder to an error that is ErrLocked, where it can be read.
func named(path string, err error) error {
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	h, unknown := ReadHolder(path)
	if unknown != nil {
		return err
	}
	return fmt.Errorf("%w: %v", err, h)
}

// Report tells others how far the pass has come. The file is changed at most once a second, and at once where a pass begins;
// what cannot be written is left out: nothing that is sent depends on it. On a ledger that is closed or open for reading only
// it does nothing.
func (l *Ledger) Report(p store.Progress) {
	if l.notice != nil {
		l.notice.report(p)
	}
}

// notice is the holder's file of this process. It has a lock of its own, so that a report never waits for the disk's
// syncs, nor any of them for it.
type notice struct {
	path string // of the file

	mu     sync.Mutex
	holder store.Holder
	last   time.Time // of the last change
	gone   bool
}

// post writes the holder's file. One that cannot be written refuses the opening: neither could the fence be.
func post(path string, now self) (*notice, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	at := time.Now().UTC().Truncate(time.Millisecond)
	n := &notice{
		path:   beside(path, holderSuffix),
		holder: store.Holder{PID: os.Getpid(), Host: host, Since: at, At: at, Opening: now.Opening, Known: now.Accepted},
	}
	if err := n.write(); err != nil {
		return nil, fmt.Errorf("the file that names the ledger's holder could not be written: %w; "+
			"make sure that its directory can be written to and has space", err)
	}
	return n, nil
}

func (n *notice) write() error {
	b, err := json.Marshal(n.holder)
	if err != nil {
		return err
	}
	return replace(n.path, append(b, '\n'), holderMode, false)
}

func (n *notice) report(p store.Progress) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	if n.gone || (p.Pass == n.holder.Pass && !n.last.IsZero() && now.Sub(n.last) < reportEvery) {
		return
	}
	n.holder.Progress, n.holder.At, n.last = p, now.UTC().Truncate(time.Millisecond), now
	n.write() //nolint:errcheck // see Report
}

// remove takes the file away. It is called before the lock is given up, so that it never hits the next holder's.
func (n *notice) remove() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone {
		return nil
	}
	n.gone = true
	if err := os.Remove(n.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
