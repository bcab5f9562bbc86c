package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"acsync/store"
)

const (
	pruneStride = 10_000 // the most that one transaction removes: bbolt rewrites its list of free pages in each
	keptRuns    = 10_000 // summaries of passes that stay
)

// Prune removes the keys that are final or skipped, and whose resolution and disposition are both before a
// time, and gives their number: what was asked about lately, however long after its resolution, stays known
// while the receiver's data may still show it. The oldest summaries of passes beyond 10,000 go as well. What
// waits, is being sent or is in doubt stays, however old. Before anything is removed the floor is raised to
// that time, also where there turns out to be nothing to remove: below it the ledger no longer knows who was
// asked. A time after the checkpoint is refused, because passes still look there.
//
// It works in transactions of at most 10,000 keys, between which it looks at ctx. The file does not become smaller, the
// space in it is used again; see Compact.
//
// Hex ids sort by the creation of the conversation (observed), and none is done before it was created: what was created
// after the time is not even looked at, so that pruning often costs little. Ids of text bear no time and sort before
// them, so that each of those is looked at.
func (l *Ledger) Prune(ctx context.Context, before time.Time) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := l.raise(before); err != nil {
		return 0, err
	}
	removed, err := l.pruneKeys(ctx, before)
	if err == nil {
		err = l.pruneRuns(ctx)
	}
	if err != nil {
		return removed, err
	}
	return removed, l.locked(l.seal)
}

func (l *Ledger) pruneKeys(ctx context.Context, before time.Time) (removed int, err error) {
	var last []byte
	for {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		codes, next, err := l.prunable(before, last)
		if err != nil {
			return removed, err
		}
		if len(codes) > 0 {
			n, err := l.prune(codes, before)
			if removed += n; err != nil {
				return removed, err
			}
		}
		if next == nil {
			return removed, nil
		}
		last = next
	}
}

// prunable collects keys to remove behind a key; next is the key to go on behind, nil at the end. They are collected before
// they are deleted because a cursor walks slowly over what its own transaction has emptied.
func (l *Ledger) prunable(before time.Time, last []byte) (codes [][]byte, next []byte, err error) {
	err = l.view(func(t *txn) error {
		c := t.keys.Cursor()
		k, v := c.Seek(last)
		if k != nil && bytes.Equal(k, last) {
			k, v = c.Next()
		}
		for seen := 1; k != nil && !createdAfter(k, before); k, v = c.Next() {
			e, err := t.entryOf(k, v)
			if err != nil {
				return err
			}
			if e.Expired(before) {
				codes = append(codes, bytes.Clone(k))
			}
			if seen++; len(codes) == pruneStride || seen > 10*pruneStride {
				next = bytes.Clone(k)
				return nil
			}
		}
		return nil
	})
	return codes, next, err
}

// createdAfter tells, for a hex id, that its conversation was created after a time.
func createdAfter(code []byte, at time.Time) bool {
	return (len(code) == rawID || len(code) == rawPair) && int64(binary.BigEndian.Uint32(code)) > at.Unix()
}

// prune removes keys in one transaction, those excepted that have changed since they were collected.
func (l *Ledger) prune(codes [][]byte, before time.Time) (int, error) {
	removed := 0
	err := l.update(func(t *txn) error {
		for _, code := range codes {
			gone, err := t.remove(code, before)
			if err != nil {
				return err
			}
			if gone {
				removed++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// raise lifts the floor to a time; one that is as high already is left alone.
func (l *Ledger) raise(to time.Time) error {
	info, err := l.Info()
	if err != nil {
		return err
	}
	if err := store.MayPrune(to, info.Checkpoint); err != nil {
		return explain(l.path, err)
	}
	if !to.After(info.Floor) {
		return nil
	}
	return l.update(func(t *txn) error {
		return t.meta.Put(metaFloor, sortable(to.Add(time.Millisecond-1))) // rounded up: never below what goes
	})
}

// remove deletes a key whose record has expired.
func (t *txn) remove(code []byte, before time.Time) (bool, error) {
	v := t.keys.Get(code)
	if v == nil {
		return false, nil
	}
	e, err := t.entryOf(code, v)
	if err != nil || !e.Expired(before) {
		return false, err
	}
	return true, t.drop(slot{e.Key, code, e.Record})
}

// pruneRuns removes all but the newest summaries. They are numbered without gaps.
func (l *Ledger) pruneRuns(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		codes, err := l.oldRuns()
		if err != nil || len(codes) == 0 {
			return err
		}
		err = l.update(func(t *txn) error {
			for _, code := range codes {
				if err := t.runs.Delete(code); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (l *Ledger) oldRuns() (codes [][]byte, err error) {
	err = l.view(func(t *txn) error {
		c := t.runs.Cursor()
		k, _ := c.Last()
		if len(k) != 8 || binary.BigEndian.Uint64(k) <= keptRuns {
			return nil
		}
		keep := binary.BigEndian.AppendUint64(nil, binary.BigEndian.Uint64(k)-keptRuns+1)
		for k, _ := c.First(); k != nil && bytes.Compare(k, keep) < 0 && len(codes) < pruneStride; k, _ = c.Next() {
			codes = append(codes, bytes.Clone(k))
		}
		return nil
	})
	return codes, err
}
