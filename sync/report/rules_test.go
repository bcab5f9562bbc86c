package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
	"acsync/sync/report/doc"
)

// tried is one conversation as a policy decides it.
func tried(n int, change func(*decide.Decision)) decide.Case {
	c := decide.Case{Key: store.Key{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", n)}}
	c.Known.Resolution = at.Add(time.Duration(n) * time.Minute)
	c.Conversation.Custom = map[string]any{"orderNumStr": "1001", "vipBool": nil}
	c.Request = agentconnect.Request{
		Customer: agentconnect.Customer{Name: "Jane Doe", Email: "jane@example.com"}, Employee: agentconnect.Employee{Email: "alex@example.org"},
		Channel: "email", Tags: []string{"returns"},
	}
	if change != nil {
		change(&c.Decision)
	}
	return c
}

func skipped(reason decide.Reason, rules ...string) func(*decide.Decision) {
	return func(d *decide.Decision) { *d = decide.Decision{Skip: reason, Matched: rules} }
}

// trialOf is a trial with something of everything.
func trialOf(with bool) *Rules {
	r := &Rules{Tenant: "acme", Window: fetch.Window{From: at.Add(-24 * time.Hour), To: at}, Names: []string{"internal tests", "vip", "odd", "never"}}
	r.Mapped = []string{"channel", "brand", "language", "custom_properties.order", "custom_properties.plan"}
	r.Named = []decide.NamedAttribute{
		{Attribute: "custom.vipBool", By: `rule "vip"`},
		{Attribute: "custom.orderNumberStr", By: "mapping.custom_properties.order"},
		{Attribute: "custom.orderNumberStr", By: `rule "vip"`},
		{Attribute: "custom.planTree", By: "mapping.custom_properties.plan"},
		{Attribute: "customer.custom.goldBool", By: `rule "never"`}, // no customer was read
	}
	if with {
		r.With, r.WithName = "other.toml", []string{"internal tests"}
	}
	vip := func(d *decide.Decision) {
		d.Matched, d.Delay, d.Request.Brand, d.Request.Language = []string{"vip"}, 90*time.Minute, "acme-care", "en-US"
		d.Request.CustomProperties = map[string]string{"who": "Jane Doe <jane@example.com>", "order": "1001"}
	}
	flagged := func(d *decide.Decision) { d.Request.DoNotSend = true }
	failed := func(d *decide.Decision) {
		*d = decide.Decision{Skip: decide.RuleError("odd"), Trouble: "its expression fails at character 10"}
	}
	for n, pair := range [][2]func(*decide.Decision){
		{nil, nil},
		{skipped("rule:internal tests", "internal tests"), nil},
		{vip, skipped("rule:internal tests", "internal tests")},
		{vip, nil},
		{failed, failed},
		{flagged, flagged},
		{skipped(decide.NoEmail), skipped("rule:internal tests", "internal tests")},
	} {
		cases := []decide.Case{tried(n, pair[0])}
		if with {
			cases = append(cases, tried(n, pair[1]))
		}
		r.Add(cases)
	}
	return r
}

func TestRulesReport(t *testing.T) {
	table := func(r *Rules) func(io.Writer) error {
		return func(w io.Writer) error { return doc.Text(w, RulesDoc(r, 0), doc.Style{Width: 80}) }
	}
	for name, write := range map[string]func(io.Writer) error{
		"rules.txt": table(trialOf(false)), "rules_with.txt": table(trialOf(true)),
		"rules.json":      func(w io.Writer) error { return RulesJSON(w, trialOf(false)) },
		"rules_with.json": func(w io.Writer) error { return RulesJSON(w, trialOf(true)) },
		"rules_none.txt":  table(&Rules{Tenant: "acme"}),
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			for _, secret := range []string{"jane", "Doe", "alex"} {
				if bytes.Contains(b.Bytes(), []byte(secret)) {
					t.Errorf("it shows %q", secret)
				}
			}
		})
	}
}

// TestRulesDiffer tells field by field what another configuration changes, and of what is not sent only that.
func TestRulesDiffer(t *testing.T) {
	with := func(change func(*request)) ruling {
		r := &request{Channel: "email", Tags: []string{"a", "b"}, Brand: "acme", Properties: map[string]string{"order": "1"}}
		if change != nil {
			change(r)
		}
		return ruling{Decision: "send", Request: r}
	}
	skip := ruling{Decision: "skip", Reason: decide.NoEmail}
	delayed := with(nil)
	delayed.Delay = 5400
	for name, test := range map[string]struct {
		before, after ruling
		want          []string
	}{
		"the same":         {with(nil), with(nil), nil},
		"brand":            {with(func(r *request) { r.Brand = "" }), with(func(r *request) { r.Brand = "acme-care" }), []string{`brand "" → "acme-care"`}},
		"tags":             {with(nil), with(func(r *request) { r.Tags = []string{"b"} }), []string{`tags "a, b" → "b"`}},
		"channel, flag":    {with(nil), with(func(r *request) { r.Channel, r.DoNotSend = "chat", true }), []string{`channel "email" → "chat"`, `do_not_send "false" → "true"`}},
		"language":         {with(nil), with(func(r *request) { r.Language, r.Country = "de", "AT" }), []string{`language "" → "de"`, `country "" → "AT"`}},
		"a property more":  {with(nil), with(func(r *request) { r.Properties = map[string]string{"order": "1", "plan": "gold"} }), []string{`custom_properties.plan "" → "gold"`}},
		"a property less":  {with(nil), with(func(r *request) { r.Properties = nil }), []string{`custom_properties.order "1" → ""`}},
		"customer, agent":  {with(nil), with(func(r *request) { r.Email, r.Agent, r.AgentID = "j•••@x", "a•••@x", "7" }), []string{`customer "" → "j•••@x"`, `employee "" → "a•••@x"`, `employee_custom_id "" → "7"`}},
		"delay":            {with(nil), delayed, []string{`delay "none" → "1h30m"`}},
		"sent":             {skip, with(nil), []string{"skip no_email → send"}},
		"skipped":          {with(nil), skip, []string{"send → skip no_email"}},
		"another reason":   {skip, ruling{Decision: "skip", Reason: "rule:vip"}, []string{"skip no_email → skip rule:vip"}},
		"the same reason":  {skip, skip, nil},
		"an expression":    {with(nil), ruling{Decision: "reject", Reason: "rule_error:vip"}, []string{"send → reject rule_error:vip"}},
		"not sent, delays": {ruling{Decision: "skip", Reason: "spam", Delay: 3}, ruling{Decision: "skip", Reason: "spam"}, nil},
	} {
		var got []string
		for _, each := range differ(test.before, test.after, allFields) {
			got = append(got, each.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestRulesValues counts each value of a field, the most frequent first, and the requests without one.
func TestRulesValues(t *testing.T) {
	r := &Rules{Mapped: []string{"brand", "custom_properties.plan"}}
	for n, brand := range []string{"b", "a", "", "b", "c", "a", "b"} {
		r.Add([]decide.Case{tried(n, func(d *decide.Decision) { d.Request.Brand = brand })})
	}
	r.Add([]decide.Case{tried(9, skipped(decide.NoEmail))}) // has no request, and counts for nothing
	want := []fieldValues{
		{"brand", 1, []valueCount{{"b", 3}, {"a", 2}, {"c", 1}}}, {"custom_properties.plan", 7, []valueCount{}},
	}
	if diff := cmp.Diff(want, valuesOf(r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRulesAttributes warns of an attribute that none has, and suggests one that is alike; not where nothing is known.
func TestRulesAttributes(t *testing.T) {
	has := func(change func(*decide.Case)) *Rules {
		c := tried(0, nil)
		c.Conversation.Custom = map[string]any{"orderNumberStr": "1", "hiddenStr": nil}
		change(&c)
		r := &Rules{}
		r.Add([]decide.Case{c})
		return r
	}
	plain := func(*decide.Case) {}
	customer := func(c *decide.Case) {
		c.Customer = &kustomer.Customer{Custom: map[string]any{"vipBool": true}}
	}
	for name, test := range map[string]struct {
		of        *Rules
		attribute string
		unknown   bool
		meant     string
	}{
		"there":                    {has(plain), "custom.orderNumberStr", false, ""},
		"there, without a value":   {has(plain), "custom.hiddenStr", false, ""},
		"without its type":         {has(plain), "custom.orderNumber", true, "custom.orderNumberStr"},
		"of another type":          {has(plain), "custom.orderNumberNum", true, "custom.orderNumberStr"},
		"written otherwise":        {has(plain), "custom.Order_number", true, "custom.orderNumberStr"},
		"a slip":                   {has(plain), "custom.oderNumberStr", true, "custom.orderNumberStr"},
		"something else":           {has(plain), "custom.plan", true, ""},
		"of the customer":          {has(customer), "customer.custom.vipBool", false, ""},
		"of the conversation":      {has(customer), "custom.vipBool", true, "customer.custom.vipBool"},
		"of customers not read":    {has(plain), "customer.custom.vipBool", false, ""},
		"attributes not read":      {has(func(c *decide.Case) { c.Conversation.Custom, c.Conversation.CustomUnread = nil, true }), "custom.plan", false, ""},
		"no conversation was read": {&Rules{}, "custom.plan", false, ""},
	} {
		test.of.Named = []decide.NamedAttribute{{Attribute: test.attribute, By: "mapping.brand"}}
		got := unknownAttributes(test.of)
		if (len(got) == 1) != test.unknown || test.unknown && got[0].Meant != test.meant {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestRulesForms: what a trial shows on a terminal stands in the files too, and each line of CSV has all columns.
func TestRulesForms(t *testing.T) {
	for _, with := range []bool{false, true} {
		for _, form := range []string{"html", "md", "json", "csv"} {
			render, err := RulesRendererFor("rules." + form)
			must(t, err)
			var out bytes.Buffer
			must(t, render(&out, trialOf(with)))
			wants := []string{"6716500fa1b2c3d4e5f60002", "acme-care"}
			if form != "csv" {
				wants = append(wants, "orderNumStr", "internal tests")
			}
			if with {
				wants = append(wants, map[string]string{"json": `"before": "acme-care"`}[form], "en-US")
			}
			for _, want := range wants {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s lacks %q", form, want)
				}
			}
			for _, secret := range []string{"jane", "Doe", "alex"} {
				if strings.Contains(out.String(), secret) {
					t.Errorf("%s shows %q", form, secret)
				}
			}
		}
	}
}

// TestRulesWithNothingToSay: where all would be asked, the headline says it all.
func TestRulesWithNothingToSay(t *testing.T) {
	r := trialOf(false)
	r.rows, r.Named = r.rows[:1], nil
	if v := rulesVerdict(r); v.Detail != "" {
		t.Errorf("it says %q after %q", v.Detail, v.Headline)
	}
}
