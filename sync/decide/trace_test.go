package decide

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsync/store"
	"acsync/sync/decide/expr"
	"acsync/sync/kustomer"
)

// anyPolicy is a policy with some of its filters on, some rules, and fields that can fail.
func anyPolicy(rt *rapid.T) Policy {
	p := testPolicy()
	yes := func(what string) bool { return rapid.Bool().Draw(rt, what) }
	p.SkipImported, p.SkipSpam, p.SkipMachineAgents = yes("imported"), yes("spam"), yes("machines")
	p.FlagDoNotSend, p.VerifiedEmail = yes("flag"), yes("verified")
	if yes("any age") {
		p.MaxAge = 0
	}
	if yes("profiles") {
		p.Profiles = listedProfile("alex.agent@example.org")
		if !yes("profile") {
			p.Profiles = &Profiles{}
		}
	}
	var problems []ExpressionError
	rules := []RuleText{
		{Name: "breaks", When: `custom.a.b == 1`, Action: ActionSkip},
		{Name: "chats", When: `"chat" in channels`, Action: ActionSkip},
		{Name: "late", When: `"late-delivery" in tags`, Action: ActionFlag, Set: FieldTexts{Channel: `custom.channel`, Brand: `custom.b.c`}},
	}
	p.Rules, problems = CompileRules(rules[rapid.IntRange(0, 3).Draw(rt, "from rule"):])
	if len(problems) > 0 {
		rt.Fatal(problems)
	}
	if yes("employee id") {
		p.Mapping, problems = CompileMapping(FieldTexts{EmployeeCustomID: `custom.employee`})
	}
	if yes("recovery") && len(problems) == 0 {
		p.Recovery, problems = CompileRecovery(`"recovery" in tags`)
	}
	if len(problems) > 0 {
		rt.Fatal(problems)
	}
	return p
}

// anyCandidate is a candidate with anything wrong with it, or nothing.
func anyCandidate(rt *rapid.T) Candidate {
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
func anyFollowUp(rt *rapid.T) FollowUp {
	return rapid.SampledFrom([]FollowUp{
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
		var decided Reason
		seen := map[Reason]StepResult{}
		for _, step := range steps {
			before, twice := seen[step.Reason]
			if twice && (before == StepOff || step.Result == StepOff) {
				rt.Errorf("%s stands there twice, once off", step.Reason)
			}
			seen[step.Reason] = step.Result
			switch {
			case step.Result == StepDecided && decided == "":
				decided = step.Reason
			case step.Result == StepOff:
			case (step.Result == StepNotReached) != (decided != ""):
				rt.Errorf("%s is %s, decided by %q: %v", step.Reason, step.Result, decided, steps)
			}
		}
		if decided != want.Skip {
			rt.Errorf("the trace was decided by %q, the decision is %q: %v", decided, want.Skip, steps)
		}
	})
}

func TestTrace(t *testing.T) {
	vip := RuleText{Name: "vip", When: `"vip" in tags`, Action: ActionSend}
	late := RuleText{Name: "late", When: `"late-delivery" in tags`, Action: ActionSkip}
	tests := []struct {
		name   string
		policy Policy
		change func(*Candidate)
		want   map[Reason]Step
	}{
		{
			name: "sent", policy: testPolicy(), change: func(*Candidate) {},
			want: map[Reason]Step{NotDone: {Result: StepPassed}, AgentUnknown: {Result: StepOff}, NoChannel: {Result: StepPassed}},
		},
		{
			name: "a filter", policy: ruled(t, vip), change: func(c *Candidate) { c.Conversation.Spam = true },
			want: map[Reason]Step{
				Imported: {Result: StepPassed}, Spam: {Result: StepDecided}, NoAgent: {Result: StepNotReached}, "rule:vip": {Result: StepNotReached},
			},
		},
		{
			name: "a rule", policy: ruled(t, vip, late), change: func(*Candidate) {},
			want: map[Reason]Step{
				"rule:vip": {Result: StepPassed}, "rule:late": {Result: StepDecided, Held: true}, NoEmail: {Result: StepNotReached},
			},
		},
		{
			name: "a rule that fails", policy: ruled(t, RuleText{Name: "broken", When: `custom.a.b == 1`, Action: ActionSkip}, late),
			change: func(*Candidate) {},
			want:   map[Reason]Step{"rule_error:broken": {Result: StepDecided}, "rule:late": {Result: StepNotReached}},
		},
		{
			name: "a field that fails", policy: mapped(t, FieldTexts{Brand: `custom.a.b`}), change: func(*Candidate) {},
			want: map[Reason]Step{NoChannel: {Result: StepPassed}, "rule_error:mapping.brand": {Result: StepDecided}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := plain()
			test.change(&c)
			_, steps := test.policy.Trace(c)
			got := map[Reason]Step{}
			for _, step := range steps {
				if _, asked := test.want[step.Reason]; asked {
					got[step.Reason] = Step{Result: step.Result, Held: step.Held}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("got +, want -\n%s", diff)
			}
		})
	}
}
