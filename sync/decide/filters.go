package decide

import (
	"slices"

	"acsync/sync/agentconnect"
)

// check is one thing for which a conversation is skipped. The checks of a decision stand in tables, in their
// order of precedence, which Decide walks and Trace lists.
type check[T any] struct {
	reason Reason
	off    func(Policy) bool // the configuration does without it, or has it at a later place; nil: never
	finds  func(Policy, T) bool
}

// idle reports whether the check is not made.
func (k check[T]) idle(p Policy) bool { return k.off != nil && k.off(p) }

// firstFinding makes checks until one finds something, and gives its reason; empty when none does.
func firstFinding[T any](p Policy, checks []check[T], of T, t *trace) Reason {
	for _, each := range checks {
		switch {
		case each.idle(p):
		case each.finds(p, of):
			t.mark(each.reason, StepDecided)
			return each.reason
		default:
			t.mark(each.reason, StepPassed)
		}
	}
	return ""
}

// filters come before all rules. None of them looks at the customer.
var filters = []check[Candidate]{
	{reason: NotDone, finds: func(_ Policy, c Candidate) bool {
		return c.Conversation.Status != "done" || c.Conversation.LastDone == nil && !c.Outside
	}},
	{reason: AlreadySent, finds: func(_ Policy, c Candidate) bool { return c.Known.Settled() }},
	// The filters below may look at the time of the resolution.
	{reason: TimeOutOfRange, finds: func(_ Policy, c Candidate) bool { return c.Outside }},
	{
		reason: Imported, off: func(p Policy) bool { return !p.SkipImported },
		finds: func(_ Policy, c Candidate) bool { return c.Conversation.Imported },
	},
	{
		reason: Spam, off: func(p Policy) bool { return !p.SkipSpam },
		finds: func(_ Policy, c Candidate) bool { return c.Conversation.Spam },
	},
	{
		reason: Stale, off: func(p Policy) bool { return p.MaxAge <= 0 },
		finds: func(p Policy, c Candidate) bool { return stale(c, p.MaxAge, p.Delay) },
	},
	{reason: NoAgent, finds: func(_ Policy, c Candidate) bool { return c.Agent == nil }},
	{
		reason: AgentIsMachine, off: func(p Policy) bool { return !p.SkipMachineAgents },
		finds: func(_ Policy, c Candidate) bool { return c.Agent.Machine() },
	},
	{
		reason: NoAgentEmail, off: Policy.agentByID,
		finds: func(_ Policy, c Candidate) bool { return c.agentAddress() == "" },
	},
	{
		reason: AgentUnknown, off: func(p Policy) bool { return p.Profiles == nil || p.agentByID() },
		finds: func(p Policy, c Candidate) bool {
			return p.unlisted(agentconnect.Employee{Email: c.agentAddress()})
		},
	},
	{
		// A flag that cannot be seen may be set: not asking is the safe side, whatever a flag that is set
		// leads to.
		reason: DoNotSendUnreadable, off: func(p Policy) bool { return len(p.DoNotSendAttributes) == 0 },
		finds: func(_ Policy, c Candidate) bool { return c.Conversation.CustomUnread },
	},
	{
		reason: DoNotSend, off: func(p Policy) bool { return p.FlagDoNotSend },
		finds: func(p Policy, c Candidate) bool { return c.doNotSend(p.DoNotSendAttributes) },
	},
	{
		reason: RuleError("recovery.when"), off: func(p Policy) bool { return p.Recovery == nil },
		finds: func(_ Policy, c Candidate) bool { return c.FollowUp.Trouble != nil },
	},
	{reason: NoFirstRequest, finds: func(_ Policy, c Candidate) bool { return c.FollowUp.withoutFirst() }},
	{reason: NoRecovery, finds: func(_ Policy, c Candidate) bool { return c.FollowUp.Lapsed }},
}

// addressing are the checks of a survey request's customer. What was masked has no text.
var addressing = []check[recipient]{
	{reason: NoCustomer, finds: func(_ Policy, r recipient) bool { return r.customer == nil }},
	{
		reason: NoEmail,
		finds:  func(_ Policy, r recipient) bool { return !r.chosen.Masked && r.address() == "" },
	},
	{reason: InvalidEmail, finds: func(_ Policy, r recipient) bool {
		return !r.chosen.Masked && !plausibleAddress(r.address())
	}},
	{reason: MaskedEmail, finds: func(_ Policy, r recipient) bool { return r.chosen.Masked }},
}

// drafted is a survey request before what rules set and the mapping.
type drafted struct {
	*agentconnect.Request
	set Fields
}

// drafting are the checks of a request before expressions are evaluated.
var drafting = []check[drafted]{
	{reason: NoChannel, finds: func(_ Policy, d drafted) bool {
		return !d.Recovery && d.Channel == "" && !d.set.has(fieldChannel)
	}},
}

// completing are the checks of a complete request, as far as expressions can have changed what was checked
// before.
var completing = []check[*agentconnect.Request]{
	{
		reason: NoAgentEmail, off: func(p Policy) bool { return !p.agentByID() },
		finds: func(_ Policy, r *agentconnect.Request) bool { return r.Employee == agentconnect.Employee{} },
	},
	{
		reason: AgentUnknown, off: func(p Policy) bool { return p.Profiles == nil || !p.agentByID() },
		finds: func(p Policy, r *agentconnect.Request) bool { return p.unlisted(r.Employee) },
	},
	{
		reason: NoChannel,
		off:    func(p Policy) bool { return !p.Mapping.has(fieldChannel) && !p.Rules.sets(fieldChannel) },
		finds:  func(_ Policy, r *agentconnect.Request) bool { return r.Channel == "" && !r.Recovery },
	},
}

// newTrace lists the checks of a policy.
func newTrace(p Policy) *trace {
	all := listed(p, filters)
	for _, name := range p.Rules.Names() {
		all = append(all, Step{Reason: rulePrefix + Reason(name), Result: StepNotReached})
	}
	all = slices.Concat(all, listed(p, addressing), listed(p, drafting), listed(p, completing))
	t := &trace{}
	for i, step := range all {
		sameReason := func(other Step) bool { return other.Reason == step.Reason }
		made := func(other Step) bool { return sameReason(other) && other.Result != StepOff }
		// A check that is off stands there once, and not at all when it is made at another place, or when it
		// is about an expression that there is not.
		if step.Result != StepOff || !step.Reason.Broken() &&
			!slices.ContainsFunc(all, made) && !slices.ContainsFunc(all[:i], sameReason) {
			t.steps = append(t.steps, step)
		}
	}
	return t
}

// listed are checks as the steps of a trace.
func listed[T any](p Policy, checks []check[T]) []Step {
	steps := make([]Step, len(checks))
	for i, each := range checks {
		steps[i] = Step{Reason: each.reason, Result: StepNotReached}
		if each.idle(p) {
			steps[i].Result = StepOff
		}
	}
	return steps
}

// markOff tells a trace that checks are not for this kind of request.
func markOff[T any](t *trace, checks []check[T]) {
	for _, each := range checks {
		t.mark(each.reason, StepOff)
	}
}
