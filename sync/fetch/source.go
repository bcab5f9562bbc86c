package fetch

import (
	"context"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

// Source is where the conversations are: Kustomer.
type Source interface {
	// ServerTime proves the key and tells Kustomer's clock.
	ServerTime(ctx context.Context) (time.Time, error)
	// SearchConversations finds the done conversations of a window.
	SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error)
	// SearchCustomers finds the customers of those conversations.
	SearchCustomers(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error)
	// Conversations reads conversations by id; those that do not exist are left out of the answer.
	Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error)
	// Customer answers kustomer.ErrNotFound for one that does not exist.
	Customer(ctx context.Context, id string) (kustomer.Customer, error)
}

type page = kustomer.Page[kustomer.Conversation]

// Directory looks up agents and tags. A missing record answers kustomer.ErrNotFound.
type Directory interface {
	Users(ctx context.Context) ([]kustomer.User, error)
	User(ctx context.Context, id string) (kustomer.User, error)
	Tags(ctx context.Context) ([]kustomer.Tag, error)
	Tag(ctx context.Context, id string) (kustomer.Tag, error)
}

// Lookup is what a pass asks of the ledger before it decides.
type Lookup interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
}

// maxAhead is how far ahead of Kustomer's clock a resolution may be: a later window will come to it. More
// would be waited for in vain.
const maxAhead = 24 * time.Hour

type serverClock struct {
	began time.Time // what it said when the pass began
	asked time.Time // when that was, by this machine's clock
}

func (s *serverClock) now() time.Time {
	if s.asked.IsZero() {
		return s.began
	}
	return s.began.Add(time.Since(s.asked))
}

func (s *serverClock) plausible(at time.Time) bool {
	return at.Unix() >= 0 && !at.After(s.now().Add(maxAhead))
}

// outside reports whether a conversation claims to have been marked done at a time that no pass can read.
func (s *serverClock) outside(row kustomer.Conversation) bool {
	if row.LastDone == nil {
		return row.DoneUnread
	}
	return !s.plausible(row.LastDone.At)
}

func (s *serverClock) resolutions(rows []kustomer.Conversation) []time.Time {
	var times []time.Time
	for _, row := range rows {
		if row.LastDone != nil && s.plausible(row.LastDone.At) {
			times = append(times, row.LastDone.At)
		}
	}
	return times
}
