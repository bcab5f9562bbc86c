package postgres

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// Eraser erases conversations.
type Eraser struct{ *core }

// Forget erases conversations, given by their ids, from the ledger: their records, and their ids where
// summaries of passes name them. All that stays of each is a hash, by which it is never asked about again,
// also where the ledger did not know it. It is all of them or none; what [store.MayForget] refuses changes
// nothing. The bytes stay in the database's unused space, its write-ahead log and its backups until these are
// overwritten.
func (e Eraser) Forget(ids []string, now time.Time) (done store.Erasure, err error) {
	err = e.updateWithin(longest, nil, func(t *txn) error {
		plan, err := planForget(t, ids)
		if err != nil {
			return err
		}
		done = plan.Erasure
		return erase(t, plan, now)
	})
	if err != nil {
		return store.Erasure{}, err
	}
	return done, nil
}

// PlanForget tells what Forget would do, and changes nothing.
func (e Eraser) PlanForget(ids []string) (store.Erasure, error) {
	keys := make([]store.Key, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, store.Key{Conversation: id})
	}
	known, err := Reader(e).Lookup(keys)
	if err != nil {
		return store.Erasure{}, err
	}
	plan, err := planErasure(ids, known)
	if err != nil {
		return store.Erasure{}, explain(e.name, plain{err})
	}
	return plan.Erasure, nil
}

// erasing is what there is to be erased.
type erasing struct {
	store.Erasure
	keys  []store.Key     // whose records go
	marks []store.Key     // hashes that come in their place
	named map[string]bool // the hashes of all of them
}

// planErasure says what of conversations goes, by what is known of them.
func planErasure(ids []string, known map[store.Key]store.Record) (plan erasing, err error) {
	plan.named = map[string]bool{}
	of := map[string][]store.Entry{}
	for k, r := range known {
		of[k.Conversation] = append(of[k.Conversation], store.Entry{Key: k, Record: r})
	}
	for _, id := range ids {
		mark := store.ErasedKey(id)
		if plan.named[mark.Conversation] {
			continue
		}
		plan.named[mark.Conversation] = true
		if known[store.Key{Conversation: id}].Erased() {
			plan.Before++
			continue
		}
		plan.marks = append(plan.marks, mark)
		waited := false
		for _, e := range of[id] {
			if err := store.MayForget(e); err != nil {
				return plan, err
			}
			plan.keys = append(plan.keys, e.Key)
			waited = waited || e.State.Waiting()
		}
		if len(of[id]) > 0 {
			plan.Erased++
		} else {
			plan.Unknown++
		}
		if waited {
			plan.Waited++
		}
	}
	return plan, nil
}

func planForget(t *txn, ids []string) (plan erasing, err error) {
	keys := make([]store.Key, 0, len(ids))
	for _, id := range ids {
		keys = append(keys, store.Key{Conversation: id})
	}
	l, err := newLookup(keys)
	if err != nil {
		return plan, err
	}
	list, err := ask(t, scanEntry, lookupSQL, l.args(t.no)...)
	if err != nil {
		return plan, err
	}
	return planErasure(ids, l.found(list))
}

// erase carries out a plan, and takes what is erased out of the summaries of passes.
func erase(t *txn, plan erasing, now time.Time) error {
	if err := t.read(slices.Concat(plan.keys, plan.marks)); err != nil {
		return err
	}
	for _, k := range plan.keys {
		s, err := t.load(k)
		if err == nil {
			err = t.remove(s)
		}
		if err != nil {
			return err
		}
	}
	for _, mark := range plan.marks {
		s, err := t.load(mark)
		if err == nil {
			err = t.put(s, store.ErasedAt(now))
		}
		if err != nil {
			return err
		}
	}
	n, err := unname(t, func(id string) bool { return plan.named[store.ErasedKey(id).Conversation] })
	if err == nil && n+len(plan.keys)+len(plan.marks) == 0 {
		return errNothing
	}
	return err
}

// unname takes conversations out of the summaries of passes that name them as refused, and gives their
// number.
func unname(t *txn, gone func(id string) bool) (changed int, err error) {
	type numbered struct {
		number int64
		text   string
	}
	// Of the thousands there are few name anybody.
	list, err := ask(t, func(row pgx.CollectableRow) (n numbered, err error) {
		return n, row.Scan(&n.number, &n.text)
	}, `select number, summary::text from acsync.runs where ledger = $1 and summary::text like '%"refusals"%'`,
		t.no)
	if err != nil {
		return 0, err
	}
	for _, each := range list {
		var run store.Run
		if err := json.Unmarshal([]byte(each.text), &run); err != nil {
			return 0, broken{damaged("the summary %d of a pass cannot be read", each.number)}
		}
		all := len(run.Refusals)
		run.Refusals = slices.DeleteFunc(run.Refusals, func(x store.Refusal) bool { return gone(x.Conversation) })
		if len(run.Refusals) == all {
			continue
		}
		text, err := json.Marshal(run)
		if err != nil {
			return 0, fmt.Errorf("the summary of pass %s cannot be written: %w", run.Pass, err)
		}
		changed++
		t.later("update acsync.runs set summary = $3::text::json where ledger = $1 and number = $2", t.no,
			each.number, string(text))
	}
	return changed, nil
}

// sweep erases what is known of conversations that are marked as erased, after such marks have come from
// elsewhere, whatever was under way there.
func sweep(t *txn) error {
	if err := t.loadAll(); err != nil {
		return err
	}
	marked := map[string]bool{}
	for _, s := range t.slots {
		if s.Erased() && strings.HasPrefix(s.Conversation, store.ErasedPrefix) {
			marked[s.Conversation] = true
		}
	}
	gone := func(id string) bool { return marked[store.ErasedKey(id).Conversation] }
	for _, s := range t.slots {
		mark := strings.HasPrefix(s.Conversation, store.ErasedPrefix)
		if s.State == store.Unknown || mark || !gone(s.Conversation) {
			continue
		}
		if err := t.remove(s); err != nil {
			return err
		}
	}
	_, err := unname(t, gone)
	return err
}
