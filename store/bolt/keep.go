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

// Keeper forgets what is no longer needed, and moves the rest to other keys.
type Keeper struct{ *database }

// Prune removes the keys that are final or skipped, and whose resolution and disposition are both before a
// time, and gives their number: what was asked about lately stays known while the receiver's data may still
// show it. What waits, is being sent or is in doubt stays, however old; of the summaries of passes the newest
// 10,000 do. First the floor is raised to that time, in any case: below it the ledger no longer knows who was
// asked. A time after the checkpoint is refused, because passes still look there.
//
// It works in transactions of at most 10,000 keys, between which it looks at ctx. The file does not become
// smaller; see Compact. Hex ids sort by the creation of the conversation (observed), and none is done before
// it was created: what was created after the time is not even looked at.
func (k Keeper) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	step := func(fn func(*txn) error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return k.update(fn)
	}
	if err := step(func(t *txn) error { return raiseFloor(t, before) }); err != nil {
		return 0, err
	}
	for last, more := []byte(nil), true; more; more = last != nil {
		n := 0
		err := step(func(t *txn) (err error) {
			n, last, err = pruneRecords(t, last, before)
			return err
		})
		if err != nil {
			return removed, err
		}
		removed += n
	}
	for more := true; more; {
		err := step(func(t *txn) (err error) {
			more, err = pruneRuns(t.runs)
			return err
		})
		if err != nil {
			return removed, err
		}
	}
	return removed, k.updateFence()
}

func raiseFloor(t *txn, to time.Time) error {
	if err := store.MayPrune(to, t.meta.time(metaCheckpoint)); err != nil {
		return err
	}
	if !to.After(t.meta.time(metaFloor)) {
		return errNothing
	}
	t.meta.putTime(metaFloor, to.Add(time.Millisecond-1)) // rounded up: never below what goes
	return nil
}

// pruneRecords removes keys behind one of them; next is the key to go on behind, nil at the end. They are
// collected before they are removed because a cursor walks slowly over what its own transaction has emptied.
func pruneRecords(t *txn, last []byte, before time.Time) (removed int, next []byte, err error) {
	var old []slot
	seen := 0
	err = t.records.behind(last, func(code []byte, e store.Entry) bool {
		if store.CreatedAfter(code, before) {
			return false
		}
		if e.Expired(before) {
			old = append(old, slot{bytes.Clone(code), e})
		}
		if seen++; len(old) == pruneStride || seen == 10*pruneStride {
			next = bytes.Clone(code)
		}
		return next == nil
	})
	if err != nil {
		return 0, nil, err
	}
	for _, s := range old {
		if err := t.records.remove(s); err != nil {
			return 0, nil, err
		}
	}
	if len(old) == 0 {
		return 0, next, errNothing
	}
	return len(old), next, nil
}

// pruneRuns removes all but the newest summaries, a part of them at a time; more reports whether some may be
// left. They are numbered without gaps.
func pruneRuns(r runs) (more bool, err error) {
	c := r.Cursor()
	newest, _ := c.Last()
	if len(newest) != 8 || binary.BigEndian.Uint64(newest) <= keptRuns {
		return false, errNothing
	}
	keep := numberValue(binary.BigEndian.Uint64(newest) - keptRuns + 1)
	var old [][]byte
	for k, _ := c.First(); bytes.Compare(k, keep) < 0 && len(old) < pruneStride; k, _ = c.Next() {
		old = append(old, bytes.Clone(k))
	}
	if len(old) == 0 {
		return false, errNothing
	}
	for _, k := range old {
		if err := r.Delete(k); err != nil {
			return false, err
		}
	}
	return true, nil
}

// Convert moves all records to the keys that they have under another identity, in one transaction: a crash
// leaves the one or the other. Of several that come under one key the one stays that says most, see
// [store.Merge]. It is called between two passes; what [store.MayConvert] refuses changes nothing. A million
// keys take some seconds.
func (k Keeper) Convert(to store.Identity) (c store.Conversion, err error) {
	err = k.update(func(t *txn) error {
		codes, planned, err := planConversion(t, to)
		if err != nil {
			return err
		}
		for _, code := range codes {
			if err := rekey(t, code, to); err != nil {
				return err
			}
		}
		c = planned
		t.meta.setIdentity(to)
		return nil
	})
	if err != nil {
		return store.Conversion{}, err
	}
	return c, k.updateFence()
}

// PlanConversion tells what Convert would do, and changes nothing.
func (k Keeper) PlanConversion(to store.Identity) (store.Conversion, error) {
	return read(k.database, func(t *txn) (store.Conversion, error) {
		_, c, err := planConversion(t, to)
		return c, err
	})
}

func planConversion(t *txn, to store.Identity) (codes [][]byte, c store.Conversion, err error) {
	from := t.meta.identity()
	if err := store.MayConvert(from, to, t.records.counts); err != nil {
		return nil, c, err
	}
	c.From, c.To = from, to
	taken := map[string]bool{}
	err = t.records.keys.ForEach(func(code, v []byte) error {
		e, err := t.records.entry(code, v)
		if err != nil {
			return err
		}
		key := to.Key(e)
		if key == e.Key {
			return nil
		}
		codes = append(codes, bytes.Clone(code))
		target, err := store.EncodeKey(key)
		switch {
		case err != nil:
			return err
		case taken[string(target)], t.records.keys.Get(target) != nil:
			c.Merged++
		default:
			c.Moved++
			taken[string(target)] = true
		}
		return nil
	})
	return codes, c, err
}

// rekey puts a record under the key that it has with another identity, or merges it with what stands there.
func rekey(t *txn, code []byte, to store.Identity) error {
	r := &t.records
	e, err := r.indexed(code)
	if err != nil {
		return err
	}
	s, err := r.load(to.Key(e))
	if err != nil {
		return err
	}
	accepted := r.accepted
	if err := r.remove(slot{code, e}); err != nil {
		return err
	}
	next := e.Record
	if s.State != store.Unknown {
		next = store.Merge(s.Record, next)
	}
	err = r.put(s, next)
	r.accepted = accepted // it became accepted once, under whatever key
	return err
}
