package verify

import (
	"cmp"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

const (
	stampsAtOnce = 500
	// dataLag is how long the data may take to show a request, for a ledger put back to be found out.
	dataLag = time.Hour
)

// audit compares the stamps in Agent Connect's data with the ledger that they name. An intent is durable
// before its request leaves, so that the ledger can account for each: it has given that number, to that
// conversation, once. A stamp that it cannot account for is of a life that it knows nothing of: it was put
// back from a copy, or a copy is in use. As no file beside it is needed, this holds too where a whole folder,
// volume or machine was put back.
type audit struct {
	ledger   store.Info
	since    time.Time         // what was created before may have been forgotten by the ledger
	stranger *StrangerError    // the first that was found
	pending  map[stamp]bool    // to be looked up
	uuids    map[uint64]string // of the interactions that have a number of this life
}

type stamp struct {
	key    store.Key // of the conversation
	number uint64
}

func newAudit(ledger store.Info, wait time.Duration) audit {
	return audit{
		ledger: ledger, since: ledger.Witnessed.Add(-Skew - max(dataLag, wait)),
		pending: map[stamp]bool{}, uuids: map[uint64]string{},
	}
}

func (a *audit) note(number uint64, i agentconnect.Interaction) {
	key, certain := decide.HexKey(trimmed(i.ExtInteractionID))
	if number > a.ledger.Intents {
		a.refuse(number, key)
	}
	excused := number <= a.ledger.Excused && i.CreatedAt.Before(a.ledger.ExcusedAt.Add(Skew))
	if excused || i.CreatedAt.IsZero() || i.CreatedAt.Before(a.since) {
		return
	}
	// The service may not give any other id back as it was.
	if certain {
		a.pending[stamp{key, number}] = true
	}
	if number <= a.ledger.Life || i.UUID == "" || i.Recovery {
		return
	}
	if other := cmp.Or(a.uuids[number], i.UUID); other != i.UUID {
		a.refuse(number, key)
	}
	a.uuids[number] = i.UUID
}

func (a *audit) refuse(number uint64, key store.Key) {
	if a.stranger == nil {
		a.stranger = &StrangerError{Number: number, Given: a.ledger.Intents, Conversation: key.Conversation}
	}
}

// check looks up what was noted, once there is more than so much.
func (a *audit) check(ledger Lookup, most int) error {
	if a.stranger != nil {
		return a.stranger
	}
	if len(a.pending) <= most {
		return nil
	}
	var keys []store.Key
	for s := range a.pending {
		keys = append(keys, s.key)
	}
	known, err := ledger.Lookup(keys)
	if err != nil {
		return fmt.Errorf("look up what Agent Connect has: %w", err)
	}
	surveys, _ := decide.GroupByConversation(known)
	for s := range a.pending {
		if !a.given(s, surveys[s.key.Conversation]) {
			a.refuse(s.number, s.key)
			return a.stranger
		}
	}
	clear(a.pending)
	return nil
}

// given reports whether the ledger, with these records of a conversation, may have given it a number. It
// keeps only the last of each record, and none of what others have told it.
func (a *audit) given(s stamp, surveys []store.Entry) bool {
	known := false
	for _, e := range surveys {
		switch {
		case e.Intent == s.number, e.Attempts > 1, e.Attempts == 0 && e.Held():
			return true
		case e.Attempts == 1:
			known = true
		}
	}
	return known && s.number <= a.ledger.Life
}

// StrangerError is a request with a stamp that the ledger cannot account for. It is store.ErrRolledBack.
type StrangerError struct {
	Number, Given uint64 // the stamp's, and how many the ledger has given
	Conversation  string // id, as Agent Connect has it; may be empty
}

// Error says what happened and what to do.
func (e *StrangerError) Error() string {
	what := fmt.Sprintf("a request with number %d of this ledger, which has given %d", e.Number, e.Given)
	if e.Number <= e.Given {
		what = fmt.Sprintf("a request of this ledger for conversation %s that the ledger does not know of",
			e.Conversation)
	}
	return exit.Told(fmt.Sprintf("%v: Agent Connect has %s. The ledger was put back from a copy, or a copy of "+
		"it is in use elsewhere; nothing was sent, because whoever was asked meanwhile would be asked again",
		store.ErrRolledBack, what), e.Todo())
}

// Todo is what to do.
func (*StrangerError) Todo() string {
	return "stop whatever else uses a copy of it, then run acsync ledger rebuild, which learns from Agent " +
		"Connect who was asked"
}

// Topic is the one of the manual that tells more.
func (*StrangerError) Topic() string { return "restore" }

// Unwrap makes it store.ErrRolledBack.
func (e *StrangerError) Unwrap() error { return store.ErrRolledBack }

// WitnessError is a ledger that could not be compared with Agent Connect's data: nothing was sent.
type WitnessError struct{ Err error }

// Error says what happened.
func (e *WitnessError) Error() string {
	return fmt.Sprintf(
		"whether this ledger is the newest could not be asked, and nothing was sent: %v", e.Err)
}

// Unwrap is what went wrong.
func (e *WitnessError) Unwrap() error { return e.Err }

// ExitClass is what the cause says, or that the next run asks again.
func (e *WitnessError) ExitClass() exit.Code {
	if code := exit.Or(e.Err, exit.Failed); code != exit.Failed {
		return code
	}
	return exit.Temporary
}
