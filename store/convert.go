package store

// Conversion is what another identity does to the keys of a ledger.
type Conversion struct {
	From, To Identity
	Moved    int // records under another key
	Merged   int // records that gave way to another one of their conversation
}

// MayConvert refuses an identity that a ledger cannot have or has already, and any while a survey request may
// be under way: a doubt that gave way to another record of its conversation would never be settled.
func MayConvert(from, to Identity, counts map[State]int) error {
	switch open := counts[Sending] + counts[InDoubt]; {
	case !to.Known():
		return Refused("it cannot remember by %.20q, only by %q or %q", to, PerConversation, PerResolution)
	case from == to:
		return Refused("it remembers by %s already, and nothing was changed", to)
	case open > 0:
		return Refused(
			"%d survey requests are in doubt, and nothing was changed: run acsync resolve first", open)
	}
	return nil
}

// Merge is the record that stays of two of one conversation, neither of them sending: the one that says most,
// of equals the one of the latest resolution.
func Merge(a, b Record) Record {
	if b.compare(a) > 0 {
		a, b = b, a
	}
	if requests := b.requests(); requests > 0 {
		// The receiver's data may show the requests of both. Of a key with several attempts any number is its
		// own.
		a.Attempts = a.requests() + requests
		if !a.Settled() {
			a.Intent = max(a.Intent, b.Intent)
		}
	}
	return a
}
