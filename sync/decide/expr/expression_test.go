package expr

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testEnv is what expressions see of a plain conversation with these custom attributes.
func testEnv(custom map[string]any) *Env {
	env := &Env{
		Conversation: Conversation{
			ID: "6716500fa1b2c3d4e5f60001", Status: "done", Channels: []string{"email", "chat"}, Tags: []string{"late-delivery"},
			Brand: "b1", DoneAt: time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC), Custom: custom,
		},
		Customer: Customer{ID: "c", Name: "Jane Doe", Email: "jane@example.com", Domain: "example.com"},
		Agent:    Agent{ID: "a", Email: "alex.agent@example.org", Type: "user"},
	}
	env.Custom, env.Tags, env.Channels = custom, env.Conversation.Tags, env.Conversation.Channels
	return env
}

func TestExpressionsThatCannotBeUsed(t *testing.T) {
	for _, test := range []struct {
		name, text string
		at         int
		message    string // a part of it
	}{
		{"unknown name", `foo == 1`, 1, `there is no "foo"; there are conversation, customer, agent, custom, tags, channels`},
		{"unknown field", `customer.emil == "x"`, 10, `customer has no field "emil"; it has id, name, email, domain, language, locale, custom`},
		{"field without its owner", `email == "x"`, 1, `did you mean customer.email?`},
		{"unknown function", `repeat("a", 3) == ""`, 1, `there is no function "repeat"; there are abs, all, any`},
		{"the present", `conversation.done_at < now()`, 24, `there is no function "now"`},
		{"list in place of a condition", `tags`, 0, "must be true or false, but gives a list"},
		{"text in place of a condition", `"vip"`, 0, "must be true or false, but gives a text"},
		{"wrong type", `conversation.priority > "high"`, 23, "mismatched types int and string"},
		{"unfinished", `"vip" in`, 8, "unexpected token EOF"},
		{"bad pattern", `any(tags, # matches "x(")`, 0, "error parsing regexp"},
		{"variables", `let a = tags; "vip" in a`, 5, "variables"},
		{"the whole environment", `$env.customer.email == ""`, 1, `there is no "$env"`},
		{"the count of steps", `(steps).taken == 0`, 2, `there is no "steps"`},
		{"too long", strings.Repeat(" ", maxExpression) + "true", 0, "4004 characters; at most 4000"},
		{"too many nodes", strings.Repeat("not ", maxNodes) + "true", 0, "nodes"},
		{"too many loops", `any(tags, any(tags, any(tags, any(tags, any(tags, true)))))`, 0, "more than 4 functions"},
		{"long name", strings.Repeat("k", 40), 1, "name of 40 characters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := CompileCondition(test.text)
			got, ok := errors.AsType[CompileError](err)
			if !ok {
				t.Fatalf("got %v, want a CompileError", err)
			}
			if test.at != 0 && got.At != test.at || !strings.Contains(got.Message, test.message) {
				t.Errorf("got %d %q, want %d %q", got.At, got.Message, test.at, test.message)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	env := testEnv(map[string]any{
		"vipBool": true, "scoreNum": 7.5, "planStr": "gold", "listStr": []any{"a", "b"}, "nilStr": nil,
	})
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"tag", `"late-delivery" in tags`, true},
		{"channel", `"voice" in channels`, false},
		{"domain", `customer.domain == "example.com"`, true},
		{"end of the address", `customer.email endsWith "@example.com"`, true},
		{"attribute that is true", `custom.vipBool`, true},
		{"attribute of the conversation by its full name", `conversation.custom.planStr == "gold"`, true},
		{"number", `custom.scoreNum >= 7 and custom.scoreNum < 8`, true},
		{"time", `conversation.done_at > date("2026-11-22")`, true},
		{"span of time", `conversation.done_at - conversation.created_at > duration("1h")`, true},
		{"item of a list", `"b" in custom.listStr`, true},
		{"any item", `any(tags, # startsWith "late")`, true},
		{"any item by an attribute", `any(tags, custom[#])`, false},
		{"pattern", `agent.email matches "(?i)^ALEX\\."`, true},
		{"table", `({"b1": "acme"}[conversation.brand] ?? "other") == "acme"`, true},

		{"missing: alone", `custom.none`, false},
		{"missing: not", `not custom.none`, true},
		{"missing: and", `true and custom.none`, false},
		{"missing: or", `custom.none or false`, false},
		{"missing: less", `custom.none < 3`, false},
		{"missing: more", `custom.none > 3 or 3 <= custom.none`, false},
		{"missing: text", `custom.none contains "x" or custom.none startsWith "x" or custom.none endsWith "x" or custom.none matches "x"`, false},
		{"missing: equal", `custom.none == "x"`, false},
		{"missing: in", `custom.none in ["x"] or "x" in custom.none`, false},
		{"missing: choice", `custom.none ? true : false`, false},
		{"missing: item", `any(tags, custom.none)`, false},
		{"missing: chain", `custom?.none?.deeper == "x"`, false},
		{"null", `custom.nilStr contains "x"`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := CompileCondition(test.text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Holds(env)
			if err != nil || got != test.want {
				t.Errorf("got %t %v, want %t", got, err, test.want)
			}
		})
	}
}

// TestConditionsThatFail holds that a failure says where, and shows nothing of the conversation.
func TestConditionsThatFail(t *testing.T) {
	env := testEnv(map[string]any{"secretStr": "jane@example.com", "bigStr": strings.Repeat("x", maxText)})
	for _, test := range []struct {
		name, text, want string
	}{
		{"null in the middle", `custom.none.deeper == 1`, "its expression fails at character 13: it asks for a field of what is missing (?. in place of . lets that pass)"},
		{"text where a truth is needed", `custom.secretStr and true`, "its expression fails at character 8"},
		{"text as the whole condition", `custom.secretStr`, "its expression fails at character 1"},
		{"text where a number is needed", `int(custom.secretStr) > 1`, "its expression fails at character 1"},
		{"text against a number", `custom.secretStr > 1`, "its expression fails at character 18"},
		{"item that is not there", `tags[7] == "x"`, "its expression fails at character 5"},
		{"text without end", `custom.bigStr + custom.bigStr == ""`, "its expression fails at character 15"},
		{"text that is made of many", `replace(custom.bigStr, "x", "yy") == ""`, "its expression fails at character 1"},
		{"list without end", `len(1..100000000) > 1`, "its expression fails at character 6"},
		{"loops without end", `all(1..5000, any(1..5000, false) or true)`, "its expression fails at character"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, err := CompileCondition(test.text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = e.Holds(env)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "jane") {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestExpressionsKnowWhetherTheyLookAtTheCustomer(t *testing.T) {
	for text, want := range map[string]bool{
		`"vip" in tags`:                                   false,
		`custom.customer == "customer"`:                   false,
		`agent.name == "customer"`:                        false,
		`customer.email == ""`:                            true,
		`any(tags, # == "a" and customer.custom.vipBool)`: true,
	} {
		e, err := CompileCondition(text)
		if err != nil || e.ReadsCustomer != want {
			t.Errorf("%s: %v, want %t", text, err, want)
		}
	}
}

func TestTextsOf(t *testing.T) {
	for _, test := range []struct {
		name  string
		value any
		want  string
	}{
		{"text", "a b", "a b"},
		{"nothing", nil, ""},
		{"truth", false, "false"},
		{"whole number", 12345678901.0, "12345678901"},
		{"large number", 1e21, "1000000000000000000000"},
		{"fraction", 0.1, "0.1"},
		{"int", 7, "7"},
		{"time", time.Date(2026, 11, 22, 20, 0, 0, 5e6, time.FixedZone("", 3600)), "2026-11-22T19:00:00Z"},
		{"no time", time.Time{}, ""},
		{"list", []any{"a", nil, 2.0, true}, "a, 2, true"},
		{"texts", []string{"a", "", "b"}, "a, b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			texts, err := TextsOf(test.value)
			if got := strings.Join(texts, ListSeparator); err != nil || got != test.want {
				t.Errorf("got %q %v, want %q", got, err, test.want)
			}
		})
	}
	for _, value := range []any{map[string]any{"a": 1}, []any{[]any{"a"}}, struct{}{}} {
		if _, err := TextsOf(value); err == nil {
			t.Errorf("%v has a text", value)
		}
	}
}

// FuzzExpression holds expressions to their word: whatever the text, it is refused, or evaluates to something or to an error
// within its steps; it never panics, and gives the same twice.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		`"vip" in tags`, `customer.custom.a.b?.c ?? "x"`, `any(tags, any(channels, # == custom[#]))`, `count(1..99999, # % 2 == 0)`,
		`map(filter(tags, len(#) > 2), upper(#))`, `{"a": [1, 2]}["a"][1] + 1.5`, `join(map(1..300, replace("xxxx", "x", "yyyyyyyy")), ", ")`,
		`split(customer.email, "@")[1] matches "^(a+)+$"`, `not (custom.x < custom.y) ? date("2026-01-01") : duration("1h")`, `-custom.n ** 99999 % 0`,
		`conversation.done_at.Format("2006")`, `find(tags, # contains "late") + custom.planStr`, `tags[-1:99]`, `int("9" + "9")`, "`a`",
	} {
		f.Add(seed)
	}
	env := testEnv(map[string]any{"planStr": "gold", "n": 3.0, "x": nil, "y": []any{"a", map[string]any{"b": 1.0}}})
	f.Fuzz(func(t *testing.T, text string) {
		e, err := CompileValue(text)
		if err != nil {
			if _, ok := errors.AsType[CompileError](err); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		var values [2]string
		for i := range values {
			value, err := e.Eval(env)
			// The last may be one too many.
			if last := max(env.Steps.each, 1+maxText/stepBytes); env.Steps.taken > maxSteps+last {
				t.Fatalf("%d steps", env.Steps.taken)
			}
			if err != nil {
				if _, ok := errors.AsType[RunError](err); !ok {
					t.Fatalf("%T: %v", err, err)
				}
				continue
			}
			texts, err := TextsOf(value)
			values[i] = strings.Join(texts, ListSeparator)
			if err != nil {
				values[i] = "error"
			}
		}
		if values[0] != values[1] {
			t.Fatal(cmp.Diff(values[0], values[1]))
		}
	})
}
