package decide

import (
	"slices"
	"time"

	"acsync/sync/decide/expr"
)

// What a rule does with a conversation for which its condition holds.
const (
	ActionSkip = "skip" // no survey request
	ActionFlag = "flag" // one that is counted and not mailed
	ActionSend = "send" // one, whatever the rules below it say
)

// RuleText is a rule as it is configured.
type RuleText struct {
	Name   string
	When   string         // an expression that is true or false
	Action string         // one of the actions, or empty for none
	Delay  *time.Duration // in place of [Policy].Delay; nil leaves that
	Set    FieldTexts
}

// Rules are tried from top to bottom. For the action, the delay and each field the first rule that gives one
// counts; tags add up.
type Rules []rule

type rule struct {
	name   string
	when   *expr.Expression
	action string
	delay  *time.Duration
	set    Fields
}

// CompileRules compiles rules, and tells all that is wrong with their expressions.
func CompileRules(texts []RuleText) (rules Rules, problems []ExpressionError) {
	for i, text := range texts {
		at := ExpressionError{Rule: i + 1}
		when, err := expr.CompileCondition(text.When)
		problems = append(problems, at.below(err, "when")...)
		at.Path = []string{"set"}
		set, wrong := compileFields(text.Set, text.Name, at)
		problems = append(problems, wrong...)
		rules = append(rules, rule{text.Name, when, text.Action, text.Delay, set})
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return rules, nil
}

// Names are the names of the rules, in their order.
func (r Rules) Names() []string {
	names := make([]string, len(r))
	for i, each := range r {
		names[i] = each.name
	}
	return names
}

type ruling struct {
	skip    Reason   // empty: go on
	trouble string   // where an expression failed
	matched []string // names of the rules that hold, as far as they were tried
	flag    bool
	delay   *time.Duration
	set     Fields
}

// judge tries the rules until one skips or fails.
func (r Rules) judge(env *expr.Env, t *trace) ruling {
	var ruled ruling
	action := ""
	for _, each := range r {
		holds, err := each.when.Holds(env)
		if err != nil {
			ruled.skip, ruled.trouble = RuleError(each.name), err.Error()
			t.failed(each.name)
			return ruled
		}
		if !holds {
			t.rule(each.name, false, StepPassed)
			continue
		}
		ruled.matched = append(ruled.matched, each.name)
		if action == "" {
			action = each.action
		}
		if action == ActionSkip {
			ruled.skip = rulePrefix + Reason(each.name)
			t.rule(each.name, true, StepDecided)
			return ruled
		}
		t.rule(each.name, true, StepPassed)
		if ruled.delay == nil {
			ruled.delay = each.delay
		}
		ruled.set = ruled.set.before(each.set)
	}
	ruled.flag = action == ActionFlag
	return ruled
}

// skipWithoutCustomer reports whether the rules above the first that looks at the customer skip it, or fail.
func (r Rules) skipWithoutCustomer(env *expr.Env) bool {
	blind := r
	if i := slices.IndexFunc(r, func(each rule) bool { return each.when.ReadsCustomer }); i >= 0 {
		blind = r[:i]
	}
	return blind.judge(env, nil).skip != ""
}

func (r Rules) sets(name string) bool {
	return slices.ContainsFunc(r, func(each rule) bool { return each.set.has(name) })
}

// Recovery says which conversations were marked done again after the customer was asked, so that the
// follow-up is asked about instead.
type Recovery struct{ when *expr.Expression }

// CompileRecovery compiles the condition; an empty one is nil: there are no recoveries.
func CompileRecovery(when string) (*Recovery, []ExpressionError) {
	if when == "" {
		return nil, nil
	}
	at := ExpressionError{Section: "recovery"}
	condition, err := expr.CompileCondition(when)
	if err == nil && condition.ReadsCustomer {
		err = expr.CompileError{Message: "must not look at the customer, who is not read for it: " +
			"look at the conversation or the agent"}
	}
	if err != nil {
		return nil, at.below(err, "when")
	}
	return &Recovery{condition}, nil
}
