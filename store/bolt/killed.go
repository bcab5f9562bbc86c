package bolt

import (
	"fmt"

	"acsync/store"
)

// inherit enters into the runs the pass of a holder that was killed, before its file is replaced: the lock is held, so that the
// holder is nobody who is at work. A pass that was killed after it had written its own summary keeps that.
func (l *Ledger) inherit() error {
	h, err := ReadHolder(l.path)
	if err != nil {
		return nil // it was closed, or its file tells nothing
	}
	r := h.Killed()
	if r == nil {
		return nil
	}
	err = l.write(func(t *txn) error {
		if t.ran(r.Pass) {
			return nil
		}
		return t.append(r)
	})
	if err != nil {
		return fmt.Errorf("the summary of pass %s, which was killed, could not be written: %w; make sure that the disk has space and is "+
			"sound, then run again", r.Pass, err)
	}
	return nil
}

// ran reports whether there is a summary of a pass.
func (t *txn) ran(pass string) bool {
	c := t.runs.Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		var r store.Run
		if t.unmarshal(k, v, &r) && r.Pass == pass {
			return true
		}
	}
	return false
}
