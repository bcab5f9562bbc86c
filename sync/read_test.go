package sync

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
)

// at puts all conversations of a desk at one instant; they were created as often in the same millisecond as told.
func (d *desk) bulk(instant time.Time, together int) {
	for i := range d.conversations {
		d.conversations[i].LastDone.At = instant
		d.conversations[i].CreatedAt = instant.Add(-24 * time.Hour).Add(time.Duration(i/together) * time.Millisecond)
	}
}

// TestOverflow puts more conversations at one instant than can be told apart: what lies before is delivered, and the
// checkpoint stays.
func TestOverflow(t *testing.T) {
	instant := testNow.Add(-2 * time.Hour)
	const most = 10_000 // rows of a search
	b := newBench(t, most+1)
	b.bulk(instant, most+1)
	b.conversations[0].LastDone.At = instant.Add(-time.Hour)
	b.conversations = append(b.conversations, b.conversations[1])
	b.conversations[most+1].ID = "6716500fa1b2c3d4e5f6ffff"
	result, err := b.run(t)
	var overflow *fetch.OverflowError
	if !errors.As(err, &overflow) || !overflow.At.Equal(instant) {
		t.Fatalf("error %v, want one that names %s", err, instant)
	}
	if result.Counts[store.Accepted] != 1 || result.Checkpoint.After(instant) {
		t.Errorf("the window before was not delivered, or the checkpoint passed the instant: %+v", result)
	}
	for _, q := range b.searched {
		if q.Page > most/500 {
			t.Errorf("page %d was asked for", q.Page)
		}
	}
}

// TestNeverSteady lets a window change between its pages each time.
func TestNeverSteady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1200)
		b.bulk(testNow.Add(-2*time.Hour), 1200)
		b.fail = func(call string) error {
			if call == "search" && b.searched[len(b.searched)-1].Page == 2 {
				b.conversations = b.conversations[1:]
			}
			return nil
		}
		b.unsteady(t)
	})
}

// unsteady makes a pass that cannot read what was marked done two hours ago: the checkpoint stays before it.
func (b *bench) unsteady(t *testing.T) {
	t.Helper()
	result, err := b.run(t)
	var unsteady *fetch.UnsteadyError
	if !errors.As(err, &unsteady) || !result.Checkpoint.Before(testNow.Add(-2*time.Hour).Add(time.Millisecond)) {
		t.Errorf("error %v, checkpoint %s", err, result.Checkpoint)
	}
}

// TestNoResolution has rows that the search calls done and that bear no resolution: they say nothing of its lateness.
func TestNoResolution(t *testing.T) {
	b := newBench(t, 4)
	b.mustRun(t)
	b.engine.Source = unresolved{b.desk}
	result := b.mustRun(t)
	if result.Reasons[store.Skipped][decide.NotDone] != 1 || result.Late != 0 {
		t.Errorf("got %+v", result)
	}
}

type unresolved struct{ *desk }

func (u unresolved) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	row := plain().Conversation
	row.ID, row.LastDone = "6716500fa1b2c3d4e5f6ffff", nil
	return cutPage([]kustomer.Conversation{row}, q, u.now), u.call("search")
}

func TestLateness(t *testing.T) {
	b := newBench(t, 3)
	late := b.conversations[2]
	b.conversations = b.conversations[:2]
	b.mustRun(t)
	late.LastDone.At = testNow.Add(-10 * time.Minute) // below the checkpoint, which is three minutes ago
	b.conversations = append(b.conversations, late)
	b.now = b.now.Add(time.Second)
	result := b.mustRun(t)
	if result.Late != 1 || result.Latest != 7*time.Minute || result.Counts[store.Accepted] != 1 {
		t.Errorf("got %+v", result)
	}
	info, err := b.ledger.Info()
	if err != nil || info.Lateness.Count != 1 || info.Lateness.Greatest != 7*time.Minute {
		t.Errorf("the ledger has %+v, %v", info.Lateness, err)
	}
	if again := b.mustRun(t); again.Late != 0 {
		t.Errorf("it is known now, but %+v", again)
	}
}

func TestClocks(t *testing.T) {
	tests := []struct {
		name    string
		off     time.Duration
		notices int
		fails   bool
	}{
		{"agree", 0, 0, false},
		{"four seconds ahead", -4 * time.Second, 0, false},
		{"a minute behind", time.Minute, 1, false},
		{"a minute ahead", -time.Minute, 1, false},
		{"an hour ahead", -time.Hour, 0, true},
		{"an hour behind", time.Hour, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, 1)
			b.engine.Now = func() time.Time { return testNow.Add(-test.off) }
			_, err := b.run(t)
			var clock *ClockError
			if errors.As(err, &clock) != test.fails {
				t.Fatalf("error %v", err)
			}
			notices := 0
			for _, event := range b.events {
				if _, ok := event.(Notice); ok {
					notices++
				}
			}
			if notices != test.notices {
				t.Errorf("%d notices, want %d", notices, test.notices)
			}
		})
	}
}

func TestTwoYears(t *testing.T) {
	if err := reachable(fetch.Window{From: testNow.Add(-Horizon), To: testNow}, testNow); err != nil {
		t.Errorf("two years are not too old: %v", err)
	}
	var old *TooOldError
	if err := reachable(fetch.Window{From: testNow.Add(-Horizon - time.Hour), To: testNow}, testNow); !errors.As(err, &old) {
		t.Errorf("more than two years: %v", err)
	}
}

// TestRecheck lets a conversation be reopened, and another be flagged, between the search and the sending.
func TestRecheck(t *testing.T) {
	b := newBench(t, 5)
	b.engine.Options.Recheck = time.Nanosecond
	b.fail = func(call string) error {
		if call == "conversations" {
			b.conversations[1].Status = "open"
			b.conversations[2].Custom = map[string]any{"doNotSendAgentConnectRequestBool": true}
			b.conversations = b.conversations[:4]
		}
		return nil
	}
	id := b.conversations[4].ID
	b.engine.Source = changing{b.desk}
	result := b.mustRun(t)
	if result.Reasons[store.Skipped][decide.Reopened] != 1 || result.Reasons[store.Skipped][decide.DoNotSend] != 1 ||
		result.Reasons[store.Skipped][decide.Gone] != 1 || result.Counts[store.Accepted] != 2 {
		t.Errorf("got %+v", result)
	}
	if b.times()[id] != 0 || b.calls["conversations"] != 1 {
		t.Errorf("sent %v, calls %v", b.times(), b.calls)
	}
}

// changing lets what fail changes show in the answer to the same call.
type changing struct{ *desk }

func (c changing) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	if err := c.call("conversations"); err != nil {
		return nil, err
	}
	fail := c.fail
	c.fail = nil
	defer func() { c.fail = fail }()
	c.calls["conversations"]--
	return c.desk.Conversations(ctx, ids)
}
