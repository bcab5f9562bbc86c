package explain

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// accepted is an entry that was sent so long ago.
func accepted(id string, ago time.Duration) store.Entry {
	at := testNow.Add(-ago)
	return store.Entry{Key: store.Key{Conversation: id}, Record: store.Record{
		State: store.Accepted, Resolution: at.Add(-time.Hour), At: at, First: at, Attempts: 1, Intent: 0x1f,
	}}
}

// TestExplainShowsRequests shows each request once as it is by now, the earliest first, whichever way it tells
// what it is about, and those that follow one of them up.
func TestExplainShowsRequests(t *testing.T) {
	d := newFakeKustomer(1)
	id := d.conversations[0].ID
	e := explainer(d, accepted(id, time.Hour))
	at := testNow.Add(-time.Hour)
	answered := agentconnect.Interaction{UUID: "u1", ExtInteractionID: id, CreatedAt: at, AnsweredAt: testNow}
	lost := agentconnect.Interaction{UUID: "u2", Intent: "00112233aabbccdd-1f", CreatedAt: at.Add(-time.Minute)}
	follows := agentconnect.Interaction{UUID: "u3", Parent: "u1", Recovery: true, CreatedAt: at.Add(time.Minute)}
	e.Receiver = fakeReceiver{
		{UUID: "u1", ExtInteractionID: id, CreatedAt: at},
		answered, lost, follows,
		{UUID: "u4", Parent: "elsewhere", Recovery: true, CreatedAt: at},
		{UUID: "u5", Intent: "00112233aabbccdd-20", CreatedAt: at},
		{UUID: "u6", CreatedAt: at},
	}
	x, err := e.Explain(t.Context(), id)
	if err != nil || !x.ReceiverRead {
		t.Fatal(err, x.ReceiverErr)
	}
	if diff := cmp.Diff([]agentconnect.Interaction{lost, answered, follows}, x.Interactions); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
}

// TestExplainLooksLongEnough looks for what is in doubt up to now, and for what was rebuilt from when it was marked done,
// which may be earlier than the ledger has heard of it.
func TestExplainLooksLongEnough(t *testing.T) {
	d := newFakeKustomer(1)
	id := d.conversations[0].ID
	late := agentconnect.Interaction{UUID: "late", ExtInteractionID: id, CreatedAt: testNow}
	early := agentconnect.Interaction{UUID: "early", ExtInteractionID: id, CreatedAt: testNow.Add(-11 * time.Hour)}
	for name, tt := range map[string]struct {
		state    store.State
		reminded bool
		want     []agentconnect.Interaction
	}{
		"accepted":           {store.Accepted, false, nil},
		"in doubt":           {store.InDoubt, false, []agentconnect.Interaction{late}},
		"being sent":         {store.Sending, false, []agentconnect.Interaction{late}},
		"told by the ledger": {store.Accepted, true, []agentconnect.Interaction{early}},
	} {
		entry := accepted(id, 10*time.Hour)
		entry.State, entry.Record.Resolution = tt.state, testNow.Add(-12*time.Hour)
		e := explainer(d, entry)
		e.Receiver, e.Reminded = fakeReceiver{early, late}, tt.reminded
		x, err := e.Explain(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, x.Interactions); diff != "" {
			t.Errorf("%s: got +, want -\n%s", name, diff)
		}
	}
}

// TestExplainAfterItIsGone tells how it ended of what Kustomer has no more.
func TestExplainAfterItIsGone(t *testing.T) {
	d := newFakeKustomer(1)
	gone := "6716500fa1b2c3d4e5f6ffff"
	for state, want := range map[store.State]Forecast{
		store.Accepted: {Fate: FateDone, State: store.Accepted},
		store.Retry:    {Fate: FateSkip, Reason: decide.Gone},
		store.Unknown:  {Fate: FateSkip, Reason: decide.Gone},
	} {
		entry := accepted(gone, time.Hour)
		entry.State = state
		e := explainer(d, entry)
		if state == store.Unknown {
			e = explainer(d)
		}
		x, err := e.Explain(t.Context(), gone)
		if err != nil || x.Found || x.Forecast != want {
			t.Errorf("%s: got %+v, %v", state, x.Forecast, err)
		}
	}
}

// TestExplainOrdersEntries has the earliest resolution first, and a follow-up behind what it follows.
func TestExplainOrdersEntries(t *testing.T) {
	d := newFakeKustomer(1)
	id := d.conversations[0].ID
	first, later, followUp := accepted(id, 3*time.Hour), accepted(id, time.Hour), accepted(id, time.Hour)
	first.Key.Resolution, later.Key.Resolution, followUp.Key.Recovery = 7, 5, true
	e := explainer(d, followUp, later, first)
	x, err := e.Explain(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]store.Entry{first, later, followUp}, x.Entries); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
	if later.Intent = 0; x.Stamp(later) != "" {
		t.Error("what has no number has a stamp")
	}
}

// failingLedger is a ledger of which one thing cannot be read.
type failingLedger struct {
	fakeLedger
	info, runs, lookup error
}

func (f failingLedger) Info() (store.Info, error)     { return f.fakeLedger.info, f.info }
func (f failingLedger) Runs(int) ([]store.Run, error) { return nil, f.runs }
func (f failingLedger) Lookup([]store.Key) (map[store.Key]store.Record, error) {
	return nil, f.lookup
}

// TestExplainNeedsTheLedger fails with it, before any service is asked: without, everybody would look unasked.
func TestExplainNeedsTheLedger(t *testing.T) {
	broken := errors.New("broken")
	for _, ledger := range []failingLedger{{info: broken}, {runs: broken}, {lookup: broken}} {
		d := newFakeKustomer(1)
		calls := 0
		d.fail = func() error {
			calls++
			return nil
		}
		e := explainer(d)
		e.Ledger = ledger
		if _, err := e.Explain(t.Context(), d.conversations[0].ID); !errors.Is(err, broken) || calls > 0 {
			t.Errorf("%+v: got %v after %d calls", ledger, err, calls)
		}
	}
}

// withheld is a Kustomer that does not give one conversation.
type withheld struct {
	*fakeKustomer
	id string
}

func (w withheld) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	rows, _ := w.fakeKustomer.Conversations(ctx, ids)
	var kept []kustomer.Conversation
	for _, row := range rows {
		if row.ID != w.id {
			kept = append(kept, row)
		}
	}
	return kept, fmt.Errorf("conversations: %w", &kustomer.UnreadableError{IDs: []string{w.id}})
}

// TestExplainOneIsWithheld tells of the others as usual, and of one that does not exist that it is gone.
func TestExplainOneIsWithheld(t *testing.T) {
	d := newFakeKustomer(2)
	a, b, gone := d.conversations[0].ID, d.conversations[1].ID, "6716500fa1b2c3d4e5f6ffff"
	e := explainer(d)
	e.Source = withheld{d, b}
	q := e.Inquire()
	if err := q.Remember(e.Ledger, a, b, gone); err != nil {
		t.Fatal(err)
	}
	q.Read(t.Context(), a, b, gone)
	if !q.Has(a) || q.Has(b) || q.Has(gone) {
		t.Errorf("it has %t, %t, %t", q.Has(a), q.Has(b), q.Has(gone))
	}
	for id, want := range map[string]Fate{a: FateSend, b: FateUnknown, gone: FateSkip} {
		x, err := q.Explain(t.Context(), id)
		if err != nil || x.Fate != want || (x.Unread != nil) != (id == b) {
			t.Errorf("%s: got %s, %v, %v", id, x.Fate, x.Unread, err)
		}
	}
}

// TestExplainIsStopped ends with why it was stopped, and tells nothing half.
func TestExplainIsStopped(t *testing.T) {
	d := newFakeKustomer(1)
	ctx, cancel := context.WithCancelCause(t.Context())
	signal := errors.New("SIGTERM")
	cancel(signal)
	if x, err := explainer(d).Explain(ctx, d.conversations[0].ID); !errors.Is(err, signal) || x.Fate != "" {
		t.Errorf("got %q, %v", x.Fate, err)
	}
}

// unlisting is a Kustomer that does not list what a customer has.
type unlisting struct {
	people
	err error
}

func (u unlisting) CustomerConversations(context.Context, string) ([]kustomer.Conversation, error) {
	return nil, u.err
}

// TestExplainCustomerWithoutList fails, and does not say that the customer has no conversations.
func TestExplainCustomerWithoutList(t *testing.T) {
	d := newFakeKustomer(1)
	broken := errors.New("broken")
	e := explainer(d)
	e.People = unlisting{people{fakeKustomer: d}, broken}
	if found, err := e.Inquire().Customer(t.Context(), d.conversations[0].CustomerID); !errors.Is(err, broken) {
		t.Errorf("got %+v, %v", found, err)
	}
}
