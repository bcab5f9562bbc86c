package decide

import (
	"errors"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide/expr"
)

// Recovery says which conversations are service recoveries: marked done again after the customer was asked, so that the
// follow-up is asked about in place of the conversation.
type Recovery struct{ when *expr.Expression }

// CompileRecovery compiles the condition, and tells what is wrong with it. An empty one gives nil: there are no recoveries.
func CompileRecovery(when string) (*Recovery, []ExpressionError) {
	if when == "" {
		return nil, nil
	}
	problem := func(e expr.CompileError) (*Recovery, []ExpressionError) {
		return nil, []ExpressionError{{Section: "recovery", Path: []string{"when"}, At: e.At, Message: e.Message}}
	}
	condition, err := expr.CompileCondition(when)
	if e, ok := errors.AsType[expr.CompileError](err); ok {
		return problem(e)
	}
	if condition.ReadsCustomer {
		return problem(expr.CompileError{Message: "must not look at the customer, who is not read for it: look at the conversation or the agent"})
	}
	return &Recovery{condition}, nil
}

// FollowUp is what [Policy].Recovery says of a candidate. The zero FollowUp is an ordinary survey request.
type FollowUp struct {
	Applies bool         // it is a service recovery
	Lapsed  bool         // it waits in the ledger as one, and is none any more
	First   store.Record // what the ledger remembers of the survey request that it follows up
	Trouble error        // the condition failed on it
}

// unfounded tells whether there is nothing that it could follow up.
func (f FollowUp) unfounded() bool { return f.Applies && f.First.State != store.Accepted }

// trouble is where the condition failed; empty if it did not.
func (f FollowUp) trouble() string {
	if f.Trouble == nil {
		return ""
	}
	return f.Trouble.Error()
}

// Recovers evaluates the condition.
func (p Policy) Recovers(c Candidate) (bool, error) {
	if p.Recovery == nil {
		return false, nil
	}
	return p.Recovery.when.Holds(p.Env(c))
}

// recovery is the request of a recovery: what Agent Connect takes of it. The customer is that of the first request.
func (p Policy) recovery(c Candidate) agentconnect.Request {
	return agentconnect.Request{
		Recovery:         true,
		Employee:         agentconnect.Employee{Email: agentAddress(c.Agent)},
		Tags:             tags(c.Tags),
		DoNotSend:        p.FlagDoNotSend && p.doNotSend(c.Conversation.Custom),
		ExtInteractionID: c.Conversation.ID,
		ExternalURL:      p.link(c.Conversation),
	}
}

// looksAtCustomer tells whether a rule, or a field that a recovery has, depends on the customer, whom it needs not otherwise.
func (p Policy) looksAtCustomer() bool {
	if p.Mapping.ofRecovery().lookAtCustomer() {
		return true
	}
	for _, rule := range p.Rules {
		if rule.when.ReadsCustomer || rule.set.ofRecovery().lookAtCustomer() {
			return true
		}
	}
	return false
}

// ofRecovery are those of the fields that a recovery has.
func (f Fields) ofRecovery() (kept Fields) {
	for _, each := range f {
		if each.name == fieldEmployeeID || each.name == fieldTags {
			kept = append(kept, each)
		}
	}
	return kept
}

func (f Fields) lookAtCustomer() bool {
	for _, each := range f {
		if each.value.ReadsCustomer {
			return true
		}
	}
	return false
}

// GroupByConversation sorts what the ledger knows by conversation: the survey requests, and the recoveries.
func GroupByConversation(known map[store.Key]store.Record) (families map[string][]store.Entry, recoveries map[string]store.Record) {
	families, recoveries = map[string][]store.Entry{}, map[string]store.Record{}
	for key, record := range known {
		if key.Recovery {
			recoveries[key.Conversation] = record
			continue
		}
		families[key.Conversation] = append(families[key.Conversation], store.Entry{Key: key, Record: record})
	}
	return families, recoveries
}

// Records are those of entries.
func Records(entries []store.Entry) []store.Record {
	list := make([]store.Record, len(entries))
	for i, e := range entries {
		list[i] = e.Record
	}
	return list
}

// FirstRequest is the survey request of a conversation that a recovery follows up: the latest that was accepted.
func FirstRequest(family []store.Entry) (first store.Record) {
	for _, e := range family {
		if e.State == store.Accepted && (first.State == store.Unknown || e.Record.Resolution.After(first.Resolution)) {
			first = e.Record
		}
	}
	return first
}
