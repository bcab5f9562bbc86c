package sandbox

import (
	"fmt"
	"strconv"
	"time"
)

// seed makes all data: the same seed gives the same records.
type seed uint64

// class is the kind of record that an identifier is of.
type class uint8

const (
	classConversation class = 1 + iota
	classCustomer           // the customer of one conversation
	classFormer             // the customer that was merged into another one since
	classRegular            // a customer who returns; hour is the season, index the number within it
)

// slot is a place in the data: what an identifier stands for.
type slot struct {
	class class
	hour  int64 // hours since 1970
	index int   // within the hour
}

// maxIndex is the number of slots that an identifier can tell apart within an hour.
const maxIndex = 1 << 24

// id is a 24-digit ObjectId: four bytes of creation time, as in MongoDB, and the scrambled slot.
func (s seed) id(p slot, created time.Time) string {
	packed := uint64(p.class)<<60 | uint64(p.hour)&(1<<22-1)<<38 | uint64(p.index)&(maxIndex-1)<<14
	return fmt.Sprintf("%08x%016x", uint32(created.Unix()), s.scramble(packed))
}

// slot reads an identifier. ok is false for one that cannot be of this seed; the caller compares the whole
// identifier with that of the record found, since the creation time is not in the slot.
func (s seed) slot(id string) (p slot, ok bool) {
	if len(id) != 24 {
		return slot{}, false
	}
	scrambled, err := strconv.ParseUint(id[8:], 16, 64)
	if err != nil {
		return slot{}, false
	}
	packed := s.unscramble(scrambled)
	if packed&(1<<14-1) != 0 {
		return slot{}, false
	}
	return slot{
		class: class(packed >> 60),
		hour:  int64(packed >> 38 & (1<<22 - 1)),
		index: int(packed >> 14 & (maxIndex - 1)),
	}, true
}

// scramble and unscramble are a four-round Feistel network: identifiers look random and can be read back.
func (s seed) scramble(x uint64) uint64 {
	l, r := uint32(x>>32), uint32(x)
	for round := range 4 {
		l, r = r, l^s.round(round, r)
	}
	return uint64(l)<<32 | uint64(r)
}

func (s seed) unscramble(x uint64) uint64 {
	l, r := uint32(x>>32), uint32(x)
	for round := 3; round >= 0; round-- {
		l, r = r^s.round(round, l), l
	}
	return uint64(l)<<32 | uint64(r)
}

func (s seed) round(n int, half uint32) uint32 {
	return uint32(splitmix(uint64(s) + uint64(half)<<8 + uint64(n)))
}

// hash is a number that depends on the seed and on every part.
func (s seed) hash(parts ...uint64) uint64 {
	h := splitmix(uint64(s) + golden)
	for _, p := range parts {
		h = splitmix(h ^ p + golden)
	}
	return h
}

// hashText is hash for a string.
func (s seed) hashText(text string) uint64 {
	h := splitmix(uint64(s) + golden)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return splitmix(h)
}

// share reports whether a text is among so large a share of all texts, always with the same answer.
func (s seed) share(text string, of float64) bool { return float64(s.hashText(text)>>11)/(1<<53) < of }

// rng gives a short, repeatable series of numbers.
type rng uint64

func (s seed) rng(parts ...uint64) rng { return rng(s.hash(parts...)) }

func (r *rng) next() uint64 {
	*r += rng(golden)
	return splitmix(uint64(*r))
}

// n is a number from 0 to below limit.
func (r *rng) n(limit int) int { return int(r.next() % uint64(limit)) }

// oneIn is true once in n times on average.
func (r *rng) oneIn(n int) bool { return r.n(n) == 0 }

const golden = 0x9e3779b97f4a7c15

// splitmix is the finalizer of SplitMix64: every bit of x changes about half of the result.
func splitmix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
