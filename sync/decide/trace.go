package decide

import (
	"slices"
)

// StepResult is what came of a check.
type StepResult string

// The results.
const (
	StepPassed     StepResult = "passed"      // it found nothing; of a rule: it was tried and does not skip
	StepDecided    StepResult = "decided"     // it is why nothing is sent
	StepNotReached StepResult = "not_reached" // one before it decided
	StepUnknown    StepResult = "unknown"     // what it asks could not be read; of explanations alone
	StepOff        StepResult = "off"         // the configuration does without it, or it is not for this kind of request
)

// Step is one check of a decision.
type Step struct {
	Reason Reason // for which the check skips a conversation; of a rule "rule:" and its name
	Result StepResult
	Held   bool // the rule's condition holds
}

// Trace decides as Decide does, and tells what came of each check, in their order of precedence.
func (p Policy) Trace(c Candidate) (Decision, []Step) {
	t := newTrace(p)
	return p.decide(c, t), t.steps
}

// trace notes the checks of a decision while they are made. A nil trace notes nothing.
type trace struct {
	steps []Step // all that there are, in their order
	next  int    // the step behind the last one noted
}

// newTrace lists the checks of a policy. One that is off stands there once, and not at all when it is made at another place,
// or when it is about an expression that there is not.
func newTrace(p Policy) *trace {
	t := &trace{}
	enlist(t, p, filters)
	for _, each := range p.Rules {
		t.steps = append(t.steps, Step{Reason: rulePrefix + Reason(each.name), Result: StepNotReached})
	}
	enlist(t, p, addressing)
	enlist(t, p, drafting)
	enlist(t, p, completing)
	all := slices.Clone(t.steps)
	t.steps = t.steps[:0]
	for i, step := range all {
		twin := func(other Step) bool { return other.Reason == step.Reason }
		made := func(other Step) bool { return twin(other) && other.Result != StepOff }
		if step.Result != StepOff || !step.Reason.Broken() && !slices.ContainsFunc(all, made) && !slices.ContainsFunc(all[:i], twin) {
			t.steps = append(t.steps, step)
		}
	}
	return t
}

// enlist adds checks to a trace.
func enlist[T any](t *trace, p Policy, checks []check[T]) {
	for _, each := range checks {
		step := Step{Reason: each.reason, Result: StepNotReached}
		if each.idle(p) {
			step.Result = StepOff
		}
		t.steps = append(t.steps, step)
	}
}

// mark tells what came of a check.
func (t *trace) mark(reason Reason, result StepResult) {
	if step := t.find(reason); step != nil {
		step.Result = result
	}
}

// rule tells what came of a rule.
func (t *trace) rule(name string, held bool, result StepResult) {
	if step := t.find(rulePrefix + Reason(name)); step != nil {
		step.Result, step.Held = result, held
	}
}

// failed tells that an expression failed: it stands where its rule does, or, of a field, where the fields are filled.
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
	t.next++
}

// inapplicable tells that checks are not for this kind of request.
func inapplicable[T any](t *trace, checks []check[T]) {
	for _, each := range checks {
		t.mark(each.reason, StepOff)
	}
}

// find is the next step with the reason.
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
