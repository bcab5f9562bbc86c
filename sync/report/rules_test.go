package report

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// tried is one conversation as a policy decides it.
func tried(n int, change func(*decide.Decision)) decide.Case {
	c := decide.Case{Key: store.Key{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", n)}}
	c.Known.Resolution = at.Add(time.Duration(n) * time.Minute)
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
		return func(w io.Writer) error { return doc.Text(w, RulesDoc(r), doc.Style{Width: 80}) }
	}
	for name, write := range map[string]func(io.Writer) error{
		"rules.txt": table(trialOf(false)), "rules_with.txt": table(trialOf(true)),
		"rules.json": trialOf(false).JSON, "rules_with.json": trialOf(true).JSON,
		"rules_none.txt": table(&Rules{Tenant: "acme"}),
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
