package sync

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/decide/expr"
	"acsync/sync/dryrun"
	"acsync/sync/kustomer"
)

// ruled is the default policy with rules.
func ruled(t *testing.T, rules ...decide.RuleText) decide.Policy {
	t.Helper()
	policy := testPolicy()
	compiled, problems := decide.CompileRules(rules)
	if problems != nil {
		t.Fatal(problems)
	}
	policy.Rules = compiled
	return policy
}

func mapped(t *testing.T, texts decide.FieldTexts) decide.Policy {
	t.Helper()
	policy := testPolicy()
	compiled, problems := decide.CompileMapping(texts)
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
		rules  []decide.RuleText
		change func(*decide.Policy, *decide.Candidate)
		want   func(*decide.Decision) // changes what is wanted, from a plain request
	}{
		{"a rule that does not hold", []decide.RuleText{{Name: "a", When: `"vip" in tags`, Action: decide.ActionSkip}}, nil, func(*decide.Decision) {}},
		{"skip", []decide.RuleText{{Name: "a", When: `"late-delivery" in tags`, Action: decide.ActionSkip}}, nil, func(d *decide.Decision) {
			*d = decide.Decision{Skip: "rule:a", Matched: []string{"a"}}
		}},
		{
			"skip by the customer",
			[]decide.RuleText{{Name: "a", When: `customer.domain == "example.com"`, Action: decide.ActionSkip}},
			nil,
			func(d *decide.Decision) { *d = decide.Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{"flag", []decide.RuleText{{Name: "a", When: always, Action: decide.ActionFlag}}, nil, func(d *decide.Decision) {
			d.Matched, d.Request.DoNotSend = []string{"a"}, true
		}},
		{
			"the first action counts: send keeps a skip below away",
			[]decide.RuleText{{Name: "a", When: always, Action: decide.ActionSend}, {Name: "b", When: always, Action: decide.ActionSkip}},
			nil,
			func(d *decide.Decision) { d.Matched = []string{"a", "b"} },
		},
		{
			"the first action counts: skip before send",
			[]decide.RuleText{{Name: "a", When: always, Action: decide.ActionSkip}, {Name: "b", When: always, Action: decide.ActionSend}},
			nil,
			func(d *decide.Decision) { *d = decide.Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"a rule without an action leaves it to the next",
			[]decide.RuleText{{Name: "a", When: always, Delay: hours(1)}, {Name: "b", When: always, Action: decide.ActionSkip}},
			nil,
			func(d *decide.Decision) { *d = decide.Decision{Skip: "rule:b", Matched: []string{"a", "b"}} },
		},
		{
			"send does not override the filters",
			[]decide.RuleText{{Name: "a", When: always, Action: decide.ActionSend}},
			func(_ *decide.Policy, c *decide.Candidate) { custom("doNotSendAgentConnectRequestBool", true)(c) },
			func(d *decide.Decision) { *d = decide.Decision{Skip: decide.DoNotSend} },
		},
		{
			"send does not take a flag away",
			[]decide.RuleText{{Name: "a", When: always, Action: decide.ActionSend}},
			func(p *decide.Policy, c *decide.Candidate) {
				p.FlagDoNotSend = true
				custom("doNotSendAgentConnectRequestBool", true)(c)
			},
			func(d *decide.Decision) { d.Matched, d.Request.DoNotSend = []string{"a"}, true },
		},
		{
			"a rule comes before the customer",
			[]decide.RuleText{{Name: "a", When: always, Action: decide.ActionSkip}},
			func(_ *decide.Policy, c *decide.Candidate) { c.Conversation.CustomerID = "" },
			func(d *decide.Decision) { *d = decide.Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"a customer who is not there is empty",
			[]decide.RuleText{{Name: "a", When: `customer.email == "" and not customer.custom.vipBool`, Action: decide.ActionSkip}},
			func(_ *decide.Policy, c *decide.Candidate) { c.Customer = nil },
			func(d *decide.Decision) { *d = decide.Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"the first delay counts, in place of the general one",
			[]decide.RuleText{{Name: "a", When: always, Delay: hours(24)}, {Name: "b", When: always, Delay: hours(1)}},
			func(p *decide.Policy, _ *decide.Candidate) { p.Delay = time.Minute },
			func(d *decide.Decision) { d.Matched, d.Delay = []string{"a", "b"}, 24*time.Hour },
		},
		{
			"no delay is a delay",
			[]decide.RuleText{{Name: "a", When: always, Delay: hours(0)}},
			func(p *decide.Policy, _ *decide.Candidate) { p.Delay = time.Hour },
			func(d *decide.Decision) { d.Matched = []string{"a"} },
		},
		{
			"the general delay", nil, func(p *decide.Policy, _ *decide.Candidate) { p.Delay = time.Hour }, func(d *decide.Decision) { d.Delay = time.Hour },
		},
		{
			"set: the first one counts, field by field",
			[]decide.RuleText{
				{Name: "a", When: always, Set: decide.FieldTexts{Brand: `"one"`, CustomProperties: map[string]string{"x": `"1"`}}},
				{Name: "b", When: always, Set: decide.FieldTexts{Brand: `"two"`, Language: `"de"`, CustomProperties: map[string]string{"x": `"2"`, "y": `"3"`}}},
			},
			nil,
			func(d *decide.Decision) {
				d.Matched = []string{"a", "b"}
				d.Request.Brand, d.Request.Language = "one", "de"
				d.Request.CustomProperties = map[string]string{"x": "1", "y": "3"}
			},
		},
		{
			"set: in place of the mapping",
			[]decide.RuleText{{Name: "a", When: always, Set: decide.FieldTexts{Brand: `"care"`}}},
			func(p *decide.Policy, _ *decide.Candidate) {
				p.Mapping, _ = decide.CompileMapping(decide.FieldTexts{Brand: `"acme"`, Country: `"at"`})
			},
			func(d *decide.Decision) { d.Matched, d.Request.Brand, d.Request.Country = []string{"a"}, "care", "AT" },
		},
		{
			"set: channel, where there is none",
			[]decide.RuleText{{Name: "a", When: `len(channels) == 0`, Set: decide.FieldTexts{Channel: `"Email"`}}},
			func(_ *decide.Policy, c *decide.Candidate) { c.Conversation.Channels = nil },
			func(d *decide.Decision) { d.Matched, d.Request.Channel = []string{"a"}, "Email" },
		},
		{
			"set: tags add up, in front",
			[]decide.RuleText{
				{Name: "a", When: always, Set: decide.FieldTexts{Tags: `"vip"`}},
				{Name: "b", When: always, Set: decide.FieldTexts{Tags: `["b", "late-delivery", custom.none]`}},
			},
			nil,
			func(d *decide.Decision) {
				d.Matched, d.Request.Tags = []string{"a", "b"}, []string{"vip", "b", "late-delivery"}
			},
		},
		{
			"a condition that fails",
			[]decide.RuleText{{Name: "a", When: "custom.x.y == 1", Action: decide.ActionSkip}},
			nil,
			func(d *decide.Decision) {
				*d = decide.Decision{Skip: "rule_error:a", Trouble: expr.RunError{At: 10, Missing: true}.Error()}
			},
		},
		{
			"a condition that fails behind a skip",
			[]decide.RuleText{
				{Name: "a", When: always, Action: decide.ActionSkip}, {Name: "b", When: "custom.x.y == 1", Action: decide.ActionSkip},
			},
			nil,
			func(d *decide.Decision) { *d = decide.Decision{Skip: "rule:a", Matched: []string{"a"}} },
		},
		{
			"a field that fails",
			[]decide.RuleText{{Name: "a", When: always, Set: decide.FieldTexts{Brand: "custom.x.y"}}},
			nil,
			func(d *decide.Decision) {
				*d = decide.Decision{Skip: "rule_error:a", Matched: []string{"a"}, Trouble: expr.RunError{At: 10, Missing: true}.Error()}
			},
		},
		{
			"a field that fails where nobody is asked anyway",
			[]decide.RuleText{{Name: "a", When: always, Set: decide.FieldTexts{Brand: "custom.x.y"}}},
			func(_ *decide.Policy, c *decide.Candidate) { c.Conversation.Channels = nil },
			func(d *decide.Decision) { *d = decide.Decision{Skip: decide.NoChannel, Matched: []string{"a"}} },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			policy, candidate := ruled(t, test.rules...), plain()
			if test.change != nil {
				test.change(&policy, &candidate)
			}
			want := decide.Decision{Request: plainRequest()}
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
	got := mapped(t, decide.FieldTexts{
		Brand: `{"b1": "acme"}[conversation.brand]`, Language: "conversation.language", Country: "conversation.locale[3:]", EmployeeCustomID: "agent.id",
		CustomProperties: map[string]string{
			"order": "custom.orderNumberStr", "total": "custom.totalNum", "list": "custom.listStr", "done": "conversation.done_at",
			"spam": "conversation.spam", "none": "custom.none", "masked": "custom.maskedStr", "huge": "custom.hugeNum", "empty": "conversation.queue",
		},
	}).Decide(candidate)
	if diff := cmp.Diff(got, decide.Decision{Request: want}); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}

	for name, test := range map[string]struct {
		texts decide.FieldTexts
		want  decide.Reason
	}{
		"null in the middle": {decide.FieldTexts{Brand: "custom.none.deeper"}, "rule_error:mapping.brand"},
		"an object":          {decide.FieldTexts{CustomProperties: map[string]string{"x": "custom.objectStr"}}, "rule_error:mapping.custom_properties.x"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mapped(t, test.texts).Decide(candidate).Skip; got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestEmployeeCustomID(t *testing.T) {
	policy, candidate := mapped(t, decide.FieldTexts{EmployeeCustomID: `{"5ce4672fcce83d001a9e83e8": "E-1"}[agent.id]`}), plain()
	candidate.Agent.Email = kustomer.Text{Masked: true}
	if got := policy.Decide(candidate); got.Request.Employee.CustomID != "E-1" || got.Skip != "" {
		t.Errorf("without an address: %+v", got)
	}
	candidate.Agent = &kustomer.User{ID: "other", Email: kustomer.Text{Value: "sam@example.org"}}
	if got := policy.Decide(candidate).Request.Employee; got.Email != "sam@example.org" || got.CustomID != "" {
		t.Errorf("without an id: %+v", got)
	}
	candidate.Agent.Email.Value = ""
	if got := policy.Decide(candidate).Skip; got != decide.NoAgentEmail {
		t.Errorf("without either: %s", got)
	}
}

func TestCompileTellsAllProblems(t *testing.T) {
	_, got := decide.CompileRules([]decide.RuleText{
		{Name: "a", When: "foo", Set: decide.FieldTexts{Brand: "bar", CustomProperties: map[string]string{"x": "customer", "y": "1 +"}}},
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

// TestRuleErrorIsRejectedAndDecidedAnew follows a conversation on which an expression fails, until that is mended.
func TestRuleErrorIsRejectedAndDecidedAnew(t *testing.T) {
	b := newBench(t, 3)
	b.conversations[1].Custom = map[string]any{"a": map[string]any{"b": true}}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a.b", Action: decide.ActionSkip})
	first := b.mustRun(t)
	if first.Counts[store.Rejected] != 2 || first.Reasons[store.Rejected]["rule_error:odd"] != 2 || first.Reasons[store.Skipped]["rule:odd"] != 1 {
		t.Errorf("first pass: %+v", first)
	}
	if got := b.state(t, 0); got.State != store.Rejected || got.Reason != "rule_error:odd" || got.Attempts != 0 {
		t.Errorf("the ledger has %+v", got)
	}
	if got := b.rows()[b.conversations[0].ID].Message; got != (expr.RunError{At: 10, Missing: true}).Error() {
		t.Errorf("the row says %q", got)
	}
	b.engine.Options.Overlap = 24 * time.Hour
	if again := b.mustRun(t); again.Counts[store.Rejected] != 2 || len(b.got) != 0 {
		t.Errorf("not mended: %+v", again)
	}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a?.b", Action: decide.ActionSkip})
	if mended := b.mustRun(t); mended.Counts[store.Accepted] != 2 || len(b.got) != 2 {
		t.Errorf("mended: %+v", mended)
	}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a.b", Action: decide.ActionSkip})
	if last := b.mustRun(t); last.Reasons[store.Skipped][decide.AlreadySent] != 2 || len(b.got) != 2 {
		t.Errorf("broken again, after they were sent: %+v", last)
	}
}

// TestDryRunShowsRuleErrors holds a dry run to the decisions of the pass after it.
func TestDryRunShowsRuleErrors(t *testing.T) {
	b := newBench(t, 4)
	b.conversations[1].Custom = map[string]any{"a": map[string]any{}}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "odd", When: "custom.a.b", Action: decide.ActionSkip}, decide.RuleText{Name: "flagged", When: always, Action: decide.ActionFlag})
	dry := *b.engine
	dry.Ledger, dry.Sender, dry.Options.DryRun = &dryrun.Ledger{Below: b.ledger}, dryrun.Sender{}, true
	planned, err := dry.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	live := b.mustRun(t)
	if diff := cmp.Diff(planned.Reasons, live.Reasons); diff != "" || planned.Planned != live.Counts[store.Accepted] || planned.Planned != 1 {
		t.Errorf("dry %d, live %d\n%s", planned.Planned, live.Counts[store.Accepted], diff)
	}
}

// TestRulesCostNoCustomer holds that a skip that needs no look at the customer costs no call for one, and that one which
// does is not made without.
func TestRulesCostNoCustomer(t *testing.T) {
	calls := func(rules ...decide.RuleText) int {
		b := newBench(t, 10)
		b.engine.Options.Policy = ruled(t, rules...)
		if result := b.mustRun(t); result.Counts[store.Skipped] != 10 {
			t.Errorf("%+v", result)
		}
		return b.calls["search customers"] + b.calls["customer"]
	}
	blind := decide.RuleText{Name: "blind", When: `"late-delivery" in tags`, Action: decide.ActionSkip}
	looking := decide.RuleText{Name: "looking", When: `customer.domain == "example.com"`, Action: decide.ActionSkip}
	if got := calls(blind, looking); got != 0 {
		t.Errorf("%d calls for customers that no rule has to know", got)
	}
	if got := calls(looking, blind); got == 0 || got > 3 {
		t.Errorf("%d calls for customers", got)
	}
}

// TestRulesSeeWhatIsReadAgain holds that a conversation that waits is judged as it is when its turn comes.
func TestRulesSeeWhatIsReadAgain(t *testing.T) {
	b := newBench(t, 1)
	if err := b.ledger.Commit(store.Batch{Entries: []store.Entry{{
		Key:    decide.KeyOf(b.conversations[0]),
		Record: store.Record{State: store.Scheduled, Due: testNow.Add(-time.Minute), At: testNow, Resolution: b.conversations[0].LastDone.At},
	}}}); err != nil {
		t.Fatal(err)
	}
	b.engine.Options.Policy = ruled(t, decide.RuleText{Name: "late", When: `"late-delivery" in tags`, Action: decide.ActionSkip})
	if result := b.mustRun(t); result.Reasons[store.Skipped]["rule:late"] != 1 || len(b.got) != 0 {
		t.Errorf("%+v", result)
	}
}
