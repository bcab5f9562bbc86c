package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// people is a Kustomer that knows one customer by id and by address.
type people struct {
	*fakeKustomer
	more bool
}

func (p people) Customer(ctx context.Context, id string) (kustomer.Customer, error) {
	if id != p.conversations[0].CustomerID {
		return kustomer.Customer{}, kustomer.ErrNotFound
	}
	return p.fakeKustomer.Customer(ctx, id)
}

func (p people) CustomerByEmail(ctx context.Context, email string) (kustomer.Customer, error) {
	if email != "jane@example.com" {
		return kustomer.Customer{}, kustomer.ErrNotFound
	}
	return p.Customer(ctx, p.conversations[0].CustomerID)
}

func (p people) CustomerConversations(_ context.Context, id string) ([]kustomer.Conversation, error) {
	if p.more {
		return p.conversations, fmt.Errorf("the conversations: %w", kustomer.ErrMore)
	}
	return p.conversations, nil
}

// TestInquiryAsksOnce: what is the same for all conversations of a customer is asked once, and the ledger is
// not needed while the services are.
func TestInquiryAsksOnce(t *testing.T) {
	d := newFakeKustomer(30)
	calls := 0
	d.fail = func() error {
		calls++
		return nil
	}
	e := explainer(d)
	e.People = people{fakeKustomer: d}
	for _, row := range d.conversations[:25] {
		e.Receiver = append(receiverOf(e), agentconnect.Interaction{UUID: row.ID, ExtInteractionID: row.ID, CreatedAt: testNow})
	}
	entry := func(row kustomer.Conversation) store.Entry {
		return store.Entry{Key: store.Key{Conversation: row.ID}, Record: store.Record{
			State: store.Accepted, Resolution: row.LastDone.At, At: testNow, Attempts: 1,
		}}
	}
	q := e.Inquire()
	found, err := q.CustomerByEmail(t.Context(), "jane@example.com")
	if err != nil || len(found.Conversations) != 30 || found.Left > 0 || found.More {
		t.Fatalf("found %d, %d left, %v", len(found.Conversations), found.Left, err)
	}
	ledgers := lookups{}
	for _, row := range d.conversations[:25] {
		ledgers[row.ID] = entry(row)
	}
	if err := q.Remember(ledgers, found.Conversations...); err != nil {
		t.Fatal(err)
	}
	q.Read(t.Context(), found.Conversations...)
	fates, read, skimmed := map[Fate]int{}, 0, 0
	for _, id := range found.Conversations {
		x, err := q.Explain(t.Context(), id)
		if err != nil || !x.Found {
			t.Fatal(id, err)
		}
		fates[x.Fate]++
		if x.ReceiverRead && len(x.Interactions) == 1 {
			read++
		}
		if x.Skimmed {
			skimmed++
		}
	}
	if diff := cmp.Diff(map[Fate]int{FateDone: 25, FateSend: 5}, fates); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
	if read != mostReceived || skimmed != 25-mostReceived {
		t.Errorf("Agent Connect's data were read for %d, and not for %d", read, skimmed)
	}
	// The clock, the customer twice, the conversations, the agents; the customer for the decision.
	if calls > 6 {
		t.Errorf("%d calls of Kustomer", calls)
	}
}

func receiverOf(e Explainer) fakeReceiver {
	r, _ := e.Receiver.(fakeReceiver)
	return r
}

// lookups is a ledger that has one entry of each of some conversations.
type lookups map[string]store.Entry

func (l lookups) Info() (store.Info, error)     { return fakeLedger{}.info, nil }
func (l lookups) Runs(int) ([]store.Run, error) { return nil, nil }
func (l lookups) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	found := map[store.Key]store.Record{}
	for _, key := range keys {
		if e, ok := l[key.Conversation]; ok {
			found[e.Key] = e.Record
		}
	}
	return found, nil
}

// TestInquiryFindsNobody: who is not there is told apart from a Kustomer that does not answer, and of many
// conversations the newest are explained.
func TestInquiryFindsNobody(t *testing.T) {
	d := newFakeKustomer(mostOfCustomer + 3)
	e := explainer(d)
	e.People = people{fakeKustomer: d, more: true}
	q := e.Inquire()
	if _, err := q.CustomerByEmail(t.Context(), "nobody@example.com"); !errors.Is(err, ErrNoCustomer) {
		t.Errorf("got %v", err)
	}
	found, err := q.Customer(t.Context(), d.conversations[0].CustomerID)
	if err != nil || len(found.Conversations) != mostOfCustomer || found.Left != 3 || !found.More {
		t.Errorf("got %d, %d left, more: %v, %v", len(found.Conversations), found.Left, found.More, err)
	}
	down := errors.New("down")
	d.fail = func() error { return down }
	if _, err := e.Inquire().Customer(t.Context(), "x"); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}

// TestExplainTellsAllObstacles: what a pass would not even have read, because it is skipped anyway, is in the
// way all the same, and so is the attribute that forbids it.
func TestExplainTellsAllObstacles(t *testing.T) {
	d := newFakeKustomer(1)
	c := &d.conversations[0]
	c.Spam, c.Channels, c.CustomerID = true, nil, "58210c3db0f09110006bffff"
	c.Custom = map[string]any{"noSurveyBool": true}
	e := explainer(d)
	e.Source = empty{d}
	e.Options.Policy.DoNotSendAttributes = []string{"nosurveybool"}
	e.Options.Policy.Rules, _ = decide.CompileRules([]decide.RuleText{
		{Name: "tagged", When: `"vip" in tags`, Action: decide.ActionSkip},
	})
	c.TagIDs = []string{"vip"}
	x, err := e.Explain(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []decide.Reason
	for _, step := range x.Steps {
		if step.Alone == decide.StepDecided {
			got = append(got, step.Reason)
		}
	}
	want := []decide.Reason{decide.Spam, decide.DoNotSend, "rule:tagged", decide.NoCustomer, decide.NoChannel}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
	if diff := cmp.Diff([]string{"noSurveyBool"}, x.Forbids); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
	tags := decide.Value{Name: "tags", Text: `["vip"]`}
	if !slices.Contains(x.Values, tags) {
		t.Errorf("no %v among %v", tags, x.Values)
	}
	if x.Case.Skip != decide.Spam || x.Now != testNow.Truncate(time.Millisecond) {
		t.Errorf("decided by %s at %s", x.Case.Skip, x.Now)
	}
}

// empty is a Kustomer without customers.
type empty struct{ *fakeKustomer }

func (empty) Customer(context.Context, string) (kustomer.Customer, error) {
	return kustomer.Customer{}, kustomer.ErrNotFound
}
