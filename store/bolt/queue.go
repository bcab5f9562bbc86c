package bolt

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"acsync/store"
)

const (
	waitingSuffix = ".waiting" // added to the path of the ledger for the file that names who wait for it

	// waiterStale is how old the word of a waiter may be, which says it anew with each try: older, it is
	// gone.
	waiterStale = 10 * time.Second
)

// Queue is this process's place among those that wait for a ledger. All of them stand in a file beside the
// ledger, in the order in which they came, for whoever holds it and can let go in between. It has no say in
// who gets the lock: who cannot write the file waits all the same, and who leaves its word behind holds up
// nobody for longer than a moment. Where two write at once one of their words is lost, until it is said anew
// with the next try. A Queue is for one goroutine.
type Queue struct {
	path string // of the ledger
	own  store.Waiter
}

// NewQueue is the place of a process that has not said yet that it waits. Mode is the name of its command.
func NewQueue(path, mode string) *Queue {
	own := store.Waiter{PID: os.Getpid(), Host: store.HostName(), Mode: mode, Place: rand.Text()}
	return &Queue{path: path, own: own}
}

// ReadWaiters tells who waits for the ledger at path, by their own word, those who came first before the
// others; none is nobody who still does.
func ReadWaiters(path string) ([]store.Waiter, error) {
	b, err := readBeside(path, waitingSuffix)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read who waits for the ledger: %w", err)
	}
	var list []store.Waiter
	if json.Unmarshal(b, &list) != nil || slices.ContainsFunc(list, nobody) {
		return nil, fmt.Errorf(
			"%s does not name who waits for the ledger; remove it", beside(path, waitingSuffix))
	}
	return slices.DeleteFunc(list, func(w store.Waiter) bool {
		// One from the future is of a clock that was set back since.
		return time.Since(w.At).Abs() > waiterStale
	}), nil
}

// nobody reports whether a word is of no process that waits.
func nobody(w store.Waiter) bool {
	return w.PID == 0 || strings.ContainsFunc(w.Host+w.Mode, unicode.IsControl)
}

// Other reports whether another process says that it waits, and did so first.
func (q *Queue) Other() bool {
	list, err := ReadWaiters(q.path)
	return err == nil && len(list) > 0 && !q.is(list[0])
}

func (q *Queue) is(w store.Waiter) bool { return w.Place == q.own.Place }

// Wait says that this process waits. It is to be repeated every few seconds.
func (q *Queue) Wait() {
	q.own.At = time.Now().UTC().Truncate(time.Millisecond)
	if q.own.Since.IsZero() {
		q.own.Since = q.own.At
	}
	list, _ := ReadWaiters(q.path) // what names nobody is replaced
	list = append(slices.DeleteFunc(list, q.is), q.own)
	slices.SortStableFunc(list, func(a, b store.Waiter) int { return a.Since.Compare(b.Since) })
	_ = q.write(list) // what cannot be said takes nothing from the waiting
}

// Leave takes the word back: the process has got the ledger, or waits no more. It may be called at any time.
func (q *Queue) Leave() {
	q.own.Since = time.Time{}
	list, err := ReadWaiters(q.path)
	switch left := slices.DeleteFunc(slices.Clone(list), q.is); {
	case err != nil || len(left) == len(list):
	case len(left) == 0:
		_ = os.Remove(beside(q.path, waitingSuffix)) // what stays gets stale by itself
	default:
		_ = q.write(left)
	}
}

// write has a temporary name of its own: whoever waits has no lock.
func (q *Queue) write(list []store.Waiter) error {
	b, err := json.Marshal(list)
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
