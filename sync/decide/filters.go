package decide

import (
	"errors"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// check is one thing for which a conversation is skipped. Checks stand in their order of precedence.
type check struct {
	reason Reason
	made   bool // false: the configuration does without it, or has it at a later place
	finds  bool
}

func firstFinding(checks []check, t *trace) Reason {
	for _, each := range checks {
		switch {
		case !each.made:
		case each.finds:
			t.mark(each.reason, StepDecided)
			return each.reason
		default:
			t.mark(each.reason, StepPassed)
		}
	}
	return ""
}

// filters come before all rules. None of them looks at the customer.
func filters(p Policy, c Candidate) []check {
	conversation, address, later := c.Conversation, c.agentAddress(), p.agentByID()
	open := conversation.Status != "done" || conversation.LastDone == nil && !c.Outside
	return []check{
		{NotDone, true, open},
		{AlreadySent, true, c.Known.Settled()},
		{TimeOutOfRange, true, c.Outside},
		{Imported, p.SkipImported, conversation.Imported},
		{Spam, p.SkipSpam, conversation.Spam},
		{Stale, p.MaxAge > 0, stale(c, p.MaxAge, p.Delay)},
		{UnreadableRecord, true, c.Unread},
		{NoAgent, true, c.Agent == nil},
		{AgentIsMachine, p.SkipMachineAgents, c.Agent != nil && c.Agent.Machine()},
		{NoAgentEmail, !later, address == ""},
		{AgentUnknown, p.Profiles != nil && !later, p.unlisted(agentconnect.Employee{Email: address})},
		// A flag that cannot be seen may be set: not asking is safe, whatever a flag that is set leads to.
		{DoNotSendUnreadable, len(p.DoNotSendAttributes) > 0, conversation.CustomUnread},
		{DoNotSend, !p.FlagDoNotSend, c.doNotSend(p.DoNotSendAttributes)},
		{recoveryTrouble, p.Recovery != nil, c.FollowUp.Trouble != nil},
		{NoFirstRequest, true, c.FollowUp.Applies && c.FollowUp.First.State != store.Accepted},
		{NoRecovery, true, c.FollowUp.Lapsed},
	}
}

// addressing are the checks of a survey request's customer. What was masked has no text.
func addressing(to recipient) []check {
	masked, address := to.chosen.Masked, to.chosen.Value
	return []check{
		{NoCustomer, true, to.customer == nil},
		{NoEmail, true, !masked && address == ""},
		{InvalidEmail, true, !masked && !plausibleAddress(address)},
		{MaskedEmail, true, masked},
	}
}

func drafting(r agentconnect.Request, set Fields) []check {
	return []check{{NoChannel, true, !r.Recovery && r.Channel == "" && !set.has(fieldChannel)}}
}

// completing are the checks of a complete request, as far as expressions can have changed it.
func completing(p Policy, r agentconnect.Request) []check {
	byID, changes := p.agentByID(), p.Mapping.has(fieldChannel) || p.Rules.sets(fieldChannel)
	return []check{
		{NoAgentEmail, byID, r.Employee == agentconnect.Employee{}},
		{AgentUnknown, byID && p.Profiles != nil, p.unlisted(r.Employee)},
		{NoChannel, changes, !r.Recovery && r.Channel == ""},
	}
}

// newTrace lists the checks of a policy. Which of them are made does not depend on the candidate.
func newTrace(p Policy) *trace {
	all := listed(filters(p, Candidate{}))
	for _, each := range p.Rules {
		all = append(all, Step{Reason: rulePrefix + Reason(each.name), Result: StepNotReached})
	}
	none := agentconnect.Request{}
	all = slices.Concat(
		all, listed(addressing(recipient{})), listed(drafting(none, nil)), listed(completing(p, none)))
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

func listed(checks []check) []Step {
	steps := make([]Step, len(checks))
	for i, each := range checks {
		steps[i] = Step{Reason: each.reason, Result: StepNotReached}
		if !each.made {
			steps[i].Result = StepOff
		}
	}
	return steps
}

// stale reports whether it is too late to ask: more than maxAge (0: any) after it was to be asked about.
func stale(c Candidate, maxAge, delay time.Duration) bool {
	if maxAge <= 0 || c.Conversation.LastDone == nil {
		return false
	}
	planned := plannedAt(c, delay)
	if c.Now.Sub(planned) <= maxAge {
		return false
	}
	decided := c.Known.First
	switch {
	case c.Known.State == store.Scheduled && decided.IsZero():
		decided = c.Known.At
	// The operator wants it to be sent again.
	case c.Known.State == store.Retry && Reason(c.Known.Reason) == ByHand:
		return false
	case !c.Known.State.Waiting():
		return true
	}
	// What was too old when it was decided comes from a back-fill, to which no age matters: it stays so.
	return decided.Sub(planned) <= maxAge
}

// plannedAt is when it was to be asked about. A delay does not make it older, nor one that was decided under
// other rules, whose end the ledger holds.
func plannedAt(c Candidate, delay time.Duration) time.Time {
	resolved := c.Conversation.LastDone.At
	planned, known := resolved.Add(delay), c.Known
	delayed := Reason(known.Reason) == Delayed && SameResolution(known.Resolution, resolved)
	if delayed && known.Due.After(planned) {
		return known.Due
	}
	return planned
}

// StepResult is what came of a check.
type StepResult string

// The results.
const (
	StepPassed     StepResult = "passed"      // it found nothing; of a rule: it was tried and does not skip
	StepDecided    StepResult = "decided"     // it is why nothing is sent
	StepNotReached StepResult = "not_reached" // one before it decided
	StepUnknown    StepResult = "unknown"     // what it asks could not be read; of explanations alone
	StepOff        StepResult = "off"         // the configuration or this kind of request does without it
)

// Step is one check of a decision.
type Step struct {
	Reason Reason // for which the check skips a conversation; of a rule "rule:" and its name
	Result StepResult
	Held   bool // the rule's condition holds
	// Alone is what would come of the check if no other had decided: StepPassed or StepDecided; empty where
	// that cannot be told
	Alone StepResult
}

// trace notes the checks of a decision while they are made. A nil trace notes nothing.
type trace struct {
	steps []Step // all that there are, in their order
	next  int    // the step behind the last one noted
}

func (t *trace) mark(reason Reason, result StepResult) {
	if step := t.find(reason); step != nil {
		step.Result = result
	}
}

func (t *trace) rule(name string, held bool, result StepResult) {
	if step := t.find(rulePrefix + Reason(name)); step != nil {
		step.Result, step.Held = result, held
	}
}

// failed notes an expression that failed, in place of its rule, or where the fields are filled.
func (t *trace) failed(name string) {
	if t == nil {
		return
	}
	failed := Step{Reason: RuleError(name), Result: StepDecided}
	if step := t.find(rulePrefix + Reason(name)); step != nil {
		*step = failed
		return
	}
	t.steps = slices.Insert(t.steps, t.next, failed)
}

func (t *trace) find(reason Reason) *Step {
	if t == nil {
		return nil
	}
	for i := t.next; i < len(t.steps); i++ {
		if t.steps[i].Reason == reason {
			t.next = i + 1
			return &t.steps[i]
		}
	}
	return nil
}

// presupposes are the checks that say nothing where one of others finds something: whoever has no agent has
// no agent without an address.
var presupposes = map[Reason][]Reason{
	// What was asked long ago is old for that alone.
	Stale:          {AlreadySent, NotDone, TimeOutOfRange},
	NoAgent:        {UnreadableRecord},
	AgentIsMachine: {UnreadableRecord, NoAgent},
	NoAgentEmail:   {UnreadableRecord, NoAgent},
	AgentUnknown:   {UnreadableRecord, NoAgent, NoAgentEmail},
	DoNotSend:      {DoNotSendUnreadable},
	NoCustomer:     {UnreadableRecord},
	NoEmail:        {UnreadableRecord, NoCustomer},
	InvalidEmail:   {UnreadableRecord, NoCustomer, NoEmail, MaskedEmail},
	MaskedEmail:    {UnreadableRecord, NoCustomer, NoEmail},
}

// alone tells of checks what would come of each if none before it had decided: all that is in the way, and
// not only what comes first.
func alone(p Policy, c Candidate, steps []Step) []Step {
	a := aside{policy: p, candidate: c, finds: map[Reason]bool{}}
	a.judge(filters(p, c))
	// What was not needed for the decision was not read, perhaps.
	unnamed := len(c.Tags) == 0 && len(c.Conversation.TagIDs) > 0
	blind := c.Customer == nil && c.Conversation.CustomerID != "" && !p.NeedsCustomer(c)
	if !unnamed && !blind {
		a.complete()
	}
	for i := range steps {
		switch step := &steps[i]; step.Result {
		case StepPassed, StepDecided:
			step.Alone = step.Result
		case StepNotReached:
			a.tell(step)
		}
	}
	for _, owner := range a.broken {
		reason := RuleError(owner)
		known := func(s Step) bool { return s.Reason == reason }
		if !slices.ContainsFunc(steps, known) {
			steps = append(steps, Step{Reason: reason, Result: StepNotReached, Alone: StepDecided})
		}
	}
	return steps
}

// aside is what the checks of a decision find, each by itself.
type aside struct {
	policy    Policy
	candidate Candidate
	finds     map[Reason]bool // by check, of those that can be told
	broken    []string        // rules and fields whose expressions fail
}

func (a *aside) judge(checks []check) {
	for _, each := range checks {
		if each.made {
			a.finds[each.reason] = a.finds[each.reason] || each.finds
		}
	}
}

// complete makes the checks behind the filters.
func (a *aside) complete() {
	p, c := a.policy, a.candidate
	env, set, action := p.env(c), Fields(nil), ""
	for _, each := range p.Rules {
		reason := rulePrefix + Reason(each.name)
		holds, err := each.when.Holds(env)
		switch {
		case err != nil:
			a.broken = append(a.broken, each.name)
		case holds:
			a.finds[reason] = action == "" && each.action == ActionSkip
			// One that skips hides no other here.
			if action == "" && each.action != ActionSkip {
				action = each.action
			}
			set = set.before(each.set)
		default:
			a.finds[reason] = false
		}
	}
	to := chooseRecipient(c.customer(), p.VerifiedEmail)
	recovery := c.FollowUp.Applies && c.Conversation.CustomerID != ""
	if !recovery {
		a.judge(addressing(to))
	}
	request := agentconnect.Request{Channel: channelOf(p, c.Conversation.Channels), Recovery: recovery}
	if recovery || to.customer != nil {
		request = newRequest(p, c, to, recovery)
	}
	a.judge(drafting(request, set))
	fields := set.before(p.Mapping)
	if recovery {
		fields = fields.ofRecovery()
	}
	if failed, ok := errors.AsType[fieldError](fields.fill(&request, env)); ok {
		a.broken = append(a.broken, failed.owner)
		return
	}
	a.judge(completing(p, request))
}

// tell says what would come of a check that was not reached.
func (a *aside) tell(step *Step) {
	if name, ok := step.Reason.rule(); ok && slices.Contains(a.broken, name) {
		step.Reason, step.Alone = RuleError(name), StepDecided
		return
	}
	found := func(r Reason) bool { return a.finds[r] }
	finds, told := a.finds[step.Reason]
	switch {
	case !told || slices.ContainsFunc(presupposes[step.Reason], found):
	case finds:
		step.Alone = StepDecided
	default:
		step.Alone = StepPassed
	}
}
