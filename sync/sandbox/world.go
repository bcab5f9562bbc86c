package sandbox

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// horizon is how far back searches see what was updated (documented).
const horizon = 2 * 365 * 24 * time.Hour

// world is what Kustomer knows: the generated data, and over it whatever was put there. It is safe for
// concurrent use.
type world struct {
	generator *generator
	empty     bool // no generated conversations
	lag       lag  // of searches

	mu        sync.RWMutex
	histories map[string]history // of the conversations that were put, by id
	order     []string           // their ids, in order of arrival
	customers map[string]Customer
	users     []User
	tags      []Tag
	teams     []Team
	brands    []Brand
}

// Records are what can be put into a sandbox.
type Records struct {
	Conversations []Conversation
	Customers     []Customer
	Users         []User
	Tags          []Tag
	Teams         []Team
	Brands        []Brand
	Employees     []Employee // of Agent Connect
}

func newWorld(o Options, g *generator) *world {
	return &world{
		generator: g, empty: o.Empty, lag: lag{g.seed, o.Faults.IndexLag, o.Faults.IndexLagJitter},
		histories: map[string]history{}, customers: map[string]Customer{},
	}
}

// put takes in what Kustomer holds of the records.
func (w *world) put(r Records, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range r.Conversations {
		w.putConversation(r.Conversations[i], now)
	}
	for i := range r.Customers {
		w.customers[r.Customers[i].ID] = r.Customers[i]
	}
	w.users = append(w.users, r.Users...)
	w.tags = append(w.tags, r.Tags...)
	w.teams = append(w.teams, r.Teams...)
	w.brands = append(w.brands, r.Brands...)
}

// putConversation adds a version. The caller holds the lock.
func (w *world) putConversation(c Conversation, now time.Time) {
	since := c.Resolved
	if since.IsZero() {
		since = c.Created
	}
	known := w.histories[c.ID]
	if old, ok := w.current(c.ID, now); ok {
		// Until the index has seen the change, searches find the conversation as it was generated.
		if known == nil {
			known = history{{old.Resolved, old}}
		}
		c.Updated, since = now, now
	}
	if w.histories[c.ID] == nil {
		w.order = append(w.order, c.ID)
	}
	w.histories[c.ID] = append(known, version{since, c})
}

// slots are those of the generated conversations, none when there are no such.
func (w *world) slots(from, to time.Time) iter.Seq[slot] {
	if w.empty {
		return func(func(slot) bool) {}
	}
	return w.generator.slots(from, to)
}

// indexed are the conversations as an index with lag l sees them at now: the generated ones with a resolution
// in [from, to), and all that were put. What changes meanwhile does not show.
func (w *world) indexed(from, to, now time.Time, l lag) iter.Seq[*Conversation] {
	// Nothing generated is resolved in the future, or seen before the horizon.
	if oldest := now.Add(-horizon); from.Before(oldest) {
		from = oldest
	}
	if newest := now.Add(time.Millisecond); to.After(newest) {
		to = newest
	}
	return func(yield func(*Conversation) bool) {
		found, known := w.seen(now, l)
		for p := range w.slots(from, to) {
			v := version{Conversation: w.generator.conversation(p)}
			v.since = v.Resolved
			if !v.since.Add(l.of(&v)).After(now) && !known[v.ID] && !yield(&v.Conversation) {
				return
			}
		}
		for _, c := range found {
			if !yield(c) {
				return
			}
		}
	}
}

// seen are the conversations that were put, as far as an index has them, and the ids of all of them.
func (w *world) seen(now time.Time, l lag) (found []*Conversation, known map[string]bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	known = make(map[string]bool, len(w.order))
	for _, id := range w.order {
		known[id] = true
		if c := w.histories[id].indexed(now, l); c != nil {
			found = append(found, c)
		}
	}
	return found, known
}

// resolved are the conversations with a resolution in [from, to) and not after now, in order of resolution,
// as the database has them.
func (w *world) resolved(from, to, now time.Time) []Conversation {
	var all []Conversation
	for c := range w.indexed(from, to, now, lag{}) {
		current, ok := w.conversation(c.ID, now)
		if ok && !current.Resolved.Before(from) && current.Resolved.Before(to) &&
			!current.Resolved.After(now) {
			all = append(all, current)
		}
	}
	slices.SortFunc(all, func(a, b Conversation) int {
		return cmp.Or(a.Resolved.Compare(b.Resolved), strings.Compare(a.ID, b.ID))
	})
	return all
}

// conversation is the record as the database has it at now.
func (w *world) conversation(id string, now time.Time) (c Conversation, ok bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.current(id, now)
}

// current is conversation for a caller that holds the lock.
func (w *world) current(id string, now time.Time) (c Conversation, ok bool) {
	id = strings.ToLower(id)
	if h := w.histories[id]; h != nil {
		return h.at(now)
	}
	p, ok := w.generator.seed.slot(id)
	if !ok || w.empty || p.class != classConversation || p.index >= w.generator.perHour {
		return Conversation{}, false
	}
	c = w.generator.conversation(p)
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
	p, ok := w.generator.seed.slot(id)
	if !ok || p.class < classCustomer || p.class > classRegular ||
		p.class != classRegular && p.index >= w.generator.perHour {
		return Customer{}, false
	}
	c = w.generator.customer(p)
	return c, c.ID == id && !c.Deleted
}

// customerByAddress is the customer with an address of their own, among those who were put and those whose
// conversations searches can find.
func (w *world) customerByAddress(address string, now time.Time) (c Customer, ok bool) {
	has := func(c *Customer) bool {
		return slices.ContainsFunc(c.Emails, func(e Email) bool {
			text, _ := e.Address.(string)
			return strings.EqualFold(text, address)
		})
	}
	for _, id := range w.putCustomers() {
		if c, ok = w.customer(id); ok && has(&c) {
			return c, true
		}
	}
	for each := range w.findable(now) {
		if c, ok = w.customer(each.CustomerID); ok && has(&c) {
			return c, true
		}
	}
	return Customer{}, false
}

// putCustomers are the ids of the customers that were put, in their order.
func (w *world) putCustomers() []string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Sorted(maps.Keys(w.customers))
}

// conversationsOf are the conversations of a customer, as the database has them, the oldest first: those that
// searches can find, and the one that the customer was made for.
func (w *world) conversationsOf(customer string, now time.Time) []Conversation {
	own := map[string]Conversation{}
	add := func(id string) {
		if c, ok := w.conversation(id, now); ok && strings.EqualFold(c.CustomerID, customer) {
			own[c.ID] = c
		}
	}
	for each := range w.findable(now) {
		if strings.EqualFold(each.CustomerID, customer) {
			add(each.ID)
		}
	}
	if p, ok := w.generator.seed.slot(strings.ToLower(customer)); ok && p.class == classCustomer {
		add(w.generator.conversation(slot{classConversation, p.hour, p.index}).ID)
	}
	return slices.SortedFunc(maps.Values(own), func(a, b Conversation) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
}

// findable are all conversations that an index without a lag shows, open ones that were put among them.
func (w *world) findable(now time.Time) iter.Seq[*Conversation] {
	return w.indexed(now.Add(-horizon), now.Add(time.Millisecond), now, lag{})
}

// address is the first address of a customer; empty for none.
func (w *world) address(customer string) string {
	c, ok := w.customer(customer)
	if !ok || len(c.Emails) == 0 {
		return ""
	}
	address, _ := c.Emails[0].Address.(string)
	return address
}

func (w *world) allUsers() []User {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Clone(w.users)
}

// user is the user by id; the zero one when there is none.
func (w *world) user(id string) (u User, ok bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if i := slices.IndexFunc(w.users, func(u User) bool { return strings.EqualFold(u.ID, id) }); i >= 0 {
		return w.users[i], true
	}
	return User{}, false
}

func (w *world) allTags() []Tag {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Clone(w.tags)
}

func (w *world) allTeams() []Team {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Clone(w.teams)
}

func (w *world) allBrands() []Brand {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.Clone(w.brands)
}
