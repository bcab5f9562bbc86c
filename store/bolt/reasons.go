package bolt

import (
	"encoding/binary"
	"maps"

	"go.etcd.io/bbolt"
)

// reasonBytes is the length of the number of a reason.
const reasonBytes = 8

// reasons is the table of reasons in memory. It is complete: only one process writes a ledger at a time, and
// one that reads keeps all writers out.
type reasons struct {
	number map[string]uint64
	text   map[uint64]string
}

// load reads the table.
func (r *reasons) load(b *bbolt.Bucket, sums checksums) error {
	r.number, r.text = make(map[string]uint64), make(map[uint64]string)
	return b.ForEach(func(text, v []byte) error {
		v, ok := sums.strip(text, v)
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

// add takes over the reasons numbered by a transaction that has been committed.
func (r *reasons) add(fresh map[string]uint64) {
	maps.Copy(r.number, fresh)
	for text, n := range fresh {
		r.text[n] = text
	}
}

// interner numbers reasons in one transaction.
type interner struct {
	bucket *bbolt.Bucket
	known  *reasons          // of earlier transactions
	fresh  map[string]uint64 // of this one
}

// number gives the number of a reason, a new one where it has none yet; 0 stands for no reason.
func (i *interner) number(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	if n, ok := i.known.number[text]; ok {
		return n, nil
	}
	if n, ok := i.fresh[text]; ok {
		return n, nil
	}
	n, err := i.bucket.NextSequence()
	if err != nil {
		return 0, err
	}
	if i.fresh == nil {
		i.fresh = make(map[string]uint64)
	}
	i.fresh[text] = n
	return n, i.bucket.Put([]byte(text), withChecksum([]byte(text), numberValue(n)))
}

// text gives the text of a number.
func (i *interner) text(n uint64) (string, error) {
	if text, ok := i.known.text[n]; ok || n == 0 {
		return text, nil
	}
	for text, fresh := range i.fresh {
		if fresh == n {
			return text, nil
		}
	}
	return "", damaged("a record has the reason number %d, which has no text", n)
}
