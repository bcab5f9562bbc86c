package bolt

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"acsync/store"
)

// Checker looks for damage.
type Checker struct{ *database }

// Check reads the whole ledger and compares every part of it with the others. It gives nil for a sound
// ledger, ErrDamaged with what it found otherwise. Other calls wait meanwhile; a million keys take about a
// second.
func (c Checker) Check(ctx context.Context) error {
	return c.locked(func() error {
		torn, err := c.inspect(ctx)
		switch {
		case err != nil:
			return err // bbolt's check would fall over this, in a goroutine that cannot be guarded
		case torn:
			return damaged("one of its two meta pages is not valid: the last transaction before may be lost")
		}
		return c.view(func(t *txn) error {
			var f findings
			for err := range t.meta.bucket.Tx().Check() {
				f.add("%v", err)
			}
			if err := check(ctx, t, &f); err != nil {
				return err
			}
			return f.err()
		})
	})
}

// maxFindings is how many findings Check names; the rest it counts.
const maxFindings = 20

type findings []error

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f findings) err() error {
	if len(f) == 0 {
		return nil
	}
	if more := len(f) - maxFindings; more > 0 {
		f = append(f[:maxFindings], fmt.Errorf("and %d more", more))
	}
	return damaged("%w", errors.Join(f...))
}

func check(ctx context.Context, t *txn, f *findings) error {
	seen := counts{}
	err := t.records.keys.ForEach(func(code, v []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := t.records.entry(code, v)
		if err != nil {
			f.add("%w", err)
			return nil
		}
		seen[e.State]++
		checkEntry(t, f, code, e)
		return nil
	})
	if err != nil {
		return err
	}
	checkTotals(t, f, seen)
	*f = append(*f, t.runs.check(true)...)
	return t.backfills.ForEach(func(code, _ []byte) error {
		b, err := t.backfills.get(code)
		if err == nil {
			err = b.Valid()
		}
		if err != nil {
			f.add("%w", err)
		}
		return nil
	})
}

// checkEntry makes sure that a record is as the ledger keeps it, and is where it has to be listed.
func checkEntry(t *txn, f *findings, code []byte, e store.Entry) {
	if _, err := e.Normalize(); err != nil {
		f.add("%s: %w", e.Conversation, err)
	}
	if e.State.Waiting() && t.records.due.Get(dueCode(e.Record, code)) == nil {
		f.add("%s is %s, but not in the due index", e.Conversation, e.State)
	}
	if e.State == store.Sending && string(t.records.intents.Get(code)) != string(numberValue(e.Intent)) {
		f.add("%s is sending with intent %x, which is not open", e.Conversation, e.Intent)
	}
}

// checkTotals compares the counts with what was seen, and makes sure that the indexes hold nothing else.
func checkTotals(t *txn, f *findings, seen counts) {
	r := &t.records
	if !maps.Equal(r.counts, seen) {
		f.add("the counts are %v, the keys are %v", r.counts, seen)
	}
	waiting := seen.among(waitingStates...)
	if n := r.due.Stats().KeyN; n != waiting {
		f.add("the due index has %d entries for %d waiting keys", n, waiting)
	}
	if n := r.intents.Stats().KeyN; n != seen.among(store.Sending) {
		f.add("%d intents are open for %d keys that are sending", n, seen[store.Sending])
	}
	if n := r.counts[store.Accepted]; uint64(n) > r.accepted {
		f.add("%d keys are accepted, but only %d ever became so", n, r.accepted)
	}
	var info store.Info
	if err := t.describe(&info); err != nil {
		f.add("%w", err)
	} else if info.Checkpoint.Before(info.Start) {
		f.add("the checkpoint %v is before the start %v", info.Checkpoint, info.Start)
	}
}
