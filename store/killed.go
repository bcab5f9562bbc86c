package store

import (
	"encoding/json"
	"fmt"
)

// Killed is the summary of the pass that the holder was in, as far as it told, for a holder that was killed; nil where it was in
// none. What it has done since its last word is not in there: at least so many were accepted, and rejected.
func (h Holder) Killed() *Run {
	if h.Pass == "" || h.Mode == "" {
		return nil
	}
	r := &Run{
		Pass: h.Pass, Mode: h.Mode, Started: h.Since.UTC(), Ended: h.At.UTC(), From: h.From.UTC(), To: h.To.UTC(), Checkpoint: h.Checkpoint.UTC(),
		Found: max(h.Found, 0), Counts: map[string]int{}, Reasons: map[string]int{}, Killed: true,
	}
	for state, n := range map[State]int{Accepted: h.Accepted, Rejected: h.Rejected, InDoubt: h.InDoubt, Skipped: h.Skipped} {
		if n > 0 {
			r.Counts[state.String()] = n
		}
	}
	if _, err := json.Marshal(r); err != nil {
		return nil // a time that nobody has told
	}
	return r
}

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
		var r Run
		if t.unmarshal(k, v, &r) && r.Pass == pass {
			return true
		}
	}
	return false
}
