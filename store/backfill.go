package store

import "time"

// Backfill is how far a back-fill has come: a pass over a range of its own, which the checkpoint knows
// nothing of. The range is its name. Times are UTC, in milliseconds.
type Backfill struct {
	From, To time.Time // the range; a zero To is a back-fill up to whatever is now
	Position time.Time // up to here the range is read and recorded
	Begun    time.Time
	Finished time.Time // when its end was reached; zero until then
}

// Valid refuses what could not be read again.
func (b Backfill) Valid() error {
	for _, at := range []time.Time{b.From, b.Position, b.Begun} {
		if at.IsZero() || at.Year() < 1 || at.Year() > 9999 {
			return Refused("a back-fill needs a beginning, a position and the time at which it was begun, "+
				"but has %v", b)
		}
	}
	if b.Position.Before(b.From) || !b.To.IsZero() && (!b.From.Before(b.To) || b.Position.After(b.To)) {
		return Refused("the position %v of a back-fill does not lie between its ends %v and %v",
			b.Position, b.From, b.To)
	}
	return nil
}
