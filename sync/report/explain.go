package report

import (
	"io"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/explain"
	"acsync/sync/report/doc"
)

// Explanation is the life of one conversation, as it is shown.
type Explanation struct {
	explain.Explanation
	Tenant    string
	AppURL    string   // of Kustomer's web application; empty: no link
	Reveal    bool     // show addresses in full
	Here      string   // the flags that point a command at the same ledger; empty, or begins with a blank
	Backfill  string   // the command that asks about it all the same; empty when there is none
	Unmade    bool     // there is no ledger yet
	Notices   []string // which parts are missing, and why
	Exit      int
	Unstamped bool // requests bear no stamp, by the configuration
	Fields    bool // all that rules see is to be shown
}

func (x Explanation) address(address string) string {
	if x.Reveal {
		return doc.Printable(address)
	}
	return doc.Printable(Mask(address))
}

// url is empty when it is not known.
func (x Explanation) url() string {
	return decide.ConversationURL(x.AppURL, x.Case.Conversation.CustomerID, x.ID)
}

// ended is how it ended, in words; empty where the ledger does not say so.
func (x Explanation) ended() string {
	switch last := x.End(); {
	case last.State == store.Unknown:
		return ""
	case decide.Reason(last.Reason) == decide.ByHand:
		return spaced(last.State.String()) + " by hand"
	default:
		return spaced(last.State.String()) + " by an earlier pass"
	}
}

// command is the one that changes what would happen now; empty for none.
func (x Explanation) command() string {
	if x.Forecast.Fate == explain.FateByHand {
		return advise(doDecideOne, x.Here, doc.Printable(x.ID))
	}
	return x.Backfill
}

// adviceFor is what helps where this one is rejected, or would be.
func adviceFor(x Explanation) string {
	help := cure(x.Forecast.Reason, x.Here)
	switch fate := x.Forecast.Fate; {
	case fate == explain.FateDone && x.Forecast.State == store.Rejected:
		return advise(doRetryOne, x.Here, help, doc.Printable(x.ID))
	case fate == explain.FateReject:
		return advise(doForNext, "", help)
	case fate == explain.FateSkip:
		return remedies[x.Forecast.Reason]
	}
	return ""
}

func fateWords(x Explanation) (string, doc.Tone) {
	reason := worded(x.Forecast.Reason)
	later := x.At.After(x.Now)
	switch x.Forecast.Fate {
	case explain.FateSend:
		return sendWords(x), doc.Good
	case explain.FateWait:
		words := "waits for the next pass"
		if later {
			words = "waits until " + show(x.At)
		}
		if x.Forecast.Reason == "" {
			return words + ", when Kustomer's search is sure to show it (sync.settle)", doc.Warn
		}
		return words + ": " + reason, doc.Warn
	case explain.FateSkip:
		if more := len(obstaclesOf(x)) - 1; more > 0 {
			reason += "; " + several(more, "more check is in the way", "more checks are in the way") +
				", see below"
		}
		if x.Forecast.Reason == decide.Stale {
			reason += "; to ask all the same"
		}
		return "not asked about: " + reason, ""
	case explain.FateDone:
		words := "nothing: " + spaced(x.Forecast.State.String()) + " already"
		if x.Forecast.Reason != "" {
			words += ", " + reason
		}
		switch standing := standingOf(x); {
		case x.Forecast.State == store.Rejected:
			words += "; it is not sent again by itself"
		case x.Forecast.State == store.Accepted && x.ReceiverRead:
			words += "; " + landed(standing)
		}
		return words, ""
	case explain.FateReject:
		return "nothing is sent: " + reason, doc.Bad
	case explain.FateSettle:
		words := "it is in doubt, and not sent again by itself: "
		if later {
			return words + "passes ask Agent Connect's data from " + show(x.At) + " on", doc.Bad
		}
		return words + "the next pass asks Agent Connect's data", doc.Bad
	case explain.FateByHand:
		return "it is in doubt, and stays so: look it up in Agent Connect, then decide", doc.Bad
	case explain.FateMissed:
		return "nothing by itself: it would be asked about, but no pass reads that time any more; to ask " +
			"all the same", doc.Warn
	}
	switch {
	case !x.Remembered:
		return "not known: only the ledger knows whether it was asked about", doc.Warn
	case x.Unlisted != nil:
		return "not known: that depends on whether the agent has an active profile in Agent Connect", doc.Warn
	}
	return "not known without Kustomer, where it would be read and decided anew", doc.Warn
}

func sendWords(x Explanation) string {
	words := "the next pass asks for a survey"
	if x.Unmade {
		words = "a pass asks for a survey, once there is a ledger and its first window holds this time"
	}
	if x.Case.Key.Recovery {
		words = "the next pass creates a recovery, which follows up the first request"
	}
	if x.Case.Request.DoNotSend {
		words += "; it is flagged: counted, and nobody is mailed"
	}
	return words
}

// ExplainJSON writes the explanation as one object on one line, schema acsync.explain/1. It has no names of
// people, and addresses only as they may be shown.
func ExplainJSON(w io.Writer, x Explanation) error { return writeJSON(w, x.object(), oneLine) }

func (x Explanation) object() object {
	checks, interactions := []object{}, []object{}
	for _, step := range x.Steps {
		checks = append(checks, object{
			// "passed", "decided", "not_reached", "unknown" or "off"
			"check", step.Reason, "result", step.Result, "held", step.Held,
			"alone", step.Alone, // "passed" or "decided" if no other had decided; empty: nobody knows
		})
	}
	for _, i := range x.Interactions {
		interactions = append(interactions, object{
			"uuid", i.UUID, "recovery", i.Recovery, "created_at", stamp(i.CreatedAt),
			"status", i.Status, // of the delivery, in Agent Connect's words
			"intent", i.Intent, // the stamp of the attempt that arrived; empty for none
		})
	}
	var conversation, decision, ledger, firstRead any
	if x.Found {
		conversation, decision = conversationJSON(x), rulingOf(x.Case)
	}
	if x.Remembered {
		ledger = recordsJSON(x)
	}
	if x.First != nil {
		run := x.First
		firstRead = object{"pass", run.Pass, "mode", run.Mode, "started", stamp(run.Started)}
	}
	return object{
		"schema", "acsync.explain/1", "id", x.ID,
		"url", x.url(), // in Kustomer; empty when it is not known
		"now", nowJSON(x),
		"conversation", conversation, // null: Kustomer does not have it, or was not read
		"checks", checks, // in order of precedence; empty without a conversation
		"decision", decision,
		"forbidden_by", append([]string{}, x.Forbids...), // the do-not-send attributes that are set
		"fields", when(x.Fields, fieldsJSON(x)), // all that rules see; null: not asked for
		"ledger", ledger, // null: it was not read
		"first_read", firstRead, "agent_connect", interactions,
		"notices", append([]string{}, x.Notices...), // which parts are missing, and why
		"exit", x.Exit,
	}
}

func nowJSON(x Explanation) object {
	state := "" // "accepted", "rejected" or "dropped" of one that is done
	if x.Forecast.Fate == explain.FateDone {
		state = x.Forecast.State.String()
	}
	return object{
		// "send", "wait", "skip", "done", "reject", "settle", "by_hand", "missed" or "unknown"
		"fate", x.Forecast.Fate, "state", state, "reason", x.Forecast.Reason,
		"at", stamp(x.At), // when it is due; empty for at once
		"backfill", x.Backfill, // the command that asks all the same; empty when there is none
		"todo", adviceFor(x), // what helps the next ones, where this one is rejected, or would be
	}
}

func conversationJSON(x Explanation) object {
	c := x.Case.Conversation
	var resolution, closer, agent string
	if c.LastDone != nil {
		resolution, closer = stamp(c.LastDone.At), c.LastDone.By
	}
	if x.Case.Agent != nil {
		agent = x.Case.Agent.ID
	}
	tags := []string{}
	for _, tag := range x.Case.Tags {
		tags = append(tags, maskAll(tag))
	}
	return object{
		"status", c.Status,
		"resolution", resolution, // when it was marked done; empty for never
		"closed_by", closer, // user id; empty: automation
		"done_count", c.DoneCount,
		"agent", agent, // user id
		"agent_address", x.address(x.Facts.AgentAddress), "customer", c.CustomerID,
		"address", x.address(x.Facts.Address), // empty when the decision needs no customer
		"channel", x.Facts.Channel, "channels", append([]string{}, x.Channels...),
		"tags", tags, // names; empty when the decision needs none
	}
}

func recordsJSON(x Explanation) []object {
	records := []object{}
	for _, e := range x.Entries {
		records = append(records, object{
			"kind", e.Kind(), // "recovery", or empty
			"state", e.State.String(), "reason", e.Reason, "resolution", stamp(e.Record.Resolution),
			"at", stamp(e.At), "due", stamp(e.Due),
			"first", stamp(e.First), // the first intent
			"attempts", e.Attempts, "status", e.Status,
			"intent", x.Stamp(e), // the stamp of the last attempt
		})
	}
	return records
}
