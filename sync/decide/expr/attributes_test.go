package expr

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAttributes finds the custom attributes that an expression names, however it does, and nothing else.
func TestAttributes(t *testing.T) {
	for text, want := range map[string][]string{
		`custom.planStr == "gold"`:                                           {"custom.planStr"},
		`conversation.custom.planStr == "gold"`:                              {"custom.planStr"},
		`conversation?.custom?.planStr == "gold"`:                            {"custom.planStr"},
		`custom["planStr"] == "gold" or custom?.planStr == "x"`:              {"custom.planStr"},
		`customer.custom.vipBool and customer.email == "x"`:                  {"customer.custom.vipBool"},
		`custom.a.b == 1`:                                                    {"custom.a"},
		`"planStr" in custom`:                                                {"custom.planStr"},
		`any(tags, # == custom.tagStr) and not ((custom.n ?? 0) > custom.m)`: {"custom.tagStr", "custom.n", "custom.m"},
		`custom.planStr contains "a" ? custom.x : custom.y`:                  {"custom.planStr", "custom.x", "custom.y"},
		`any(tags, custom[#])`:                                               nil,
		`"custom.planStr" in tags and conversation.brand == "custom"`:        nil,
	} {
		e, err := CompileCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, e.Attributes); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
	}
}
