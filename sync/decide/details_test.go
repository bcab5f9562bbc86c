package decide

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/kustomer"
)

// TestDetails is what reports show of a conversation, whether it is sent, skipped before its customer was needed, or known.
func TestDetails(t *testing.T) {
	at := testNow.Add(-time.Minute)
	full := func() Candidate {
		c := plain()
		c.Agent.Name = kustomer.Text{Value: "Alex Agent"}
		c.Conversation.Channels, c.Conversation.BrandID = []string{"chat", "voice"}, "brand-1"
		c.Conversation.AssignedTeams = []string{"team-now"}
		c.Conversation.LastDone.AssignedTeams = []string{"team-then"}
		return c
	}
	base := RowDetails{
		AgentName: "Alex Agent", AgentAddress: "alex.agent@example.org", Teams: []string{"team-then"}, Channel: "voice",
		Brand: "brand-1", Address: "jane@example.com",
	}
	for _, test := range []struct {
		name    string
		change  func(*Case)
		outcome time.Time // when it was known
		want    func(*RowDetails)
	}{
		{"sent", func(*Case) {}, at, func(f *RowDetails) { f.Handled = at }},
		{
			"sent to another address than the first",
			func(c *Case) { c.Request.Customer.Email, c.Request.Brand = "second@example.com", "acme-care" },
			at,
			func(f *RowDetails) { f.Address, f.Brand, f.Handled = "second@example.com", "acme-care", at },
		},
		{
			"flagged",
			func(c *Case) { c.Request.DoNotSend = true },
			at,
			func(f *RowDetails) { f.Flagged, f.Handled = true, at },
		},
		{
			"sent by an earlier pass, and the customer was not read",
			func(c *Case) { c.Skip, c.Customer, c.Known.At = AlreadySent, nil, at },
			time.Time{},
			func(f *RowDetails) { f.Address, f.Handled = "", at },
		},
		{
			"nobody held it, and the teams then are unknown",
			func(c *Case) {
				c.Skip, c.Agent, c.Conversation.LastDone.AssignedTeams = NoAgent, nil, nil
			},
			time.Time{},
			func(f *RowDetails) { f.AgentName, f.AgentAddress, f.Teams = "", "", []string{"team-now"} },
		},
		{
			"a masked address",
			func(c *Case) {
				c.Skip, c.Customer.Emails = MaskedEmail, []kustomer.Email{{Address: kustomer.Text{Masked: true}}}
			},
			time.Time{},
			func(f *RowDetails) { f.Address = "" },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			candidate := full()
			c := Case{Key: KeyOf(candidate.Conversation), Candidate: candidate, Decision: testPolicy().Decide(candidate)}
			test.change(&c)
			want := base
			test.want(&want)
			if diff := cmp.Diff(want, DetailsOf(c, test.outcome)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
