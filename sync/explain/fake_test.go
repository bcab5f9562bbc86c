package explain

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

var testNow = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// testPolicy is near the policy of the default configuration.
func testPolicy() decide.Policy { return decide.Policy{MaxAge: 72 * time.Hour, SkipSpam: true} }

// fakeKustomer is a Kustomer in memory, which can only be read by ids: Source and Directory.
type fakeKustomer struct {
	conversations []kustomer.Conversation
	users         []kustomer.User
	fail          func() error // nil: nothing fails
}

// newFakeKustomer holds n plain conversations, a minute apart, the last an hour ago.
func newFakeKustomer(n int) *fakeKustomer {
	d := &fakeKustomer{users: []kustomer.User{{
		ID: "5ce4672fcce83d001a9e83e8", UserType: "user", Email: kustomer.Text{Value: "alex.agent@example.org"},
	}}}
	for i := range n {
		d.conversations = append(d.conversations, kustomer.Conversation{
			ID: fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", i), CustomerID: "58210c3db0f09110006b7953", Status: "done",
			Channels: []string{"email"},
			LastDone: &kustomer.Done{
				At: testNow.Add(-time.Hour - time.Duration(i)*time.Minute), By: "5ce4672fcce83d001a9e83e9",
				AssignedUsers: []string{"5ce4672fcce83d001a9e83e8"},
			},
		})
	}
	return d
}

func (d *fakeKustomer) call() error {
	if d.fail != nil {
		return d.fail()
	}
	return nil
}

func (d *fakeKustomer) ServerTime(context.Context) (time.Time, error) { return testNow, d.call() }

func (d *fakeKustomer) Conversations(_ context.Context, ids []string) ([]kustomer.Conversation, error) {
	others := func(c kustomer.Conversation) bool { return !slices.Contains(ids, c.ID) }
	return slices.DeleteFunc(slices.Clone(d.conversations), others), d.call()
}

func (d *fakeKustomer) Customer(_ context.Context, id string) (kustomer.Customer, error) {
	return kustomer.Customer{ID: id, Emails: []kustomer.Email{{Address: kustomer.Text{Value: "jane@example.com"}}}}, d.call()
}

func (d *fakeKustomer) Users(context.Context) ([]kustomer.User, error) { return d.users, d.call() }

func (d *fakeKustomer) User(context.Context, string) (kustomer.User, error) {
	return kustomer.User{}, kustomer.ErrNotFound
}

func (d *fakeKustomer) Tags(context.Context) ([]kustomer.Tag, error) { return nil, d.call() }

func (d *fakeKustomer) Tag(context.Context, string) (kustomer.Tag, error) {
	return kustomer.Tag{}, kustomer.ErrNotFound
}

func (d *fakeKustomer) SearchConversations(context.Context, kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	panic("a conversation is explained without a search")
}

func (d *fakeKustomer) SearchCustomers(context.Context, kustomer.Query) (kustomer.Page[kustomer.Customer], error) {
	panic("a conversation is explained without a search")
}

// noProfiles is a list of active profiles that cannot be read.
type noProfiles struct{ err error }

func (n noProfiles) Employees(context.Context) iter.Seq2[agentconnect.Employee, error] {
	return func(yield func(agentconnect.Employee, error) bool) { yield(agentconnect.Employee{}, n.err) }
}
