package decide

import (
	"slices"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/kustomer"
)

// TestNeedsCustomer costs a call for the customer only where the decision depends on one.
func TestNeedsCustomer(t *testing.T) {
	skipVIP := RuleText{Name: "vip", When: `"vip" in tags`, Action: ActionSkip}
	skipLate := RuleText{Name: "late", When: `"late-delivery" in tags`, Action: ActionSkip}
	byCustomer := RuleText{Name: "domain", When: `customer.domain == "example.com"`, Action: ActionSkip}
	applies := func(c *Candidate) {
		c.FollowUp = FollowUp{Applies: true, First: store.Record{State: store.Accepted}}
	}
	keep := func(*Candidate) {}
	for name, tt := range map[string]struct {
		policy Policy
		change func(*Candidate)
		want   bool
	}{
		"to be sent":                     {testPolicy(), keep, true},
		"a filter skips it":              {testPolicy(), func(c *Candidate) { c.Conversation.Spam = true }, false},
		"it has none":                    {testPolicy(), func(c *Candidate) { c.Conversation.CustomerID = "" }, false},
		"a rule skips it":                {ruled(t, skipLate), keep, false},
		"a rule does not":                {ruled(t, skipVIP), keep, true},
		"a rule skips it in other signs": {ruled(t, skipLate), func(c *Candidate) { c.Tags = []string{"late\u200b-delivery"} }, false},
		"a rule above looks at it":       {ruled(t, byCustomer, skipLate), keep, true},
		"a rule above skips it":          {ruled(t, skipLate, byCustomer), keep, false},
		"only the first rule looks":      {ruled(t, byCustomer), keep, true},
		"a recovery":                     {testPolicy(), applies, false},
		"a recovery, no rule looks":      {ruled(t, skipVIP), applies, false},
		"a recovery, a rule looks":       {ruled(t, skipVIP, byCustomer), applies, true},
		"a recovery, a rule's tags look": {
			ruled(t, RuleText{Name: "tag", When: always, Set: FieldTexts{Tags: `[customer.domain]`}}), applies, true,
		},
		"a recovery, the mapping looks": {mapped(t, FieldTexts{EmployeeCustomID: `customer.domain`}), applies, true},
		// The brand of a recovery is that of its first request.
		"a recovery, what it does not have looks": {mapped(t, FieldTexts{Brand: `customer.domain`}), applies, false},
	} {
		c := plain()
		c.Customer = nil // as it is asked
		tt.change(&c)
		if got := tt.policy.NeedsCustomer(c); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestLongestDelay is the longest that the policy or any rule sets, so that nobody is looked for too early.
func TestLongestDelay(t *testing.T) {
	p := ruled(t, RuleText{Name: "a", When: always}, RuleText{Name: "b", When: always, Delay: hours(3)}, RuleText{Name: "c", When: always, Delay: hours(1)})
	for delay, want := range map[time.Duration]time.Duration{0: 3 * time.Hour, 2 * time.Hour: 3 * time.Hour, 4 * time.Hour: 4 * time.Hour} {
		if p.Delay = delay; p.LongestDelay() != want {
			t.Errorf("with %s: %s, want %s", delay, p.LongestDelay(), want)
		}
	}
	if got := p.Rules.Names(); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("the rules are %q", got)
	}
}

// TestScreen is the decision where the filters make it, of what was cleaned, and none where they let it pass.
func TestScreen(t *testing.T) {
	c := plain()
	if d := testPolicy().Screen(c); !d.Send() {
		t.Errorf("got %+v", d)
	}
	if c.Agent.Email.Value = "\u200b"; testPolicy().Screen(c).Skip != NoAgentEmail {
		t.Errorf("got %+v", testPolicy().Screen(c))
	}
	c = plain()
	c.Tags = []string{"late\u200b-delivery"}
	tags := func(v Value) bool { return v.Name == "tags" && v.Text == `["late-delivery"]` }
	if seen := testPolicy().Values(c); !slices.ContainsFunc(seen, tags) {
		t.Errorf("rules see %q", seen)
	}
}

// TestTraceIsClean traces what would be sent, as people wrote it.
func TestTraceIsClean(t *testing.T) {
	c := plain()
	c.Conversation.Channels, c.Agent.Email.Value = []string{"chat", "vo\u00adice"}, "alex.agent@\u200bexample.org"
	want := testPolicy().Decide(c)
	if got, _ := testPolicy().Trace(c); got.Skip != want.Skip || got.Request.Channel != "phone" || got.Request.Employee != want.Request.Employee {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestRecoveryHasNoChannel asks about a recovery without a channel, brand or address, whatever the mapping says of
// those: its first request had them. What it has itself, the agent and tags, is mapped.
func TestRecoveryHasNoChannel(t *testing.T) {
	c := plain()
	c.Conversation.Channels, c.Customer.Emails = nil, nil
	c.Conversation.Custom = map[string]any{"employee": "E-1", "mood": "calm"}
	c.FollowUp = FollowUp{Applies: true, First: store.Record{State: store.Accepted}}
	p := mapped(t, FieldTexts{Channel: `custom.channel`, Brand: `custom.a.b`, EmployeeCustomID: `custom.employee`, Tags: `custom.mood`})
	d, steps := p.Trace(c)
	r := d.Request
	if !d.Send() || !r.Recovery || r.Channel != "" || r.Brand != "" || r.Employee != (agentconnect.Employee{CustomID: "E-1"}) ||
		!slices.Equal(r.Tags, []string{"calm", "late-delivery"}) {
		t.Errorf("got %+v", d)
	}
	for _, step := range steps {
		if step.Reason == NoEmail && step.Result != StepOff {
			t.Errorf("%s is %s of a recovery", step.Reason, step.Result)
		}
	}
}

// TestRecoveryTrouble tells where the condition failed.
func TestRecoveryTrouble(t *testing.T) {
	p, c := testPolicy(), plain()
	p.Recovery, _ = CompileRecovery(`custom.a.b == 1`)
	c.FollowUp = p.FollowUp(c, store.Record{State: store.Accepted}, false)
	if d := p.Decide(c); d.Skip != RuleError("recovery.when") || d.Trouble == "" {
		t.Errorf("got %+v", d)
	}
}

// TestFieldOfNoText tells where a field fails that gives no text, and nothing of what is in it.
func TestFieldOfNoText(t *testing.T) {
	c := plain()
	c.Conversation.Custom = map[string]any{"list": []any{map[string]any{"secret": "jane@example.com"}}}
	d := mapped(t, FieldTexts{Brand: `custom.list`}).Decide(c)
	if d.Skip != RuleError("mapping.brand") || d.Trouble == "" || strings.Contains(d.Trouble, "jane") || strings.Contains(d.Trouble, "map[") {
		t.Errorf("got %+v", d)
	}
}

// TestVoiceIsAPhone calls a call's channel as Agent Connect does, where the configuration says nothing of it.
func TestVoiceIsAPhone(t *testing.T) {
	p, c := testPolicy(), plain()
	p.Channels, c.Conversation.Channels = nil, []string{"chat", "voice"}
	if got := p.Decide(c).Request.Channel; got != "phone" {
		t.Errorf("got %q", got)
	}
}

// TestRuleMayMissTheChannel skips what has no channel where a rule may set one, and sets none.
func TestRuleMayMissTheChannel(t *testing.T) {
	p := ruled(t, RuleText{Name: "a", When: always, Set: FieldTexts{Channel: `custom.channel`}})
	c := plain()
	c.Conversation.Channels = nil
	d, steps := p.Trace(c)
	if d.Skip != NoChannel {
		t.Errorf("got %+v", d)
	}
	var results []StepResult
	for _, step := range steps {
		if step.Reason == NoChannel {
			results = append(results, step.Result)
		}
	}
	// At first the rule may still set it, in the end it has not.
	if !slices.Equal(results, []StepResult{StepPassed, StepDecided}) {
		t.Errorf("the checks are %q", results)
	}
	if c.Conversation.Custom = map[string]any{"channel": "kiosk"}; p.Decide(c).Request.Channel != "kiosk" {
		t.Errorf("got %+v", p.Decide(c))
	}
}

// TestTraceOfWhatIsOff shows a check that the configuration does without once, as off.
func TestTraceOfWhatIsOff(t *testing.T) {
	off := func(p Policy) map[Reason]int {
		_, steps := p.Trace(plain())
		times := map[Reason]int{}
		for _, step := range steps {
			if step.Result == StepOff {
				times[step.Reason]++
			}
		}
		return times
	}
	times := off(testPolicy())
	if times[AgentUnknown] != 1 || times[Stale] != 0 || times[DoNotSendUnreadable] != 0 {
		t.Errorf("off are %v", times)
	}
	p := testPolicy()
	if p.MaxAge, p.DoNotSendAttributes = 0, nil; off(p)[Stale] != 1 || off(p)[DoNotSendUnreadable] != 1 {
		t.Errorf("off are %v", off(p))
	}
	// By the custom id it would be known only in the complete request, if there were a list.
	if times := off(mapped(t, FieldTexts{EmployeeCustomID: `custom.employee`})); times[AgentUnknown] != 1 || times[NoAgentEmail] != 0 {
		t.Errorf("with a custom id off are %v", times)
	}
	p = mapped(t, FieldTexts{EmployeeCustomID: `custom.employee`})
	p.Profiles = listedProfile("other@example.org")
	if d := p.Decide(plain()); d.Skip != AgentUnknown {
		t.Errorf("by the custom id an agent without a profile is %+v", d)
	}
}

// TestObstaclesBehindAFilter tells of what was not reached what would come of it, as the complete request would be.
func TestObstaclesBehindAFilter(t *testing.T) {
	spam := func(c *Candidate) { c.Conversation.Spam = true }
	wrong := RuleText{Name: "wrong", When: `custom.a.b == 1`, Action: ActionSkip}
	channel := RuleText{Name: "kiosk", When: always, Set: FieldTexts{Channel: `"kiosk"`}}
	vip := RuleText{Name: "vip", When: `"vip" in tags`, Action: ActionSkip}
	recovery := func(c *Candidate) {
		c.FollowUp = FollowUp{Applies: true, First: store.Record{State: store.Accepted}}
	}
	for name, tt := range map[string]struct {
		policy Policy
		change func(*Candidate)
		want   []Reason
	}{
		"no tags at all":               {testPolicy(), func(c *Candidate) { c.Tags, c.Conversation.TagIDs, c.Customer.Emails = nil, nil, nil }, []Reason{Spam, NoEmail}},
		"the agent by a custom id":     {mapped(t, FieldTexts{EmployeeCustomID: `custom.employee`}), func(*Candidate) {}, []Reason{Spam}},
		"the agent by nothing":         {mapped(t, FieldTexts{EmployeeCustomID: `custom.employee`}), func(c *Candidate) { c.Agent.Email = kustomer.Text{} }, []Reason{Spam, NoAgentEmail}},
		"a channel of a rule":          {ruled(t, channel), func(c *Candidate) { c.Conversation.Channels = nil }, []Reason{Spam}},
		"a recovery without addresses": {testPolicy(), func(c *Candidate) { recovery(c); c.Customer.Emails, c.Conversation.Channels = nil, nil }, []Reason{Spam}},
		"a recovery without a brand":   {mapped(t, FieldTexts{Brand: `custom.a.b`}), recovery, []Reason{Spam}},
		"a recovery by a custom id":    {mapped(t, FieldTexts{EmployeeCustomID: `custom.employee`}), func(c *Candidate) { recovery(c); c.Customer = nil }, []Reason{Spam}},
		"a rule that fails":            {ruled(t, wrong), func(c *Candidate) { c.Customer.Emails = nil }, []Reason{Spam, RuleError("wrong"), NoEmail}},
	} {
		c := plain()
		spam(&c)
		tt.change(&c)
		_, steps := tt.policy.Trace(c)
		if got := obstacles(steps); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
		for _, step := range steps {
			if step.Reason == "rule:wrong" {
				t.Errorf("%s: a rule that fails stands there as one that does not", name)
			}
		}
	}
	c := plain()
	spam(&c)
	_, steps := ruled(t, vip).Trace(c)
	for _, step := range steps {
		if (step.Reason == "rule:vip" || step.Reason == NoEmail) && step.Alone != StepPassed {
			t.Errorf("%s would be %q", step.Reason, step.Alone)
		}
	}
}
