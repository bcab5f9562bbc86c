package expr

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// TestValuesAreExpressions: each name and value can be copied into a rule, which then holds.
func TestValuesAreExpressions(t *testing.T) {
	env := &Env{
		Conversation: Conversation{
			ID: "6716500fa1b2c3d4e5f60001", Status: "done", DoneCount: 2, Spam: true,
			DoneAt: time.Date(2026, 11, 22, 19, 28, 4, 123_000_000, time.UTC),
		},
		Agent:    Agent{Name: `Alex "Lex" Abbott`, Email: "alex.agent@example.org"},
		Customer: Customer{Email: "jane@example.com", Custom: map[string]any{"vipBool": true}},
		Tags:     []string{"late-delivery", "a<b"},
		Custom: map[string]any{
			"orderNumberStr": "A-1 & <2>", "itemsNum": json.Number("12.5"), "none": nil, "with blank": "x",
			"nested": map[string]any{"deepStr": "y"}, "linesStr": "one\ntwo",
		},
	}
	var names []string
	for _, value := range env.Values() {
		names = append(names, value.Name)
		if value.Text == "" {
			continue
		}
		rule := value.Name + " == " + value.Text
		if value.Text[0] == '[' && len(value.Text) > 2 {
			rule = `all(` + value.Text + `, # in ` + value.Name + `)`
		}
		condition, err := CompileCondition(rule)
		if err != nil {
			t.Errorf("%s: %v", rule, err)
			continue
		}
		if holds, err := condition.Holds(env); err != nil || !holds {
			t.Errorf("%s: holds: %v, %v", rule, holds, err)
		}
	}
	for _, want := range []string{
		"conversation.done_count", "custom.orderNumberStr", "custom.nested.deepStr", `custom["with blank"]`,
		"tags", "channels", "agent.email", "customer.email", "customer.custom.vipBool",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %q", want, names)
		}
	}
	for _, unwanted := range []string{"conversation.tags", "conversation.custom", "(steps)", "conversation"} {
		if slices.Contains(names, unwanted) {
			t.Errorf("%s is among them", unwanted)
		}
	}
}
