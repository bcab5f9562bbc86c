package bolt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"acsync/store"
)

// fence is what the file beside a ledger remembers of it: the least that the ledger must hold. A ledger
// behind its fence has lost transactions; one ahead of it was interrupted before it could bring the fence up
// to date, which is harmless.
type fence struct {
	Ledger      string `json:"ledger"`      // id of the ledger
	Transaction uint64 `json:"transaction"` // number of its last change
	Accepted    uint64 `json:"accepted"`    // keys that ever became accepted, pruned ones included

	// Since format 3 of the ledger.
	Foreign uint64 `json:"foreign,omitempty"` // of the accepted: not known to be asked for by this ledger
	Intents uint64 `json:"intents,omitempty"`
	Opening string `json:"opening,omitempty"` // the number of its last opening for writing
	Open    bool   `json:"open,omitempty"`    // it was open then; what became of it is not known
}

// readFence reads the fence of a ledger; an error that is fs.ErrNotExist means that there is none.
func readFence(path string) (fence, error) {
	b, err := readBeside(path, fenceSuffix)
	if errors.Is(err, errNoFile) {
		return fence{},
			rolledBack("its fence %s is no regular file that acsync wrote", beside(path, fenceSuffix))
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

// FencedID is the id of the ledger that has left its fence at a path; empty where there is none to be read.
func FencedID(path string) string {
	f, err := readFence(path)
	if err != nil {
		return ""
	}
	return f.Ledger
}

func unfenced(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the fence of the ledger could not be written: %w; make sure that its directory "+
		"can be written to and has space", err)
}

func (f fence) write(path string) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return unfenced(replace(path, beside(path, fenceSuffix), append(b, '\n'), true))
}

// holds compares a ledger with what its fence, or its witness, says of it. Openings are those that it may
// bear, if it bears any.
func (f fence) holds(now self, name string, openings ...string) error {
	switch {
	case now.distrusted && !now.copied.IsZero():
		return rolledBack("it is a copy of %s, and its restore has not come to its end",
			now.copied.Format(time.RFC3339))
	case now.distrusted:
		return rolledBack("a repair of it is due, or was begun, and has not come to its end")
	case f.Ledger != now.Ledger:
		return rolledBack("it is ledger %s, %s was left by ledger %s", now.Ledger, name, f.Ledger)
	case f.Transaction > now.Transaction:
		return rolledBack(
			"it ends with transaction %d, %s has seen %d", now.Transaction, name, f.Transaction)
	case f.Accepted > now.Accepted:
		return rolledBack(
			"it knows of %d accepted survey requests, %s of %d", now.Accepted, name, f.Accepted)
	case f.Opening != "" && !slices.Contains(openings, f.Opening):
		return rolledBack("it was opened for writing after this copy of it was made, "+
			"or the copy was used elsewhere, as %s shows", name)
	}
	return nil
}

// closedAs reports whether the ledger was closed in the very state that now has: nothing was sent since.
func (f fence) closedAs(now self) bool {
	now.Open = false
	return f == now.fence && f.Opening != ""
}

// ownAccepted is how many were asked for by the ledger itself, as far as its stamps tell.
func (f fence) ownAccepted(stamped bool) uint64 {
	if !stamped {
		return f.Accepted
	}
	return f.Accepted - min(f.Accepted, f.Foreign)
}

const openingBytes = 8 // of the random number of an opening

// self is what a ledger says of itself, as its fence does.
type self struct {
	fence
	over       string // the opening that its fence bore before the last one
	distrusted bool
	copied     time.Time // when it was copied; zero for none that is a copy
	restored   []byte    // a hash of the copy that it was made from; nil for none
}

// used reports whether a ledger that left this behind may have sent something. One that was only created, or
// was closed before it had sent anything, leaves nothing to lose.
func (f fence) used() bool {
	unused := f.Opening != "" && !f.Open && f.Intents == 0 && f.Accepted == 0
	return f.Transaction > firstTransaction && !unused
}

const reportEvery = time.Second

// ReadHolder tells who holds the ledger at path for writing, without opening it; fs.ErrNotExist is nobody.
func ReadHolder(path string) (store.Holder, error) {
	b, err := readBeside(path, holderSuffix)
	if err != nil {
		return store.Holder{}, fmt.Errorf("read who holds the ledger: %w", err)
	}
	var h store.Holder
	err = json.Unmarshal(b, &h)
	words := h.Host + h.Pass + h.Mode
	if h.Run != nil {
		words += h.Run.Pass + h.Run.Mode + h.Run.Fuse
	}
	if err != nil || h.PID == 0 || strings.ContainsFunc(words, unicode.IsControl) {
		return store.Holder{}, fmt.Errorf("%s does not name the holder of the ledger; remove it if no pass "+
			"is running", beside(path, holderSuffix))
	}
	return h, nil
}

// holderFile is the file that names this process as the holder. It has a lock of its own, so that a report
// never waits for the disk's syncs, nor any of them for it.
type holderFile struct {
	ledger string // path of the ledger
	path   string // of the file

	mu     sync.Mutex
	holder store.Holder
	last   time.Time // of the last change
	gone   bool
}

// newHolderFile writes the file. One that cannot be written refuses the opening: neither could the fence be.
func newHolderFile(path string, now fence) (*holderFile, error) {
	h := &holderFile{ledger: path, path: beside(path, holderSuffix), holder: store.NewHolder(now.Accepted)}
	h.holder.Opening, h.holder.Foreign = now.Opening, now.Foreign
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
	return replace(h.ledger, h.path, append(b, '\n'), false)
}

func (h *holderFile) report(p store.Progress, foreign uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	news := p.Pass != h.holder.Pass || p.Status != nil && h.holder.Status == nil
	if h.gone || !news && !h.last.IsZero() && now.Sub(h.last) < reportEvery {
		return
	}
	h.holder.Progress, h.holder.At, h.last = p, now.UTC().Truncate(time.Millisecond), now
	h.holder.Foreign = max(h.holder.Foreign, foreign)
	h.write() //nolint:errcheck // see Report
}

// leave writes the summary of a pass, which the ledger could not take, for the next opening. It is called
// instead of remove. Where this fails too, what the process has told before stays, as if it had been killed.
func (h *holderFile) leave(run store.Run) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone {
		return nil
	}
	h.gone = true
	if text, err := json.Marshal(run.Refusals); err != nil || len(text) > mostBeside/2 {
		run.Refusals = nil // the rest would not be read
	}
	h.holder.Run, h.holder.Status, h.holder.At = &run, nil, run.Ended
	if err := h.write(); err != nil {
		return fmt.Errorf("the summary of pass %s could not be left for the next one: %w", run.Pass, err)
	}
	return nil
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
