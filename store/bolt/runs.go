package bolt

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// runs are the summaries of passes in one transaction, by their number.
type runs struct {
	*bbolt.Bucket
	sums checksums
}

// add adds the summary of a pass, unless that is nil.
func (r runs) add(run *store.Run) error {
	if run == nil {
		return nil
	}
	text, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("the summary of pass %s cannot be written: %w", run.Pass, err)
	}
	n, err := r.NextSequence()
	if err != nil {
		return err
	}
	key := numberValue(n)
	return r.Put(key, withChecksum(key, text))
}

// newest gives summaries from the newest on, while more says so.
func (r runs) newest(more func(store.Run) bool) error {
	c := r.Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		var run store.Run
		if !r.sums.unmarshal(k, v, &run) {
			return damaged("the summary %x of a pass cannot be read", k)
		}
		if !more(run) {
			return nil
		}
	}
	return nil
}

// check makes sure that every summary is whole: what a pass may ask for is found damaged before it sends
// anything. Deep reads each as well.
func (r runs) check(deep bool, found func(error)) {
	_ = r.ForEach(func(k, v []byte) error {
		_, whole := r.sums.strip(k, v)
		if !whole || deep && (len(k) != 8 || !r.sums.unmarshal(k, v, new(store.Run))) {
			found(damaged("the summary %x of a pass cannot be read", k))
		}
		return nil
	})
}

// lastBegun is when the last pass began that left a summary, in a format without checksums; created where
// none did.
func (r runs) lastBegun(created time.Time) time.Time {
	var last store.Run
	_, text := r.Cursor().Last()
	if text == nil || json.Unmarshal(text, &last) != nil || last.Started.IsZero() ||
		!validTime(last.Started) {
		return created
	}
	return last.Started
}
