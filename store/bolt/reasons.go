package bolt

import (
	"encoding/binary"
	"maps"
)

// reasons is the table of reasons in memory. It is complete: only one process writes a ledger at a time, and one that
// reads keeps all writers out.
type reasons struct {
	number map[string]uint64
	text   map[uint64]string
}

// reasonBytes is the length of the number of a reason.
const reasonBytes = 8

// load reads the table.
func (r *reasons) load(t *txn) error {
	r.number, r.text = make(map[string]uint64), make(map[uint64]string)
	return t.reasons.ForEach(func(text, v []byte) error {
		v, ok := t.unsummed(text, v)
		if !ok || len(v) != reasonBytes {
			return damaged("the reason %q has no number, or fails its checksum", text)
		}
		n := binary.BigEndian.Uint64(v)
		if _, twice := r.text[n]; twice || n == 0 {
			return damaged("the reason %q has the number %d of another", text, n)
		}
		r.number[string(text)], r.text[n] = n, string(text)
		return nil
	})
}

// adopt takes over the reasons numbered by a transaction that has been committed.
func (r *reasons) adopt(fresh map[string]uint64) {
	maps.Copy(r.number, fresh)
	for text, n := range fresh {
		r.text[n] = text
	}
}

// intern gives the number of a reason, a new one where it has none yet; 0 stands for no reason.
func (t *txn) intern(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	if n, ok := t.known.number[text]; ok {
		return n, nil
	}
	if n, ok := t.fresh[text]; ok {
		return n, nil
	}
	n, err := t.reasons.NextSequence()
	if err != nil {
		return 0, err
	}
	if t.fresh == nil {
		t.fresh = make(map[string]uint64)
	}
	t.fresh[text] = n
	return n, t.reasons.Put([]byte(text), summed([]byte(text), numberValue(n)))
}

// reason gives the text of a number.
func (t *txn) reason(n uint64) (string, error) {
	if text, ok := t.known.text[n]; ok {
		return text, nil
	}
	for text, fresh := range t.fresh {
		if fresh == n {
			return text, nil
		}
	}
	return "", damaged("a record has the reason number %d, which has no text", n)
}
