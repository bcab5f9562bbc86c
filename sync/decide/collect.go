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
	Reread      Reread       // what came of reading it once more
	Before      bool         // a search returned it although it was marked done before the pass begins
}

// Reread is what came of reading a case once more, just before it is sent.
type Reread int

// What came of it.
const (
	Current    Reread = iota // decided as it is now; or it was never read again
	Missing                  // Kustomer no longer has the conversation
	Superseded               // done again since, while there is one survey for each resolution: this one is over
	Duplicate                // of two keys that wait for the same resolution the second: the other one goes first
)

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
