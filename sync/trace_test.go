package sync

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/decide/expr"
	"acsync/sync/kustomer"
)

// anyPolicy is a policy with some of its filters on, some rules, and fields that can fail.
func anyPolicy(rt *rapid.T) decide.Policy {
	p := testPolicy()
	yes := func(what string) bool { return rapid.Bool().Draw(rt, what) }
	p.SkipImported, p.SkipSpam, p.SkipMachineAgents = yes("imported"), yes("spam"), yes("machines")
	p.FlagDoNotSend, p.VerifiedEmail = yes("flag"), yes("verified")
	if yes("any age") {
		p.MaxAge = 0
	}
	if yes("profiles") {
		p.Profiles = &decide.Profiles{Emails: map[string]bool{"alex.agent@example.org": yes("profile")}}
	}
	var problems []decide.ExpressionError
	rules := []decide.RuleText{
		{Name: "breaks", When: `custom.a.b == 1`, Action: decide.ActionSkip},
		{Name: "chats", When: `"chat" in channels`, Action: decide.ActionSkip},
		{Name: "late", When: `"late-delivery" in tags`, Action: decide.ActionFlag, Set: decide.FieldTexts{Channel: `custom.channel`, Brand: `custom.b.c`}},
	}
	p.Rules, problems = decide.CompileRules(rules[rapid.IntRange(0, 3).Draw(rt, "from rule"):])
	if len(problems) > 0 {
		rt.Fatal(problems)
	}
	if yes("employee id") {
		p.Mapping, problems = decide.CompileMapping(decide.FieldTexts{EmployeeCustomID: `custom.employee`})
	}
	if yes("recovery") && len(problems) == 0 {
		p.Recovery, problems = decide.CompileRecovery(`"recovery" in tags`)
	}
	if len(problems) > 0 {
		rt.Fatal(problems)
	}
	return p
}

// anyCandidate is a candidate with anything wrong with it, or nothing.
func anyCandidate(rt *rapid.T) decide.Candidate {
	c := plain()
	pick := func(what string, most int) int { return rapid.IntRange(0, most).Draw(rt, what) }
	oneIn := func(what string, n int) bool { return pick(what, n-1) == 0 }
	if oneIn("open", 8) {
		c.Conversation.Status = "open"
	}
	if oneIn("known", 3) {
		c.Known = store.Record{State: rapid.SampledFrom(store.States()).Draw(rt, "state"), Resolution: c.Conversation.LastDone.At}
	}
	if oneIn("imported at", 6) {
		c.Conversation.Imported = true
	}
	c.Conversation.Spam = oneIn("is spam", 6)
	if oneIn("old", 6) {
		c.Conversation.LastDone.At = testNow.Add(-100 * time.Hour)
	}
	switch pick("agent", 6) {
	case 0:
		c.Agent = nil
	case 1:
		c.Agent.UserType = "machine"
	case 2:
		c.Agent.Email = kustomer.Text{}
	}
	c.Conversation.Custom = map[string]any{"doNotSendAgentConnectRequestBool": oneIn("do not send", 6)}
	if oneIn("expressions work", 2) {
		c.Conversation.Custom["a"], c.Conversation.Custom["b"] = map[string]any{}, map[string]any{"c": "brand"}
	}
	if oneIn("has employee", 3) {
		c.Conversation.Custom["employee"] = "E-1"
	}
	c.Conversation.Channels = [][]string{nil, {"chat"}, {"email"}, {"voice"}}[pick("channel", 3)]
	switch pick("customer", 5) {
	case 0:
		c.Customer = nil
	case 1:
		c.Customer.Emails = nil
	case 2:
		c.Customer.Emails = emails("n/a", "jane@example.com")
	case 3:
		c.Customer.Emails = []kustomer.Email{{Address: kustomer.Text{Masked: true}}}
	}
	return c
}

// anyFollowUp is what a policy with recoveries can say of a candidate.
func anyFollowUp(rt *rapid.T) decide.FollowUp {
	return rapid.SampledFrom([]decide.FollowUp{
		{}, {Lapsed: true}, {Applies: true}, {Applies: true, First: store.Record{State: store.Accepted}}, {Trouble: expr.RunError{At: 1}},
	}).Draw(rt, "follow-up")
}

// TestTraceIsTheDecision: a trace decides as Decide does. Its one decided step is the reason; what stands before was passed or is
// off, what stands behind was not reached or is off, and each check stands there once.
func TestTraceIsTheDecision(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, c := anyPolicy(rt), anyCandidate(rt)
		if p.Recovery != nil {
			c.FollowUp = anyFollowUp(rt)
		}
		want := p.Decide(c)
		got, steps := p.Trace(c)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("got +, want -\n%s", diff)
		}
		var decided decide.Reason
		seen := map[decide.Reason]decide.StepResult{}
		for _, step := range steps {
			before, twice := seen[step.Reason]
			if twice && (before == decide.StepOff || step.Result == decide.StepOff) {
				rt.Errorf("%s stands there twice, once off", step.Reason)
			}
			seen[step.Reason] = step.Result
			switch {
			case step.Result == decide.StepDecided && decided == "":
				decided = step.Reason
			case step.Result == decide.StepOff:
			case (step.Result == decide.StepNotReached) != (decided != ""):
				rt.Errorf("%s is %s, decided by %q: %v", step.Reason, step.Result, decided, steps)
			}
		}
		if decided != want.Skip {
			rt.Errorf("the trace was decided by %q, the decision is %q: %v", decided, want.Skip, steps)
		}
	})
}

func TestTrace(t *testing.T) {
	vip := decide.RuleText{Name: "vip", When: `"vip" in tags`, Action: decide.ActionSend}
	late := decide.RuleText{Name: "late", When: `"late-delivery" in tags`, Action: decide.ActionSkip}
	tests := []struct {
		name   string
		policy decide.Policy
		change func(*decide.Candidate)
		want   map[decide.Reason]decide.Step
	}{
		{
			name: "sent", policy: testPolicy(), change: func(*decide.Candidate) {},
			want: map[decide.Reason]decide.Step{decide.NotDone: {Result: decide.StepPassed}, decide.AgentUnknown: {Result: decide.StepOff}, decide.NoChannel: {Result: decide.StepPassed}},
		},
		{
			name: "a filter", policy: ruled(t, vip), change: func(c *decide.Candidate) { c.Conversation.Spam = true },
			want: map[decide.Reason]decide.Step{
				decide.Imported: {Result: decide.StepPassed}, decide.Spam: {Result: decide.StepDecided}, decide.NoAgent: {Result: decide.StepNotReached}, "rule:vip": {Result: decide.StepNotReached},
			},
		},
		{
			name: "a rule", policy: ruled(t, vip, late), change: func(*decide.Candidate) {},
			want: map[decide.Reason]decide.Step{
				"rule:vip": {Result: decide.StepPassed}, "rule:late": {Result: decide.StepDecided, Held: true}, decide.NoEmail: {Result: decide.StepNotReached},
			},
		},
		{
			name: "a rule that fails", policy: ruled(t, decide.RuleText{Name: "broken", When: `custom.a.b == 1`, Action: decide.ActionSkip}, late),
			change: func(*decide.Candidate) {},
			want:   map[decide.Reason]decide.Step{"rule_error:broken": {Result: decide.StepDecided}, "rule:late": {Result: decide.StepNotReached}},
		},
		{
			name: "a field that fails", policy: mapped(t, decide.FieldTexts{Brand: `custom.a.b`}), change: func(*decide.Candidate) {},
			want: map[decide.Reason]decide.Step{decide.NoChannel: {Result: decide.StepPassed}, "rule_error:mapping.brand": {Result: decide.StepDecided}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := plain()
			test.change(&c)
			_, steps := test.policy.Trace(c)
			got := map[decide.Reason]decide.Step{}
			for _, step := range steps {
				if _, asked := test.want[step.Reason]; asked {
					got[step.Reason] = decide.Step{Result: step.Result, Held: step.Held}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("got +, want -\n%s", diff)
			}
		})
	}
}
