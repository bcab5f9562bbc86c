package bolt

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"

	"acsync/store"
)

// Eraser erases conversations.
type Eraser struct{ *database }

// Forget erases conversations, given by their ids, from the ledger: their records, and their ids where
// summaries of passes name them. All that stays of each is a hash, by which it is never asked about again,
// also where the ledger did not know it. It is all of them or none, in one transaction; what
// [store.MayForget] refuses changes nothing. The bytes stay in unused parts of the file until Wipe.
func (e Eraser) Forget(ids []string, now time.Time) (done store.Erasure, err error) {
	err = e.update(func(t *txn) error {
		plan, err := planForget(t, ids)
		if err == nil {
			done, err = plan.Erasure, plan.carryOut(t, now)
		}
		return err
	})
	if err != nil {
		return store.Erasure{}, err
	}
	return done, e.updateFence()
}

// PlanForget tells what Forget would do, and changes nothing.
func (e Eraser) PlanForget(ids []string) (store.Erasure, error) {
	return read(e.database, func(t *txn) (store.Erasure, error) {
		plan, err := planForget(t, ids)
		return plan.Erasure, err
	})
}

// forgetting is what there is to be erased.
type forgetting struct {
	store.Erasure
	slots []slot                // records that go
	keys  []store.Key           // hashes that come in their place
	runs  map[string]*store.Run // summaries by their numbers, without the ids
}

func planForget(t *txn, ids []string) (f forgetting, err error) {
	seen := map[store.Key]bool{}
	for _, id := range ids {
		key := store.ErasedKey(id)
		if seen[key] {
			continue
		}
		seen[key] = true
		known := map[store.Key]store.Record{}
		if err := lookupConversation(t, t.records.keys.Cursor(), id, known); err != nil {
			return f, err
		}
		if known[store.Key{Conversation: id}].Erased() {
			f.Before++
			continue
		}
		f.keys = append(f.keys, key)
		waited := false
		for k, r := range known {
			e := store.Entry{Key: k, Record: r}
			if err := store.MayForget(e); err != nil {
				return f, err
			}
			code, err := store.EncodeKey(k)
			if err != nil {
				return f, err
			}
			f.slots = append(f.slots, slot{code, e})
			waited = waited || r.State.Waiting()
		}
		switch {
		case len(known) == 0:
			f.Unknown++
		default:
			f.Erased++
		}
		if waited {
			f.Waited++
		}
	}
	f.runs, err = namesIn(t.runs, func(id string) bool { return seen[store.ErasedKey(id)] })
	return f, err
}

// namesIn gives the summaries that name some conversations as refused, without those.
func namesIn(r runs, gone func(id string) bool) (map[string]*store.Run, error) {
	found := map[string]*store.Run{}
	err := r.ForEach(func(k, v []byte) error {
		// Of the thousands there are few name anybody.
		if !bytes.Contains(v, []byte(`"refusals"`)) {
			return nil
		}
		var run store.Run
		if !r.unmarshal(k, v, &run) {
			return damaged("the summary %x of a pass cannot be read", k)
		}
		all := len(run.Refusals)
		run.Refusals = slices.DeleteFunc(run.Refusals, func(x store.Refusal) bool { return gone(x.Conversation) })
		if len(run.Refusals) < all {
			found[string(k)] = &run
		}
		return nil
	})
	return found, err
}

func (f forgetting) carryOut(t *txn, now time.Time) error {
	if len(f.slots) == 0 && len(f.keys) == 0 && len(f.runs) == 0 {
		return errNothing
	}
	for _, s := range f.slots {
		if err := t.records.remove(s); err != nil {
			return err
		}
	}
	for number, run := range f.runs {
		if err := t.runs.marshal("the summary of pass "+run.Pass, []byte(number), run); err != nil {
			return err
		}
	}
	for _, key := range f.keys {
		s, err := t.records.load(key)
		if err == nil {
			err = t.records.put(s, store.ErasedAt(now))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep erases what is known of conversations that are marked as forgotten, after such marks have come from
// elsewhere, whatever was under way there.
func sweep(t *txn) error {
	list, err := erased(t)
	if err != nil {
		return err
	}
	marked := map[store.Key]bool{}
	for _, e := range list {
		marked[e.Key] = true
	}
	gone := func(id string) bool { return marked[store.ErasedKey(id)] }
	var f forgetting
	err = t.records.behind(nil, func(code []byte, e store.Entry) bool {
		if !strings.HasPrefix(e.Conversation, store.ErasedPrefix) && gone(e.Conversation) {
			f.slots = append(f.slots, slot{bytes.Clone(code), e})
		}
		return true
	})
	if err == nil {
		f.runs, err = namesIn(t.runs, gone)
	}
	if err == nil {
		err = f.carryOut(t, time.Time{})
	}
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
