package fetch

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	stdsync "sync"
	"testing"
	"time"

	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// amount is how much of something a test does: a few, or with LONG_TESTS=1 many.
func amount(few, many int) int {
	if os.Getenv("LONG_TESTS") != "" {
		return many
	}
	return few
}

// fakeKustomer is a Kustomer in memory: Source and Directory. Its search answers in no order.
type fakeKustomer struct {
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

// newFakeKustomer holds n plain conversations, a minute apart, the last an hour ago.
func newFakeKustomer(n int) *fakeKustomer {
	d := &fakeKustomer{
		now: testNow, calls: map[string]int{}, customers: map[string]kustomer.Customer{},
		users: []kustomer.User{{
			ID: "5ce4672fcce83d001a9e83e8", UserType: "user", Email: kustomer.Text{Value: "alex.agent@example.org"},
		}},
		tags: []kustomer.Tag{{ID: "5849765dc41e372700cc84a3", Name: "late-delivery"}},
	}
	for i := range n {
		c := plain()
		c.ID = fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", i)
		c.CustomerID = fmt.Sprintf("58210c3db0f09110006b%04x", i)
		done := *c.LastDone
		done.At = testNow.Add(-time.Hour - time.Duration(i)*time.Minute)
		c.LastDone = &done
		d.conversations = append(d.conversations, c)
		d.customers[c.CustomerID] = kustomer.Customer{ID: c.CustomerID, Emails: emails("jane@example.com")}
	}
	return d
}

func (d *fakeKustomer) call(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[name]++
	if d.fail != nil {
		return d.fail(name)
	}
	return nil
}

func (d *fakeKustomer) ServerTime(context.Context) (time.Time, error) { return d.now, d.call("clock") }

func (d *fakeKustomer) match(q kustomer.Query) []kustomer.Conversation {
	var rows []kustomer.Conversation
	for _, c := range slices.Backward(d.conversations) {
		if c.Status == "done" && c.LastDone != nil && (Window{From: q.From, To: q.To}).Contains(c.LastDone.At) &&
			!c.CreatedAt.Before(q.CreatedFrom) && (q.CreatedTo.IsZero() || c.CreatedAt.Before(q.CreatedTo)) {
			rows = append(rows, c)
		}
	}
	return rows
}

// cutPage is a page of rows, with a total that is capped as Kustomer's is.
func cutPage[T any](rows []T, q kustomer.Query, at time.Time) kustomer.Page[T] {
	size := cmp.Or(q.PageSize, kustomerLimits.Page)
	page := kustomer.Page[T]{Total: min(len(rows), 20*size), At: at}
	page.TotalPages = (page.Total + size - 1) / size
	from := min((max(q.Page, 1)-1)*size, page.Total)
	page.Items = slices.Clone(rows[from:min(from+size, page.Total)])
	return page
}

func (d *fakeKustomer) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	d.mu.Lock()
	d.searched = append(d.searched, q)
	rows := d.match(q)
	d.mu.Unlock()
	return cutPage(rows, q, d.now), d.call("search")
}

func (d *fakeKustomer) SearchCustomers(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error) {
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

func (d *fakeKustomer) Conversations(_ context.Context, ids []string) ([]kustomer.Conversation, error) {
	var rows []kustomer.Conversation
	for _, c := range d.conversations {
		if slices.Contains(ids, c.ID) {
			rows = append(rows, c)
		}
	}
	return rows, d.call("conversations")
}

func (d *fakeKustomer) Customer(_ context.Context, id string) (kustomer.Customer, error) {
	if err := d.call("customer"); err != nil {
		return kustomer.Customer{}, err
	}
	if customer, ok := d.customers[id]; ok {
		return customer, nil
	}
	return kustomer.Customer{}, fmt.Errorf("customer %s: %w", id, kustomer.ErrNotFound)
}

func (d *fakeKustomer) Users(context.Context) ([]kustomer.User, error) {
	return d.users, d.call("users")
}

func (d *fakeKustomer) User(_ context.Context, id string) (kustomer.User, error) {
	return kustomer.User{}, fmt.Errorf("user %s: %w", id, kustomer.ErrNotFound)
}

func (d *fakeKustomer) Tags(context.Context) ([]kustomer.Tag, error) { return d.tags, d.call("tags") }

func (d *fakeKustomer) Tag(_ context.Context, id string) (kustomer.Tag, error) {
	return kustomer.Tag{}, fmt.Errorf("tag %s: %w", id, kustomer.ErrNotFound)
}

var testNow = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func emails(addresses ...string) []kustomer.Email {
	var list []kustomer.Email
	for _, address := range addresses {
		list = append(list, kustomer.Email{Address: kustomer.Text{Value: address}})
	}
	return list
}

// plain is a conversation that passes every filter, an hour old.
func plain() kustomer.Conversation {
	return kustomer.Conversation{
		ID: "6716500fa1b2c3d4e5f60001", CustomerID: "58210c3db0f09110006b7953", Status: "done",
		Channels: []string{"email", "chat"}, TagIDs: []string{"5849765dc41e372700cc84a3"},
		LastDone: &kustomer.Done{
			At: testNow.Add(-time.Hour), By: "5ce4672fcce83d001a9e83e9", AssignedUsers: []string{"5ce4672fcce83d001a9e83e8"},
		},
	}
}

// fixture is a Fetcher on a Kustomer in memory.
type fixture struct {
	*fakeKustomer
	source  Source // nil: the fake
	limits  PageLimits
	notices []string
	unseen  int
}

func newFixture(conversations int) *fixture {
	return &fixture{fakeKustomer: newFakeKustomer(conversations)}
}

func (b *fixture) fetcher() *Fetcher {
	source := b.source
	if source == nil {
		source = b.fakeKustomer
	}
	f := New(Options{
		Source: source, Directory: b.fakeKustomer, Limits: b.limits, Unseen: func(n int) { b.unseen += n },
		Notice: func(format string, args ...any) { b.notices = append(b.notices, fmt.Sprintf(format, args...)) },
	})
	f.Begin(b.now)
	return f
}

// sweep reads the last day, and gives what is to be sent, by conversation.
func (b *fixture) sweep(t *testing.T) (map[string]decide.Case, error) {
	t.Helper()
	send := map[string]decide.Case{}
	window, at := Window{testNow.Add(-24 * time.Hour), testNow.Add(-3 * time.Minute)}, testNow.Add(-24*time.Hour)
	err := b.fetcher().Sweep(t.Context(), window, func(c Chunk) bool {
		for _, each := range c.Cases {
			if each.Send() {
				send[each.Conversation.ID] = each
			}
		}
		if c.Complete && !c.From.Equal(at) {
			t.Errorf("a window begins at %s, the one before ends at %s", c.From, at)
		}
		if c.Complete {
			at = c.To
		}
		return true
	})
	if err == nil && !at.Equal(window.To) {
		t.Errorf("the windows end at %s", at)
	}
	return send, err
}

func (b *fixture) mustSweep(t *testing.T) map[string]decide.Case {
	t.Helper()
	send, err := b.sweep(t)
	if err != nil {
		t.Fatal(err)
	}
	return send
}
