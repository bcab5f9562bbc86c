package bolt

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode"

	"acsync/store"
)

const (
	waitingSuffix = ".waiting" // added to the path of the ledger for the file that names who waits for it

	// waiterStale is how old the word of a waiter may be, which says it anew with each try: older, it is
	// gone.
	waiterStale = 10 * time.Second
)

// Queue is this process's place among those that wait for a ledger. The first of them says so in a file
// beside the ledger, for whoever holds it and can let go in between; the others do when that one has had
// its turn. It has no say in who gets the lock: who cannot write the file waits all the same, and who
// leaves one behind holds up nobody for longer than a moment. A Queue is for one goroutine.
type Queue struct {
	path string // of the ledger
	own  store.Waiter
}

// NewQueue is the place of a process that has not said yet that it waits. Mode is the name of its command.
func NewQueue(path, mode string) *Queue {
	own := store.Waiter{PID: os.Getpid(), Host: hostName(), Mode: mode, Place: rand.Text()}
	return &Queue{path: path, own: own}
}

// ReadWaiter tells who waits for the ledger at path, by its own word; fs.ErrNotExist is nobody who still
// does.
func ReadWaiter(path string) (store.Waiter, error) {
	w, err := readWaiter(path)
	// One from the future is of a clock that was set back since.
	if age := time.Since(w.At); err == nil && (age > waiterStale || age < -waiterStale) {
		err = fmt.Errorf("%s waits for the ledger no more: %w", w, fs.ErrNotExist)
	}
	return w, err
}

func readWaiter(path string) (w store.Waiter, err error) {
	b, err := readBeside(path, waitingSuffix)
	if err != nil {
		return w, fmt.Errorf("read who waits for the ledger: %w", err)
	}
	if json.Unmarshal(b, &w) != nil || w.PID == 0 || strings.ContainsFunc(w.Host+w.Mode, unicode.IsControl) {
		return store.Waiter{}, fmt.Errorf("%s does not name who waits for the ledger; remove it",
			beside(path, waitingSuffix))
	}
	return w, nil
}

// Other reports whether another process says that it waits.
func (q *Queue) Other() bool {
	w, err := ReadWaiter(q.path)
	return err == nil && w.Place != q.own.Place
}

// Wait says that this process waits, unless another has said so before. It is to be repeated every few
// seconds.
func (q *Queue) Wait() {
	if q.Other() {
		return
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	if q.own.At = now; q.own.Since.IsZero() {
		q.own.Since = now
	}
	_ = q.write() // what cannot be said takes nothing from the waiting
}

// write has a temporary name of its own: whoever waits has no lock.
func (q *Queue) write() error {
	b, err := json.Marshal(q.own)
	if err != nil {
		return err
	}
	temp, err := tempFile(beside(q.path, ""))
	if err != nil {
		return err
	}
	if err = os.WriteFile(temp, append(b, '\n'), 0o600); err == nil {
		err = share(temp, q.path)
	}
	if err == nil {
		err = os.Rename(temp, beside(q.path, waitingSuffix))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}

// Leave takes the word back: the process has got the ledger, or waits no more. It may be called at any time.
func (q *Queue) Leave() {
	w, err := readWaiter(q.path)
	if q.own.Since = (time.Time{}); err == nil && w.Place == q.own.Place {
		_ = os.Remove(beside(q.path, waitingSuffix)) // it gets stale by itself
	}
}
