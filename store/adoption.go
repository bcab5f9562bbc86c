package store

import "time"

// Adoption is what a repair has found out. The last two are for the operator's explicit word.
type Adoption struct {
	// from here on all that the receiver has was taken over; zero where nothing was
	KnownFrom time.Time
	// the greatest number of an intent of this ledger that the receiver has shown; 0 for none
	Seen      uint64
	Unstamped bool // nothing tells whom the ledger has asked from whom others have
	Missing   bool // also while the fence has counted more than the ledger knows: the rest is not to be had
	Excused   bool // without what was lost: whoever was asked meanwhile may be asked again
}
