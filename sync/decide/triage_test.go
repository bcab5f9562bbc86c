package decide

import (
	"testing"
	"time"

	"acsync/store"
)

// TestTriageKeepsWhatIsBeingSent: under whichever key.
func TestTriageKeepsWhatIsBeingSent(t *testing.T) {
	c := Case{}
	c.Known = store.Record{State: store.Sending, At: time.Now()}
	if got := Triage(c, Clock{Own: time.Now()}, FromLedger); got.Verb != Keep {
		t.Errorf("got %+v", got)
	}
}

// caseOf is a plain case that is to be sent, and what the ledger has of its key.
func caseOf(own store.Record) Case {
	c := Case{Key: store.Key{Conversation: "a"}, Candidate: plain(), Own: own}
	c.Known = own
	return c
}

// TestTriage says what happens with a case, wherever it comes from.
func TestTriage(t *testing.T) {
	resolved := plain().Conversation.LastDone.At
	waits := func(reason Reason, due time.Time) store.Record {
		return store.Record{State: store.Scheduled, Reason: string(reason), Resolution: resolved, At: testNow.Add(-time.Hour), Due: due}
	}
	ripe, unripe, none := testNow, testNow.Add(time.Second), store.Record{}
	retried := store.Record{State: store.Retry, Reason: string(Limited), Resolution: resolved, Due: ripe, First: testNow.Add(-GiveUpAfter - time.Second)}
	sent := store.Record{State: store.Accepted, Resolution: resolved, At: testNow, Attempts: 1}
	doubt := store.Record{State: store.InDoubt, Resolution: resolved, Due: ripe, Attempts: 1}
	unread := waits(UnreadableRecord, ripe)
	for name, tt := range map[string]struct {
		own    store.Record
		change func(*Case)
		at     Stage
		want   Action
	}{
		"new":                          {none, func(*Case) {}, FromWindow, Action{Verb: Send}},
		"new, and delayed":             {none, func(c *Case) { c.Delay = 2 * time.Hour }, FromWindow, Action{Verb: Wait, Until: resolved.Add(2 * time.Hour), Reason: Delayed}},
		"its delay is over":            {none, func(c *Case) { c.Delay = time.Hour }, FromWindow, Action{Verb: Send}},
		"skipped":                      {none, func(c *Case) { c.Skip = Spam }, FromWindow, Action{Verb: Skip, Reason: Spam}},
		"an expression failed":         {none, func(c *Case) { c.Skip = RuleError("x") }, FromWindow, Action{Verb: Reject, Reason: RuleError("x")}},
		"no longer done, in a window":  {none, func(c *Case) { c.Skip = NotDone }, FromWindow, Action{Verb: Skip, Reason: NotDone}},
		"waits, found in a window":     {waits(Stopped, ripe), func(*Case) {}, FromWindow, Action{Verb: Keep, Record: waits(Stopped, ripe)}},
		"waits, on its turn":           {waits(Stopped, ripe), func(*Case) {}, FromLedger, Action{Verb: Send}},
		"waits, before its turn":       {waits(Stopped, unripe), func(*Case) {}, FromLedger, Action{Verb: Keep, Record: waits(Stopped, unripe)}},
		"turned away, on its turn":     {store.Record{State: store.Retry, Reason: string(Forbidden), Due: ripe, First: testNow}, func(*Case) {}, FromLedger, Action{Verb: Send}},
		"waits, tried for too long":    {retried, func(*Case) {}, FromLedger, Action{Verb: Reject, Reason: GaveUp}},
		"waits, sent under another":    {waits(Stopped, unripe), func(c *Case) { c.Known, c.Skip = sent, AlreadySent }, FromLedger, Action{Verb: Skip, Reason: AlreadySent}},
		"waits, and reopened":          {waits(Stopped, ripe), func(c *Case) { c.Skip = NotDone }, FromLedger, Action{Verb: Skip, Reason: Reopened}},
		"waits, and done again":        {waits(Stopped, ripe), func(c *Case) { c.Reread = Superseded }, FromLedger, Action{Verb: Skip, Reason: Reopened}},
		"waits, and gone":              {waits(Stopped, ripe), func(c *Case) { c.Reread = Missing }, FromLedger, Action{Verb: Skip, Reason: Gone}},
		"waits, and another goes":      {waits(Stopped, ripe), func(c *Case) { c.Reread = Duplicate }, FromLedger, Action{Verb: Keep, Record: waits(Stopped, ripe)}},
		"waits, and is too old by now": {waits(Stopped, ripe), func(c *Case) { c.Skip = Stale }, FromLedger, Action{Verb: Skip, Reason: Stale}},
		"in doubt":                     {doubt, func(*Case) {}, FromLedger, Action{Verb: Keep, Record: doubt}},
		"in doubt under another key":   {none, func(c *Case) { c.Known = doubt }, FromWindow, Action{Verb: Keep, Record: doubt}},

		"cannot be read":              {none, func(c *Case) { c.Skip = UnreadableRecord }, FromWindow, Action{Verb: Wait, Until: testNow.Add(time.Minute), Reason: UnreadableRecord}},
		"withheld":                    {waits(Stopped, ripe), func(c *Case) { c.Reread = Withheld }, FromLedger, Action{Verb: Wait, Until: testNow.Add(time.Minute), Reason: UnreadableRecord}},
		"unread for an hour":          {unread, func(c *Case) { c.Reread = Withheld }, FromLedger, Action{Verb: Wait, Until: testNow.Add(time.Hour), Reason: UnreadableRecord}},
		"unread for a second":         {unread, func(c *Case) { c.Reread, c.Own.At = Withheld, testNow.Add(-time.Second) }, FromLedger, Action{Verb: Wait, Until: testNow.Add(time.Minute), Reason: UnreadableRecord}},
		"unread for as long as may":   {unread, func(c *Case) { c.Reread, c.Own.At = Withheld, testNow.Add(-GiveUpAfter) }, FromLedger, Action{Verb: Wait, Until: testNow.Add(6 * time.Hour), Reason: UnreadableRecord}},
		"unread for too long":         {unread, func(c *Case) { c.Reread, c.Own.At = Withheld, testNow.Add(-GiveUpAfter-time.Second) }, FromLedger, Action{Verb: Reject, Reason: UnreadableRecord}},
		"cannot be read, sent before": {none, func(c *Case) { c.Known, c.Reread, c.Skip = sent, Withheld, AlreadySent }, FromLedger, Action{Verb: Skip, Reason: AlreadySent}},
	} {
		c := caseOf(tt.own)
		tt.change(&c)
		if got := Triage(c, Clock{Kustomer: testNow, Own: testNow}, tt.at); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

// TestTriageWaiting takes up what waits when its time has come: a delay's by Kustomer's clock, what this machine
// has put off by its own; and gives up what was tried for long enough.
func TestTriageWaiting(t *testing.T) {
	long := testNow.Add(-GiveUpAfter - time.Second)
	for name, tt := range map[string]struct {
		r    store.Record
		want Verb
	}{
		"delayed, by Kustomer's clock":     {store.Record{State: store.Scheduled, Reason: string(Delayed), Due: testNow.Add(time.Hour)}, Send},
		"delayed, before Kustomer's clock": {store.Record{State: store.Scheduled, Reason: string(Delayed), Due: testNow.Add(time.Hour + 1)}, Keep},
		"put off, by this one's":           {store.Record{State: store.Scheduled, Reason: string(Stopped), Due: testNow}, Send},
		"put off, before this one's":       {store.Record{State: store.Scheduled, Reason: string(Stopped), Due: testNow.Add(1)}, Keep},
		"tried as long as may be":          {store.Record{State: store.Retry, Reason: string(Limited), First: long.Add(time.Second)}, Send},
		"tried for too long":               {store.Record{State: store.Retry, Reason: string(Limited), First: long}, Reject},
		"never tried":                      {store.Record{State: store.Retry, Reason: string(Limited)}, Send},
		"scheduled long ago":               {store.Record{State: store.Scheduled, Reason: string(Stopped), First: long}, Send},
		"not arrived often enough":         {store.Record{State: store.Retry, Reason: string(NotArrived), First: long, Attempts: MostAttempts - 1}, Send},
		"not arrived too often":            {store.Record{State: store.Retry, Reason: string(NotArrived), Attempts: MostAttempts}, Reject},
		"the operator wants it":            {store.Record{State: store.Retry, Reason: string(ByHand), First: long, Attempts: 9}, Send},
	} {
		e := store.Entry{Record: tt.r}
		got := TriageWaiting(e, Clock{Kustomer: testNow.Add(time.Hour), Own: testNow})
		if got.Verb != tt.want || tt.want == Keep && got.Record != tt.r || tt.want == Reject && got.Reason != GaveUp {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestPassEndsBeforeBothClocks ends a pass settle before the clock that is behind, in whole milliseconds.
func TestPassEndsBeforeBothClocks(t *testing.T) {
	for own, want := range map[time.Duration]time.Duration{0: 0, -time.Minute: -time.Minute, time.Minute: 0} {
		c := Clock{Kustomer: testNow.Add(1500 * time.Microsecond), Own: testNow.Add(own + 1500*time.Microsecond)}
		if got := c.Until(time.Hour); !got.Equal(testNow.Add(want - time.Hour + time.Millisecond)) {
			t.Errorf("with this machine's clock %s off: %s", own, got)
		}
	}
}

// TestRetryAfter waits a minute, then twice as long each time, six hours at most, whatever the number of tries.
func TestRetryAfter(t *testing.T) {
	for attempts, want := range map[int]time.Duration{
		0: time.Minute, 1: time.Minute, 2: 2 * time.Minute, 4: 8 * time.Minute, 9: 256 * time.Minute,
		10: 6 * time.Hour, 11: 6 * time.Hour, 1 << 30: 6 * time.Hour,
	} {
		if got := RetryAfter(attempts); got != want {
			t.Errorf("after %d attempts: %s, want %s", attempts, got, want)
		}
	}
}
