package expr

import (
	"errors"
	"strings"
	"testing"
)

// TestCostlyItems has long lists beside long texts, so that few steps cost much: the evaluation ends in an error, long
// before it has looked at every item.
func TestCostlyItems(t *testing.T) {
	big, text := make([]any, 20_000), strings.Repeat("xy", 1<<19)
	for i := range big {
		big[i] = "z"
	}
	for _, condition := range []string{
		`any(custom.big, upper(custom.text) == "x")`, `any(custom.big, len(split(custom.text, "x")) > 9e9)`,
		`all(custom.big, len(trim(custom.text)) > 0)`,
		`none(custom.big, replace(custom.text, "q", "") == #)`,
		`any(custom.big, any(custom.big, lower(custom.text) == #))`,
	} {
		e, err := CompileCondition(condition)
		if err != nil {
			t.Fatal(err)
		}
		env := testEnv(map[string]any{"big": big, "text": text})
		_, err = e.Holds(env)
		if _, ok := errors.AsType[RunError](err); !ok || env.Steps.taken >= len(big) {
			t.Errorf("%s: %v after %d items", condition, err, env.Steps.taken)
		}
	}
}
