package decide

import "time"

// RowDetails are what a report shows of a conversation beside its disposition. They are never written to the
// ledger or a log, and decide nothing. What was not read is empty.
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

// DetailsOf are the details of a case with an outcome that was known at a time; zero: what the ledger says.
func DetailsOf(c Case, at time.Time) RowDetails {
	read := c.cleaned()
	d := RowDetails{
		Teams: c.Conversation.AssignedTeams, Channel: mainChannel(read.Conversation.Channels),
		Brand: c.Conversation.BrandID, Handled: at,
	}
	if done := c.Conversation.LastDone; done != nil && len(done.AssignedTeams) > 0 {
		d.Teams = done.AssignedTeams
	}
	if read.Agent != nil {
		d.AgentName, d.AgentAddress = read.Agent.Name.Value, read.Agent.Email.Value
	}
	d.Address = chooseRecipient(read.Customer, false).chosen.Value
	if c.Send() {
		d.Address, d.Flagged = c.Request.Customer.Email, c.Request.DoNotSend
		if c.Request.Brand != "" {
			d.Brand = c.Request.Brand
		}
	}
	if at.IsZero() {
		d.Handled = c.Known.At
	}
	return d
}
