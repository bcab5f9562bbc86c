package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"acsync/sync/kustomer"
)

// at puts all conversations at one instant; they were created as often in the same millisecond as told.
func (d *fakeKustomer) bulk(instant time.Time, together int) {
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
			b := newFixture(test.conversations)
			b.bulk(instant, test.together)
			if got := len(b.mustSweep(t)); got != test.conversations {
				t.Errorf("%d of %d were found", got, test.conversations)
			}
		})
	}
}

// TestChangingPages reopens a conversation between two pages, so that the later page is shifted.
func TestChangingPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFixture(1200)
		b.bulk(testNow.Add(-2*time.Hour), 1200)
		reopened := false
		b.fail = func(call string) error {
			if call == "search" && !reopened && len(b.searched) > 0 && b.searched[len(b.searched)-1].Page == 2 {
				reopened = true
				b.conversations[1190].Status = "open"
			}
			return nil
		}
		if got := len(b.mustSweep(t)); !reopened || got != 1199 {
			t.Errorf("reopened %v, got %d", reopened, got)
		}
	})
}

// TestRepeatingPages lets the second page repeat the first: what is missing was missed, not hidden.
func TestRepeatingPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFixture(1200)
		b.bulk(testNow.Add(-2*time.Hour), 1200)
		b.source = repeating{b.fakeKustomer}
		var unsteady *UnsteadyError
		if got, err := b.sweep(t); !errors.As(err, &unsteady) || len(got) > 0 {
			t.Errorf("error %v, got %d", err, len(got))
		}
	})
}

type repeating struct{ *fakeKustomer }

func (r repeating) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	if q.Page == 2 {
		q.Page = 1
	}
	return r.fakeKustomer.SearchConversations(ctx, q)
}

// TestNoTimeOfCreation has ties of which some, behind the first page, bear no time of creation: a search by that time
// leaves them out.
func TestNoTimeOfCreation(t *testing.T) {
	for _, without := range []int{1, 400} {
		b := newFixture(1800)
		b.bulk(testNow.Add(-2*time.Hour), 1)
		for i := range without { // the fake returns the last first
			b.conversations[i].CreatedAt = time.Time{}
		}
		b.source = leavingOut{b.fakeKustomer}
		if got := len(b.mustSweep(t)); got != 1800 || b.unseen != 0 {
			t.Errorf("%d without: %d of 1,800 were found", without, got)
		}
	}
}

// leavingOut is a search that compares only what is there.
type leavingOut struct{ *fakeKustomer }

func (l leavingOut) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	rows := slices.DeleteFunc(l.match(q), func(c kustomer.Conversation) bool {
		return c.CreatedAt.IsZero() && !(q.CreatedFrom.IsZero() && q.CreatedTo.IsZero())
	})
	return cutPage(rows, q, l.now), l.call("search")
}

// TestNoList lets Kustomer refuse to list tags, or agents: each is looked up by itself.
func TestNoList(t *testing.T) {
	for _, list := range []string{"tags", "users"} {
		b := newFixture(3)
		b.fail = func(call string) error {
			if call == list {
				return kustomer.ErrNotFound
			}
			return nil
		}
		got := b.mustSweep(t)
		if len(b.notices) != 1 || !strings.Contains(b.notices[0], "looked up by itself") {
			t.Errorf("%s: notices %q", list, b.notices)
		}
		// The fake knows no tag by itself: the id stands for the name.
		id := b.conversations[0].TagIDs[0]
		if list == "tags" && (len(got) != 3 || got[b.conversations[0].ID].Request.Tags[0] != id) {
			t.Errorf("without a list of tags: %+v", got)
		}
	}
}

func TestDensityIsLearnt(t *testing.T) {
	b := newFixture(20_000)
	for i := range b.conversations { // 20,000 in 20 hours, evenly
		b.conversations[i].LastDone.At = testNow.Add(-21 * time.Hour).Add(time.Duration(i) * 3600 * time.Millisecond)
	}
	b.mustSweep(t)
	if got, most := b.calls["search"], 65; got > most {
		t.Errorf("%d searches for 20,000 conversations, want at most %d", got, most)
	}
}

// TestCrowdedSecond puts more into one second than a search counts.
func TestCrowdedSecond(t *testing.T) {
	if amount(0, 1) == 0 {
		t.Skip("one of the long programmes: LONG_TESTS=1")
	}
	b := newFixture(12_000)
	for i := range b.conversations {
		b.conversations[i].LastDone.At = testNow.Add(-2 * time.Hour).Add(time.Duration(i*7%1000) * time.Millisecond)
	}
	if got := len(b.mustSweep(t)); got != 12_000 {
		t.Errorf("%d of 12,000 were found", got)
	}
}

func TestMergedCustomer(t *testing.T) {
	b := newFixture(6)
	merged := b.conversations[2].CustomerID
	target := b.customers[merged]
	target.ID, target.Emails = "58210c3db0f09110006bffff", emails("target@example.com")
	delete(b.customers, merged)
	b.customers[target.ID] = target
	b.source = remembering{b.fakeKustomer, merged, target.ID}
	got := b.mustSweep(t)
	if to := got[b.conversations[2].ID].Request.Customer.Email; len(got) != 6 || to != "target@example.com" {
		t.Errorf("got %d, and the merged customer's survey goes to %q", len(got), to)
	}
}

// remembering is a Kustomer that reads a conversation with its present customer, and finds it with a merged one.
type remembering struct {
	*fakeKustomer
	old, now string
}

func (r remembering) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	rows, err := r.fakeKustomer.Conversations(ctx, ids)
	for i := range rows {
		if rows[i].CustomerID == r.old {
			rows[i].CustomerID = r.now
		}
	}
	return rows, err
}

func TestJoinRefused(t *testing.T) {
	b := newFixture(900)
	for i := range b.conversations {
		b.conversations[i].LastDone.At = testNow.Add(-time.Hour - time.Duration(i)*time.Minute)
	}
	b.fail = func(call string) error {
		if call == "search customers" {
			return kustomer.ErrInvalid
		}
		return nil
	}
	if got := len(b.mustSweep(t)); got != 900 || b.calls["search customers"] != 1 || b.calls["customer"] != 900 {
		t.Errorf("got %d, calls %v", got, b.calls)
	}
	if len(b.notices) != 1 {
		t.Errorf("notices %q", b.notices)
	}
}

func TestCustomersAreFetchedOnce(t *testing.T) {
	b := newFixture(400)
	for i := range b.conversations { // forty customers who come back all the time
		b.conversations[i].LastDone.At = testNow.Add(-time.Hour - time.Duration(i)*3*time.Minute)
		b.conversations[i].CustomerID = b.conversations[i%40].CustomerID
	}
	b.mustSweep(t)
	if got := b.calls["search customers"]; got > 3 || b.calls["customer"] > 0 {
		t.Errorf("calls %v", b.calls)
	}
}

// TestCacheIsShared lets two batches of more customers than memory holds be decided at once: neither loses any.
func TestCacheIsShared(t *testing.T) {
	b := newFixture(mostCustomers + 200)
	d := b.fetcher().decider
	var group errgroup.Group
	for range 2 {
		group.Go(func() error {
			for chunk := range slices.Chunk(b.conversations, 400) {
				cases, err := d.decide(t.Context(), kustomer.Query{}, d.candidates(slices.Clone(chunk)))
				if err != nil {
					return err
				}
				for _, c := range cases {
					if !c.Send() {
						return fmt.Errorf("%s: %s", c.Conversation.ID, c.Skip)
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

// TestSearchesAroundResolutions searches for the customers of conversations no wider than their resolutions lie, as far
// as these are plausible.
func TestSearchesAroundResolutions(t *testing.T) {
	first, last := testNow.Add(-time.Hour), testNow.Add(-time.Minute)
	claims := []time.Time{time.Date(0, 5, 6, 0, 0, 0, 0, time.UTC), last, time.Date(10_000, 5, 6, 0, 0, 0, 0, time.UTC), first}
	rows := []kustomer.Conversation{{DoneUnread: true}}
	for _, at := range claims {
		rows = append(rows, kustomer.Conversation{LastDone: &kustomer.Done{At: at}})
	}
	clock := &serverClock{began: testNow}
	if q := around(clock.resolutions(rows)); !q.From.Equal(first) || !q.To.Equal(last.Add(time.Millisecond)) {
		t.Errorf("the search is from %s to %s", q.From, q.To)
	}
}

// TestBrokenRows: a row of a search that cannot be read is had by its id. What cannot be read then either, or has
// no id, is counted, and holds up nobody.
func TestBrokenRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFixture(20)
		broken := brokenRows{b.fakeKustomer, map[string]string{}}
		for i, c := range b.conversations[:5] {
			broken.rows[c.ID] = []string{"known", "", "unreadable", "known", "known"}[i]
		}
		b.source = broken
		if got := len(b.mustSweep(t)); got != 18 || b.unseen != 2 {
			t.Errorf("%d of 20 are sent, %d unseen; want 18 and 2", got, b.unseen)
		}
		b.unseen = 0
		b.fail = func(call string) error {
			if call == "conversations" {
				return errors.New("the service fails")
			}
			return nil
		}
		if _, err := b.sweep(t); err == nil {
			t.Error("conversations are lost when the service fails")
		}
	})
}

// brokenRows is a search some of whose rows are broken, in one of three ways.
type brokenRows struct {
	*fakeKustomer
	rows map[string]string // by conversation
}

func (b brokenRows) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	page, err := b.fakeKustomer.SearchConversations(ctx, q)
	page.Items = slices.DeleteFunc(page.Items, func(c kustomer.Conversation) bool {
		how, is := b.rows[c.ID]
		switch {
		case is && how == "":
			page.Broken = append(page.Broken, "")
		case is:
			page.Broken = append(page.Broken, c.ID)
		}
		return is
	})
	return page, err
}

func (b brokenRows) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	rows, err := b.fakeKustomer.Conversations(ctx, ids)
	var failed kustomer.UnreadableError
	rows = slices.DeleteFunc(rows, func(c kustomer.Conversation) bool {
		if b.rows[c.ID] != "unreadable" {
			return false
		}
		failed.IDs, failed.Err = append(failed.IDs, c.ID), kustomer.ErrUnreadable
		return true
	})
	if err == nil && failed.IDs != nil {
		err = &failed
	}
	return rows, err
}
