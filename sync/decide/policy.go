// Package decide says what is to happen with a conversation: whether a survey request is to be created for
// it, which one, and under which key the ledger remembers it. It is pure: the same candidate and policy give
// the same decision.
package decide

import (
	"errors"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide/expr"
	"acsync/sync/kustomer"
)

// Policy is the part of the configuration that decisions depend on.
type Policy struct {
	// of Kustomer's application: https://acme.kustomerapp.com; empty: no links
	AppURL string
	// older resolutions are stale, their delay not counted; 0: any age will do
	MaxAge              time.Duration
	Delay               time.Duration // how long after it was marked done a conversation is asked about
	Closer              bool          // the agent is who marked it done, not who was assigned
	VerifiedEmail       bool          // prefer the customer's first verified address
	FlagDoNotSend       bool          // do-not-send makes a flagged request instead of a skip
	DoNotSendAttributes []string      // custom attributes of the conversation
	SkipImported        bool
	SkipSpam            bool
	SkipMachineAgents   bool
	Channels            map[string]string // Kustomer's channel → Agent Connect's
	DefaultChannel      string            // for conversations without any; empty: skip them
	Profiles            *Profiles         // agents who may be asked about; nil: Agent Connect will tell
	Recovery            *Recovery         // which conversations are service recoveries; nil: none
	AskWithoutFirst     bool              // ask as usual where a recovery has no first request; else skip
	Mapping             Fields            // what else a survey request says
	Rules               Rules             // of the operator
}

// LongestDelay is how long after it was marked done a conversation may be asked about at the latest, by the
// delays alone.
func (p Policy) LongestDelay() time.Duration {
	longest := p.Delay
	for _, rule := range p.Rules {
		if rule.delay != nil {
			longest = max(longest, *rule.delay)
		}
	}
	return longest
}

// Decide says what is to happen with a conversation.
func (p Policy) Decide(c Candidate) Decision { return p.decide(c.cleaned(), nil) }

// Trace decides as Decide does, and tells what came of each check, in their order of precedence, and what
// would have come of those behind the one that decided. It can tell all of these only where the candidate has
// its customer and its tags, whether or not the decision needs them.
func (p Policy) Trace(c Candidate) (Decision, []Step) {
	t := newTrace(p)
	c = c.cleaned()
	d := p.decide(c, t)
	return d, alone(p, c, t.steps)
}

// Forbidding are the do-not-send attributes of a candidate that are set, as Kustomer names them.
func (p Policy) Forbidding(c Candidate) []string { return c.forbidding(p.DoNotSendAttributes) }

// Values are all values that expressions see of a candidate, by the names by which they see them.
func (p Policy) Values(c Candidate) []Value { return p.env(c.cleaned()).Values() }

// Screen is the decision where the filters make it; the zero Decision where they let the conversation pass.
func (p Policy) Screen(c Candidate) Decision { return p.screen(c.cleaned(), nil) }

func (p Policy) decide(c Candidate, t *trace) Decision {
	if d := p.screen(c, t); !d.Send() {
		return d
	}
	env := p.env(c)
	ruled := p.Rules.judge(env, t)
	d := Decision{Skip: ruled.skip, Delay: p.Delay, Matched: ruled.matched, Trouble: ruled.trouble}
	if d.Skip != "" {
		return d
	}
	if ruled.delay != nil {
		d.Delay = *ruled.delay
	}
	if d.Request, d.Skip = p.draft(c, t); d.Skip != "" {
		return d
	}
	d.Request.DoNotSend = d.Request.DoNotSend || ruled.flag
	d.Skip, d.Trouble = p.fill(&d.Request, ruled.set, env, t)
	if d.Skip != "" {
		d.Request = agentconnect.Request{}
	}
	return d
}

func (p Policy) screen(c Candidate, t *trace) Decision {
	d := Decision{Skip: firstFinding(filters(p, c), t)}
	switch {
	case d.Skip.Broken():
		d.Trouble = c.FollowUp.Trouble.Error()
	case d.Skip == TimeOutOfRange:
		d.Trouble = c.claim()
	}
	return d
}

// draft is the request before rules and mapping, or the reason why there is none.
func (p Policy) draft(c Candidate, t *trace) (agentconnect.Request, Reason) {
	to := chooseRecipient(c.customer(), p.VerifiedEmail)
	recovery := c.FollowUp.Applies && c.Conversation.CustomerID != ""
	// A recovery goes to the customer of the first request, so that no address is needed.
	if recovery {
		for _, each := range addressing(to) {
			t.mark(each.reason, StepOff)
		}
	} else if reason := firstFinding(addressing(to), t); reason != "" {
		return agentconnect.Request{}, reason
	}
	return newRequest(p, c, to, recovery), ""
}

// fill completes a request by what rules set and the mapping, or gives the reason why it cannot be sent.
func (p Policy) fill(
	r *agentconnect.Request, set Fields, env *expr.Env, t *trace,
) (reason Reason, trouble string) {
	fields := set.before(p.Mapping)
	if r.Recovery {
		fields = fields.ofRecovery()
	}
	if reason := firstFinding(drafting(*r, set), t); reason != "" {
		return reason, ""
	}
	err := fields.fill(r, env)
	if failed, ok := errors.AsType[fieldError](err); ok {
		t.failed(failed.owner)
		return RuleError(failed.owner), failed.Error()
	}
	return firstFinding(completing(p, *r), t), ""
}

// NeedsCustomer reports whether a decision depends on the customer. What is skipped costs no call for one.
func (p Policy) NeedsCustomer(c Candidate) bool {
	if c.FollowUp.Applies && !p.recoveryReadsCustomer() {
		return false
	}
	c = c.cleaned()
	return p.screen(c, nil).Send() && c.Conversation.CustomerID != "" && !p.Rules.skipWithoutCustomer(p.env(c))
}

// recoveryReadsCustomer reports whether an expression wants the customer, who is not read for a recovery.
func (p Policy) recoveryReadsCustomer() bool {
	if p.Mapping.ofRecovery().readCustomer() {
		return true
	}
	for _, rule := range p.Rules {
		if rule.when.ReadsCustomer || rule.set.ofRecovery().readCustomer() {
			return true
		}
	}
	return false
}

// FollowUp says whether a candidate is a service recovery, given what the ledger remembers of the survey
// request that it would follow up, and whether it waits as one.
func (p Policy) FollowUp(c Candidate, first store.Record, waits bool) FollowUp {
	// Whoever was never asked is asked as usual, whatever the condition says.
	if p.AskWithoutFirst && first.State != store.Accepted && !waits {
		return FollowUp{}
	}
	f := FollowUp{First: first}
	if p.Recovery != nil {
		f.Applies, f.Trouble = p.Recovery.when.Holds(p.env(c.cleaned()))
	}
	if f.Lapsed = waits && !f.Applies; !f.Applies && !f.Lapsed && f.Trouble == nil {
		return FollowUp{}
	}
	return f
}

func (p Policy) env(c Candidate) *expr.Env {
	address := ""
	if to := chooseRecipient(c.customer(), p.VerifiedEmail); firstFinding(addressing(to), nil) == "" {
		address = to.chosen.Value
	}
	return newEnv(c, address)
}

// AgentID is the Kustomer user that the survey is about; empty when there is none.
func (p Policy) AgentID(c kustomer.Conversation) string {
	switch {
	case c.LastDone != nil && p.Closer:
		return c.LastDone.By
	case c.LastDone != nil && len(c.LastDone.AssignedUsers) > 0:
		return c.LastDone.AssignedUsers[0]
	// Kustomer does not tell who held it when it was marked done: who holds it now.
	case !p.Closer && len(c.AssignedUsers) > 0:
		return c.AssignedUsers[0]
	}
	return ""
}

// agentByID reports whether expressions may name the agent, who is known only in the complete request.
func (p Policy) agentByID() bool {
	return p.Mapping.has(fieldEmployeeID) || p.Rules.sets(fieldEmployeeID)
}

func (p Policy) unlisted(e agentconnect.Employee) bool {
	return p.Profiles != nil && !p.Profiles.Active(e)
}
