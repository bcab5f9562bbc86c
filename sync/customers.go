package sync

import (
	"hash/maphash"
	"strings"
)

// customers counts the customers that a dry run would ask, told apart by their addresses, of which nothing
// but hashes that die with the pass are kept.
type customers struct {
	seed  maphash.Seed
	asked map[uint64]int // how many conversations of each
}

// add takes in a conversation that would be asked about.
func (c *customers) add(address string) {
	if c.asked == nil {
		c.seed, c.asked = maphash.MakeSeed(), map[uint64]int{}
	}
	c.asked[maphash.String(c.seed, strings.ToLower(address))]++
}

// several are those who would be asked about more than one conversation, and how many those are in all.
func (c *customers) several() (people, conversations int) {
	for _, n := range c.asked {
		if n > 1 {
			people, conversations = people+1, conversations+n
		}
	}
	return people, conversations
}
