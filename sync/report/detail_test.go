package report

import (
	"fmt"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
)

// end is how the conversations of the made-up passes below ended, in turn.
var ends = []struct {
	state   store.State
	reason  decide.Reason
	status  int
	message string
	times   int // of a hundred
}{
	{store.Accepted, "", 200, "", 72},
	{store.Skipped, decide.NoAgent, 0, "", 7},
	{store.Skipped, decide.NoEmail, 0, "", 5},
	{store.Skipped, decide.DoNotSend, 0, "", 3},
	{store.Skipped, decide.MaskedEmail, 0, "", 2},
	{store.Skipped, decide.AlreadySent, 0, "", 2},
	{store.Rejected, decide.EmployeeNotFound, 400, "Validation Error: Employee not found: ***", 3},
	{store.Rejected, decide.Refused, 422, "The survey could not be created", 1},
	{store.InDoubt, decide.NoAnswer, 0, "", 1},
	{store.Retry, decide.Limited, 429, "", 2},
	{store.Scheduled, decide.Stopped, 0, "", 2},
}

var agents = []struct{ id, name, address, team string }{
	{"5ce4672fcce83d001a9e8301", "Alex Agent", "alex.agent@example.org", "team-north"},
	{"5ce4672fcce83d001a9e8302", "Bea Baumann", "bea@example.org", "team-north"},
	{"5ce4672fcce83d001a9e8303", "Chidi Okafor", "chidi@example.org", "team-south"},
	{"5ce4672fcce83d001a9e8304", "Dominique de la Fontaine-Montgomery", "dominique@example.org", "team-south"},
	{"5ce4672fcce83d001a9e8305", "Émile Ñandú", "emile@example.org", ""},
}

// detailed is a pass over so many conversations in the hours before at, with a row for each.
func detailed(n int, over time.Duration, change func(int, *surveysync.Row)) (Pass, Detail) {
	p := mixed()
	p.From, p.To, p.Found, p.Due, p.Attention = at.Add(-over), at, n, 0, nil
	p.Followed, p.Flagged = 0, 0
	p.Counts, p.Reasons, p.Checkpoint = map[store.State]int{}, surveysync.Reasons{}, at
	rows := &Rows{AppURL: "https://acme.kustomerapp.com"}
	for i := range n {
		row := madeUp(i, at.Add(-over+over*time.Duration(i)/time.Duration(n)))
		if change != nil {
			change(i, &row)
		}
		p.Counts[row.State]++
		if row.State == store.Accepted {
			p.Followed += btoi(row.Key.Recovery)
			p.Flagged += btoi(row.Flagged)
		}
		if row.Reason != "" {
			if p.Reasons[row.State] == nil {
				p.Reasons[row.State] = map[decide.Reason]int{}
			}
			p.Reasons[row.State][row.Reason]++
		}
		rows.Observe(surveysync.Disposed{Row: row})
	}
	return p, Detail{
		Rows: rows, Zone: time.FixedZone("Europe/Berlin", 3600), Digest: "3f9a2c71d0e4",
		Settings: []Setting{
			{Key: "sync.settle", Value: "3m", Default: true},
			{Key: "sync.overlap", Value: "1h"},
			{Key: "rule[1].when", Value: `customer.email == "jane.doe@example.com"`},
		},
	}
}

func btoi(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// madeUp is the nth conversation.
func madeUp(i int, resolved time.Time) surveysync.Row {
	agent := agents[i*7%len(agents)]
	turn := i * 37 % 100 // spreads the ends
	e := 0
	for sum := ends[0].times; turn >= sum; sum += ends[e].times {
		e++
	}
	end := ends[e]
	row := surveysync.Row{
		Key: store.Key{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5%06x", i), Recovery: i%12 == 5}, Customer: fmt.Sprintf("58210c3db0f0911000%06x", i),
		Agent: agent.id, Resolution: resolved, State: end.state, Reason: end.reason, Status: end.status, Message: end.message,
		RowDetails: decide.RowDetails{
			AgentName: agent.name, AgentAddress: agent.address, Channel: []string{"email", "email", "chat", "voice", "sms"}[i%5],
			Brand: "acme-care", Address: fmt.Sprintf("customer%d@example.com", i),
			Flagged: end.state == store.Accepted && i%14 == 3,
		},
	}
	if agent.team != "" {
		row.Teams = []string{agent.team}
	}
	switch end.reason {
	case decide.NoAgent:
		row.Agent, row.AgentName, row.AgentAddress, row.Teams = "", "", "", nil
	case decide.MaskedEmail, decide.NoEmail:
		row.Address = ""
	}
	if end.status != 0 {
		row.Handled = resolved.Add(5 * time.Minute)
	}
	return row
}
