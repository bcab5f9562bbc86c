package store

import "time"

// Info is what the ledger says of itself.
type Info struct {
	Path        string
	ID          string    // 16 hex digits, random; tells one ledger from another
	Format      int       // version of the layout
	Intents     uint64    // written so far, those of forgotten keys included
	Transaction uint64    // number of the last change; grows by one with each
	Tenant      string    // whom it serves; empty for a ledger that is not bound yet
	Created     time.Time // UTC, milliseconds, like the times below
	Start       time.Time // where the first window begins; no window ever begins before it
	Floor       time.Time // below it keys have been pruned; zero while none have
	// from here on whoever was asked by others was taken over from the receiver's data; zero for never
	KnownFrom  time.Time
	Checkpoint time.Time // up to here every window has been read and recorded; at first Start
	Identity   Identity  // what the ledger remembers as one
	Lateness   Lateness

	// BoundAt is how many intents may have been sent with another credential than the ledger is bound to.
	BoundAt uint64
	// Witnessed is when the last pass began that nothing spoke against: what the receiver has had since then
	// was not held against the ledger yet. Never zero since format 3.
	Witnessed time.Time
	// Acknowledged is when somebody said last that what was rejected up to then has been seen; zero for never.
	Acknowledged time.Time
	// Life is the number up to which intents may be of a life before a repair.
	Life uint64
	// Excused is the same where the operator has taken the ledger as it was, without what it had lost, and
	// ExcusedAt when that was; zero for never.
	Excused   uint64
	ExcusedAt time.Time

	// Restored is since when it is known that the database was put back, or has failed over to a copy, so that
	// some of what was noted may be missing; zero: nothing speaks for it. Nothing is sent until that is settled.
	Restored time.Time
	// Unsure is until when whoever held the ledger before, and did not let go of it, may still be sending: the
	// absence of a request proves nothing before; zero: nobody may.
	Unsure time.Time

	Counts map[State]int // keys by state; states without keys are left out
	Size   int64         // bytes of the file
}
