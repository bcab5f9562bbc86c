package audit

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/journey"
)

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	terms = Terms{
		Ledger: "0123456789abcdef", Known: noon.Add(-time.Hour), Received: true,
		Since: noon.Add(-2 * time.Hour), Settled: noon.Add(24 * time.Hour), Passed: noon.Add(24 * time.Hour),
	}
)

// marked is a conversation that was marked done at noon, and should be asked about.
func marked(skip decide.Reason, entries ...store.Entry) journey.Journey {
	return journey.Journey{
		Conversation: "6716500fa1b2c3d4e5f60001", Resolved: noon, InRange: true, Entries: entries,
		Facts: &journey.Facts{Resolved: noon, Created: noon.Add(-time.Hour), Skip: skip},
	}
}

func entry(state store.State) store.Entry {
	return store.Entry{Record: store.Record{
		State: state, Resolution: noon, At: noon.Add(time.Minute), Intent: 7, Attempts: 1,
	}}
}

// with adds a request that was taken some time after noon, with a stamp.
func with(j journey.Journey, after time.Duration, stamp string) journey.Journey {
	j.Interactions = append(j.Interactions, agentconnect.Interaction{
		UUID: fmt.Sprint(len(j.Interactions)), ExtInteractionID: j.Conversation, Intent: stamp,
		CreatedAt: noon.Add(after), Status: "Delivered",
	})
	return j
}

const (
	ours   = "0123456789abcdef-7"
	theirs = "fedcba9876543210-7"
)

// TestCompare names what each disagreement is called, and who is held to have caused it.
func TestCompare(t *testing.T) {
	const soon = time.Minute
	followed := with(with(marked("", entry(store.Accepted)), soon, ours), soon, ours)
	followed.Interactions[1].Recovery = true
	elsewhere := with(marked(""), soon, "")
	elsewhere.InRange = false
	gone := marked("")
	gone.Facts = nil
	perResolution := terms
	perResolution.Identity = store.PerResolution
	again := marked("", entry(store.Skipped))
	again.Facts.Resolved = noon.Add(48 * time.Hour)
	second := with(marked("", entry(store.Accepted)), -2*time.Hour, ours)
	second.Entries[0].Record.Resolution = noon.Add(-3 * time.Hour)
	notRead := terms
	notRead.Passed = noon
	without := terms
	without.Ledger = ""
	blind := terms
	blind.Received = false
	stamped := terms
	stamped.Stamped = true
	for name, test := range map[string]struct {
		journey journey.Journey
		terms   Terms
		want    string // kind and cause; empty: all agree
	}{
		"asked once":                 {with(marked("", entry(store.Accepted)), soon, ours), terms, ""},
		"and followed up":            {followed, terms, ""},
		"a rehearsal beside it":      {with(with(marked("", entry(store.Accepted)), soon, ours), soon, "rehearsal-0123456789abcdef-1"), terms, ""},
		"skipped":                    {marked(decide.Spam, entry(store.Skipped)), terms, ""},
		"not to be asked":            {marked(decide.Spam), terms, ""},
		"rejected":                   {marked("", entry(store.Rejected)), terms, ""},
		"waits":                      {marked("", entry(store.Retry)), terms, ""},
		"gone from Kustomer":         {gone, terms, ""},
		"never asked":                {marked(""), terms, "never_asked unknown"},
		"skipped once, not today":    {marked("", entry(store.Skipped)), terms, "never_asked skipped"},
		"no time to ask it yet":      {marked(""), Terms{Ledger: terms.Ledger, Received: true, Settled: noon, Passed: terms.Passed}, ""},
		"for a pass to find":         {marked(""), notRead, ""},
		"marked done again since":    {again, terms, ""},
		"asked just now":             {with(marked(""), 24*time.Hour, theirs), terms, ""},
		"by others just now":         {with(marked(""), 24*time.Hour, ""), stamped, "not_in_ledger unknown"},
		"by another ledger just now": {with(marked("", entry(store.Retry)), 24*time.Hour, theirs), stamped, "not_in_ledger retry"},
		"by us just now":             {with(marked(""), 24*time.Hour, ours), stamped, ""},
		"not for this resolution":    {second, perResolution, "never_asked unknown"},
		"asked twice by us":          {with(with(marked("", entry(store.Accepted)), soon, ours), soon, ours), terms, "asked_twice by_acsync"},
		"by us and by others":        {with(with(marked("", entry(store.Accepted)), soon, ours), soon, ""), terms, "asked_twice by_both"},
		"by two others":              {with(with(marked(""), soon, theirs), soon, ""), terms, "asked_twice by_others"},
		"one for each resolution":    {with(with(marked("", entry(store.Accepted), entry(store.Accepted)), soon, ours), soon, ours), perResolution, ""},
		"and one too many":           {with(with(marked("", entry(store.Accepted)), soon, ours), soon, ours), perResolution, "asked_twice by_acsync"},
		"asked by others":            {with(marked(""), soon, ""), terms, "not_in_ledger unknown"},
		"rejected, and asked":        {with(marked("", entry(store.Rejected)), soon, ours), terms, "not_in_ledger rejected"},
		"waits, and was asked":       {with(marked("", entry(store.Retry)), soon, theirs), terms, "not_in_ledger retry"},
		"asked before the ledger":    {with(marked(""), -90*time.Minute, ""), terms, ""},
		"of another time":            {elsewhere, terms, "not_in_ledger unknown"},
		"accepted and not shown":     {marked("", entry(store.Accepted)), terms, "not_shown accepted"},
		"accepted long before":       {marked("", entry(store.Accepted)), Terms{Ledger: terms.Ledger, Received: true, Since: noon.Add(time.Hour), Settled: terms.Settled}, ""},
		"accepted, data not read":    {marked("", entry(store.Accepted)), blind, ""},
		"in doubt":                   {marked("", entry(store.InDoubt)), terms, "in_doubt in_doubt"},
		"in doubt and there":         {with(marked("", entry(store.InDoubt)), soon, ours), terms, "in_doubt in_doubt"},
		"no ledger: asked once":      {with(marked(""), soon, ""), without, ""},
		"no ledger: asked twice":     {with(with(marked(""), soon, ""), soon, ""), without, "asked_twice by_others"},
		"no ledger: an odd stamp":    {with(with(marked(""), soon, "-7"), soon, "-7"), without, "asked_twice by_others"},
		"no ledger: never asked":     {marked(""), without, "never_asked unknown"},
		"forgotten, data not read":   {marked(""), Terms{Ledger: terms.Ledger, Known: noon.Add(time.Hour), Settled: terms.Settled}, ""},
		"forgotten, and never asked": {marked(""), Terms{Ledger: terms.Ledger, Known: noon.Add(time.Hour), Received: true, Settled: terms.Settled, Passed: terms.Passed}, "never_asked unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if f, found := test.terms.Compare(test.journey); found {
				got = string(f.Kind) + " " + f.Because()
			}
			if got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
		})
	}
}

// TestTally: each conversation is counted once, and the numbers of a range add up.
func TestTally(t *testing.T) {
	a := New(terms)
	defer a.Close()
	elsewhere := with(marked("", entry(store.Accepted)), time.Minute, ours)
	elsewhere.InRange = false
	stray := marked("", entry(store.Accepted))
	stray.InRange = false
	answered := with(marked("", entry(store.Accepted)), 3*time.Hour, ours)
	answered.Interactions[0].AnsweredAt = noon.Add(4 * time.Hour)
	notDue := marked("")
	notDue.Facts.Delay = 30 * time.Hour
	foreign := with(journey.Journey{Conversation: "ORDER-1"}, time.Minute, "")
	byOthers := with(marked(decide.Spam), time.Minute, "")
	a.Known = noon.Add(time.Hour)
	for _, j := range []journey.Journey{
		with(marked("", entry(store.Accepted)), time.Minute, ours), answered,
		marked(decide.Spam), marked("", entry(store.Rejected)), marked("", entry(store.Retry)), marked(""),
		elsewhere, stray, notDue, foreign, byOthers,
	} {
		if err := a.Add(j); err != nil {
			t.Fatal(err)
		}
	}
	want := Tally{
		Done: 8, Matched: 3, Skipped: 1, Refused: 1, Waiting: 2, Elsewhere: 1, Foreign: 1,
		Found: map[Kind]int{NeverAsked: 1}, Reasons: map[Kind]map[string]int{NeverAsked: {"unknown": 1}},
		Skips: map[string]int{"spam": 1}, Refusals: map[string]int{"": 1}, Unwanted: map[string]int{"spam": 1},
		Requests: 4, Deliveries: map[agentconnect.Delivery]int{agentconnect.Delivered: 4}, Answered: 1, Late: 1,
		LastShown: 7, LastSettled: 7,
	}
	if diff := cmp.Diff(want, a.Tally); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// TestAskedLongBefore: a conversation that began before the data that were read may have been asked about in
// that time, which is looked at too, as far as is bearable.
func TestAskedLongBefore(t *testing.T) {
	a := New(terms)
	defer a.Close()
	const day = 24 * time.Hour
	for id, age := range map[string]time.Duration{
		"6716500fa1b2c3d4e5f60001": 30 * day, "6716500fa1b2c3d4e5f60002": 30 * day,
		"6716500fa1b2c3d4e5f60003": 300 * day, "6716500fa1b2c3d4e5f60004": time.Minute,
	} {
		j := marked("")
		j.Conversation, j.Facts.Created = id, noon.Add(-age)
		if err := a.Add(j); err != nil {
			t.Fatal(err)
		}
	}
	asked := receiver{
		{ExtInteractionID: " 6716500FA1B2C3D4E5F60001 ", CreatedAt: noon.Add(-20 * day)},
		{ExtInteractionID: "6716500fa1b2c3d4e5f60002", CreatedAt: noon.Add(-200 * day)},
		{ExtInteractionID: "6716500fa1b2c3d4e5f60002", CreatedAt: noon.Add(-20 * day), Intent: "rehearsal-" + ours},
	}
	if err := a.Finish(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	err := a.Findings.Each(func(f Finding) error {
		got[f.Conversation[20:]] = f.Certain
		return nil
	})
	want := map[string]bool{"0002": true, "0003": false, "0004": true}
	if diff := cmp.Diff(want, got); diff != "" || err != nil || a.Matched != 1 || a.Found[NeverAsked] != 3 {
		t.Errorf("%v, %d matched, %v found; want -, got +:\n%s", err, a.Matched, a.Found, diff)
	}
}

// receiver is what Agent Connect has taken.
type receiver []agentconnect.Interaction

func (r receiver) Between(
	_ context.Context, since, until time.Time,
) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, i := range r {
			if !i.CreatedAt.Before(since) && !i.CreatedAt.After(until) && !yield(i, nil) {
				return
			}
		}
	}
}

// TestRepeats finds the customers of several conversations, and counts a doubled request for what it is.
func TestRepeats(t *testing.T) {
	a := New(terms)
	defer a.Close()
	for n, customer := range []byte{1, 2, 1, 3, 3, 0, 0} {
		j := with(marked(""), time.Duration(n)*time.Hour, "")
		j.Conversation = fmt.Sprint(n)
		if customer == 3 {
			j.Conversation = "one"
		}
		j.Interactions[0].Customer = agentconnect.AddressHash{customer}
		if n == 2 {
			j.Interactions[0].Status = "Not sent: suppression period"
		}
		if err := a.Add(j); err != nil {
			t.Fatal(err)
		}
	}
	var got []Repeat
	err := errors.Join(a.Finish(t.Context(), nil), a.Repeats.Each(func(r Repeat) error {
		got = append(got, r)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []Repeat{{Conversations: []string{"0", "2"}, First: noon, Last: noon.Add(2 * time.Hour), Mailed: 1}}
	if diff := cmp.Diff(want, got); diff != "" || a.Customers != 3 {
		t.Errorf("%d customers, want 3; want -, got +:\n%s", a.Customers, diff)
	}
}

// TestLacksMost: data that lack most of what the ledger has sent prove of nobody that nobody has asked.
func TestLacksMost(t *testing.T) {
	a := New(terms)
	defer a.Close()
	add := func(j journey.Journey, want bool) {
		t.Helper()
		if err := a.Add(j); err != nil {
			t.Fatal(err)
		}
		if got := a.LacksMost(); got != want {
			t.Errorf("it says %t, with %v and %d that match", got, a.Found, a.Matched)
		}
	}
	shown := with(marked("", entry(store.Accepted)), time.Minute, ours)
	add(shown, false)
	add(marked("", entry(store.Accepted)), false)
	add(marked("", entry(store.Accepted)), true)
	add(shown, false)
}
