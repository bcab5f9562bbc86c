package store

import "time"

// What may become of a key. These rules are pure: whoever keeps a ledger asks them inside the transaction
// that makes the change. What they refuse is [ErrRefused].

// MayBegin refuses an intent for a key whose record is held.
func MayBegin(key Key, old Record) error {
	if old.Held() {
		return Refused("%s is %s already, a survey request must not be sent", key.Conversation, old.State)
	}
	return nil
}

// MayFinish refuses the outcome of what is not the open intent of its key, and a state in which none ends.
func MayFinish(i Intent, ledger string, old Record, to State) error {
	if old.State != Sending || old.Intent != i.Number || ledger != i.Ledger {
		return Refused("%s is not the open intent of %s, which is %s", i, i.Key.Conversation, old.State)
	}
	switch to {
	case Accepted, Rejected, Retry, InDoubt, Scheduled:
		return nil
	}
	return Refused("an intent cannot end as %s", to)
}

// MaySettle refuses a key that is not in doubt with that intent, and a state to which no doubt leads.
func MaySettle(key Key, intent uint64, old Record, to State) error {
	if old.State != InDoubt || old.Intent != intent {
		return Refused("%s is %s with intent %x, not in doubt with intent %x",
			key.Conversation, old.State, old.Intent, intent)
	}
	switch to {
	case Accepted, Rejected, Retry, Scheduled, Dropped, InDoubt:
		return nil
	}
	return Refused("what is in doubt cannot become %s", to)
}

// MayReopen refuses to take up again what the ledger does not have exactly so any more, what is not over or
// was accepted, and a state to which that does not lead: what certainly did not arrive is tried again, what
// turned out to have arrived is accepted.
func MayReopen(e Entry, old Record, to State) error {
	switch {
	case old != e.Record:
		return Refused("%s is %s by now and not what was to be taken up again", e.Conversation, old.State)
	case old.Erased():
		return Refused("%s was erased from the ledger, and is never asked about again", e.Conversation)
	case old.State != Rejected && old.State != Dropped:
		return Refused("%s is %s: only what was rejected or dropped is taken up again", e.Conversation,
			old.State)
	case to != Retry && to != Accepted:
		return Refused("what was %s cannot become %s", old.State, to)
	}
	return nil
}

// MayCommit refuses a decision over a record that is held, and the state that only an intent leads to.
func MayCommit(e Entry, old Record) error {
	switch {
	case old.Held():
		return Refused("%s is %s and cannot become %s", e.Conversation, old.State, e.State)
	case e.State == Sending:
		return Refused("%s cannot be sending without an intent", e.Conversation)
	}
	return nil
}

// MayImport refuses an entry over another record that is held, one in a state that only a pass of the ledger
// leads to, and one that is settled although its reason says that nothing was decided. The very record that
// the ledger has may come again.
func MayImport(e Entry, old Record) error {
	switch e.State {
	case Accepted, Rejected, Dropped, InDoubt, Skipped:
	default:
		return Refused("%s cannot be imported as %s", e.Conversation, e.State)
	}
	switch {
	case old == e.Record:
		return nil
	case old.Held():
		return Refused("%s is %s and cannot be imported as %s", e.Conversation, old.State, e.State)
	case e.Settled() && e.Attempts == 0 && undecided(e.Reason):
		return Refused("%s cannot be imported as %s with status %d: its reason %s, without an attempt, "+
			"says that nothing was sent; correct it", e.Conversation, e.State, e.Status, e.Reason)
	}
	return nil
}

// MayMove refuses a position of a back-fill that cannot be, and one before the position that it has, unless
// it was begun anew since. Old is zero for a back-fill that the ledger does not know.
func MayMove(old, next Backfill) error {
	if err := next.Valid(); err != nil {
		return err
	}
	begun, position := next.Begun.UnixMilli(), next.Position.UnixMilli()
	if begun > old.Begun.UnixMilli() || begun == old.Begun.UnixMilli() &&
		position >= old.Position.UnixMilli() {
		return nil
	}
	return Refused("the back-fill from %s, begun at %s, has come to %s and never moves back to %s",
		next.From.UTC().Format(time.RFC3339Nano), old.Begun.Format(time.RFC3339Nano),
		old.Position.Format(time.RFC3339Nano), next.Position.UTC().Format(time.RFC3339Nano))
}

// MayAdvance refuses to move a checkpoint back, or out of any calendar.
func MayAdvance(from, to time.Time) error {
	if to.UnixMilli() < from.UnixMilli() {
		return Refused("the checkpoint is at %s and never moves back to %s",
			from.Format(time.RFC3339Nano), to.UTC().Format(time.RFC3339Nano))
	}
	if to.Year() > 9999 {
		return Refused("the checkpoint cannot be in the year %d", to.Year())
	}
	return nil
}

// MayPrune refuses to forget what passes still look for: what lies after the checkpoint.
func MayPrune(before, checkpoint time.Time) error {
	if before.After(checkpoint) {
		return Refused("keys before %s cannot be removed while the checkpoint is at %s",
			before.UTC().Format(time.RFC3339), checkpoint.Format(time.RFC3339))
	}
	return nil
}

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
	case open == 1:
		return Refused("1 survey request is in doubt, and nothing was changed: run acsync resolve first")
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
