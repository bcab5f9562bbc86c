package journey

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
)

var testNow = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

const ledgerID = "0123456789abcdef"

func id(n int) string { return fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", n) }

// world is all three systems in memory.
type world struct {
	conversations []kustomer.Conversation
	entries       []store.Entry
	interactions  []agentconnect.Interaction
	failing       error // of Agent Connect's data, behind what they have given
	byID          int   // conversations that were read by their ids
	called        bool  // a service was
}

// lentLedger is a ledger that tells how it is read.
type lentLedger struct {
	*world
	times  int
	called bool // a service was, before the last time
}

func (l *lentLedger) Each(fn func(store.Entry) error) error {
	l.times++
	l.called = l.world.called
	return l.world.Each(fn)
}

// mark adds a conversation that was marked done so long ago.
func (w *world) mark(n int, ago time.Duration) *kustomer.Conversation {
	w.conversations = append(w.conversations, kustomer.Conversation{
		ID: id(n), CustomerID: "58210c3db0f09110006b7953", Status: "done", Channels: []string{"email"},
		LastDone: &kustomer.Done{
			At: testNow.Add(-ago), AssignedUsers: []string{"5ce4672fcce83d001a9e83e8"},
			AssignedTeams: []string{"team-1"},
		},
	})
	return &w.conversations[len(w.conversations)-1]
}

func (w *world) remember(n int, state store.State, ago time.Duration) *store.Entry {
	at := testNow.Add(-ago)
	w.entries = append(w.entries, store.Entry{
		Key: store.Key{Conversation: id(n)},
		Record: store.Record{
			State: state, Resolution: at, At: at.Add(time.Minute), Intent: uint64(n), Attempts: 1,
		},
	})
	return &w.entries[len(w.entries)-1]
}

func (w *world) receive(n int, ago time.Duration) *agentconnect.Interaction {
	w.interactions = append(w.interactions, agentconnect.Interaction{
		UUID: fmt.Sprintf("uuid-%d", len(w.interactions)), Sequence: int64(len(w.interactions) + 1),
		ExtInteractionID: id(n), CreatedAt: testNow.Add(-ago),
		Intent: store.Intent{Ledger: ledgerID, Number: uint64(n)}.String(),
	})
	return &w.interactions[len(w.interactions)-1]
}

func (w *world) reader() Reader {
	return Reader{
		Source: w, Directory: w, Ledger: w, Receiver: w, Notice: func(string) {},
		Policy: decide.Policy{SkipSpam: true, MaxAge: time.Hour},
	}
}

func (w *world) ServerTime(context.Context) (time.Time, error) {
	w.called = true
	return testNow, nil
}

func (w *world) SearchConversations(
	_ context.Context, q kustomer.Query,
) (page kustomer.Page[kustomer.Conversation], err error) {
	for _, c := range w.conversations {
		if c.Status == "done" && (fetch.Window{From: q.From, To: q.To}).Contains(c.LastDone.At) {
			page.Items = append(page.Items, c)
		}
	}
	page.Total = len(page.Items)
	return page, nil
}

func (w *world) SearchCustomers(
	context.Context, kustomer.Query,
) (page kustomer.Page[kustomer.Customer], err error) {
	customer, _ := w.Customer(context.Background(), "58210c3db0f09110006b7953")
	return kustomer.Page[kustomer.Customer]{Items: []kustomer.Customer{customer}, Total: 1}, nil
}

func (w *world) Conversations(_ context.Context, ids []string) ([]kustomer.Conversation, error) {
	w.byID += len(ids)
	return slices.DeleteFunc(slices.Clone(w.conversations), func(c kustomer.Conversation) bool {
		return !slices.Contains(ids, c.ID)
	}), nil
}

func (w *world) Customer(_ context.Context, id string) (kustomer.Customer, error) {
	emails := []kustomer.Email{{Address: kustomer.Text{Value: "jane@example.com"}}}
	return kustomer.Customer{ID: id, Emails: emails}, nil
}

func (w *world) Users(context.Context) ([]kustomer.User, error) {
	return []kustomer.User{{
		ID: "5ce4672fcce83d001a9e83e8", UserType: "user",
		Email: kustomer.Text{Value: "alex.agent@example.org"},
	}}, nil
}

func (w *world) User(context.Context, string) (kustomer.User, error) {
	return kustomer.User{}, kustomer.ErrNotFound
}

func (w *world) Tags(context.Context) ([]kustomer.Tag, error) { return nil, nil }

func (w *world) Tag(context.Context, string) (kustomer.Tag, error) {
	return kustomer.Tag{}, kustomer.ErrNotFound
}

func (w *world) Info() (store.Info, error) { return store.Info{ID: ledgerID}, nil }

func (w *world) Each(fn func(store.Entry) error) error {
	for _, e := range w.entries {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) Between(
	_ context.Context, since, until time.Time,
) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, i := range w.interactions {
			early, late := i.CreatedAt.Before(since), !until.IsZero() && i.CreatedAt.After(until)
			if !early && !late && !yield(i, nil) {
				return
			}
		}
		if w.failing != nil {
			yield(agentconnect.Interaction{}, w.failing)
		}
	}
}

// brokenSearch is a Kustomer whose search fails.
type brokenSearch struct {
	*world
	err error
}

func (b brokenSearch) SearchConversations(
	context.Context, kustomer.Query,
) (page kustomer.Page[kustomer.Conversation], err error) {
	return page, b.err
}

// receiverFunc has nothing, and is called when it is asked.
type receiverFunc func()

func (f receiverFunc) Between(context.Context, time.Time, time.Time) iter.Seq2[agentconnect.Interaction, error] {
	f()
	return func(func(agentconnect.Interaction, error) bool) {}
}
