package decide

import (
	"slices"
	"testing"
	"time"

	"acsync/store"
)

// TestCaseTimes believes Kustomer of when a case was marked done, unless no ledger can keep that.
func TestCaseTimes(t *testing.T) {
	c := caseOf(store.Record{Resolution: testNow.Add(-9 * time.Hour)})
	told := c.Conversation.LastDone.At
	if !c.Resolution().Equal(told) || !c.Claimed().Equal(told) {
		t.Errorf("got %s, claimed %s", c.Resolution(), c.Claimed())
	}
	if c.Delay = time.Hour; !c.Due().Equal(told.Add(time.Hour)) {
		t.Errorf("due at %s", c.Due())
	}
	if c.Outside = true; !c.Resolution().Equal(c.Known.Resolution) || !c.Claimed().Equal(told) {
		t.Errorf("outside: %s, claimed %s", c.Resolution(), c.Claimed())
	}
	if c.Outside, c.Conversation.LastDone = false, nil; !c.Resolution().Equal(c.Known.Resolution) {
		t.Errorf("without a time: %s", c.Resolution())
	}
	w := WaitingCase(store.Entry{Key: c.Key, Record: c.Own})
	if w.Key != c.Key || w.Own != c.Own || !w.Resolution().Equal(c.Own.Resolution) {
		t.Errorf("what waits is %+v", w)
	}
}

// TestEarly waits for a delay's end by Kustomer's clock, of what is to be sent at all.
func TestEarly(t *testing.T) {
	for name, tt := range map[string]struct {
		delay time.Duration
		skip  Reason
		want  bool
	}{
		"no delay": {0, "", false}, "over": {time.Hour, "", false}, "not over": {time.Hour + 1, "", true},
		"to be skipped": {2 * time.Hour, Spam, false},
	} {
		c := caseOf(store.Record{})
		c.Delay, c.Skip = tt.delay, tt.skip
		if got := c.Early(); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	// Marked done in Kustomer's future: without a delay it does not wait.
	c := caseOf(store.Record{})
	if c.Now = c.Resolution().Add(-time.Minute); c.Early() {
		t.Error("it waits without a delay")
	}
}

// TestUnreadSince goes by the ledger's record of the very key, and by no other wait.
func TestUnreadSince(t *testing.T) {
	for r, want := range map[store.Record]bool{
		{State: store.Scheduled, Reason: string(UnreadableRecord), At: testNow}: true,
		{State: store.Scheduled, Reason: string(Stopped), At: testNow}:          false,
		{State: store.Rejected, Reason: string(UnreadableRecord), At: testNow}:  false,
	} {
		if got := caseOf(r).UnreadSince(); got.IsZero() == want {
			t.Errorf("%+v: since %s", r, got)
		}
	}
}

// TestCanonicalize writes a resolution, and the key that is made of it, as it was written first; it touches no other
// resolution, no key of another kind, and not what the caller has.
func TestCanonicalize(t *testing.T) {
	per := SurveyPer(store.PerResolution)
	c := caseOf(store.Record{})
	c.Key = per.Key(c.Conversation)
	told, first := c.Conversation.LastDone, c.Conversation.LastDone.At.Add(-300*time.Millisecond)
	before := told.At
	c.Canonicalize(per, first)
	if !c.Resolution().Equal(first) || c.Key.Resolution != first.UnixMilli() || !told.At.Equal(before) {
		t.Errorf("marked done at %s, key %+v, told %s", c.Resolution(), c.Key, told.At)
	}
	c.Canonicalize(per, first.Add(SameWithin))
	if !c.Resolution().Equal(first) {
		t.Errorf("of another resolution: %s", c.Resolution())
	}
	other := caseOf(store.Record{})
	key := other.Key
	other.Canonicalize(per, first)
	if other.Key != key || !other.Resolution().Equal(first) {
		t.Errorf("under a key of another kind: %+v, marked done at %s", other.Key, other.Resolution())
	}
	none := caseOf(store.Record{})
	none.Conversation.LastDone = nil
	if none.Canonicalize(per, first); none.Conversation.LastDone != nil {
		t.Error("it has a time that nobody told")
	}
}

// TestTimeOutOfRangeSaysWhich tells which time no pass reads, so that somebody can mend it.
func TestTimeOutOfRangeSaysWhich(t *testing.T) {
	c := plain()
	c.Outside = true
	if d := testPolicy().Decide(c); d.Trouble != "lastDone.createdAt is 2026-11-22T19:00:00.000Z" {
		t.Errorf("it says %q", d.Trouble)
	}
	if c.Conversation.LastDone = nil; testPolicy().Decide(c).Trouble != "lastDone.createdAt cannot be read" {
		t.Errorf("it says %q", testPolicy().Decide(c).Trouble)
	}
}

// TestForbiddingInOrder lists the attributes that are set always in one order.
func TestForbiddingInOrder(t *testing.T) {
	c, all := plain(), []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	c.Conversation.Custom = map[string]any{}
	for _, name := range all {
		c.Conversation.Custom[name] = true
	}
	if got := (Policy{DoNotSendAttributes: all}).Forbidding(c); !slices.Equal(got, all) {
		t.Errorf("got %q", got)
	}
}
