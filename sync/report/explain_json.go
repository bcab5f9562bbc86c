package report

import (
	"encoding/json"
	"io"

	"acsync/sync/decide"
	"acsync/sync/explain"
)

// explainJSON is the form of an explanation for programs, schema acsync.explain/1. Fields may be added, never
// renamed or removed. It has no names of people, and addresses only as they may be shown.
type explainJSON struct {
	Schema       string         `json:"schema"`
	ID           string         `json:"id"`
	URL          string         `json:"url"`          // in Kustomer; empty when it is not known
	Now          nowJSON        `json:"now"`          // what would happen if a pass were made now
	Conversation *explainedJSON `json:"conversation"` // null: Kustomer does not have it, or was not read
	// of the decision, in order of precedence; empty without a conversation
	Checks       []checkJSON       `json:"checks"`
	Decision     *ruling           `json:"decision"`   // of the same
	Ledger       []recordJSON      `json:"ledger"`     // what it holds; null: it was not read
	FirstRead    *firstReadJSON    `json:"first_read"` // by which pass; null: not known
	AgentConnect []interactionJSON `json:"agent_connect"`
	Notices      []string          `json:"notices"` // which parts are missing, and why
	Exit         int               `json:"exit"`
}

type nowJSON struct {
	// "send", "wait", "skip", "done", "reject", "settle", "by_hand", "missed" or "unknown"
	Fate     explain.Fate  `json:"fate"`
	State    string        `json:"state"`    // with "done": "accepted", "rejected" or "dropped"; else empty
	Reason   decide.Reason `json:"reason"`   // with "done" the ledger's
	At       string        `json:"at"`       // when it is due; empty for at once
	Backfill string        `json:"backfill"` // the command that asks all the same; empty when there is none
	// what helps the next ones, where this one is rejected, or would be; else empty
	Todo string `json:"todo"`
}

type explainedJSON struct {
	Status       string   `json:"status"`
	Resolution   string   `json:"resolution"` // when it was marked done; empty for never
	ClosedBy     string   `json:"closed_by"`  // user id; empty: automation
	DoneCount    int      `json:"done_count"`
	Agent        string   `json:"agent"` // user id
	AgentAddress string   `json:"agent_address"`
	Customer     string   `json:"customer"` // id
	Address      string   `json:"address"`  // empty when the decision needs no customer
	Channel      string   `json:"channel"`
	Channels     []string `json:"channels"`
	Tags         []string `json:"tags"` // names; empty when the decision needs none
}

type checkJSON struct {
	Check  decide.Reason     `json:"check"`
	Result decide.StepResult `json:"result"` // "passed", "decided", "not_reached", "unknown" or "off"
	Held   bool              `json:"held"`   // a rule whose condition holds
}

type recordJSON struct {
	Kind       string `json:"kind"` // "recovery", or empty
	State      string `json:"state"`
	Reason     string `json:"reason"`
	Resolution string `json:"resolution"`
	At         string `json:"at"`
	Due        string `json:"due"`
	First      string `json:"first"` // the first intent
	Attempts   int    `json:"attempts"`
	Status     int    `json:"status"`
	Intent     string `json:"intent"` // the stamp of the last attempt
}

type firstReadJSON struct {
	Pass    string `json:"pass"`
	Mode    string `json:"mode"`
	Started string `json:"started"`
}

type interactionJSON struct {
	UUID      string `json:"uuid"`
	Recovery  bool   `json:"recovery"`
	CreatedAt string `json:"created_at"`
	Status    string `json:"status"` // of the delivery, in Agent Connect's words
	Intent    string `json:"intent"` // the stamp of the attempt that arrived; empty for none
}

// ExplainJSON writes the explanation as one object on one line.
func ExplainJSON(w io.Writer, x Explanation) error {
	object := explainJSON{
		Schema: "acsync.explain/1", ID: x.ID, URL: x.url(), Checks: []checkJSON{},
		AgentConnect: []interactionJSON{}, Now: nowOf(x), Notices: append([]string{}, x.Notices...),
		Exit:   x.Exit,
		Ledger: recordsOf(x),
	}
	if x.Found {
		ruling := rulingOf(x.Case)
		object.Conversation, object.Decision = conversationOf(x), &ruling
	}
	for _, step := range x.Steps {
		object.Checks = append(object.Checks, checkJSON{step.Reason, step.Result, step.Held})
	}
	if x.First != nil {
		object.FirstRead = &firstReadJSON{x.First.Pass, x.First.Mode, stamp(x.First.Started)}
	}
	for _, i := range x.Interactions {
		object.AgentConnect = append(object.AgentConnect,
			interactionJSON{i.UUID, i.Recovery, stamp(i.CreatedAt), i.Status, i.Intent})
	}
	return json.NewEncoder(w).Encode(object)
}

// nowOf is what would happen if a pass were made now.
func nowOf(x Explanation) nowJSON {
	n := nowJSON{
		Fate: x.Forecast.Fate, Reason: x.Forecast.Reason, At: stamp(x.At), Backfill: x.Backfill,
		Todo: adviceFor(x),
	}
	if n.Fate == explain.FateDone {
		n.State = x.Forecast.State.String()
	}
	return n
}

// conversationOf is what Kustomer says, without names of people.
func conversationOf(x Explanation) *explainedJSON {
	c := x.Case.Conversation
	shown := &explainedJSON{
		Status: c.Status, DoneCount: c.DoneCount, AgentAddress: x.address(x.Facts.AgentAddress),
		Customer: c.CustomerID, Address: x.address(x.Facts.Address), Channel: x.Facts.Channel,
		Channels: append([]string{}, x.Channels...), Tags: []string{},
	}
	for _, tag := range x.Case.Tags {
		shown.Tags = append(shown.Tags, maskAll(tag))
	}
	if c.LastDone != nil {
		shown.Resolution, shown.ClosedBy = stamp(c.LastDone.At), c.LastDone.By
	}
	if x.Case.Agent != nil {
		shown.Agent = x.Case.Agent.ID
	}
	return shown
}

// recordsOf are what the ledger holds; nil when it was not read.
func recordsOf(x Explanation) []recordJSON {
	if !x.Remembered {
		return nil
	}
	records := []recordJSON{}
	for _, e := range x.Entries {
		records = append(records, recordJSON{
			Kind: e.Kind(), State: e.State.String(), Reason: e.Reason, Resolution: stamp(e.Record.Resolution),
			At: stamp(e.At), Due: stamp(e.Due), First: stamp(e.First), Attempts: e.Attempts, Status: e.Status,
			Intent: x.Stamp(e),
		})
	}
	return records
}
