package decide

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/decide/expr"
	"acsync/sync/kustomer"
)

// ruled is the default policy with rules.
func ruled(t *testing.T, rules ...RuleText) Policy {
	t.Helper()
	policy := testPolicy()
	compiled, problems := CompileRules(rules)
	if problems != nil {
		t.Fatal(problems)
	}
	policy.Rules = compiled
	return policy
}

func mapped(t *testing.T, texts FieldTexts) Policy {
	t.Helper()
	policy := testPolicy()
	compiled, problems := CompileMapping(texts)
	if problems != nil {
		t.Fatal(problems)
	}
	policy.Mapping = compiled
	return policy
}

func hours(n int) *time.Duration {
	span := time.Duration(n) * time.Hour
	return &span
}

const always = "true"

func TestRulesDecide(t *testing.T) {
	for _, test := range []struct {
		name   string
		rules  []RuleText
		change func(*Policy, *Candidate)
		want   func(*Decision) // changes what is wanted, from a plain request
	}{
		{"a rule that does not hold", []RuleText{{Name: "a", When: `"vip" in tags`, Action: ActionSkip}}, nil, func(*Decision) {}},
		{"skip", []RuleText{{Name: "a", When: `"late-delivery" in tags`, Action: ActionSkip}}, nil, func(d *Decision) {
			*d = Decision{Skip: "rule:a", Matched: []string{"a"}}
		}},
		{
			"skip by the customer",
			[]RuleText{{Name: "a", When: `customer.domain == "example.com"`, Action: ActionSkip}},
			nil,
			func(d *Decision) { *d = Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{"flag", []RuleText{{Name: "a", When: always, Action: ActionFlag}}, nil, func(d *Decision) {
			d.Matched, d.Request.DoNotSend = []string{"a"}, true
		}},
		{
			"the first action counts: send keeps a skip below away",
			[]RuleText{{Name: "a", When: always, Action: ActionSend}, {Name: "b", When: always, Action: ActionSkip}},
			nil,
			func(d *Decision) { d.Matched = []string{"a", "b"} },
		},
		{
			"the first action counts: skip before send",
			[]RuleText{{Name: "a", When: always, Action: ActionSkip}, {Name: "b", When: always, Action: ActionSend}},
			nil,
			func(d *Decision) { *d = Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"a rule without an action leaves it to the next",
			[]RuleText{{Name: "a", When: always, Delay: hours(1)}, {Name: "b", When: always, Action: ActionSkip}},
			nil,
			func(d *Decision) { *d = Decision{Skip: "rule:b", Matched: []string{"a", "b"}} },
		},
		{
			"send does not override the filters",
			[]RuleText{{Name: "a", When: always, Action: ActionSend}},
			func(_ *Policy, c *Candidate) { custom("doNotSendAgentConnectRequestBool", true)(c) },
			func(d *Decision) { *d = Decision{Skip: DoNotSend} },
		},
		{
			"send does not take a flag away",
			[]RuleText{{Name: "a", When: always, Action: ActionSend}},
			func(p *Policy, c *Candidate) {
				p.FlagDoNotSend = true
				custom("doNotSendAgentConnectRequestBool", true)(c)
			},
			func(d *Decision) { d.Matched, d.Request.DoNotSend = []string{"a"}, true },
		},
		{
			"a rule comes before the customer",
			[]RuleText{{Name: "a", When: always, Action: ActionSkip}},
			func(_ *Policy, c *Candidate) { c.Conversation.CustomerID = "" },
			func(d *Decision) { *d = Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"a customer who is not there is empty",
			[]RuleText{{Name: "a", When: `customer.email == "" and not customer.custom.vipBool`, Action: ActionSkip}},
			func(_ *Policy, c *Candidate) { c.Customer = nil },
			func(d *Decision) { *d = Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"the first delay counts, in place of the general one",
			[]RuleText{{Name: "a", When: always, Delay: hours(24)}, {Name: "b", When: always, Delay: hours(1)}},
			func(p *Policy, _ *Candidate) { p.Delay = time.Minute },
			func(d *Decision) { d.Matched, d.Delay = []string{"a", "b"}, 24*time.Hour },
		},
		{
			"no delay is a delay",
			[]RuleText{{Name: "a", When: always, Delay: hours(0)}},
			func(p *Policy, _ *Candidate) { p.Delay = time.Hour },
			func(d *Decision) { d.Matched = []string{"a"} },
		},
		{
			"the general delay", nil, func(p *Policy, _ *Candidate) { p.Delay = time.Hour }, func(d *Decision) { d.Delay = time.Hour },
		},
		{
			"set: the first one counts, field by field",
			[]RuleText{
				{Name: "a", When: always, Set: FieldTexts{Brand: `"one"`, CustomProperties: map[string]string{"x": `"1"`}}},
				{Name: "b", When: always, Set: FieldTexts{Brand: `"two"`, Language: `"de"`, CustomProperties: map[string]string{"x": `"2"`, "y": `"3"`}}},
			},
			nil,
			func(d *Decision) {
				d.Matched = []string{"a", "b"}
				d.Request.Brand, d.Request.Language = "one", "de"
				d.Request.CustomProperties = map[string]string{"x": "1", "y": "3"}
			},
		},
		{
			"set: in place of the mapping",
			[]RuleText{{Name: "a", When: always, Set: FieldTexts{Brand: `"care"`}}},
			func(p *Policy, _ *Candidate) {
				p.Mapping, _ = CompileMapping(FieldTexts{Brand: `"acme"`, Country: `"at"`})
			},
			func(d *Decision) { d.Matched, d.Request.Brand, d.Request.Country = []string{"a"}, "care", "AT" },
		},
		{
			"set: channel, where there is none",
			[]RuleText{{Name: "a", When: `len(channels) == 0`, Set: FieldTexts{Channel: `"Email"`}}},
			func(_ *Policy, c *Candidate) { c.Conversation.Channels = nil },
			func(d *Decision) { d.Matched, d.Request.Channel = []string{"a"}, "Email" },
		},
		{
			"set: tags add up, in front",
			[]RuleText{
				{Name: "a", When: always, Set: FieldTexts{Tags: `"vip"`}},
				{Name: "b", When: always, Set: FieldTexts{Tags: `["b", "late-delivery", custom.none]`}},
			},
			nil,
			func(d *Decision) {
				d.Matched, d.Request.Tags = []string{"a", "b"}, []string{"vip", "b", "late-delivery"}
			},
		},
		{
			"a condition that fails",
			[]RuleText{{Name: "a", When: "custom.x.y == 1", Action: ActionSkip}},
			nil,
			func(d *Decision) {
				*d = Decision{Skip: "rule_error:a", Trouble: expr.RunError{At: 10, Missing: true}.Error()}
			},
		},
		{
			"a condition that fails behind a skip",
			[]RuleText{
				{Name: "a", When: always, Action: ActionSkip}, {Name: "b", When: "custom.x.y == 1", Action: ActionSkip},
			},
			nil,
			func(d *Decision) { *d = Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"a field that fails",
			[]RuleText{{Name: "a", When: always, Set: FieldTexts{Brand: "custom.x.y"}}},
			nil,
			func(d *Decision) {
				*d = Decision{Skip: "rule_error:a", Matched: []string{"a"}, Trouble: expr.RunError{At: 10, Missing: true}.Error()}
			},
		},
		{
			"a field that fails where nobody is asked anyway",
			[]RuleText{{Name: "a", When: always, Set: FieldTexts{Brand: "custom.x.y"}}},
			func(_ *Policy, c *Candidate) { c.Conversation.Channels = nil },
			func(d *Decision) { *d = Decision{Skip: NoChannel, Matched: []string{"a"}} },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy, candidate := ruled(t, test.rules...), plain()
			if test.change != nil {
				test.change(&policy, &candidate)
			}
			want := Decision{Request: plainRequest()}
			test.want(&want)
			got := policy.Decide(candidate)
			if got.Skip != "" {
				got.Delay = 0 // nothing is sent
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
		})
	}
}

func TestMapping(t *testing.T) {
	candidate := plain()
	candidate.Conversation.BrandID, candidate.Conversation.DefaultLang, candidate.Conversation.Locale = "b1", "en_us", "de_at"
	candidate.Conversation.Custom = map[string]any{
		"orderNumberStr": "A\t1\n", "objectStr": map[string]any{"a": 1.0}, "totalNum": 1e6, "listStr": []any{"a", "b"}, "maskedStr": map[string]any{"isMasked": true},
		"hugeNum": kustomer.Unreadable{},
	}
	want := plainRequest()
	want.Brand, want.Language, want.Country = "acme", "en-US", "AT"
	want.Employee.Email, want.Employee.CustomID = "", "5ce4672fcce83d001a9e83e8"
	want.CustomProperties = map[string]string{"order": "A 1", "total": "1000000", "list": "a, b", "done": "2026-11-22T19:00:00Z", "spam": "false"}
	got := mapped(t, FieldTexts{
		Brand: `{"b1": "acme"}[conversation.brand]`, Language: "conversation.language", Country: "conversation.locale[3:]", EmployeeCustomID: "agent.id",
		CustomProperties: map[string]string{
			"order": "custom.orderNumberStr", "total": "custom.totalNum", "list": "custom.listStr", "done": "conversation.done_at",
			"spam": "conversation.spam", "none": "custom.none", "masked": "custom.maskedStr", "huge": "custom.hugeNum", "empty": "conversation.queue",
		},
	}).Decide(candidate)
	if diff := cmp.Diff(got, Decision{Request: want}); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}

	for name, test := range map[string]struct {
		texts FieldTexts
		want  Reason
	}{
		"null in the middle": {FieldTexts{Brand: "custom.none.deeper"}, "rule_error:mapping.brand"},
		"an object":          {FieldTexts{CustomProperties: map[string]string{"x": "custom.objectStr"}}, "rule_error:mapping.custom_properties.x"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mapped(t, test.texts).Decide(candidate).Skip; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestEmployeeCustomID(t *testing.T) {
	policy, candidate := mapped(t, FieldTexts{EmployeeCustomID: `{"5ce4672fcce83d001a9e83e8": "E-1"}[agent.id]`}), plain()
	candidate.Agent.Email = kustomer.Text{Masked: true}
	if got := policy.Decide(candidate); got.Request.Employee.CustomID != "E-1" || got.Skip != "" {
		t.Errorf("without an address: %+v", got)
	}
	candidate.Agent = &kustomer.User{ID: "other", Email: kustomer.Text{Value: "sam@example.org"}}
	if got := policy.Decide(candidate).Request.Employee; got.Email != "sam@example.org" || got.CustomID != "" {
		t.Errorf("without an id: %+v", got)
	}
	candidate.Agent.Email.Value = ""
	if got := policy.Decide(candidate).Skip; got != NoAgentEmail {
		t.Errorf("without either: %s", got)
	}
}

func TestCompileTellsAllProblems(t *testing.T) {
	_, got := CompileRules([]RuleText{
		{Name: "a", When: "foo", Set: FieldTexts{Brand: "bar", CustomProperties: map[string]string{"x": "customer", "y": "1 +"}}},
		{Name: "b", When: "1"},
	})
	var places []string
	for _, problem := range got {
		places = append(places, strings.Repeat("|", problem.Rule)+strings.Join(problem.Path, "."))
		if problem.Message == "" {
			t.Errorf("%v has no message", problem.Path)
		}
	}
	want := []string{"|when", "|set.brand", "|set.custom_properties.x", "|set.custom_properties.y", "||when"}
	if diff := cmp.Diff(places, want); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}
