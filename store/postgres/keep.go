package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

const (
	pruneStride = 10_000 // the most entries that one transaction removes
	keptRuns    = 10_000 // summaries of passes that stay
)

// longest is how long a change of a whole ledger may take.
const longest = 10 * time.Minute

// Keeper forgets what is no longer needed, and moves the rest to other keys.
type Keeper struct{ *core }

// Prune removes the keys that are final or skipped, and whose resolution and disposition are both before a
// time, and gives their number; see [store.Record.Expired]. Of the summaries of passes the newest 10,000
// stay. First the floor is raised to that time, in any case. A time after the checkpoint is refused. It works
// in transactions of at most 10,000 keys, between which it looks at ctx.
func (k Keeper) Prune(ctx context.Context, before time.Time) (removed int, err error) {
	err = k.update(nil, func(t *txn) error {
		if err := store.MayPrune(before, t.checkpoint); err != nil {
			return err
		}
		if !before.After(t.floor) {
			return errNothing
		}
		t.floor = milli(before.Add(time.Millisecond - 1)) // rounded up: never below what goes
		return nil
	})
	for more := true; more && err == nil; {
		if err = ctx.Err(); err != nil {
			break
		}
		n := 0
		err = k.update(nil, func(t *txn) error {
			states, err := ask(t, pgx.RowTo[int16], `with old as (select key from acsync.keys where ledger = $1
					and ($4::bytea is null or key < $4) and state in (3, 4, 7, 8) and at < $2
					and (resolution is null or resolution < $2)
					and not (state = 8 and reason = '`+store.ReasonErased+`') order by key limit $3)
				delete from acsync.keys as k using old where k.ledger = $1 and k.key = old.key returning state`,
				t.no, before, pruneStride, createdBehind(before))
			if err != nil {
				return err
			}
			for _, state := range states {
				if err := t.count(store.State(state), store.Unknown); err != nil {
					return err
				}
			}
			if n = len(states); n == 0 {
				return errNothing
			}
			return nil
		})
		removed += n
		more = n == pruneStride
	}
	if err == nil {
		err = k.update(nil, pruneRuns)
	}
	return removed, err
}

// pruneRuns removes all but the newest summaries.
func pruneRuns(t *txn) error {
	const old = `from acsync.runs where ledger = $1
		and number <= (select max(number) from acsync.runs where ledger = $1) - $2`
	some, err := ask(t, pgx.RowTo[bool], "select exists (select "+old+")", t.no, keptRuns)
	if err == nil && !some[0] {
		err = errNothing
	}
	t.later("delete "+old, t.no, keptRuns)
	return err
}

// createdBehind is the first code of a hex id whose conversation was created after a time: none of those was
// done before it. Nil where the codes of other ids, which begin with a small byte, may lie behind it too.
func createdBehind(at time.Time) []byte {
	second := at.Unix() + 1
	if second < 1<<28 || second >= 1<<32 {
		return nil
	}
	return binary.BigEndian.AppendUint32(nil, uint32(second))
}

// Convert moves all records to the keys that they have under another identity, in one transaction. Of several
// that come under one key the one stays that says most, see [store.Merge]. What [store.MayConvert] refuses
// changes nothing.
func (k Keeper) Convert(to store.Identity) (c store.Conversion, err error) {
	err = k.updateWithin(longest, nil, func(t *txn) error {
		if err := store.MayConvert(t.identity, to, t.states()); err != nil {
			return err
		}
		if err := t.loadAll(); err != nil {
			return err
		}
		accepted := t.accepted
		c, err = convert(t.identity, to, t.slots, func(from, target *slot, merged store.Record) error {
			if err := t.remove(from); err != nil {
				return err
			}
			return t.put(target, merged)
		})
		t.accepted = accepted // they became accepted once, under whatever key
		t.identity = to
		return err
	})
	if err != nil {
		return store.Conversion{}, err
	}
	return c, nil
}

// PlanConversion tells what Convert would do, and changes nothing.
func (k Keeper) PlanConversion(to store.Identity) (c store.Conversion, err error) {
	found, err := row(context.Background(), k.pool, scanRow,
		"select "+rowColumns+" from acsync.ledgers where no = $1", k.no)
	if err != nil {
		return c, explain(k.name, err)
	}
	if err := store.MayConvert(found.identity, to, found.states()); err != nil {
		return c, explain(k.name, plain{err})
	}
	slots := map[string]*slot{}
	err = Reader(k).every(func(e coded) error {
		slots[string(e.code)] = &slot{code: e.code, Entry: e.Entry}
		return nil
	})
	if err != nil {
		return c, err
	}
	return convert(found.identity, to, slots, func(from, target *slot, merged store.Record) error {
		from.Record, target.Record = store.Record{}, merged
		return nil
	})
}

// convert moves all that is in slots to where it belongs under another identity.
func convert(
	from, to store.Identity, slots map[string]*slot, move func(from, target *slot, merged store.Record) error,
) (c store.Conversion, err error) {
	c.From, c.To = from, to
	var moving []*slot
	for _, s := range slots {
		if to.Key(s.Entry) != s.Key {
			moving = append(moving, s)
		}
	}
	for _, s := range moving {
		key := to.Key(s.Entry)
		code, err := store.EncodeKey(key)
		if err != nil {
			return c, err
		}
		target := slots[string(code)]
		if target == nil {
			target = &slot{code: code}
			slots[string(code)] = target
		}
		target.Key = key
		merged := s.Record
		if target.State == store.Unknown {
			c.Moved++
		} else {
			c.Merged++
			merged = store.Merge(target.Record, merged)
		}
		if err := move(s, target, merged); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Check compares all parts of the ledger with each other. It gives nil for a sound ledger, ErrDamaged with
// what it found otherwise. What the server's own pages hold is for the server to check.
func (k Keeper) Check(ctx context.Context) error {
	var found []error
	note := func(format string, args ...any) { found = append(found, damaged(format, args...)) }
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	err := k.inTransaction(ctx, func(conn *connection) error {
		b := &pgx.Batch{}
		b.Queue(view)
		b.Queue(plainly, before(longest))
		if err := conn.send(ctx, b); err != nil {
			return err
		}
		r, err := scanRow(conn.QueryRow(ctx, "select "+rowColumns+" from acsync.ledgers where no = $1", k.no))
		if err != nil {
			return err
		}
		seen := make([]int64, len(r.counts))
		list, err := conn.Query(ctx, "select "+entryColumns+" from acsync.keys where ledger = $1", k.no)
		if err != nil {
			return err
		}
		defer list.Close()
		for list.Next() {
			e, err := scanEntry(list)
			if errors.Is(err, store.ErrDamaged) {
				found = append(found, err)
				continue
			} else if err != nil {
				return err
			}
			seen[e.State]++
			if tidy, err := e.Normalize(); err != nil || tidy != e.Record {
				note("%s is not as the ledger keeps records", e.Conversation)
			}
		}
		if err := list.Err(); err != nil {
			return err
		}
		for state, n := range r.counts {
			if n != seen[state] {
				note("%d keys are %s, and the counts say %d", seen[state], store.State(state), n)
			}
		}
		if n := r.counts[store.Accepted]; n > r.accepted {
			note("%d keys are accepted, but only %d ever became so", n, r.accepted)
		}
		if r.checkpoint.Before(r.start) {
			note("the checkpoint %v is before the start %v", r.checkpoint, r.start)
		}
		runs, err := conn.Query(ctx, "select summary::text from acsync.runs where ledger = $1", k.no)
		if err != nil {
			return err
		}
		if _, err := pgx.CollectRows(runs, scanRun); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "commit")
		return err
	})
	const most = 20
	if more := len(found) - most; more > 0 {
		found = append(found[:most], damaged("and %d more", more))
	}
	return explain(k.name, errors.Join(append(found, err)...))
}
