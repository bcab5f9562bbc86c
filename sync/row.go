package sync

import (
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
)

// Row is what became of one conversation in a pass.
type Row struct {
	Key        store.Key
	Customer   string // id
	Agent      string // id
	Resolution time.Time
	State      store.State           // its disposition
	Due        time.Time             // when its delay is over; zero unless it is delayed
	Planned    bool                  // a dry run: a real pass would send it
	Reason     decide.Reason         // empty when accepted or planned
	Status     int                   // HTTP status of the last answer; 0 for none
	Message    string                // the server's words; free of personal data
	Request    *agentconnect.Request // what was or would be sent; nil for a skip
	decide.RowDetails
}

func rowOf(c decide.Case, o deliver.Outcome) Row {
	row := Row{
		Key: c.Key, Customer: c.Conversation.CustomerID, Resolution: c.Resolution(),
		State: o.State, Planned: o.Planned, Reason: o.Reason, Status: o.Status, Message: o.Message,
		Due: o.Due,
	}
	row.RowDetails = decide.DetailsOf(c, o.At)
	if c.Agent != nil {
		row.Agent = c.Agent.ID
	}
	if c.Send() {
		row.Request = &c.Request
	}
	return row
}

// rowOfEntry is the row of what stays in the ledger as it is, although its time had come.
func rowOfEntry(e store.Entry) Row {
	o := stillWaiting(asKept(e.Record))
	row := Row{
		Key: e.Key, Resolution: e.Record.Resolution, State: o.State, Reason: o.Reason,
		Status: o.Status, Due: o.Due,
	}
	row.Handled = e.At
	return row
}

// asKept is the disposition of what stays in the ledger as it is.
func asKept(r store.Record) deliver.Outcome {
	o := deliver.Outcome{State: r.State, Reason: decide.Reason(r.Reason), Status: r.Status}
	if o.Reason == decide.Delayed {
		o.Due = r.Due
	}
	return o
}

// stillWaiting is the disposition of what is due, but the pass stopped first: it is no longer delayed.
func stillWaiting(o deliver.Outcome) deliver.Outcome {
	if o.Reason == decide.Delayed {
		o.Reason, o.Due = decide.Stopped, time.Time{}
	}
	return o
}
