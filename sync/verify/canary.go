package verify

import (
	"cmp"
	"slices"
	"time"

	"acsync/store"
)

// canary is a request of this ledger that the data show: so they have caught up with its time.
type canary struct {
	number  uint64
	created time.Time // once they are sorted: the latest among those with this number or a greater one
}

// canaries tell how far Agent Connect's data have caught up.
type canaries []canary

// note takes in a request of this ledger, by its number. One from the future tells nothing of what the data
// have caught up with.
func (c *canaries) note(number uint64, created, now time.Time) {
	if !created.IsZero() && !created.After(now) {
		*c = append(*c, canary{number, created})
	}
}

// sort sorts by number, and gives each the latest creation from its number on.
func (c canaries) sort() {
	slices.SortFunc(c, func(a, b canary) int { return cmp.Compare(a.number, b.number) })
	for i := len(c) - 2; i >= 0; i-- {
		if next := c[i+1].created; next.After(c[i].created) {
			c[i].created = next
		}
	}
}

// newerSeen reports whether the data show a request that was begun after the doubt arose, if that is known.
func (c canaries) newerSeen(e store.Entry) bool {
	if e.Doubt == 0 {
		return false
	}
	byNumber := func(each canary, number uint64) int { return cmp.Compare(each.number, number) }
	i, _ := slices.BinarySearchFunc(c, e.Doubt+1, byNumber)
	return i < len(c) && !c[i].created.Before(e.At)
}
