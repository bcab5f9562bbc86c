package journey

import (
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// TestStanding says how far a conversation has come, and what keeps it from the next step, where the three systems
// know it or not.
func TestStanding(t *testing.T) {
	in := func(state store.State, reason decide.Reason) []store.Entry {
		return []store.Entry{{Record: store.Record{State: state, Reason: string(reason), Attempts: 1}}}
	}
	sends, skips := &Facts{}, &Facts{Skip: decide.Spam}
	for name, tt := range map[string]struct {
		j        Journey
		received bool
		want     Standing
	}{
		"accepted, and not shown":            {Journey{Entries: in(store.Accepted, ""), Facts: sends}, true, Standing{Step: Asked, Obstacle: NotShown}},
		"accepted, and nobody has looked":    {Journey{Entries: in(store.Accepted, ""), Facts: sends}, false, Standing{Step: Asked}},
		"passes came too late":               {Journey{Entries: in(store.Skipped, decide.Stale), Facts: sends}, true, Standing{Step: Eligible, Obstacle: "stale"}},
		"too late, and spam besides":         {Journey{Entries: in(store.Skipped, decide.Stale), Facts: skips}, true, Standing{Step: Done, Obstacle: "stale"}},
		"too late, and gone":                 {Journey{Entries: in(store.Skipped, decide.Stale)}, true, Standing{Step: Done, Obstacle: "stale"}},
		"skipped":                            {Journey{Entries: in(store.Skipped, decide.NoEmail), Facts: sends}, true, Standing{Step: Done, Obstacle: "no_email"}},
		"waits":                              {Journey{Entries: in(store.Retry, decide.Limited), Facts: sends}, true, Standing{Step: Eligible, State: store.Retry, Obstacle: string(decide.Limited)}},
		"nobody knows it":                    {Journey{}, true, Standing{Step: Done, Obstacle: "gone"}},
		"not to be asked":                    {Journey{Facts: skips}, true, Standing{Step: Done, Obstacle: "spam"}},
		"never asked":                        {Journey{Facts: sends}, true, Standing{Step: Eligible, Obstacle: NeverAsked}},
		"a follow-up says nothing of it":     {Journey{Facts: sends, Entries: []store.Entry{{Key: store.Key{Recovery: true}, Record: store.Record{State: store.Accepted}}}, Interactions: []agentconnect.Interaction{{Recovery: true}}}, true, Standing{Step: Eligible, Obstacle: NeverAsked}},
		"only its rehearsal was mailed":      {Journey{Facts: sends, Interactions: []agentconnect.Interaction{{Intent: store.Intent{Ledger: ledgerID, Rehearsal: true}.String()}}}, true, Standing{Step: Eligible, Obstacle: NeverAsked}},
		"of two requests one was answered":   {Journey{Interactions: []agentconnect.Interaction{{AnsweredAt: testNow}, {}}}, true, Standing{Step: Answered}},
		"of two requests one has come there": {Journey{Interactions: []agentconnect.Interaction{{Status: "Sent"}, {}}}, true, Standing{Step: Delivered, Obstacle: NotAnswered}},
	} {
		got := tt.j.Standing(tt.received)
		if got != tt.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

// TestPlace has the latest word of Kustomer before the ledger's, and no time of a rebuilt record where there is
// another.
func TestPlace(t *testing.T) {
	w := fetch.Window{From: testNow, To: testNow.Add(time.Hour)}
	at := func(minutes int, reason string) store.Entry {
		return store.Entry{
			Key:    store.Key{Conversation: id(1), Resolution: int64(minutes + 100)},
			Record: store.Record{State: store.Accepted, Reason: reason, Resolution: testNow.Add(time.Duration(minutes) * time.Minute)},
		}
	}
	for name, tt := range map[string]struct {
		facts   *Facts
		entries []store.Entry
		want    int // minutes; -1: not known
		inRange bool
	}{
		"Kustomer's word":            {&Facts{Resolved: testNow.Add(5 * time.Minute)}, []store.Entry{at(7, "")}, 5, true},
		"the ledger's":               {&Facts{Resolved: testNow.Add(5 * time.Hour)}, []store.Entry{at(9, ""), at(7, "")}, 9, true},
		"the ledger's alone":         {nil, []store.Entry{at(7, "")}, 7, true},
		"of neither":                 {nil, nil, -1, false},
		"outside":                    {&Facts{Resolved: testNow.Add(5 * time.Hour)}, nil, 300, false},
		"of a rebuilt one":           {&Facts{Resolved: testNow.Add(5 * time.Hour)}, []store.Entry{at(7, store.ReasonRebuilt)}, 300, false},
		"of a rebuilt one, and gone": {nil, []store.Entry{at(7, store.ReasonRebuilt)}, 7, true},
	} {
		j := Journey{Facts: tt.facts, Entries: tt.entries}
		j.place(w)
		want := testNow.Add(time.Duration(tt.want) * time.Minute)
		if tt.want < 0 {
			want = time.Time{}
		}
		if !j.Resolved.Equal(want) || j.InRange != tt.inRange {
			t.Errorf("%s: marked done at %s, in range %t", name, j.Resolved, j.InRange)
		}
	}
}

// TestStepsAreInOrder lists each step once, each with a name, the least first.
func TestStepsAreInOrder(t *testing.T) {
	for i, s := range Steps() {
		if int(s) != i || s.String() == "" {
			t.Errorf("step %d is %d, %q", i, s, s)
		}
	}
	if last := Steps()[len(Steps())-1]; last != Answered {
		t.Errorf("the last is %s", last)
	}
}
