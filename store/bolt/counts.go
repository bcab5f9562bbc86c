package bolt

import (
	"encoding/binary"

	"acsync/store"
)

// counts holds the number of keys in each state; the place of Unknown is not used.
type counts [store.Dropped + 1]uint64

func (c *counts) encode() []byte {
	b := make([]byte, 0, 8*len(c))
	for _, n := range c {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

func decodeCounts(b []byte) (*counts, error) {
	c := new(counts)
	if len(b) != 8*len(c) {
		return nil, damaged("the counts of keys have %d bytes", len(b))
	}
	for i := range c {
		c[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return c, nil
}

// byState gives the counts in the shape that callers see: states without keys are left out.
func (c *counts) byState() map[store.State]int {
	m := make(map[store.State]int)
	for _, s := range store.States() {
		if c[s] > 0 {
			m[s] = int(c[s])
		}
	}
	return m
}

// count moves a key from one state to another; unknown stands for a key that is not there yet, or no longer.
func (t *txn) count(from, to store.State) error {
	if t.counts == nil {
		c, err := decodeCounts(t.meta.Get(metaCounts))
		if err != nil {
			return err
		}
		t.counts = c
	}
	if from != store.Unknown {
		if t.counts[from] == 0 {
			return damaged("a key is %s, but the counts know of none", from)
		}
		t.counts[from]--
	}
	if to != store.Unknown {
		t.counts[to]++
	}
	if to == store.Accepted && from != store.Accepted {
		t.accepted++
	}
	return nil
}
