package decide

import (
	"strings"
	"time"
)

// RowDetails are what a report shows of a conversation beside its disposition. They are for reports alone: they are never
// written to the ledger or a log, and nothing is decided by them. What was not read, as of a conversation that stays in the
// ledger as it is, is empty.
type RowDetails struct {
	AgentName    string
	AgentAddress string
	Teams        []string // ids of the teams that held it when it was marked done, else now
	Channel      string   // Kustomer's name for it
	Brand        string   // of the survey request, else the id of Kustomer's brand
	Address      string   // the customer's; empty when no customer was needed for the decision
	Handled      time.Time
	Flagged      bool // sent, or to be sent, with do_not_send: Agent Connect counts it, and mails nobody
}

// facts are those of a case with its outcome.
func DetailsOf(c Case, at time.Time) RowDetails {
	f := RowDetails{Teams: c.Conversation.AssignedTeams, Channel: mainChannel(c.Conversation.Channels), Brand: c.Conversation.BrandID, Handled: at}
	if done := c.Conversation.LastDone; done != nil && len(done.AssignedTeams) > 0 {
		f.Teams = done.AssignedTeams
	}
	if c.Agent != nil {
		f.AgentName, f.AgentAddress = c.Agent.Name.Value, strings.TrimSpace(c.Agent.Email.Value)
	}
	if c.Customer != nil && len(c.Customer.Emails) > 0 {
		f.Address = strings.TrimSpace(c.Customer.Emails[0].Address.Value)
	}
	if c.Send() {
		f.Address, f.Flagged = c.Request.Customer.Email, c.Request.DoNotSend
		if c.Request.Brand != "" {
			f.Brand = c.Request.Brand
		}
	}
	if at.IsZero() {
		f.Handled = c.Known.At
	}
	return f
}

// mainChannel is the one of a conversation's channels that counts, by Kustomer's name for it: a conversation with a call is
// a phone conversation, whatever else was used; otherwise it is the first, as in the vendor's workflow.
func mainChannel(channels []string) string {
	name := ""
	for _, channel := range channels {
		if channel == "voice" {
			return channel
		}
		if name == "" {
			name = channel
		}
	}
	return name
}
