package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"acsync/store"
)

const (
	// pruneStride is the most that one transaction removes: bbolt rewrites its list of free pages in each.
	pruneStride = 10_000
	keptRuns    = 10_000 // summaries of passes that stay
)

// Pruner forgets what is no longer needed.
type Pruner struct{ *database }

// Prune removes the keys that are final or skipped, and whose resolution and disposition are both before a
// time, and gives their number: what was asked about lately, however long after its resolution, stays known
// while the receiver's data may still show it. The oldest summaries of passes beyond 10,000 go as well. What
// waits, is being sent or is in doubt stays, however old. Before anything is removed the floor is raised to
// that time, also where there turns out to be nothing to remove: below it the ledger no longer knows who was
// asked. A time after the checkpoint is refused, because passes still look there.
//
// It works in transactions of at most 10,000 keys, between which it looks at ctx. The file does not become
// smaller, the space in it is used again; see Compact.
//
// Hex ids sort by the creation of the conversation (observed), and none is done before it was created: what
// was created after the time is not even looked at, so that pruning often costs little. Ids of text bear no
// time and sort before them, so that each of those is looked at.
func (p Pruner) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := p.raiseFloor(before); err != nil {
		return 0, err
	}
	for last, more := []byte(nil), true; more; {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		var n int
		n, last, err = p.pruneKeys(last, before)
		if removed += n; err != nil {
			return removed, err
		}
		more = last != nil
	}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		if more, err = p.pruneRuns(); err != nil {
			return removed, err
		}
	}
	return removed, p.updateFence()
}

// raiseFloor lifts the floor to a time; one that is as high already is left alone.
func (p Pruner) raiseFloor(to time.Time) error {
	return p.update(func(t *txn) error {
		if err := store.MayPrune(to, t.meta.time(metaCheckpoint)); err != nil {
			return err
		}
		if !to.After(t.meta.time(metaFloor)) {
			return errNothing
		}
		t.meta.putTime(metaFloor, to.Add(time.Millisecond-1)) // rounded up: never below what goes
		return nil
	})
}

// pruneKeys removes keys behind one of them; next is the key to go on behind, nil at the end. They are
// collected before they are removed because a cursor walks slowly over what its own transaction has emptied.
func (p Pruner) pruneKeys(last []byte, before time.Time) (removed int, next []byte, err error) {
	err = p.update(func(t *txn) error {
		var old []slot
		seen := 0
		err := t.records.behind(last, func(code []byte, e store.Entry) bool {
			if createdAfter(code, before) {
				return false
			}
			if e.Expired(before) {
				old = append(old, slot{e.Key, bytes.Clone(code), e.Record})
			}
			if seen++; len(old) == pruneStride || seen == 10*pruneStride {
				next = bytes.Clone(code)
			}
			return next == nil
		})
		if err != nil {
			return err
		}
		for _, s := range old {
			if err := t.records.remove(s); err != nil {
				return err
			}
		}
		if removed = len(old); removed == 0 {
			return errNothing
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	return removed, next, nil
}

// createdAfter reports, for a hex id, whether its conversation was created after a time.
func createdAfter(code []byte, at time.Time) bool {
	return (len(code) == rawID || len(code) == rawPair) && int64(binary.BigEndian.Uint32(code)) > at.Unix()
}

// pruneRuns removes all but the newest summaries, a part of them at a time; more reports whether some are
// left. They are numbered without gaps.
func (p Pruner) pruneRuns() (more bool, err error) {
	err = p.update(func(t *txn) error {
		c := t.runs.Cursor()
		newest, _ := c.Last()
		if len(newest) != 8 || binary.BigEndian.Uint64(newest) <= keptRuns {
			return errNothing
		}
		keep := numberValue(binary.BigEndian.Uint64(newest) - keptRuns + 1)
		var old [][]byte
		for k, _ := c.First(); k != nil && bytes.Compare(k, keep) < 0 &&
			len(old) < pruneStride; k, _ = c.Next() {
			old = append(old, bytes.Clone(k))
		}
		for _, k := range old {
			if err := t.runs.Delete(k); err != nil {
				return err
			}
		}
		if more = len(old) > 0; !more {
			return errNothing
		}
		return nil
	})
	return more, err
}
