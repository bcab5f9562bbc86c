package verify

import (
	"context"
	"iter"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// Receiver tells what Agent Connect has taken, from its own data.
type Receiver interface {
	// Since gives the interactions that were created at since or later. It ends with an error unless it has
	// given all.
	Since(ctx context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error]
	// Between gives, in the same way, those that were created from since to until.
	Between(ctx context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error]
}

// Lookup is what is asked of the ledger about what Agent Connect's data show.
type Lookup interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
}
