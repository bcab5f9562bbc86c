package decide

import (
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

// TestSameResolution tries both sides of the second, also across the boundary of one and of midnight.
func TestSameResolution(t *testing.T) {
	midnight := testNow.Truncate(24 * time.Hour)
	for _, test := range []struct {
		a, b time.Time
		want bool
	}{
		{testNow, testNow, true},
		{testNow, testNow.Add(SameWithin - time.Millisecond), true},
		{testNow, testNow.Add(SameWithin), false},
		{midnight.Add(-time.Millisecond), midnight, true},
		{midnight.Add(-500 * time.Millisecond), midnight.Add(499 * time.Millisecond), true},
		{midnight.Add(-500 * time.Millisecond), midnight.Add(500 * time.Millisecond), false},
		{time.Time{}, testNow, false},
		{time.Time{}, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), false}, // no Duration is so long
	} {
		if got := SameResolution(test.a, test.b); got != test.want || SameResolution(test.b, test.a) != test.want {
			t.Errorf("%s and %s: got %t", test.a, test.b, got)
		}
	}
}

// TestErasedAppliesToAll holds that a conversation that was erased is over for all its resolutions, whenever they
// come, and however surveys are counted.
func TestErasedAppliesToAll(t *testing.T) {
	erased := store.Entry{Key: store.Key{Conversation: "c"}, Record: store.ErasedAt(testNow)}
	for _, per := range []store.Identity{store.PerConversation, store.PerResolution} {
		for _, later := range []time.Duration{-1000 * time.Hour, 0, 1000 * time.Hour} {
			at := testNow.Add(later)
			key := SurveyPer(per).KeyAt(erased.Key, at)
			if got := SurveyPer(per).Effective(key, at, []store.Entry{erased}); !got.Held() {
				t.Errorf("one survey per %s, marked done %s later: %+v", per, later, got)
			}
		}
	}
}

// TestHexKey names also what is no id of 24 hex digits, in lower case: the audit shows it.
func TestHexKey(t *testing.T) {
	for id, hex := range map[string]bool{
		"6716500FA1b2c3d4e5f60001": true, "6716500GA1b2c3d4e5f60001": false, "ABC": false, "": false,
	} {
		got, ok := HexKey(id)
		if want := (store.Key{Conversation: strings.ToLower(id)}); got != want || ok != hex {
			t.Errorf("%s: got %+v, %t", id, got, ok)
		}
	}
}

// TestKeyOfID names a conversation once, however its id is spelt, and leaves ids of another kind as they are.
func TestKeyOfID(t *testing.T) {
	for id, want := range map[string]string{
		"6716500FA1b2c3d4e5f60001": "6716500fa1b2c3d4e5f60001", "ABC": "ABC", "6716500FA1b2c3d4e5f6000": "6716500FA1b2c3d4e5f6000",
		"6716500FA1b2c3d4e5f60001AB": "6716500FA1b2c3d4e5f60001AB", "6716500GA1b2c3d4e5f60001": "6716500GA1b2c3d4e5f60001",
	} {
		if got := KeyOfID(id); got != (store.Key{Conversation: want}) {
			t.Errorf("%s: got %+v", id, got)
		}
		if got := KeyOf(kustomer.Conversation{ID: id}); got != (store.Key{Conversation: want}) {
			t.Errorf("%s: of the conversation %+v", id, got)
		}
	}
}

// TestSurveyPerKey is one key for all resolutions of a conversation, or one for each that has a time.
func TestSurveyPerKey(t *testing.T) {
	c := plain().Conversation
	at := c.LastDone.At
	if got := SurveyPer(store.PerConversation).Key(c); got != KeyOf(c) {
		t.Errorf("one a conversation: %+v", got)
	}
	per := SurveyPer(store.PerResolution)
	want := KeyOf(c)
	if want.Resolution = at.UnixMilli(); per.Key(c) != want {
		t.Errorf("one a resolution: %+v", per.Key(c))
	}
	if got := SurveyPer(store.PerConversation).KeyAt(want, at); got != KeyOf(c) {
		t.Errorf("of another kind: %+v", got)
	}
	if got := per.KeyAt(want, time.Time{}); got != KeyOf(c) {
		t.Errorf("at no time: %+v", got)
	}
	if c.LastDone = nil; per.Key(c) != KeyOf(c) {
		t.Errorf("never marked done: %+v", per.Key(c))
	}
}

// TestSameKey takes keys of one resolution for one, though its time was told a little otherwise.
func TestSameKey(t *testing.T) {
	at := func(id string, ms int64) store.Key { return store.Key{Conversation: id, Resolution: ms} }
	for _, tt := range []struct {
		a, b store.Key
		want bool
	}{
		{at("a", 5000), at("a", 5000), true},
		{at("a", 5000), at("a", 5999), true},
		{at("a", 5000), at("a", 6000), false},
		{at("a", 5000), at("b", 5000), false},
		{at("a", 0), at("a", 0), true},
		{at("a", 0), at("a", 500), false},
		{at("a", 500), at("a", 0), false},
		{at("a", 5000), store.Key{Conversation: "a", Resolution: 5000, Recovery: true}, false},
	} {
		if got := SameKey(tt.a, tt.b); got != tt.want || SameKey(tt.b, tt.a) != tt.want {
			t.Errorf("%+v and %+v: %t", tt.a, tt.b, got)
		}
	}
}

// TestCanonicalTime is the time that was written down first of the nearest resolution, the earlier of two that are
// as near, and its own where none is near.
func TestCanonicalTime(t *testing.T) {
	for name, tt := range map[string]struct {
		known []time.Duration
		want  time.Duration
	}{
		"none":                    {nil, 0},
		"the same":                {[]time.Duration{0}, 0},
		"near":                    {[]time.Duration{700 * time.Millisecond}, 700 * time.Millisecond},
		"too far":                 {[]time.Duration{SameWithin, -SameWithin}, 0},
		"the nearer":              {[]time.Duration{-600 * time.Millisecond, 500 * time.Millisecond, 900 * time.Millisecond}, 500 * time.Millisecond},
		"the earlier of equals":   {[]time.Duration{500 * time.Millisecond, -500 * time.Millisecond}, -500 * time.Millisecond},
		"the earlier, told first": {[]time.Duration{-500 * time.Millisecond, 500 * time.Millisecond}, -500 * time.Millisecond},
	} {
		var entries []store.Entry
		for _, off := range tt.known {
			entries = append(entries, store.Entry{Record: store.Record{Resolution: testNow.Add(off)}})
		}
		if got := CanonicalTime(testNow, entries...); !got.Equal(testNow.Add(tt.want)) {
			t.Errorf("%s: got %s", name, got.Sub(testNow))
		}
	}
}

// TestEffective finds what the ledger has that counts for a resolution, also under keys of the other kind: a second
// survey request is worse than none.
func TestEffective(t *testing.T) {
	own := store.Key{Conversation: "a", Resolution: testNow.UnixMilli()}
	entry := func(off time.Duration, state store.State, change func(*store.Entry)) store.Entry {
		at := testNow.Add(off)
		e := store.Entry{Key: store.Key{Conversation: "a", Resolution: at.UnixMilli()}, Record: store.Record{State: state, Resolution: at, Attempts: 1}}
		if change != nil {
			change(&e)
		}
		return e
	}
	unkeyed := func(e *store.Entry) { e.Key.Resolution = 0 }
	rebuilt := func(e *store.Entry) { e.Reason = store.ReasonRebuilt }
	for name, tt := range map[string]struct {
		e               store.Entry
		perConversation bool
		perResolution   bool
	}{
		"of this resolution":                    {entry(0, store.Skipped, nil), true, true},
		"of the same, told otherwise":           {entry(900*time.Millisecond, store.Skipped, nil), true, true},
		"skipped, of another":                   {entry(-time.Hour, store.Skipped, nil), false, false},
		"waits, of another":                     {entry(-time.Hour, store.Retry, nil), false, false},
		"sent, of another":                      {entry(-time.Hour, store.Accepted, nil), true, false},
		"in doubt, of another":                  {entry(time.Hour, store.InDoubt, nil), true, false},
		"sent later, of which nobody can tell":  {entry(time.Hour, store.Accepted, unkeyed), true, true},
		"sent about then, nobody can tell":      {entry(-900*time.Millisecond, store.Accepted, unkeyed), true, true},
		"sent earlier, nobody can tell":         {entry(-time.Hour, store.Accepted, unkeyed), true, false},
		"rebuilt, received later":               {entry(time.Hour, store.Accepted, rebuilt), true, true},
		"rebuilt, received earlier":             {entry(-time.Hour, store.Accepted, rebuilt), true, false},
		"waits, of which nobody can tell":       {entry(time.Hour, store.Retry, unkeyed), false, false},
		"rejected without a try, nobody's else": {entry(time.Hour, store.Rejected, func(e *store.Entry) { e.Reason, e.Attempts = "rule_error:x", 0 }), false, false},
	} {
		for per, want := range map[store.Identity]bool{store.PerConversation: tt.perConversation, store.PerResolution: tt.perResolution} {
			got := SurveyPer(per).Effective(own, testNow, []store.Entry{tt.e})
			if counts := got != (store.Record{}); counts != want {
				t.Errorf("%s, one survey per %s: it counts: %t", name, per, counts)
			}
		}
	}
	// Its own record counts before another that says as much, and not before one that says more.
	mine, same := entry(0, store.Skipped, func(e *store.Entry) { e.Reason = "mine" }), entry(1, store.Skipped, nil)
	same.Key = store.Key{Conversation: "a"}
	for _, list := range [][]store.Entry{{mine, same}, {same, mine}} {
		if got := SurveyPer(store.PerResolution).Effective(own, testNow, list); got.Reason != "mine" {
			t.Errorf("of two equals: %+v", got)
		}
	}
	same.State = store.Accepted
	if got := SurveyPer(store.PerResolution).Effective(own, testNow, []store.Entry{same, mine}); got.State != store.Accepted {
		t.Errorf("of two: %+v", got)
	}
}

// TestStronger orders records by what they say of a survey request: sent, perhaps, to be, not, nothing.
func TestStronger(t *testing.T) {
	order := []store.Record{ // from the least
		{}, {State: store.Skipped}, {State: store.Retry}, {State: store.InDoubt}, {State: store.Dropped},
	}
	for i, less := range order {
		for _, more := range order[i+1:] {
			if Stronger(less, more) != more || Stronger(more, less) != more {
				t.Errorf("%s is not stronger than %s", more.State, less.State)
			}
		}
	}
	first := store.Record{State: store.Sending, Intent: 1}
	if got := Stronger(first, store.Record{State: store.InDoubt, Intent: 2}); got != first {
		t.Errorf("of equals %+v", got)
	}
	// What an expression failed on can be decided anew.
	failed := store.Record{State: store.Rejected, Reason: "rule_error:x"}
	if got := Stronger(failed, store.Record{State: store.Scheduled}); got.State != store.Scheduled {
		t.Errorf("got %+v", got)
	}
	if got := Stronger(failed, store.Record{State: store.Skipped}); got != failed {
		t.Errorf("beside a skip %+v", got)
	}
}

// TestGroupByConversation keeps survey requests and recoveries apart, and finds the request that a recovery follows
// up: the latest that was accepted.
func TestGroupByConversation(t *testing.T) {
	at := func(id string, hours int) (store.Key, store.Record) {
		resolved := testNow.Add(time.Duration(hours) * time.Hour)
		return store.Key{Conversation: id, Resolution: resolved.UnixMilli()}, store.Record{State: store.Accepted, Resolution: resolved}
	}
	known := map[store.Key]store.Record{{Conversation: "a", Recovery: true}: {State: store.Retry}}
	for _, hours := range []int{1, 3, 2} {
		k, r := at("a", hours)
		known[k] = r
	}
	key, later := at("a", 9)
	later.State = store.Skipped
	known[key] = later
	key, other := at("b", 1)
	known[key] = other
	surveys, recoveries := GroupByConversation(known)
	if len(surveys) != 2 || len(surveys["a"]) != 4 || len(surveys["b"]) != 1 || len(recoveries) != 1 || recoveries["a"].State != store.Retry {
		t.Errorf("got %+v, %+v", surveys, recoveries)
	}
	for range 5 { // in whatever order
		surveys, _ := GroupByConversation(known)
		if got := FirstRequest(surveys["a"]); !got.Resolution.Equal(testNow.Add(3 * time.Hour)) {
			t.Errorf("got %+v", got)
		}
	}
	if got := FirstRequest([]store.Entry{{Record: later}}); got != (store.Record{}) {
		t.Errorf("of what was skipped %+v", got)
	}
}
