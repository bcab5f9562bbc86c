package bolt

import (
	"bytes"

	"acsync/store"
)

// Converter changes the identity of a ledger.
type Converter struct{ *database }

// Convert moves all records to the keys that they have under another identity, in one transaction: a crash
// leaves the one or the other. Of several that come under one key the one stays that says most, see
// [store.Merge]. It is called between two passes; what [store.MayConvert] refuses changes nothing. A million
// keys take some seconds.
func (v Converter) Convert(to store.Identity) (c store.Conversion, err error) {
	err = v.update(func(t *txn) error {
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
	return c, v.updateFence()
}

// PlanConversion tells what Convert would do, and changes nothing.
func (v Converter) PlanConversion(to store.Identity) (c store.Conversion, err error) {
	err = v.view(func(t *txn) error {
		_, c, err = planConversion(t, to)
		return err
	})
	return c, err
}

// planConversion collects the keys that change with another identity.
func planConversion(t *txn, to store.Identity) (codes [][]byte, c store.Conversion, err error) {
	from := t.meta.identity()
	if err := store.MayConvert(from, to, t.records.counts.byState()); err != nil {
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
		target, err := encodeKey(key)
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
	e, err := r.entry(code, r.keys.Get(code))
	if err != nil {
		return err
	}
	s, err := r.load(to.Key(e))
	if err != nil {
		return err
	}
	accepted := r.accepted
	if err := r.remove(slot{e.Key, code, e.Record}); err != nil {
		return err
	}
	next := e.Record
	if s.old.State != store.Unknown {
		next = store.Merge(s.old, next)
	}
	err = r.put(s, next)
	r.accepted = accepted // it became accepted once, under whatever key
	return err
}
