package fetch

import (
	"errors"

	"acsync/sync/kustomer"
)

// errUnread says that Kustomer does not give one record, although it gives others of its kind.
var errUnread = errors.New("this record is not given")

const (
	failedAtFirst = 2 // records that fail before any of their kind was read: then it is not the records' fault
	failedInARow  = 5 // and after others were
)

// faults tells the failure of one record from that of a key or a service, by what others of its kind do.
type faults struct {
	mu   callLock
	some bool   // one was read
	good string // id of one that was read, or certainly does not exist
	row  int    // failed in a row
	// that a pass before this one could not read: whether they still fail says nothing of others
	before map[string]bool
	unread map[string]bool // that this pass could not read, by their own fault
	// a failure is always a record's own: nothing waits for one of this kind
	lenient bool
}

// withheld reports whether a record was found not to be given, by its own fault.
func (f *faults) withheld(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unread[id]
}

// expect notes that a record could not be read before.
func (f *faults) expect(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.before == nil {
		f.before = map[string]bool{}
	}
	f.before[id] = true
}

// read notes that a record was read, or certainly does not exist.
func (f *faults) read(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.some, f.good, f.row = true, id, 0
}

// own reports whether a record's failure is its own, and remembers that. After many in a row, one that was
// read before is asked for once more.
func (f *faults) own(id string, err error, again func(id string) error) bool {
	if !errors.Is(err, kustomer.ErrUnreadable) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	own := f.judge(id, again) || f.lenient
	if own {
		if f.unread == nil {
			f.unread = map[string]bool{}
		}
		f.unread[id] = true
	}
	return own
}

func (f *faults) judge(id string, again func(id string) error) bool {
	switch {
	case f.before[id]:
		return true
	case !f.some:
		f.row++
		return f.row < failedAtFirst
	case f.row+1 < failedInARow:
		f.row++
		return true
	}
	if err := again(f.good); err != nil && !errors.Is(err, kustomer.ErrNotFound) {
		f.row++
		return false
	}
	f.row = 0
	return true
}

// lasting reports whether so many failed in a row that no more need be asked for.
func (f *faults) lasting() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.row >= failedInARow
}
