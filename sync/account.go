package sync

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"acsync/store"
)

// mostUnheard is how many interactions wait to be held against the ledger together.
const mostUnheard = 500

// account holds the stamps in Agent Connect's data against the ledger that they name. An intent is durable
// before its request leaves, so that the ledger can account for each: it has given that number, and it
// remembers that the conversation was, or may have been, asked about. A stamp that it cannot account for was
// given in a life of the ledger that this one knows nothing of: it was put back from a copy, or a copy is in
// use elsewhere. No file beside the ledger is needed for that, so that it holds too where all of a folder, a
// volume or a machine was put back.
type account struct {
	strange *StrangerError // the first that the ledger has never given
	unheard map[store.Key]uint64
}

// note takes in a stamp. What was created before the ledger was last held against the data may have been
// forgotten since.
func (a *account) note(number uint64, conversation string, created time.Time, ledger store.Info) {
	if number > ledger.Intents && a.strange == nil {
		a.strange = &StrangerError{Number: number, Given: ledger.Intents, Conversation: conversation}
	}
	if number <= ledger.Excused || created.IsZero() || created.Before(ledger.Witnessed.Add(-Skew)) {
		return
	}
	key, certain := hexKey(conversation)
	if !certain { // the service may not give such an id back as it was
		return
	}
	if a.unheard == nil {
		a.unheard = map[store.Key]uint64{}
	}
	a.unheard[key] = number
}

// audit looks up what has been noted, once there is more of it than a number.
func (q *inquiry) audit(memory Memory, most int) error {
	a := &q.account
	if a.strange != nil {
		return a.strange
	}
	if len(a.unheard) <= most {
		return nil
	}
	known, err := memory.Lookup(slices.Collect(maps.Keys(a.unheard)))
	if err != nil {
		return fmt.Errorf("look up what Agent Connect has: %w", err)
	}
	for key, record := range known {
		if record.Attempts > 0 || record.Held() {
			delete(a.unheard, store.Key{Conversation: key.Conversation})
		}
	}
	for key, number := range a.unheard {
		return &StrangerError{Number: number, Given: q.ledger.Intents, Conversation: key.Conversation}
	}
	return nil
}

// StrangerError tells that Agent Connect has a request with a stamp of this ledger that the ledger cannot
// account for. It is store.ErrRolledBack.
type StrangerError struct {
	Number, Given uint64 // the stamp's, and how many the ledger has given
	Conversation  string // id, as Agent Connect has it; may be empty
}

// Error says what happened and what to do.
func (e *StrangerError) Error() string {
	what := fmt.Sprintf("a request with number %d of this ledger, which has given %d", e.Number, e.Given)
	if e.Number <= e.Given {
		what = fmt.Sprintf("a request of this ledger for conversation %s, of which the ledger does not know", e.Conversation)
	}
	return fmt.Sprintf("%v: Agent Connect has %s. The ledger was put back from a copy, or a copy of it is in use elsewhere; nothing was "+
		"sent, because whoever was asked meanwhile would be asked again. Stop whatever else uses a copy of it, then run acsync ledger "+
		"rebuild, which learns from Agent Connect who was asked", store.ErrRolledBack, what)
}

// Unwrap makes it store.ErrRolledBack.
func (e *StrangerError) Unwrap() error { return store.ErrRolledBack }
