package report

import (
	"cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/journey"
)

// Obstacle is what keeps a conversation from the next step.
type Obstacle struct {
	Step  journey.Step // that it came to
	State string       // where the ledger has it, when that is what keeps it from being asked; else empty
	Code  string       // a reason, or one of the words below; empty where nothing does, or nobody knows
}

const (
	notYet       = "not_yet"       // the passes have not come to it
	beforeLedger = "before_ledger" // it was marked done before the ledger began to remember
	flagged      = "flagged"       // the request said do_not_send
)

var (
	rejectedState = store.Rejected.String()
	doubtState    = store.InDoubt.String()
)

func obstacleOf(s journey.Standing) Obstacle {
	o := Obstacle{Step: s.Step, Code: s.Obstacle}
	switch {
	case s.State == store.Sending:
		// What is left of a pass that was killed is in doubt as soon as the next one begins.
		o.State = doubtState
	case s.State != store.Unknown:
		o.State = s.State.String()
	case s.Step == journey.Asked && s.Obstacle == agentconnect.Flagged.String():
		o.Code = flagged
	}
	if o.State != "" {
		o.Code = cmp.Or(o.Code, o.State)
	}
	return o
}

func (o Obstacle) needsHand() bool { return o.State == rejectedState || o.State == doubtState }

// id is a code for the state and the reason together.
func (o Obstacle) id() string {
	if o.State == "" || o.State == o.Code {
		return o.Code
	}
	return o.State + ":" + o.Code
}

// meanings are those of what is neither a reason nor a state.
var meanings = map[string]string{
	journey.NeverAsked:  "no pass has asked, today's rules would",
	notYet:              "no pass has come to it yet",
	beforeLedger:        "marked done before the ledger begins",
	journey.NotShown:    "accepted, not in Agent Connect's data",
	journey.NotAnswered: "no answer so far",
	flagged:             "asked with do_not_send, nobody is mailed",

	agentconnect.Suppressed.String():      "asked before, within the suppression period",
	agentconnect.Unsubscribed.String():    "the customer wants no surveys",
	agentconnect.Bounced.String():         "the mail came back",
	agentconnect.Refused.String():         "Agent Connect did not mail it",
	agentconnect.Pending.String():         "not mailed yet, or nothing is told",
	agentconnect.UnknownDelivery.String(): "Agent Connect's words are not known",
}

// meaning says what it is in plain words.
func (o Obstacle) meaning() string {
	reason := decide.Reason(o.Code)
	words := cmp.Or(reason.Explain(), dispositionOf(o.State).meaning, spaced(o.Code))
	if o.State == "" && o.Step != journey.Done {
		words = cmp.Or(meanings[o.Code], words)
	}
	switch o.State {
	case rejectedState:
		// Not by Agent Connect.
		if reason.State() == store.Rejected {
			return words
		}
		return "refused: " + words
	case doubtState:
		return "in doubt: " + words
	case store.Dropped.String():
		return "given up by hand"
	case store.Retry.String(), store.Scheduled.String():
		return "waits: " + words
	}
	return words
}

// label has the words before the code.
func (o Obstacle) label() string { return o.meaning() + " · " + o.Code }

// remedy says what can be done about it in a report; empty for nothing.
func (o Obstacle) remedy(t RangeTerms) string {
	switch {
	case o.needsHand():
		return remedy(o.State, decide.Reason(o.Code), t.Here)
	// Today nobody would ask it, however young it was.
	case o.State != "", o.Step == journey.Done && o.Code == string(decide.Stale):
		return ""
	}
	switch o.Code {
	case journey.NeverAsked:
		if t.Ledger == "" {
			return advise(doAuditOutside, t.Here, rangeFlags(t.Window))
		}
		return advise(doAudit, t.Here, rangeFlags(t.Window))
	case beforeLedger, string(decide.Stale):
		w := t.Window
		if o.Code == beforeLedger && t.Known.Before(w.To) {
			w.To = t.Known
		}
		if !t.Received {
			return advise(doAskUnheldBlind, t.Here, rangeFlags(w))
		}
		return advise(doAskUnheld, t.Here, flagTime(w.From.Add(-adoptedBefore)), rangeFlags(w))
	case journey.NotShown:
		return advise(doAuditShown, t.Here, rangeFlags(t.Window))
	}
	if o.Step == journey.Done {
		return remedies[decide.Reason(o.Code)]
	}
	return ""
}

// sentByLedger reports whether the ledger has it as accepted, by a request of its own.
func sentByLedger(j journey.Journey) bool {
	known := j.Record()
	return known.State == store.Accepted && known.Reason != store.ReasonRebuilt
}

// noneOf is what a group is called whose conversations have none of something.
var noneOf = map[string]string{
	ofTeam: "no team", ofChannel: "no channel", ofAgent: "nobody", ofBrand: "no brand",
	ofRequestBrand: "none, or not asked", ofRule: "no rule held",
}

// nameOf is what people call a group.
func nameOf(by, id string, names Names) string {
	switch {
	case id == goneID:
		return "no longer in Kustomer"
	case id == "":
		return noneOf[by]
	case by == ofTeam:
		return names.Team(id)
	case by == ofAgent:
		return names.Agent(id)
	case by == ofBrand:
		return names.Brand(id)
	}
	return id
}
