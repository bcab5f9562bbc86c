package expr

import (
	"errors"
	"strings"
	"testing"
)

// TestCostlyItems has long lists beside long texts, and texts that are made long for each item, so that few items cost
// much: the evaluation ends in an error, long before it has looked at every item. It does so by what it has looked at: on a
// slow machine the same conversation is decided in the same way.
func TestCostlyItems(t *testing.T) {
	big, text := make([]any, 20_000), strings.Repeat("xy", 1<<19)
	for i := range big {
		big[i] = "z"
	}
	huge := map[string]any{"big": big, "text": text}
	lists := map[string]any{"big": big}
	for _, test := range []struct {
		condition string
		custom    map[string]any
	}{
		{`any(custom.big, upper(custom.text) == "x")`, huge},
		{`any(custom.big, len(split(custom.text, "x")) > 9e9)`, huge},
		{`all(custom.big, len(trim(custom.text)) > 0)`, huge},
		{`none(custom.big, replace(custom.text, "q", "") == #)`, huge},
		{`any(custom.big, any(custom.big, lower(custom.text) == #))`, huge},
		{`all(custom.big, len(replace("xxxxxxxxxx", "x", "` + strings.Repeat("y", 3000) + `")) > 0)`, lists},
		{`all(custom.big, len(join(custom.big, "12")) > 0)`, lists},
		{`all(custom.big, len(string(custom.big) + "x") > 0)`, lists},
		{`all(custom.big, all(custom.big, # == "z"))`, lists},
		{`any(custom.big, "q" in custom.big)`, lists},
		{`any(custom.big, custom.big == conversation.tags)`, lists},
	} {
		e, err := CompileCondition(test.condition)
		if err != nil {
			t.Fatal(err)
		}
		env := testEnv(test.custom)
		_, err = e.Holds(env)
		if _, ok := errors.AsType[RunError](err); !ok || env.Steps.taken > 2*maxSteps {
			t.Errorf("%s: %v after %d steps", test.condition, err, env.Steps.taken)
		}
	}
}

// TestHonestItems has what real conversations may have at most: long texts and lists of hundreds of items are no
// reason for an error.
func TestHonestItems(t *testing.T) {
	tags := make([]any, 200)
	for i := range tags {
		tags[i] = "a tag of some length"
	}
	e, err := CompileCondition(`all(custom.tags, any(split(string(#), " "), # == "tag") and custom.text contains "xy")`)
	if err != nil {
		t.Fatal(err)
	}
	if holds, err := e.Holds(testEnv(map[string]any{"tags": tags, "text": strings.Repeat("xy", 10_000)})); err != nil || !holds {
		t.Errorf("%v, %v", holds, err)
	}
}
