package decide

import (
	"errors"
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

// Rules are compiled rules, tried from top to bottom. For the action, the delay and each field the first rule
// that gives one counts; tags add up. The zero Rules do nothing.
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
		when, err := expr.CompileCondition(text.When)
		if e, ok := errors.AsType[expr.CompileError](err); ok {
			path := []string{"when"}
			problems = append(
				problems, ExpressionError{Rule: i + 1, Path: path, At: e.At, Message: e.Message})
		}
		set, wrong := compileFields(text.Set)
		for _, problem := range wrong {
			problem.Rule, problem.Path = i+1, append([]string{"set"}, problem.Path...)
			problems = append(problems, problem)
		}
		for j := range set {
			set[j].owner = text.Name
		}
		rules = append(
			rules, rule{name: text.Name, when: when, action: text.Action, delay: text.Delay, set: set})
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

// ruling is what the rules say of a conversation.
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

// skipWithoutCustomer reports whether a conversation is skipped, whoever its customer is: the rules above the
// first one that looks at the customer skip it, or fail.
func (r Rules) skipWithoutCustomer(env *expr.Env) bool {
	blind := r
	if i := slices.IndexFunc(r, func(each rule) bool { return each.when.ReadsCustomer }); i >= 0 {
		blind = r[:i]
	}
	return blind.judge(env, nil).skip != ""
}

// sets reports whether a rule can fill the field.
func (r Rules) sets(name string) bool {
	return slices.ContainsFunc(r, func(each rule) bool { return each.set.has(name) })
}
