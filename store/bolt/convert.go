package bolt

import (
	"bytes"

	"acsync/store"
)

// Convert moves all records to the keys that they have under another identity, in one transaction: a crash
// leaves the one or the other. Of several that come under one key the one stays that says most, see
// [store.Merge]. It is called between two passes; what [store.MayConvert] refuses changes nothing. A million
// keys take some seconds.
func (l *Ledger) Convert(to store.Identity) (store.Conversion, error) {
	var c store.Conversion
	err := l.update(func(t *txn) error {
		codes, planned, err := t.planConversion(to)
		if err != nil {
			return err
		}
		for _, code := range codes {
			if err := t.rekey(code, to); err != nil {
				return err
			}
		}
		c = planned
		return t.identify(to)
	})
	if err != nil {
		return store.Conversion{}, err
	}
	return c, l.locked(l.seal)
}

// PlanConversion tells what Convert would do, and changes nothing.
func (l *Ledger) PlanConversion(to store.Identity) (c store.Conversion, err error) {
	err = l.view(func(t *txn) error {
		_, c, err = t.planConversion(to)
		return err
	})
	return c, err
}

// planConversion collects the keys that change with another identity.
func (t *txn) planConversion(to store.Identity) (codes [][]byte, c store.Conversion, err error) {
	from, err := t.identity()
	if err != nil {
		return nil, c, err
	}
	now, err := decodeCounts(t.meta.Get(metaCounts))
	if err != nil {
		return nil, c, err
	}
	if err := store.MayConvert(from, to, now.byState()); err != nil {
		return nil, c, err
	}
	c.From, c.To = from, to
	taken := map[string]bool{}
	err = t.keys.ForEach(func(code, v []byte) error {
		e, err := t.entryOf(code, v)
		if err != nil {
			return err
		}
		key := to.Key(e)
		if key == e.Key {
			return nil
		}
		codes = append(codes, bytes.Clone(code))
		target, err := encodeKey(key)
		switch {
		case err != nil:
			return err
		case taken[string(target)], t.keys.Get(target) != nil:
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
func (t *txn) rekey(code []byte, to store.Identity) error {
	e, err := t.entry(code)
	if err != nil {
		return err
	}
	s, err := t.load(to.Key(e))
	if err != nil {
		return err
	}
	accepted := t.accepted
	if err := t.drop(slot{e.Key, code, e.Record}); err != nil {
		return err
	}
	r := e.Record
	if s.old.State != store.Unknown {
		r = store.Merge(s.old, r)
	}
	err = t.store(s, r)
	t.accepted = accepted // it became accepted once, under whatever key
	return err
}

// drop deletes what a slot holds, with all that hangs on it.
func (t *txn) drop(s slot) error {
	if err := t.count(s.old.State, store.Unknown); err != nil {
		return err
	}
	if err := t.unlist(s); err != nil {
		return err
	}
	return t.keys.Delete(s.code)
}
