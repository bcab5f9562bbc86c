package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"acsync/sync/decide"
	"acsync/sync/explain"
	"acsync/sync/kustomer"
	"acsync/sync/report/doc"
)

// customers are two customers and an argument that nothing is known of.
func customers(t *testing.T) Explanations {
	var asked, skipped Explanation
	for name, x := range explanations(t) {
		switch name {
		case "accepted":
			asked = x
		case "rule":
			skipped = x
		}
	}
	skipped.ID = "6716500fa1b2c3d4e5f60002"
	person := customerOf("jane@example.com")
	many := customerOf("bob@example.com", "bob@example.org")
	many.ID, many.Left = "58210c3db0f09110006b7954", 7
	return Explanations{
		Tenant: "acme", AppURL: "https://acme.kustomerapp.com", Here: " --config a.toml", Exit: 1,
		Notices: []string{"Agent Connect was not asked"},
		Subjects: []Subject{
			{Asked: "j•••@example.com", Customer: person, Lives: []Explanation{asked, skipped}},
			{Asked: many.ID, Customer: many, Lives: []Explanation{skipped, skipped, skipped, asked}},
			{Asked: "n•••@example.com", Problem: "no customer has the address n•••@example.com"},
			{Asked: asked.ID, Lives: []Explanation{asked}},
		},
	}
}

func TestExplanationsForms(t *testing.T) {
	e := customers(t)
	for _, width := range []int{60, 80, 200} {
		var out bytes.Buffer
		must(t, doc.Text(&out, ExplanationsDoc(e), doc.Style{Width: width}))
		golden(t, fmt.Sprintf("explanations-%d.txt", width), out.Bytes())
	}
	var out, indented bytes.Buffer
	must(t, ExplanationsJSON(&out, e))
	must(t, json.Indent(&indented, out.Bytes(), "", "  "))
	golden(t, "explanations.json", indented.Bytes())
	for _, private := range []string{"jane@", "bob@", "Alex"} {
		if strings.Contains(out.String(), private) {
			t.Errorf("%q is in it", private)
		}
	}
}

// TestFields: what rules see is shown as they write it, and nobody's name or address with it.
func TestFields(t *testing.T) {
	x := explained(t, func(c *decide.Candidate) {
		c.Customer.Name.Value, c.Customer.Emails[0].Address.Value = "Jane Doe", "jane.doe@example.com"
		c.Conversation.CustomerID = "58210c3db0f09110006b7953"
		c.Conversation.Custom = map[string]any{"orderNumberStr": "A-1", "mailStr": "to jane.doe@example.com"}
	})
	x.Values, x.Fields = explainPolicy(t).Values(x.Case.Candidate), true
	show := func() string {
		var screen, program bytes.Buffer
		must(t, doc.Text(&screen, ExplainDoc(x), doc.Style{Width: 120}))
		must(t, ExplainJSON(&program, x))
		return screen.String() + program.String()
	}
	text := show()
	for _, want := range []string{
		"custom.orderNumberStr", `"A-1"`, `["late-delivery","vip"]`, `"j•••@example.com"`,
		`{"name":"custom.orderNumberStr","value":"\"A-1\""}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for _, private := range []string{"jane.doe", "Jane Doe"} {
		if strings.Contains(text, private) {
			t.Errorf("%q is in it", private)
		}
	}
	if x.Reveal = true; !strings.Contains(show(), "jane.doe@example.com") {
		t.Error("it is not revealed")
	}
}

// TestEachCheckHasWords: of each check there is a sentence for what is fine.
func TestEachCheckHasWords(t *testing.T) {
	for _, reason := range decide.SkipReasons() {
		switch reason {
		// What waited is none of what a conversation is checked for.
		case decide.Reopened, decide.Gone, decide.PlanChanged:
		default:
			if fine[reason] == "" {
				t.Errorf("%s has none", reason)
			}
		}
	}
}

func customerOf(addresses ...string) *explain.Customer {
	c := &explain.Customer{}
	c.ID = "58210c3db0f09110006b7953"
	for _, address := range addresses {
		c.Emails = append(c.Emails, kustomer.Email{Address: kustomer.Text{Value: address}})
	}
	return c
}
