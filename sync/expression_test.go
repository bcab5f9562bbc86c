package sync

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTMP(t *testing.T) {
	for _, text := range []string{
		`foo`, `customer.emil == "x"`, `email == "x"`, `tags`, `"a"`, `customer`, `1 +`, `custom.vipBool`, `"vip" in tags`, `now()`, `let a = 1; a`,
		`$env.customer.email == ""`, `repeat("a", 3) == ""`, `any(tags, # startsWith "l")`, `custom.n > 3 and custom.x`, `not custom.y`,
		`custom.x contains "a"`, `custom.x.y == 1`, `all(tags, custom[#])`, `customer.email endsWith "@acme.example" or "test" in tags`,
		`conversation.created_at > conversation.done_at`, `conversation.done_at - conversation.created_at > duration("1h")`,
		`custom.x in ["a","b"]`, `custom.x in custom.list`, `len(split("a,b", ",")) == 2`, `join(tags, ",") == "late-delivery"`, `replace("a","a","b") == "b"`,
		`string(3.0) == "3"`, `tags matches "x("`, `"a" matches "x("`, `customer.email + 1 == "x"`, `custom.n + 1 > 2`, `1..100000000 == []`, `conversation.priority > "a"`,
		`agent.type == "user" ? true : false`, `count(tags) > 0`, `count(tags, # == "late-delivery") == 1`, `find(tags, # == "late-delivery") == "late-delivery"`,
		`tags[7] == "x"`, `custom?.x?.y == 1`, `date("2026-01-01") < conversation.done_at`, `(steps) == nil`, `conversation.done_at.Hour() > 3`, `custom.d < conversation.done_at`, `{"a": "b"}[conversation.brand] == nil`,
		`tags | any(# == "late-delivery")`, `custom.x ?? "d" == "d"`, `(custom.x ?? "d") == "d"`, `if true {false} else {true}`,
	} {
		e, err := compileCondition(text)
		if err != nil {
			ce, _ := errors.AsType[compileError](err)
			t.Logf("%-50s COMPILE %d %s", text, ce.at, ce.message)
			continue
		}
		v, err := e.holds(testPolicy().facts(plain()))
		t.Logf("%-50s %v %v customer=%v", text, v, err, e.customer)
	}
	_ = cmp.Diff
}
