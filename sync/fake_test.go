package sync

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
)

// desk is a Kustomer in memory: Source and Directory. Its search answers in no order.
type desk struct {
	now           time.Time
	conversations []kustomer.Conversation
	customers     map[string]kustomer.Customer
	users         []kustomer.User
	tags          []kustomer.Tag

	mu       stdsync.Mutex
	calls    map[string]int
	searched []kustomer.Query
	fail     func(call string) error // nil: nothing fails
}

// newDesk holds n plain conversations, a minute apart, the last an hour ago.
func newDesk(n int) *desk {
	d := &desk{
		now: testNow, calls: map[string]int{}, customers: map[string]kustomer.Customer{},
		users: []kustomer.User{*plain().Agent}, tags: []kustomer.Tag{{ID: "5849765dc41e372700cc84a3", Name: "late-delivery"}},
	}
	for i := range n {
		c := plain().Conversation
		c.ID = fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", i)
		c.CustomerID = fmt.Sprintf("58210c3db0f09110006b%04x", i)
		done := *c.LastDone
		done.At = testNow.Add(-time.Hour - time.Duration(i)*time.Minute)
		c.LastDone = &done
		d.conversations = append(d.conversations, c)
		customer := *plain().Customer
		customer.ID = c.CustomerID
		d.customers[customer.ID] = customer
	}
	return d
}

func (d *desk) call(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[name]++
	if d.fail != nil {
		return d.fail(name)
	}
	return nil
}

func (d *desk) ServerTime(context.Context) (time.Time, error) { return d.now, d.call("clock") }

func (d *desk) match(q kustomer.Query) []kustomer.Conversation {
	var rows []kustomer.Conversation
	for _, c := range slices.Backward(d.conversations) {
		if c.Status == "done" && c.LastDone != nil && (fetch.Window{From: q.From, To: q.To}).Contains(c.LastDone.At) &&
			!c.CreatedAt.Before(q.CreatedFrom) && (q.CreatedTo.IsZero() || c.CreatedAt.Before(q.CreatedTo)) {
			rows = append(rows, c)
		}
	}
	return rows
}

// cutPage is a page of rows, with a total that is capped as Kustomer's is.
func cutPage[T any](rows []T, q kustomer.Query, at time.Time) kustomer.Page[T] {
	size := cmp.Or(q.PageSize, 500)
	page := kustomer.Page[T]{Total: min(len(rows), 20*size), At: at}
	page.TotalPages = (page.Total + size - 1) / size
	from := min((max(q.Page, 1)-1)*size, page.Total)
	page.Items = slices.Clone(rows[from:min(from+size, page.Total)])
	return page
}

func (d *desk) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	d.mu.Lock()
	d.searched = append(d.searched, q)
	rows := d.match(q)
	d.mu.Unlock()
	return cutPage(rows, q, d.now), d.call("search")
}

func (d *desk) SearchCustomers(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error) {
	var found []kustomer.Customer
	seen := map[string]bool{}
	for _, c := range d.match(q) {
		if customer, ok := d.customers[c.CustomerID]; ok && !seen[customer.ID] {
			found = append(found, customer)
			seen[customer.ID] = true
		}
	}
	return cutPage(found, q, d.now), d.call("search customers")
}

func (d *desk) Conversations(_ context.Context, ids []string) ([]kustomer.Conversation, error) {
	var rows []kustomer.Conversation
	for _, c := range d.conversations {
		if slices.Contains(ids, c.ID) {
			rows = append(rows, c)
		}
	}
	return rows, d.call("conversations")
}

func (d *desk) Customer(_ context.Context, id string) (kustomer.Customer, error) {
	if err := d.call("customer"); err != nil {
		return kustomer.Customer{}, err
	}
	if customer, ok := d.customers[id]; ok {
		return customer, nil
	}
	return kustomer.Customer{}, fmt.Errorf("customer %s: %w", id, kustomer.ErrNotFound)
}

func (d *desk) Users(context.Context) ([]kustomer.User, error) { return d.users, d.call("users") }

func (d *desk) User(_ context.Context, id string) (kustomer.User, error) {
	return kustomer.User{}, fmt.Errorf("user %s: %w", id, kustomer.ErrNotFound)
}

func (d *desk) Tags(context.Context) ([]kustomer.Tag, error) { return d.tags, d.call("tags") }

func (d *desk) Tag(_ context.Context, id string) (kustomer.Tag, error) {
	return kustomer.Tag{}, fmt.Errorf("tag %s: %w", id, kustomer.ErrNotFound)
}

// receiver is an Agent Connect in memory. It does not de-duplicate.
type receiver struct {
	mu     stdsync.Mutex
	got    []agentconnect.Request
	answer func(agentconnect.Request) agentconnect.Answer // nil: accepted
	ready  func(context.Context) error                    // nil: at once
}

func (r *receiver) Ready(ctx context.Context) error {
	if r.ready != nil {
		return r.ready(ctx)
	}
	return ctx.Err()
}

func (r *receiver) Create(_ context.Context, request agentconnect.Request) agentconnect.Answer {
	r.mu.Lock()
	r.got = append(r.got, request)
	r.mu.Unlock()
	if r.answer != nil {
		return r.answer(request)
	}
	return taken()
}

// taken is the documented answer to a survey request.
func taken() agentconnect.Answer {
	return agentconnect.Answer{Status: 200, Written: true, Echo: agentconnect.Echo{Named: true}}
}

// times counts the POSTs by conversation.
func (r *receiver) times() map[string]int {
	times := map[string]int{}
	for _, request := range r.got {
		times[request.ExtInteractionID]++
	}
	return times
}

// heard keeps the events of a pass.
type heard struct{ events []Event }

func (h *heard) Observe(e Event) { h.events = append(h.events, e) }

func (h *heard) rows() map[string]Row {
	rows := map[string]Row{}
	for _, event := range h.events {
		if e, ok := event.(Disposed); ok {
			rows[e.Key.Conversation] = e.Row
		}
	}
	return rows
}

// bench is an engine on fakes, with a real ledger.
type bench struct {
	*desk
	*receiver
	*heard
	engine *Engine
	place  *place
	path   string
	ledger kept
	lent   bool // by a back-fill, so that ledger is the newest opening of it
}

func newBench(t *testing.T, conversations int) *bench {
	t.Helper()
	b := &bench{desk: newDesk(conversations), receiver: &receiver{}, heard: &heard{}, place: newPlace(t, testNow.Add(-24*time.Hour))}
	b.path = b.place.path
	b.open(t)
	b.engine = &Engine{
		Source: b.desk, Directory: b.desk, Sender: b.receiver, Ledger: b.ledger, Observer: b.heard,
		Options: Options{
			Mode: "run", Policy: testPolicy(), Limits: deliver.Limits{ErrorRate: 1}, Settle: 3 * time.Minute, Overlap: 30 * time.Minute, Recheck: 10 * time.Minute,
			Concurrency: 4, Stamp: true,
		},
		Now: func() time.Time { return b.desk.now },
	}
	return b
}

func (b *bench) open(t *testing.T) {
	t.Helper()
	ledger := b.place.mustOpen(t)
	b.ledger = ledger
	t.Cleanup(func() {
		// A back-fill that has let go of it has opened it again.
		if b.lent {
			ledger = b.ledger
		}
		if err := ledger.Check(context.Background()); err != nil {
			t.Errorf("the ledger is not consistent: %v", err)
		}
		if err := ledger.Close(); err != nil {
			t.Error(err)
		}
	})
}

// run makes a pass and checks what holds for every pass.
func (b *bench) run(t *testing.T) (Result, error) {
	t.Helper()
	b.heard.events = nil
	result, err := b.engine.Run(t.Context())
	b.check(t, result)
	return result, err
}

func (b *bench) check(t *testing.T, result Result) {
	t.Helper()
	if !result.Accounted() {
		t.Errorf("the pass does not add up: %+v", result)
	}
	if got := len(b.rows()); got != result.Found {
		t.Errorf("%d rows were told, %d conversations were found", got, result.Found)
	}
}

func (b *bench) mustRun(t *testing.T) Result {
	t.Helper()
	result, err := b.run(t)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// state is what the ledger says of the nth conversation.
func (b *bench) state(t *testing.T, n int) store.Record {
	t.Helper()
	key := decide.KeyOf(b.conversations[n])
	known, err := b.ledger.Lookup([]store.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return known[key]
}

var testNow = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// testPolicy is the policy of the default configuration.
func testPolicy() decide.Policy {
	return decide.Policy{
		AppURL: "https://acme.kustomerapp.com", MaxAge: 72 * time.Hour,
		DoNotSendAttributes: []string{"doNotSendStellaConnectRequestBool", "doNotSendAgentConnectRequestBool"},
		SkipImported:        true, SkipSpam: true, SkipMachineAgents: true,
		Channels: map[string]string{"voice": "phone"},
	}
}

// plain is a candidate that passes every filter; tests change one thing of it.
func plain() decide.Candidate {
	return decide.Candidate{
		Conversation: kustomer.Conversation{
			ID: "6716500fa1b2c3d4e5f60001", CustomerID: "58210c3db0f09110006b7953", Status: "done",
			Channels: []string{"email", "chat"}, TagIDs: []string{"5849765dc41e372700cc84a3"},
			LastDone: &kustomer.Done{
				At: testNow.Add(-time.Hour), By: "5ce4672fcce83d001a9e83e9", AssignedUsers: []string{"5ce4672fcce83d001a9e83e8"},
			},
			AssignedUsers: []string{"5ce4672fcce83d001a9e83e7"},
		},
		Agent:    &kustomer.User{ID: "5ce4672fcce83d001a9e83e8", UserType: "user", Email: kustomer.Text{Value: "alex.agent@example.org"}},
		Tags:     []string{"late-delivery"},
		Customer: &kustomer.Customer{ID: "58210c3db0f09110006b7953", Name: kustomer.Text{Value: "Jane Doe"}, Emails: emails("jane@example.com")},
		Now:      testNow,
	}
}

func emails(addresses ...string) []kustomer.Email {
	var list []kustomer.Email
	for _, address := range addresses {
		list = append(list, kustomer.Email{Address: kustomer.Text{Value: address}})
	}
	return list
}

func plainRequest() agentconnect.Request {
	return agentconnect.Request{
		Customer:         agentconnect.Customer{Name: "Jane Doe", Email: "jane@example.com"},
		Employee:         agentconnect.Employee{Email: "alex.agent@example.org"},
		Channel:          "email",
		Tags:             []string{"late-delivery"},
		ExtInteractionID: "6716500fa1b2c3d4e5f60001",
		ExternalURL:      "https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001",
	}
}
