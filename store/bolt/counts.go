package bolt

import (
	"encoding/binary"

	"acsync/store"
)

var waitingStates = []store.State{store.Scheduled, store.Retry, store.InDoubt}

// counts holds the number of keys in each state; the place of Unknown is not used.
type counts [store.Dropped + 1]uint64

func (c *counts) encode() []byte {
	b := make([]byte, 0, 8*len(c))
	for _, n := range c {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

func decodeCounts(b []byte) (c counts, err error) {
	if len(b) != 8*len(c) {
		return c, damaged("the counts of keys have %d bytes", len(b))
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

// among is how many keys are in one of the states.
func (c *counts) among(states ...store.State) (n int) {
	for _, s := range states {
		n += int(c[s])
	}
	return n
}

// move moves a key from one state to another; unknown stands for a key that is not there yet, or no longer.
func (c *counts) move(from, to store.State) error {
	if from != store.Unknown {
		if c[from] == 0 {
			return damaged("a key is %s, but the counts know of none", from)
		}
		c[from]--
	}
	if to != store.Unknown {
		c[to]++
	}
	return nil
}
