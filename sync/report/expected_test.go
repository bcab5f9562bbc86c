package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// expecting is a trial, compared with what an earlier one wrote.
func expecting(t *testing.T, before, now *Rules) *Rules {
	t.Helper()
	var out bytes.Buffer
	must(t, RulesJSON(&out, before))
	expected, err := ReadExpected("expected.json", out.Bytes())
	must(t, err)
	now.Expected, now.Window = expected, fetch.Window{}
	return now
}

// TestExpected: what a trial wrote it expects of itself, whoever the people are by now; what changed is told field by
// field, and what is gone by its id.
func TestExpected(t *testing.T) {
	same := expecting(t, trialOf(true), trialOf(false)) // of one with another configuration counts what holds here
	if n := same.Unexpected(); n != 0 {
		t.Errorf("%d are unexpected: %v", n, differing(same))
	}
	var other Rules
	var ids []string
	for n := range 7 {
		change := func(d *decide.Decision) {
			d.Request.Customer.Name, d.Request.Customer.Email, d.Request.Employee.Email = "Eve", "eve@example.net", "bob@example.net"
		}
		if n == 3 {
			change = func(d *decide.Decision) {
				d.Request.Brand, d.Request.Tags, d.Request.DoNotSend = "acme-care", []string{"returns", "vip"}, true
			}
		}
		if n < 5 {
			other.Add([]decide.Case{tried(n, change)})
		}
	}
	r := expecting(t, trialOf(false), &other)
	got := map[string][]string{}
	for _, row := range differing(r) {
		for _, each := range r.differences(row) {
			got[row.id[len(row.id)-1:]] = append(got[row.id[len(row.id)-1:]], each.String())
		}
	}
	want := map[string][]string{
		"1": {"skip rule:internal tests → send"},
		"2": {`delay "1h30m" → "none"`, `brand "acme-care" → ""`, `language "en-US" → ""`, `custom_properties.order "1001" → ""`, `custom_properties.who "J••• <j•••@example.com>" → ""`},
		"3": {`delay "1h30m" → "none"`, `tags "returns" → "returns, vip"`, `do_not_send "false" → "true"`, `language "en-US" → ""`, `custom_properties.order "1001" → ""`, `custom_properties.who "J••• <j•••@example.com>" → ""`},
		"4": {"reject rule_error:odd → send"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if ids = r.Expected.missing(r.rows); len(ids) != 2 || r.Unexpected() != 6 {
		t.Errorf("missing %v, unexpected %d", ids, r.Unexpected())
	}
	var text, out bytes.Buffer
	must(t, doc.Text(&text, RulesDoc(r, 0), doc.Style{Width: 80}))
	golden(t, "rules_expected.txt", text.Bytes())
	fits(t, text.String(), 80)
	must(t, RulesJSON(&out, r))
	var told struct {
		Expected struct {
			File                      string
			Conversations, Unexpected int
			Missing                   []string
		}
		Fields map[string]int
	}
	must(t, json.Unmarshal(out.Bytes(), &told))
	if told.Expected.File != "expected.json" || told.Expected.Conversations != 7 || told.Expected.Unexpected != 6 || len(told.Expected.Missing) != 2 ||
		told.Fields["decision"] != 2 || told.Fields["delay"] != 2 {
		t.Errorf("%+v", told)
	}
	text.Reset()
	must(t, doc.Text(&text, RulesDoc(same, 0), doc.Style{Width: 80}))
	if !strings.Contains(text.String(), "All as expected: 7 conversations are decided as expected.json says.") {
		t.Errorf("%s", text.String())
	}
}

// TestExpectedRefused: what no trial wrote, or only a part of, is refused, and the error says how to write it.
func TestExpectedRefused(t *testing.T) {
	row := func(rest string) string {
		return `{"schema":"acsync.rules/1","conversations":[{"id":"6716500fa1b2c3d4e5f60001",` + rest + `}]}`
	}
	for name, test := range map[string]struct{ text, want string }{
		"nothing":             {``, "not one JSON object"},
		"cut off":             {row(`"decision":"skip","reason":"spam"`)[:80], "not one JSON object"},
		"two":                 {row(`"decision":"skip","reason":"spam"`) + "{}", "not one JSON object"},
		"a list":              {`[]`, "not one JSON object"},
		"a pass":              {`{"schema":"acsync.pass/1"}`, `its schema is "acsync.pass/1"`},
		"of the future":       {`{"schema":"acsync.rules/2"}`, `its schema is "acsync.rules/2"`},
		"no schema":           {`{}`, `its schema is ""`},
		"no conversations":    {`{"schema":"acsync.rules/1","conversations":[]}`, "names no conversation"},
		"another kind":        {row(`"decision":7`), "another kind"},
		"no id":               {`{"schema":"acsync.rules/1","conversations":[{"decision":"skip","reason":"spam"}]}`, "has no id"},
		"no decision":         {row(`"reason":"spam"`), "no decision"},
		"another decision":    {row(`"decision":"ask","request":{}`), "no decision"},
		"sent, of nothing":    {row(`"decision":"send","request":null`), "no decision"},
		"skipped, and a send": {row(`"decision":"skip","reason":"spam","request":{}`), "no decision"},
		"skipped, no reason":  {row(`"decision":"skip"`), "no decision"},
		"in order":            {row(`"decision":"skip","reason":"spam"`), ""},
	} {
		_, err := ReadExpected("f.json", []byte(test.text))
		if test.want == "" {
			must(t, err)
		} else if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "acsync rules test --json > FILE") {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
