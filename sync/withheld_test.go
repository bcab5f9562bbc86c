package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/httpx"
	"acsync/sync/kustomer"
)

// withholding is a Kustomer that does not give some records, by their ids.
type withholding struct {
	*desk
	answer   error
	ids      []string
	unlisted []kustomer.User
}

// withheld is Kustomer's answer, as its client tells it.
type withheld struct{ error }

func (w withheld) Unwrap() []error { return []error{w.error, kustomer.ErrUnreadable} }

func (w *withholding) of(id string) error {
	if slices.Contains(w.ids, id) {
		return withheld{w.answer}
	}
	return nil
}

func (w *withholding) Customer(ctx context.Context, id string) (kustomer.Customer, error) {
	if err := w.of(id); err != nil {
		return kustomer.Customer{}, err
	}
	return w.desk.Customer(ctx, id)
}

func (w *withholding) SearchCustomers(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Customer], error) {
	page, err := w.desk.SearchCustomers(ctx, q)
	page.Items = slices.DeleteFunc(page.Items, func(c kustomer.Customer) bool { return w.of(c.ID) != nil })
	return page, err
}

func (w *withholding) User(ctx context.Context, id string) (kustomer.User, error) {
	for _, user := range w.unlisted {
		if user.ID == id && w.of(id) == nil {
			return user, nil
		}
	}
	if err := w.of(id); err != nil {
		return kustomer.User{}, err
	}
	return w.desk.User(ctx, id)
}

func (w *withholding) Tag(ctx context.Context, id string) (kustomer.Tag, error) {
	if err := w.of(id); err != nil {
		return kustomer.Tag{}, err
	}
	return w.desk.Tag(ctx, id)
}

func (w *withholding) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	rows, err := w.desk.Conversations(ctx, ids)
	rows = slices.DeleteFunc(rows, func(c kustomer.Conversation) bool { return w.of(c.ID) != nil })
	unread := &kustomer.UnreadableError{Err: withheld{w.answer}}
	for _, id := range ids {
		if w.of(id) != nil {
			unread.IDs = append(unread.IDs, id)
		}
	}
	if err == nil && len(unread.IDs) > 0 {
		return rows, unread
	}
	return rows, err
}

// newWithholding is a bench whose Kustomer does not give a record that the third conversation needs.
func newWithholding(t *testing.T, kind string, status int, conversations int) (*bench, *withholding) {
	b := newBench(t, conversations)
	kinds := map[int]httpx.Kind{400: httpx.Invalid, 403: httpx.Credentials, 423: httpx.Invalid, 500: httpx.Server, 200: httpx.Unreadable}
	w := &withholding{desk: b.desk, answer: &httpx.Error{Service: "kustomer", Status: status, Kind: kinds[status]}}
	w.withhold(kind, 3)
	if kind == "conversation" {
		b.engine.Options.Recheck = -time.Second
	}
	b.engine.Source, b.engine.Directory = w, w
	return b, w
}

// withhold gives a conversation a record of its own that is not given.
func (w *withholding) withhold(kind string, i int) {
	c, id := &w.conversations[i], ""
	switch kind {
	case "customer":
		id = c.CustomerID
	case "agent":
		id = fmt.Sprintf("5ce4672fcce83d001a9e84%02d", i)
		done := *c.LastDone
		done.AssignedUsers = []string{id}
		c.LastDone = &done
		user := *plain().Agent
		user.ID = id
		w.unlisted = append(w.unlisted, user)
	case "tag":
		id = "5849765dc41e372700cc8400"
		c.TagIDs = []string{id}
	case "conversation":
		id = c.ID
	}
	w.ids = append(w.ids, id)
}

// TestWithheldRecord lets Kustomer not give one record, whatever it answers: all others are asked, the one is
// visible, tried again, and asked when the record can be read. Nothing waits for a tag.
func TestWithheldRecord(t *testing.T) {
	for _, kind := range []string{"customer", "agent", "conversation", "tag"} {
		for _, status := range []int{400, 403, 500, 200} {
			t.Run(fmt.Sprint(kind, " ", status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, w := newWithholding(t, kind, status, 12)
					first := b.mustRun(t)
					if kind == "tag" {
						if first.Counts[store.Accepted] != 12 {
							t.Errorf("it waits for a tag: %+v", first)
						}
						return
					}
					parked := first.Reasons[store.Scheduled][decide.UnreadableRecord]
					if first.Counts[store.Accepted] != 11 || parked != 1 || first.Reasons.Parked() != 1 {
						t.Errorf("%+v", first)
					}
					if want := b.now.Add(-3 * time.Minute); !first.Checkpoint.Equal(want) {
						t.Errorf("the checkpoint stands at %s", first.Checkpoint)
					}
					b.anHourLater()
					if again := b.mustRun(t); again.Counts[store.Accepted] != 1 || again.Reasons.Parked() != 1 {
						t.Errorf("an hour later %+v", again)
					}
					w.ids = nil
					b.anHourLater()
					if last := b.mustRun(t); last.Counts[store.Accepted] != 2 || b.times()[b.conversations[3].ID] != 1 {
						t.Errorf("when it can be read %+v", last)
					}
				})
			})
		}
	}
}

// TestSomeWithheldRecords lets Kustomer not give some records, for as long as they are tried: what no earlier pass
// could read either is no matter of a key or of a service, so that whoever is new is asked by each pass, and a pass that
// meets nothing else ends well.
func TestSomeWithheldRecords(t *testing.T) {
	for _, test := range []struct {
		kinds         []string
		statuses      []int
		some          []int // records that are not given
		conversations int
	}{
		{[]string{"customer", "agent"}, []int{400, 403, 500}, []int{2, 3, 4}, 12},
		{[]string{"conversation"}, []int{403}, []int{2, 3, 4}, 12},
		{[]string{"customer", "agent", "conversation"}, []int{403}, []int{6, 8}, 40},
	} {
		for _, kind := range test.kinds {
			for _, status := range test.statuses {
				for _, some := range test.some {
					t.Run(fmt.Sprint(kind, " ", status, " ", some), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { someWithheld(t, kind, status, some, test.conversations) })
					})
				}
			}
		}
	}
}

func someWithheld(t *testing.T, kind string, status, some, conversations int) {
	b, w := newWithholding(t, kind, status, conversations)
	for i := 4; i < 3+some; i++ {
		w.withhold(kind, i)
	}
	first := b.mustRun(t)
	if first.Counts[store.Accepted] != conversations-some || first.Reasons.Parked() != some {
		t.Errorf("%+v", first)
	}
	for pass := range 8 {
		b.anHourLater()
		want := 1
		if pass == 4 {
			b.conversations = b.conversations[:len(b.conversations)-1] // nobody is new
			want = 0
		}
		if again := b.mustRun(t); again.Counts[store.Accepted] != want {
			t.Errorf("pass %d: %+v", pass, again)
		}
	}
}

// TestWithheldForGood gives up what cannot be read for three days, visibly, and decides it anew when it is seen
// again.
func TestWithheldForGood(t *testing.T) {
	for _, kind := range []string{"customer", "agent", "conversation"} {
		synctest.Test(t, func(t *testing.T) {
			b, w := newWithholding(t, kind, 403, 12)
			for range 27 {
				b.mustRun(t)
				b.goOn(3 * time.Hour)
			}
			if got := b.state(t, 3); got.State != store.Rejected || decide.Reason(got.Reason) != decide.UnreadableRecord || got.Settled() {
				t.Errorf("%s: after three days %+v", kind, got)
			}
			w.ids = nil
			done := *b.conversations[3].LastDone
			done.At = b.now.Add(-10 * time.Minute)
			b.conversations[3].LastDone = &done
			if b.mustRun(t); b.times()[b.conversations[3].ID] != 1 {
				t.Errorf("%s: done again, it was asked %d times", kind, b.times()[b.conversations[3].ID])
			}
		})
	}
}

// TestEverythingWithheld ends the pass when no record of a kind is given: that is no matter of a record.
func TestEverythingWithheld(t *testing.T) {
	for _, kind := range []string{"customer", "agent"} {
		b, w := newWithholding(t, kind, 403, 12)
		if b.users = nil; kind == "customer" {
			b.users = []kustomer.User{*plain().Agent}
		}
		for i := range b.conversations {
			w.ids = append(w.ids, b.conversations[i].CustomerID)
		}
		w.ids = append(w.ids, plain().Conversation.LastDone.AssignedUsers[0], b.conversations[0].AssignedUsers[0])
		result, err := b.run(t)
		if !errors.Is(err, kustomer.ErrUnreadable) || len(b.got) > 0 || !strings.Contains(err.Error(), kind) {
			t.Errorf("%s: %v, %+v", kind, err, result)
		}
	}
}

// TestLaterEverythingWithheld ends the pass when no agent is given any more, also of those that were listed.
func TestLaterEverythingWithheld(t *testing.T) {
	b, w := newWithholding(t, "agent", 403, 12)
	w.ids = append(w.ids, plain().Agent.ID)
	for i := range b.conversations {
		w.withhold("agent", i)
	}
	if result, err := b.run(t); !errors.Is(err, kustomer.ErrUnreadable) || len(b.got) > 0 {
		t.Errorf("%v, %+v", err, result)
	}
}
