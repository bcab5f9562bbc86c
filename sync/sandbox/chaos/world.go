// Package chaos is a pair of stand-ins between which and a program everything goes wrong at once, as a seed
// says, and what has to come of each conversation all the same. It is for tests.
package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"acsync/sync/sandbox"
)

// Options say how a world behaves.
type Options struct {
	Seed     uint64
	Withheld int           // the status by which Kustomer withholds single records
	Wide     time.Duration // searches of conversations for more than this get no answer in time
	Limited  int           // one of so many requests meets a 429 with a pause of a second; 0: none does
}

// World are the stand-ins, and what they do to the conversations that are added.
type World struct {
	*sandbox.Sandbox
	options Options

	mu     sync.Mutex
	random *rand.Rand
	all    []*Conversation // in the order in which they were added
	down   bool
	mute   bool          // while it is down Agent Connect does not give its data either
	ahead  time.Duration // of Kustomer's clock, in its next answer that tells it
}

// Conversation is one of the world.
type Conversation struct {
	ID   string
	Kind Kind

	customer string
	times    int       // how often it meets what its kind says
	shown    time.Time // searches show it from then on; zero: as soon as it is done
	posts    int
	met      int // of these: those that met what its kind says
}

// New makes a world without conversations.
func New(o Options) (*World, error) {
	w := &World{options: o, random: rand.New(rand.NewPCG(o.Seed, 17))}
	const plenty = 1_000_000
	stand, err := sandbox.New(sandbox.Options{
		Seed: o.Seed, Empty: true, KustomerPerMinute: plenty, SearchesPerMinute: plenty,
		RequestsPerMinute: plenty, DataPerMinute: plenty,
		Faults: sandbox.Faults{
			AgentConnect: sandbox.ServiceFaults{Hook: connect{w}.receive},
			Kustomer: sandbox.ServiceFaults{Hook: kustomer{w}.read, Rules: []sandbox.Rule{{
				On: "POST /v1/customers/search", Wider: o.Wide, Fault: sandbox.Fault{Status: http.StatusGatewayTimeout},
			}}},
		},
	})
	if err != nil {
		return nil, err
	}
	w.Sandbox = stand
	stand.Put(sandbox.Records{
		Users: []sandbox.User{
			{ID: withheldAgent, Name: "Wilma Wexelblat", Email: "wilma.wexelblat@example.org", Unlisted: true},
			{ID: goneAgent, Name: "Dora Dormann", Email: "dora.dormann@example.org"},
			{ID: strangeAgent, Name: "Sten Strindholm", Email: "sten.strindholm@example.org"},
		},
		Employees: []sandbox.Employee{
			{Email: "wilma.wexelblat@example.org", Status: "active"},
			{Email: "dora.dormann@example.org", Status: "deactivated"},
		},
	})
	return w, nil
}

const (
	withheldAgent = "67a1b2c3d4e5f60718293a01"
	goneAgent     = "67a1b2c3d4e5f60718293a02"
	strangeAgent  = "67a1b2c3d4e5f60718293a03" // without a profile
	withheldTag   = "67a1b2c3d4e5f60718293a04"

	// FamilyName is in the name of each customer, and AddressDomain in each address: neither may be kept.
	FamilyName = "Overbeck"
	// AddressDomain is that of each customer's address.
	AddressDomain = "customers.example"
)

// Add adds a conversation of a kind that was marked done at a time. No two may be of the same millisecond.
func (w *World) Add(kind Kind, resolved time.Time) *Conversation {
	resolved = resolved.UTC().Truncate(time.Millisecond)
	created := resolved.Add(-17 * time.Minute)
	number := created.UnixMilli()
	customer := sandbox.Customer{
		ID: fmt.Sprintf("%08x%016x", created.Unix()-86400, number), Created: created.AddDate(0, 0, -1),
		Name: "Quintilia " + FamilyName, Emails: []sandbox.Email{{
			Address: fmt.Sprintf("q.%d@%s", number, AddressDomain), Type: "home", Verified: true,
		}},
	}
	agent := sandbox.RegularAgents[0].ID
	tags := []string{}
	switch kind {
	case Forbidden:
		customer.Name = `<b onload="x()">Quintilia ` + FamilyName + `</b>`
	case AgentWithheld:
		agent = withheldAgent
	case AgentGone:
		agent = goneAgent
	case AgentUnknown:
		agent = strangeAgent
	case TagWithheld:
		tags = []string{withheldTag}
	}
	c := &Conversation{
		ID: fmt.Sprintf("%08x%016x", created.Unix(), number), Kind: kind, customer: customer.ID,
	}
	w.mu.Lock()
	c.times = 1 + w.random.IntN(2)
	if kind == Late {
		c.shown = time.Now().Add(2 * time.Hour)
	}
	w.all = append(w.all, c)
	w.mu.Unlock()
	w.Put(sandbox.Records{Customers: []sandbox.Customer{customer}, Conversations: []sandbox.Conversation{{
		ID: c.ID, Created: created, Resolved: resolved, CustomerID: customer.ID, Name: "Where is my order?",
		Channels: []string{"email"}, Tags: tags, Custom: map[string]any{},
		AssignedUsers: []string{agent}, DoneUsers: []string{agent}, DoneBy: agent,
	}}})
	return c
}

// Conversations are all that were added.
func (w *World) Conversations() []*Conversation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.all)
}

// Down lets Agent Connect be down from now on, or up again.
func (w *World) Down(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down, w.mute = down, down && w.random.IntN(2) == 0
}

// Ahead lets Kustomer's clock be ahead in its next answer to who asks for it.
func (w *World) Ahead(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead = by
}

// Show lets searches show all that was to come late.
func (w *World) Show() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		c.shown = time.Time{}
	}
}

// KustomerHandler is the stand-in of Kustomer, with what is between.
func (w *World) KustomerHandler() http.Handler { return kustomer{w} }

// Posts is how many requests Agent Connect got about a conversation.
func (w *World) Posts(c *Conversation) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return c.posts
}

// Accepted is how often Agent Connect has taken a survey request, by conversation.
func (w *World) Accepted() map[string]int {
	times := map[string]int{}
	for _, r := range w.Requests() {
		if r.Accepted() {
			times[r.ExtInteractionID]++
		}
	}
	return times
}

// limited is a 429 now and then. The caller holds the lock.
func (w *World) limited() sandbox.Fault {
	if w.options.Limited == 0 || w.random.IntN(w.options.Limited) > 0 {
		return sandbox.Fault{}
	}
	return sandbox.Fault{
		Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}, "X-Ratelimit-Reset": nil},
	}
}

// find is the conversation with an id. The caller holds the lock.
func (w *World) find(id string) *Conversation {
	if i := slices.IndexFunc(w.all, func(c *Conversation) bool { return c.ID == id }); i >= 0 {
		return w.all[i]
	}
	return nil
}

// MostPosts is how many requests about one conversation there may be, whatever its answers are.
const MostPosts = 5

// Problems compares what has become of the conversations with what had to; known tells what a ledger has of
// one.
func (w *World) Problems(known func(id string) End) (problems []string) {
	accepted := w.Accepted()
	for _, c := range w.Conversations() {
		want, got, times := c.Kind.End(), known(c.ID), 0
		if want.State == "accepted" {
			times, got.Reason = 1, ""
		}
		if got != want || accepted[c.ID] != times || w.Posts(c) > MostPosts {
			problems = append(problems, fmt.Sprintf("%s, %s: the ledger has %q, want %q; %d requests, %d accepted",
				c.ID, c.Kind, known(c.ID), want, w.Posts(c), accepted[c.ID]))
		}
	}
	return problems
}
