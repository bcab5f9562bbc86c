package fetch

import (
	"errors"
	stdsync "sync"

	"acsync/sync/kustomer"
)

// errUnread says that Kustomer does not give one record, although it gives others of its kind.
var errUnread = errors.New("this record is not given")

const (
	failedAtFirst = 2 // records that fail before any of their kind was read: then it is not the records' fault
	failedInARow  = 5 // and after others were
)

// faults tells the failure of one record from that of a key or a service, by what other records of its kind do.
type faults struct {
	mu   stdsync.Mutex
	some bool // one was read
	row  int  // failed in a row
	// by id: not given to an earlier pass either
	before map[string]bool
}

// expect notes that a record was not given to an earlier pass either: that it is not given now says nothing
// of its kind.
func (f *faults) expect(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.before == nil {
		f.before = map[string]bool{}
	}
	f.before[id] = true
}

// read notes that a record was read, or certainly does not exist.
func (f *faults) read() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.some, f.row = true, 0
}

// own reports whether a failure is one of the record alone.
func (f *faults) own(id string, err error) bool {
	if !errors.Is(err, kustomer.ErrUnreadable) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.before[id] {
		return true
	}
	f.row++
	return f.row < failedAtFirst || f.some && f.row < failedInARow
}

// lasting reports whether so many failed in a row that no more need be asked for.
func (f *faults) lasting() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.row >= failedInARow
}
