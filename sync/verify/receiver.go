package verify

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// Receiver tells what Agent Connect has taken, from its own data.
type Receiver interface {
	// Since gives what was created at since or later. It ends with an error unless it has given all.
	Since(ctx context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error]
	// Between gives, in the same way, those that were created from since to until.
	Between(ctx context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error]
}

// Lookup is what is asked of the ledger about what Agent Connect's data show.
type Lookup interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
}

const (
	// Skew is how far Agent Connect's clock may be behind ours. What was created earlier than that before the
	// first attempt is of an earlier survey.
	Skew = 15 * time.Minute
	// greatest is the greatest number that a stamp can have; no ledger comes to it.
	greatest = 1 << 62
)

// OwnStamp reads the number of the intent from a stamp; false for one that is not of the ledger with this id,
// and where there is no ledger.
func OwnStamp(ledger, stamp string) (uint64, bool) {
	digits, own := strings.CutPrefix(folded(stamp), folded(ledger)+"-")
	number, err := strconv.ParseUint(digits, 16, 64)
	return number, ledger != "" && own && err == nil && number < greatest
}

// folded is an id or stamp as it is compared: the service may change its case, or pad it.
func folded(text string) string { return strings.ToLower(trimmed(text)) }

func trimmed(id string) string { return strings.TrimSpace(id) }

// Earliest is when the interaction of a doubtful request was created at the earliest.
func Earliest(e store.Entry) time.Time {
	first := e.First
	if first.IsZero() {
		first = e.Record.Resolution
	}
	return first.Add(-Skew)
}
