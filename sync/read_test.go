package sync

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/dryrun"
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

// TestTies puts more conversations at one millisecond than a page holds.
func TestTies(t *testing.T) {
	instant := testNow.Add(-2 * time.Hour)
	tests := []struct {
		name          string
		conversations int
		together      int
	}{
		{"created at different times", 1800, 1},
		{"some created together", 1800, 700},
		{"all created together", 1800, 1800},
		{"more than a search counts", 12_000, 7},
		{"as many as can be paged", 9_999, 9_999},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.conversations > amount(5000, 20_000) {
				t.Skip("one of the long programmes: LONG_TESTS=1")
			}
			b := newBench(t, test.conversations)
			b.bulk(instant, test.together)
			b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
			result := b.mustRun(t)
			if result.Planned != test.conversations {
				t.Errorf("%d of %d were found", result.Planned, test.conversations)
			}
			if !result.Checkpoint.Equal(testNow.Add(-3 * time.Minute)) {
				t.Errorf("checkpoint %s", result.Checkpoint)
			}
		})
	}
}

// TestOverflow puts more conversations at one instant than can be told apart: what lies before is delivered, and the
// checkpoint stays.
func TestOverflow(t *testing.T) {
	instant := testNow.Add(-2 * time.Hour)
	b := newBench(t, fetch.KustomerLimits.Rows+1)
	b.bulk(instant, fetch.KustomerLimits.Rows+1)
	b.conversations[0].LastDone.At = instant.Add(-time.Hour)
	b.conversations = append(b.conversations, b.conversations[1])
	b.conversations[fetch.KustomerLimits.Rows+1].ID = "6716500fa1b2c3d4e5f6ffff"
	result, err := b.run(t)
	var overflow *fetch.OverflowError
	if !errors.As(err, &overflow) || !overflow.At.Equal(instant) {
		t.Fatalf("error %v, want one that names %s", err, instant)
	}
	if result.Counts[store.Accepted] != 1 || result.Checkpoint.After(instant) {
		t.Errorf("the window before was not delivered, or the checkpoint passed the instant: %+v", result)
	}
	for _, q := range b.searched {
		if q.Page > fetch.KustomerLimits.Rows/fetch.KustomerLimits.Page {
			t.Errorf("page %d was asked for", q.Page)
		}
	}
}

// TestChangingPages reopens a conversation between two pages, so that the later page is shifted.
func TestChangingPages(t *testing.T) {
	b := newBench(t, 1200)
	b.bulk(testNow.Add(-2*time.Hour), 1200)
	reopened := false
	b.fail = func(call string) error {
		if call == "search" && !reopened && len(b.searched) > 0 && b.searched[len(b.searched)-1].Page == 2 {
			reopened = true
			b.conversations[1190].Status = "open"
		}
		return nil
	}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
	if result := b.mustRun(t); !reopened || result.Planned != 1199 {
		t.Errorf("reopened %v, got %+v", reopened, result)
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

// TestRepeatingPages lets the second page repeat the first: what is missing was missed, not hidden.
func TestRepeatingPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1200)
		b.bulk(testNow.Add(-2*time.Hour), 1200)
		b.engine.Source = repeating{b.desk}
		b.unsteady(t)
	})
}

type repeating struct{ *desk }

func (r repeating) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	if q.Page == 2 {
		q.Page = 1
	}
	return r.desk.SearchConversations(ctx, q)
}

// TestNoTimeOfCreation has ties of which some, behind the first page, bear no time of creation: a search by that time
// leaves them out.
func TestNoTimeOfCreation(t *testing.T) {
	for _, without := range []int{1, 400} {
		b := newBench(t, 1800)
		b.bulk(testNow.Add(-2*time.Hour), 1)
		for i := range without { // the desk returns the last first
			b.conversations[i].CreatedAt = time.Time{}
		}
		b.engine.Source = leavingOut{b.desk}
		b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
		if result := b.mustRun(t); result.Planned != 1800 || result.Unseen != 0 {
			t.Errorf("%d without: %d of 1,800 were found", without, result.Planned)
		}
	}
}

// leavingOut is a search that compares only what is there.
type leavingOut struct{ *desk }

func (l leavingOut) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	rows := slices.DeleteFunc(l.match(q), func(c kustomer.Conversation) bool {
		return c.CreatedAt.IsZero() && !(q.CreatedFrom.IsZero() && q.CreatedTo.IsZero())
	})
	return cutPage(rows, q, l.now), l.call("search")
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

// TestNoList lets Kustomer refuse to list tags, or agents: each is looked up by itself.
func TestNoList(t *testing.T) {
	for _, list := range []string{"tags", "users"} {
		b := newBench(t, 3)
		b.fail = func(call string) error {
			if call == list {
				return kustomer.ErrNotFound
			}
			return nil
		}
		result := b.mustRun(t)
		if len(result.Notices) != 1 || !strings.Contains(result.Notices[0], "looked up by itself") {
			t.Errorf("%s: got %+v", list, result)
		}
		if list == "tags" && (result.Counts[store.Accepted] != 3 || b.got[0].Tags[0] != "5849765dc41e372700cc84a3") {
			t.Errorf("without a list of tags: %v %+v", result.Counts, b.got) // the desk knows no tag by itself: the id stands for the name
		}
	}
}

func TestDensityIsLearnt(t *testing.T) {
	b := newBench(t, 20_000)
	for i := range b.conversations { // 20,000 in 20 hours, evenly
		b.conversations[i].LastDone.At = testNow.Add(-21 * time.Hour).Add(time.Duration(i) * 3600 * time.Millisecond)
	}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
	b.mustRun(t)
	if got, most := b.calls["search"], 65; got > most {
		t.Errorf("%d searches for 20,000 conversations, want at most %d", got, most)
	}
}

// TestCrowdedSecond puts more into one second than a search counts.
func TestCrowdedSecond(t *testing.T) {
	if amount(0, 1) == 0 {
		t.Skip("one of the long programmes: LONG_TESTS=1")
	}
	b := newBench(t, 12_000)
	for i := range b.conversations {
		b.conversations[i].LastDone.At = testNow.Add(-2 * time.Hour).Add(time.Duration(i*7%1000) * time.Millisecond)
	}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
	if result := b.mustRun(t); result.Planned != 12_000 {
		t.Errorf("%d of 12,000 were found", result.Planned)
	}
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

func TestMergedCustomer(t *testing.T) {
	b := newBench(t, 6)
	merged := b.conversations[2].CustomerID
	target := b.customers[merged]
	target.ID, target.Emails = "58210c3db0f09110006bffff", emails("target@example.com")
	delete(b.customers, merged)
	b.customers[target.ID] = target
	b.engine.Source = remembering{b.desk, merged, target.ID}
	result := b.mustRun(t)
	if result.Counts[store.Accepted] != 6 {
		t.Errorf("got %+v", result)
	}
	for _, request := range b.got {
		if request.ExtInteractionID == b.conversations[2].ID && request.Customer.Email != "target@example.com" {
			t.Errorf("the merged customer's survey goes to %s", request.Customer.Email)
		}
	}
}

// remembering is a Kustomer that reads a conversation with its present customer, and finds it with a merged one.
type remembering struct {
	*desk
	old, now string
}

func (r remembering) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	rows, err := r.desk.Conversations(ctx, ids)
	for i := range rows {
		if rows[i].CustomerID == r.old {
			rows[i].CustomerID = r.now
		}
	}
	return rows, err
}

func TestJoinRefused(t *testing.T) {
	b := newBench(t, 900)
	for i := range b.conversations {
		b.conversations[i].LastDone.At = testNow.Add(-time.Hour - time.Duration(i)*time.Minute)
	}
	b.fail = func(call string) error {
		if call == "search customers" {
			return kustomer.ErrInvalid
		}
		return nil
	}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
	result := b.mustRun(t)
	if result.Planned != 900 || b.calls["search customers"] != 1 || b.calls["customer"] != 900 {
		t.Errorf("got %+v, calls %v", result, b.calls)
	}
	notices := 0
	for _, event := range b.events {
		if _, ok := event.(Notice); ok {
			notices++
		}
	}
	if notices != 1 {
		t.Errorf("it was said %d times", notices)
	}
}

func TestCustomersAreFetchedOnce(t *testing.T) {
	b := newBench(t, 400)
	for i := range b.conversations { // forty customers who come back all the time
		b.conversations[i].LastDone.At = testNow.Add(-time.Hour - time.Duration(i)*3*time.Minute)
		b.conversations[i].CustomerID = b.conversations[i%40].CustomerID
	}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}
	b.mustRun(t)
	if got := b.calls["search customers"]; got > 3 || b.calls["customer"] > 0 {
		t.Errorf("calls %v", b.calls)
	}
}
