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

// holderMode lets nobody else read how far a pass is: whoever may read the ledger may read this too.
const holderMode fs.FileMode = 0o600

const reportEvery = time.Second

// ReadHolder tells who holds the ledger at path for writing, without opening it; fs.ErrNotExist is nobody.
func ReadHolder(path string) (store.Holder, error) {
	b, err := readBeside(path, holderSuffix)
	if err != nil {
		return store.Holder{}, fmt.Errorf("read who holds the ledger: %w", err)
	}
	var h store.Holder
	err = json.Unmarshal(b, &h)
	if err != nil || h.PID == 0 || strings.ContainsFunc(h.Host+h.Pass+h.Mode, unicode.IsControl) {
		return store.Holder{}, fmt.Errorf("%s does not name the holder of the ledger; remove it if no pass "+
			"is running", beside(path, holderSuffix))
	}
	return h, nil
}

// holderFile is the file that names this process as the holder. It has a lock of its own, so that a report
// never waits for the disk's syncs, nor any of them for it.
type holderFile struct {
	path string // of the file

	mu     sync.Mutex
	holder store.Holder
	last   time.Time // of the last change
	gone   bool
}

// newHolderFile writes the file. One that cannot be written refuses the opening: neither could the fence be.
func newHolderFile(path, opening string, known uint64) (*holderFile, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	at := time.Now().UTC().Truncate(time.Millisecond)
	h := &holderFile{
		path:   beside(path, holderSuffix),
		holder: store.Holder{PID: os.Getpid(), Host: host, Since: at, At: at, Opening: opening, Known: known},
	}
	if err := h.write(); err != nil {
		return nil, fmt.Errorf("the file that names the ledger's holder could not be written: %w; "+
			"make sure that its directory can be written to and has space", err)
	}
	return h, nil
}

func (h *holderFile) write() error {
	b, err := json.Marshal(h.holder)
	if err != nil {
		return err
	}
	return replace(h.path, append(b, '\n'), holderMode, false)
}

func (h *holderFile) report(p store.Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.gone || (p.Pass == h.holder.Pass && !h.last.IsZero() && now.Sub(h.last) < reportEvery) {
		return
	}
	h.holder.Progress, h.holder.At, h.last = p, now.UTC().Truncate(time.Millisecond), now
	h.write() //nolint:errcheck // see Report
}

// remove is called before the lock is given up, so that it never hits the next holder's file.
func (h *holderFile) remove() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return nil
	}
	h.gone = true
	if err := os.Remove(h.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
