package sandbox

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// world is what Kustomer knows: the generated data, and over it whatever was added and changed.
type world struct {
	grid  *grid
	empty bool
	lag   lag

	mu        sync.RWMutex
	histories map[string][]version // of added and changed conversations, oldest first
	order     []string             // their ids, in order of addition
	position  map[string]int       // in order
	customers map[string]Customer  // added
	users     []User
	tags      []Tag
	added     uint64 // records that were given an id
}

// version is a conversation since a time.
type version struct {
	since time.Time
	Conversation
}

// lag says how long the index takes to see a version.
type lag struct {
	seed          seed
	fixed, jitter time.Duration
}

// of is the lag of one version: the same whenever it is asked for.
func (l lag) of(v *version) time.Duration {
	if l.jitter <= 0 {
		return l.fixed
	}
	h := l.seed.hashText(v.ID) ^ l.seed.hash(uint64(v.since.UnixMilli()))
	return l.fixed + time.Duration(h%uint64(l.jitter))
}

func newWorld(o Options, g *grid) *world {
	return &world{
		grid: g, empty: o.Empty, lag: lag{g.seed, o.Faults.IndexLag, o.Faults.IndexLagJitter},
		histories: map[string][]version{}, position: map[string]int{}, customers: map[string]Customer{}, users: allUsers(), tags: allTags(),
	}
}

// put appends a version. The caller holds the lock, or is the only one to know w.
func (w *world) put(c Conversation, since time.Time) {
	if _, known := w.histories[c.ID]; !known {
		w.position[c.ID] = len(w.order)
		w.order = append(w.order, c.ID)
	}
	w.histories[c.ID] = append(w.histories[c.ID], version{since, c})
}

// slots are those of the generated conversations, none when there are no such.
func (w *world) slots(from, to time.Time) iter.Seq[slot] {
	if w.empty {
		return func(func(slot) bool) {}
	}
	return w.grid.slots(from, to)
}

// indexed are the conversations as an index with lag l sees them at now: the generated ones with a resolution in
// [from, to), and all that were added or changed. What changes meanwhile does not show.
func (w *world) indexed(from, to, now time.Time, l lag) iter.Seq[*Conversation] {
	return func(yield func(*Conversation) bool) {
		changes := w.changes()
		for p := range w.slots(from, to) {
			v := version{Conversation: w.grid.conversation(p.hour, p.index)}
			v.since = v.Resolved
			if v.since.Add(l.of(&v)).After(now) || w.changed(v.ID, changes) {
				continue
			}
			if !yield(&v.Conversation) {
				return
			}
		}
		for _, c := range w.seen(now, l, changes) {
			if !yield(c) {
				return
			}
		}
	}
}

// changes is how many conversations were added or changed so far.
func (w *world) changes() int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return len(w.order)
}

// changed tells whether a conversation is one of the first n that were added or changed.
func (w *world) changed(id string, n int) bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	position, changed := w.position[id]
	return changed && position < n
}

// seen are the first n added and changed conversations, as far as the index has them.
func (w *world) seen(now time.Time, l lag, n int) []*Conversation {
	w.mu.RLock()
	defer w.mu.RUnlock()
	var all []*Conversation
	for _, id := range w.order[:n] {
		if c := latest(w.histories[id], now, l); c != nil {
			all = append(all, c)
		}
	}
	return all
}

// latest is the latest version that the index has, nil for none.
func latest(history []version, now time.Time, l lag) *Conversation {
	for i := range slices.Backward(history) {
		v := &history[i]
		since := v.since
		if v.Resolved.After(since) {
			since = v.Resolved // added ahead of its time
		}
		if !since.Add(l.of(v)).After(now) {
			return &v.Conversation
		}
	}
	return nil
}

// conversation is the record as the database has it at now.
func (w *world) conversation(id string, now time.Time) (Conversation, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.current(id, now)
}

func (w *world) current(id string, now time.Time) (Conversation, bool) {
	id = strings.ToLower(id)
	if history := w.histories[id]; len(history) > 0 {
		for i := range slices.Backward(history) {
			if v := &history[i]; !v.since.After(now) || i == 0 && !v.Created.After(now) {
				return v.Conversation, true
			}
		}
		return Conversation{}, false
	}
	p, ok := w.grid.seed.slot(id)
	if !ok || w.empty || p.class != classConversation || p.index >= w.grid.perHour {
		return Conversation{}, false
	}
	c := w.grid.conversation(p.hour, p.index)
	return c, c.ID == id && !c.Created.After(now)
}

// customer is the record by id; ok is false for one that is not there, or deleted.
func (w *world) customer(id string) (c Customer, ok bool) {
	id = strings.ToLower(id)
	w.mu.RLock()
	defer w.mu.RUnlock()
	if c, ok = w.customers[id]; ok {
		return c, !c.Deleted
	}
	p, ok := w.grid.seed.slot(id)
	if !ok || p.class < classCustomer || p.class > classRegular || p.class != classRegular && p.index >= w.grid.perHour {
		return Customer{}, false
	}
	c = w.grid.customer(p)
	return c, c.ID == id && !c.Deleted
}

func (w *world) allUsers() []User {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Clone(w.users)
}

func (w *world) allTags() []Tag {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Clone(w.tags)
}

// clone is a copy whose slices and custom attributes can be changed.
func (c Conversation) clone() Conversation {
	c.Channels, c.Tags = slices.Clone(c.Channels), slices.Clone(c.Tags)
	c.AssignedUsers, c.DoneUsers = slices.Clone(c.AssignedUsers), slices.Clone(c.DoneUsers)
	c.Custom, c.Attributes = maps.Clone(c.Custom), maps.Clone(c.Attributes)
	return c
}
