package sync

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// lagging is a Kustomer whose search shows one conversation late.
type lagging struct {
	*desk
	id  string
	lag time.Duration
}

func (l lagging) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	page, err := l.desk.SearchConversations(ctx, q)
	before := len(page.Items)
	page.Items = slices.DeleteFunc(page.Items, func(c kustomer.Conversation) bool {
		return c.ID == l.id && l.now.Sub(c.LastDone.At) < l.lag
	})
	page.Total -= before - len(page.Items)
	return page, err
}

// TestReread lets the search show a conversation later than the overlap: the daily look back finds it, within a
// day of its being shown, and asks once. Nothing else is read twice, counted twice or decided anew by it.
func TestReread(t *testing.T) {
	for _, per := range []store.Identity{store.PerConversation, store.PerResolution} {
		for _, lag := range []time.Duration{45 * time.Minute, 23 * time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 3)
				b.engine.Options.Reread, b.engine.Options.SurveyPer = 48*time.Hour, per
				b.conversations[1].Spam = true
				b.mustRun(t)
				b.conversations[1].Spam = false // nobody decides it anew
				b.goOn(9 * time.Hour)
				late := b.conversations[len(b.conversations)-1]
				b.engine.Source = lagging{b.desk, late.ID, lag}
				counted, searches := 0, 0
				for range 50 {
					before := b.calls["search"]
					result := b.mustRun(t)
					searches = max(searches, b.calls["search"]-before)
					counted += result.Late
					b.goOn(time.Hour)
				}
				if got := b.times()[late.ID]; got != 1 || counted != 1 {
					t.Errorf("%s, %s late: asked %d times, counted %d times", per, lag, got, counted)
				}
				if got := b.times()[b.conversations[1].ID]; got != 0 {
					t.Errorf("what was skipped was asked %d times", got)
				}
				if searches > 6 {
					t.Errorf("a pass searched %d times", searches)
				}
			})
		}
	}
}

// TestRereadOfDoneAgain finds, a day late, that what was skipped was marked done again.
func TestRereadOfDoneAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 3)
		b.engine.Options.Reread = 48 * time.Hour
		b.conversations[1].Spam = true
		b.mustRun(t)
		b.goOn(time.Hour)
		done := *b.conversations[1].LastDone
		done.At = b.now.Add(-20 * time.Minute)
		b.conversations[1].LastDone, b.conversations[1].Spam = &done, false
		b.engine.Source = lagging{b.desk, b.conversations[1].ID, 5 * time.Hour}
		for range 30 {
			b.mustRun(t)
			b.goOn(time.Hour)
		}
		if got := b.times()[b.conversations[1].ID]; got != 1 {
			t.Errorf("it was asked %d times", got)
		}
	})
}

// TestNoReread leaves what comes later than the overlap, where the look back is switched off.
func TestNoReread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 3)
		b.engine.Source = lagging{b.desk, b.conversations[0].ID, 7 * time.Hour}
		for range 30 {
			b.mustRun(t)
			b.goOn(time.Hour)
		}
		if got := b.state(t, 0); decide.Rank(got.State) != 0 {
			t.Errorf("the ledger has %+v", got)
		}
	})
}

// withholdingSearch is a Kustomer whose every search that holds one conversation fails, for a while.
type withholdingSearch struct {
	*desk
	id    string
	until time.Time
}

func (w withholdingSearch) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	page, err := w.desk.SearchConversations(ctx, q)
	holds := func(c kustomer.Conversation) bool { return c.ID == w.id }
	if w.now.Before(w.until) && slices.ContainsFunc(page.Items, holds) {
		return kustomer.Page[kustomer.Conversation]{}, kustomer.ErrUnanswered
	}
	return page, err
}

// TestUnreadIsLookedForSoon asks about a conversation that no search gave, hours after the others, within an hour
// of its being given.
func TestUnreadIsLookedForSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 30)
		b.engine.Options.Reread = 48 * time.Hour
		b.engine.Source = withholdingSearch{b.desk, b.conversations[7].ID, b.now.Add(5 * time.Hour)}
		if first := b.mustRun(t); first.Unseen != 1 || first.Unread != 1 || first.Counts[store.Accepted] != 29 {
			t.Errorf("the first pass tells %+v", first)
		}
		for range 7 {
			b.goOn(time.Hour)
			b.mustRun(t)
		}
		if got := b.times()[b.conversations[7].ID]; got != 1 {
			t.Errorf("it was asked %d times", got)
		}
	})
}

// shortsighted is a Kustomer whose search does not answer about what was marked done long ago.
type shortsighted struct{ *desk }

func (f shortsighted) SearchConversations(ctx context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	if q.From.Before(f.now.Add(-2 * time.Hour)) {
		return kustomer.Page[kustomer.Conversation]{}, fmt.Errorf("old: %w", kustomer.ErrUnanswered)
	}
	return f.desk.SearchConversations(ctx, q)
}

// TestRereadFails lets a look back fail: it is tried again after an hour, and the passes in between do not fail.
func TestRereadFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 3)
		b.engine.Options.Reread = 48 * time.Hour
		for range 24 {
			b.mustRun(t)
			b.goOn(time.Hour)
		}
		b.engine.Source = shortsighted{b.desk}
		failed := 0
		for range 36 {
			if result, err := b.run(t); err != nil {
				failed++
			} else if result.Counts[store.Accepted] != 1 && failed > 0 {
				t.Errorf("somebody new was not asked: %+v", result)
			}
			b.goOn(5 * time.Minute)
		}
		if failed < 2 || failed > 4 {
			t.Errorf("in three hours %d passes failed", failed)
		}
	})
}
