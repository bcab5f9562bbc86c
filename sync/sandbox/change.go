package sandbox

import (
	"fmt"
	"time"
)

// NewConversation is a plain one that was marked done at a given time, with a new id and an existing customer and agent.
// Change what a test is about, then Add it.
func (s *Sandbox) NewConversation(resolved time.Time) Conversation {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	resolved = resolved.UTC().Truncate(time.Millisecond)
	customer := s.world.addCustomer(Customer{}, resolved.AddDate(0, 0, -1))
	created := resolved.Add(-17 * time.Minute)
	c := Conversation{
		ID: s.world.newID(created), Kind: "added", Expect: Send, Created: created, Resolved: resolved,
		CustomerID: customer, Channels: []string{"email"}, Tags: []string{}, Name: subjects[0], Custom: map[string]any{},
	}
	c.assign(regularAgents[0].ID, 0)
	return c
}

// Add puts a conversation among the others, as it is. The index sees it when it is resolved, or now if that is past,
// and after the lag.
func (s *Sandbox) Add(c Conversation) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	since := c.Resolved
	if since.IsZero() {
		since = c.Created
	}
	s.world.put(c.clone(), since)
}

// AddCustomer adds or replaces a customer and returns the id; without an id it gets a new one, and without a name and
// addresses some.
func (s *Sandbox) AddCustomer(c Customer) string {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.addCustomer(c, s.now())
}

func (w *world) addCustomer(c Customer, at time.Time) string {
	if c.Created.IsZero() {
		c.Created = at
	}
	if c.ID == "" {
		c.ID = w.newID(c.Created)
	}
	if c.Name == nil && c.Emails == nil {
		made := w.grid.customer(slot{classCustomer, int64(w.added), 0})
		c.Name = made.Name
		c.Emails = []Email{{Address: fmt.Sprintf("customer-%d@example.com", w.added), Type: "home", Verified: true}}
	}
	w.customers[c.ID] = c
	return c.ID
}

// AddUser adds a user to Kustomer.
func (s *Sandbox) AddUser(u User) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.users = append(s.world.users, u)
}

// AddTag adds a tag to Kustomer.
func (s *Sandbox) AddTag(t Tag) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.tags = append(s.world.tags, t)
}

// Update changes a conversation now. The database shows it at once, searches after the lag.
func (s *Sandbox) Update(id string, change func(*Conversation)) error {
	now := s.now()
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	c, ok := s.world.current(id, now)
	if !ok {
		return fmt.Errorf("sandbox: no conversation %s to change", id)
	}
	if len(s.world.histories[c.ID]) == 0 {
		s.world.put(c, c.Resolved)
	}
	c = c.clone()
	c.Updated = now
	change(&c)
	s.world.put(c, now)
	return nil
}

// Reopen opens a conversation again. Its last resolution stays, as in Kustomer (observed).
func (s *Sandbox) Reopen(id string) error {
	return s.Update(id, func(c *Conversation) { c.Status, c.IndexStatus = "open", "" })
}

// Resolve marks a conversation done, again if need be: its resolution is now.
func (s *Sandbox) Resolve(id string) error {
	now := s.now().Truncate(time.Millisecond)
	return s.Update(id, func(c *Conversation) {
		if !c.Resolved.IsZero() {
			c.DoneCount = max(c.DoneCount, 1) + 1
		}
		c.Status, c.IndexStatus, c.Resolved, c.Updated = "done", "", now, now
	})
}

// newID is a fresh id. The caller holds the lock.
func (w *world) newID(created time.Time) string {
	w.added++
	return fmt.Sprintf("%08x%016x", uint32(created.Unix()), w.grid.seed.hash('A', w.added))
}
