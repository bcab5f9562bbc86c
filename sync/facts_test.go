package sync

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/kustomer"
)

// TestFacts is what reports show of a conversation, whether it is sent, skipped before its customer was needed, or known.
func TestFacts(t *testing.T) {
	at := testNow.Add(-time.Minute)
	full := func() decide.Candidate {
		c := plain()
		c.Agent.Name = kustomer.Text{Value: "Alex Agent"}
		c.Conversation.Channels, c.Conversation.BrandID = []string{"chat", "voice"}, "brand-1"
		c.Conversation.AssignedTeams = []string{"team-now"}
		c.Conversation.LastDone.AssignedTeams = []string{"team-then"}
		return c
	}
	base := decide.RowDetails{
		AgentName: "Alex Agent", AgentAddress: "alex.agent@example.org", Teams: []string{"team-then"}, Channel: "voice",
		Brand: "brand-1", Address: "jane@example.com",
	}
	for _, test := range []struct {
		name    string
		change  func(*decide.Case)
		outcome deliver.Outcome
		want    func(*decide.RowDetails)
	}{
		{"sent", func(*decide.Case) {}, deliver.Outcome{State: store.Accepted, At: at}, func(f *decide.RowDetails) { f.Handled = at }},
		{
			"sent to another address than the first",
			func(c *decide.Case) { c.Request.Customer.Email, c.Request.Brand = "second@example.com", "acme-care" },
			deliver.Outcome{State: store.Accepted, At: at},
			func(f *decide.RowDetails) { f.Address, f.Brand, f.Handled = "second@example.com", "acme-care", at },
		},
		{
			"flagged",
			func(c *decide.Case) { c.Request.DoNotSend = true },
			deliver.Outcome{State: store.Accepted, At: at},
			func(f *decide.RowDetails) { f.Flagged, f.Handled = true, at },
		},
		{
			"sent by an earlier pass, and the customer was not read",
			func(c *decide.Case) { c.Skip, c.Customer, c.Known.At = decide.AlreadySent, nil, at },
			deliver.Outcome{State: store.Skipped},
			func(f *decide.RowDetails) { f.Address, f.Handled = "", at },
		},
		{
			"nobody held it, and the teams then are unknown",
			func(c *decide.Case) {
				c.Skip, c.Agent, c.Conversation.LastDone.AssignedTeams = decide.NoAgent, nil, nil
			},
			deliver.Outcome{State: store.Skipped},
			func(f *decide.RowDetails) { f.AgentName, f.AgentAddress, f.Teams = "", "", []string{"team-now"} },
		},
		{
			"a masked address",
			func(c *decide.Case) {
				c.Skip, c.Customer.Emails = decide.MaskedEmail, []kustomer.Email{{Address: kustomer.Text{Masked: true}}}
			},
			deliver.Outcome{State: store.Skipped},
			func(f *decide.RowDetails) { f.Address = "" },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			candidate := full()
			c := decide.Case{Key: decide.KeyOf(candidate.Conversation), Candidate: candidate, Decision: testPolicy().Decide(candidate)}
			test.change(&c)
			want := base
			test.want(&want)
			if diff := cmp.Diff(want, rowOf(c, test.outcome).RowDetails); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestResultTally counts the recoveries and the flagged among those that were sent, or in a dry run would be; no others.
func TestResultTally(t *testing.T) {
	special := Row{Key: store.Key{Conversation: "a", Recovery: true}, RowDetails: decide.RowDetails{Flagged: true}}
	for _, test := range []struct {
		name    string
		state   store.State
		planned bool
		want    int
	}{
		{"accepted", store.Accepted, false, 1},
		{"planned", store.Unknown, true, 1},
		{"rejected", store.Rejected, false, 0},
		{"to be sent later", store.Scheduled, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := Result{Counts: map[store.State]int{}, Reasons: Reasons{}}
			row := special
			row.State, row.Planned = test.state, test.planned
			result.add(row)
			if result.Followed != test.want || result.Flagged != test.want {
				t.Errorf("%d recoveries, %d flagged, want %d of each", result.Followed, result.Flagged, test.want)
			}
		})
	}
}
