package fetch

import (
	"context"
	"errors"
	"fmt"
	stdsync "sync"
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

const (
	tries       = 2 // of a search that can be cut, or done without, when it fails
	triesInside = 1 // and of one in a window that has failed
)

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

type directory struct {
	agents cache[kustomer.User]
	tags   cache[kustomer.Tag]
}

func newDirectory(from Directory, notice func(string, ...any)) *directory {
	return &directory{
		agents: cache[kustomer.User]{
			kind: "agent", notice: notice, list: from.Users, one: from.User,
			id: func(u kustomer.User) string { return u.ID },
		},
		tags: cache[kustomer.Tag]{
			kind: "tag", notice: notice, list: from.Tags, one: from.Tag,
			id: func(t kustomer.Tag) string { return t.ID },
		},
	}
}

// tagNames are the names of tags. Kustomer takes names for ids (documented): an unknown id is kept as a name.
func (d *directory) tagNames(ctx context.Context, ids []string) ([]string, error) {
	var names []string
	for _, id := range ids {
		tag, err := d.tags.find(ctx, id)
		if err != nil {
			return nil, err
		}
		if tag != nil && tag.Name != "" {
			id = tag.Name
		}
		names = append(names, id)
	}
	return names, nil
}

// cache is what a pass knows of one kind of record: all are listed when the first is needed, others are
// looked up once. The lock is held during a call, so that nothing is fetched twice.
type cache[T any] struct {
	kind string // "agent", for errors
	list func(context.Context) ([]T, error)
	one  func(context.Context, string) (T, error)
	id   func(T) string

	notice func(format string, args ...any)

	mu    stdsync.Mutex
	known map[string]*T // a nil value: Kustomer has no such record
}

func (r *cache[T]) find(ctx context.Context, id string) (*T, error) {
	if id == "" {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		if err := r.fill(ctx); err != nil {
			return nil, err
		}
	}
	if record, ok := r.known[id]; ok {
		return record, nil
	}
	record, err := r.one(ctx, id)
	switch {
	case errors.Is(err, kustomer.ErrNotFound):
		r.known[id] = nil
	case err != nil:
		return nil, fmt.Errorf("look up %s %s: %w", r.kind, id, err)
	default:
		r.known[id] = &record
	}
	return r.known[id], nil
}

func (r *cache[T]) fill(ctx context.Context) error {
	records, err := r.list(ctx)
	if errors.Is(err, kustomer.ErrNotFound) || errors.Is(err, kustomer.ErrInvalid) {
		r.notice("Kustomer does not list %ss; each is looked up by itself in this pass (%v)", r.kind, err)
		records, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("list %ss: %w", r.kind, err)
	}
	r.known = make(map[string]*T, len(records))
	for _, record := range records {
		r.known[r.id(record)] = &record
	}
	return nil
}
