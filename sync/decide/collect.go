package decide

import (
	"time"

	"acsync/store"
)

// Case is a conversation with what was decided for it.
type Case struct {
	Key store.Key
	Candidate
	Decision

	Own         store.Record // of this very key; Known may be that of another key of the conversation
	Replacement bool         // it takes the place of a case that is over
	Before      bool         // a search returned it although it was marked done before the pass begins
}

// Resolution is when the conversation was marked done, as far as Kustomer or the ledger knows. A time that no
// pass reads is none: not even the ledger can keep all of those.
func (c Case) Resolution() time.Time {
	if c.Outside {
		return c.Known.Resolution
	}
	return c.Claimed()
}

// Claimed is the same, but believes Kustomer whatever it says.
func (c Case) Claimed() time.Time {
	if c.Conversation.LastDone == nil {
		return c.Known.Resolution
	}
	return c.Conversation.LastDone.At
}
