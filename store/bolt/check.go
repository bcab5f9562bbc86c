package bolt

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// shown is how many findings Check names; the rest it counts.
const shown = 20

// Check reads the whole ledger and holds every part of it against the others: the pages of the file, bbolt's own
// check of it, records, indexes, counts, reasons and summaries. It gives nil for a sound ledger, ErrDamaged with what it
// found otherwise. Other calls wait meanwhile; a million keys take about a second.
func (l *Ledger) Check(ctx context.Context) error {
	return l.locked(func() error {
		m, err := l.image()
		if err != nil {
			return err
		}
		if m.torn {
			return damaged("one of its two meta pages is not valid: the last transaction before may be lost")
		}
		if err := m.inspect(ctx); err != nil {
			return err // bbolt's check would fall over this, in a goroutine that cannot be guarded
		}
		f := new(findings)
		err = l.db.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				f.add("%v", err)
			}
			t, err := l.begin(tx)
			if err != nil {
				return err
			}
			return t.check(ctx, f)
		})
		if err != nil {
			return err
		}
		return f.err()
	})
}

// findings gathers what is wrong.
type findings struct {
	list []error
	more int
}

func (f *findings) add(format string, args ...any) {
	if len(f.list) == shown {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Errorf(format, args...))
}

func (f *findings) err() error {
	if len(f.list) == 0 {
		return nil
	}
	if f.more > 0 {
		f.list = append(f.list, fmt.Errorf("and %d more", f.more))
	}
	return damaged("%w", errors.Join(f.list...))
}

// check holds the buckets against each other.
func (t *txn) check(ctx context.Context, f *findings) error {
	var seen counts
	err := t.keys.ForEach(func(code, v []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		k, err := decodeKey(code)
		if err != nil {
			f.add("%w", err)
			return nil
		}
		r, err := t.decode(k, code, v)
		if err != nil {
			f.add("%w", err)
			return nil
		}
		seen[r.State]++
		t.checkIndexes(f, k, code, r)
		return nil
	})
	if err != nil {
		return err
	}
	t.checkTotals(f, seen)
	t.checkMeta(f)
	t.checkBackfills(f)
	return t.runs.ForEach(func(k, v []byte) error {
		if len(k) != 8 || !t.unmarshal(k, v, new(store.Run)) {
			f.add("%w", unreadRun(k))
		}
		return nil
	})
}

// checkIndexes makes sure that a record is where it has to be listed.
func (t *txn) checkIndexes(f *findings, k store.Key, code []byte, r store.Record) {
	if _, err := r.Normalize(); err != nil {
		f.add("%s: %w", k.Conversation, err)
	}
	if r.State.Waiting() && t.due.Get(dueCode(r, code)) == nil {
		f.add("%s is %s, but not in the due index", k.Conversation, r.State)
	}
	if r.State != store.Sending {
		return
	}
	if v := t.intents.Get(code); len(v) != 8 || binary.BigEndian.Uint64(v) != r.Intent {
		f.add("%s is sending with intent %x, which is not open", k.Conversation, r.Intent)
	}
}

// checkTotals compares the counts, and by the number of their entries makes sure that the indexes hold nothing else.
func (t *txn) checkTotals(f *findings, seen counts) {
	c, err := decodeCounts(t.meta.Get(metaCounts))
	if err != nil {
		f.add("%w", err)
	} else if *c != seen {
		f.add("the counts are %v, the keys are %v", c.byState(), seen.byState())
	}
	waiting := int(seen[store.Scheduled] + seen[store.Retry] + seen[store.InDoubt])
	if n := t.due.Stats().KeyN; n != waiting {
		f.add("the due index has %d entries for %d waiting keys", n, waiting)
	}
	if n := t.intents.Stats().KeyN; n != int(seen[store.Sending]) {
		f.add("%d intents are open for %d keys that are sending", n, seen[store.Sending])
	}
}

func (t *txn) checkMeta(f *findings) {
	var info store.Info
	if err := t.describe(&info); err != nil {
		f.add("%w", err)
		return
	}
	if n := uint64(info.Counts[store.Accepted]); n > t.accepted {
		f.add("%d keys are accepted, but only %d ever became so", n, t.accepted)
	}
	if info.Checkpoint.Before(info.Start) {
		f.add("the checkpoint %v is before the start %v", info.Checkpoint, info.Start)
	}
}

func (t *txn) checkBackfills(f *findings) {
	_ = t.backfills.ForEach(func(code, _ []byte) error {
		if b, err := t.backfill(code); err != nil {
			f.add("%w", err)
		} else if err := b.Valid(); err != nil {
			f.add("%w", err)
		}
		return nil
	})
}
