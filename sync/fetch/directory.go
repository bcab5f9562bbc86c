package fetch

import (
	"context"
	"errors"
	"fmt"

	"acsync/sync/kustomer"
)

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
			id: func(t kustomer.Tag) string { return t.ID }, faults: faults{lenient: true},
		},
	}
}

// tagNames are the names of tags. Kustomer takes names for ids (documented): an unknown id is kept as a name,
// and so is that of a tag which Kustomer does not give. No request waits for one.
func (d *directory) tagNames(ctx context.Context, ids []string) ([]string, error) {
	var names []string
	for _, id := range ids {
		tag, err := d.tags.find(ctx, id)
		if err != nil && !errors.Is(err, errUnread) {
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

	mu     callLock
	known  map[string]*T // a nil value: Kustomer has no such record
	faults faults        // lenient: a request is sent without it, and not many are looked up
	singly int           // looked up by themselves
}

// mostLenient is how many records for which nothing waits a pass looks up by themselves.
const mostLenient = 100

// find is a record; nil when there is none. The error is errUnread when Kustomer does not give this one.
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
	if r.faults.withheld(id) || r.faults.lenient && (r.singly >= mostLenient || r.faults.lasting()) {
		return nil, errUnread
	}
	record, err := r.one(ctx, id)
	r.singly++
	again := func(id string) error {
		_, err := r.one(ctx, id)
		return err
	}
	switch {
	case errors.Is(err, kustomer.ErrNotFound):
		r.known[id] = nil
		r.faults.read(id)
	case r.faults.own(id, err, again):
		return nil, errUnread
	case err != nil:
		return nil, fmt.Errorf("look up %s %s: %w", r.kind, id, err)
	default:
		r.known[id] = &record
		r.faults.read(id)
	}
	return r.known[id], nil
}

func (r *cache[T]) fill(ctx context.Context) error {
	records, err := r.list(ctx)
	if errors.Is(err, kustomer.ErrNotFound) || errors.Is(err, kustomer.ErrUnreadable) {
		r.notice("Kustomer does not list %ss; each is looked up by itself in this pass (%v)", r.kind, err)
		records, err = nil, nil
	}
	if err != nil {
		return fmt.Errorf("list %ss: %w", r.kind, err)
	}
	r.known = make(map[string]*T, len(records))
	if len(records) > 0 {
		r.faults.read(r.id(records[0]))
	}
	for _, record := range records {
		r.known[r.id(record)] = &record
	}
	return nil
}
