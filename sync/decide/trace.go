package decide

import "slices"

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
	t.next++
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
