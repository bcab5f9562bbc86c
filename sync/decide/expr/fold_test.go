package expr

import (
	"fmt"
	"strings"
	"testing"
)

// TestAddressesAreComparedWithoutCase compares an address with texts in other case, wherever they come from.
func TestAddressesAreComparedWithoutCase(t *testing.T) {
	env := testEnv(map[string]any{
		"ownerStr": "Jane.Doe@Acme.Example", "listStr": []any{"x", "ACME.example"}, "partStr": "DOE@", "patternStr": "^jane",
		"tableObj": map[string]any{"JANE.DOE@acme.example": "gold"},
	})
	env.Customer.Email, env.Customer.Domain = "JANE.Doe@ACME.example", "acme.example"
	env.Agent.Email, env.Conversation.Tags = "Alex@Example.ORG", []string{"VIP", "Acme.Example"}
	env.Tags = env.Conversation.Tags
	for text, want := range map[string]bool{
		`customer.email endsWith "@acme.example"`:                                  true,
		`customer.email endsWith "@ACME.Example"`:                                  true,
		`customer.email startsWith "jane."`:                                        true,
		`customer.email contains "doe@Acme"`:                                       true,
		`customer.email contains custom.partStr`:                                   true,
		`customer.email contains custom.none`:                                      true,
		`customer.email == "jane.doe@ACME.EXAMPLE"`:                                true,
		`customer["email"] == "Jane.Doe@acme.example"`:                             true,
		`customer?.email == "Jane.Doe@acme.example"`:                               true,
		`"Jane.Doe@acme.example" != customer.email`:                                false,
		`customer.email == custom.ownerStr`:                                        true,
		`customer.email in ["a@b.example", "jane.doe@Acme.example"]`:               true,
		`customer.email not in ["jane.doe@Acme.example"]`:                          false,
		`"ALEX@example.org" in [customer.email, agent.email]`:                      true,
		`customer.domain == "ACME.example"`:                                        true,
		`customer.domain in ["ACME.example", "b.example"]`:                         true,
		`customer.domain in custom.listStr`:                                        true,
		`customer.domain in tags`:                                                  true,
		`customer.domain in {"ACME.example": 1}`:                                   true,
		`customer.email matches "^JANE\\.doe@\\S+\\.Example$"`:                     true,
		`customer.email matches custom.patternStr`:                                 true,
		`customer.email matches "^jane" + "\\.DOE"`:                                true,
		`agent.email matches "(?i)^alex"`:                                          true,
		`agent.email == "alex@example.org"`:                                        true,
		`lower(agent.email) == "ALEX@example.org"`:                                 true,
		`upper(agent.email) == "alex@example.org"`:                                 true,
		`split(agent.email, "@")[1] == "Example.org"`:                              true,
		`split(customer.email, "@")[0] in ["JANE.DOE"]`:                            true,
		`trim(agent.email) startsWith "ALEX"`:                                      true,
		`agent.email[0:4] == "alEx"`:                                               true,
		`hasSuffix(customer.email, "@Acme.EXAMPLE")`:                               true,
		`hasPrefix(customer.email, "jane") and indexOf(agent.email, "EX") == 2`:    true,
		`any(["@ACME.example", "@b"], customer.email endsWith #)`:                  true,
		`any([customer.email, agent.email], # endsWith "@example.ORG")`:            true,
		`all([customer.domain], # == "ACME.EXAMPLE")`:                              true,
		`any(map([agent.email], trim(#)), # == "ALEX@EXAMPLE.ORG")`:                true,
		`count(tags, # == customer.domain) == 1`:                                   true,
		`({"JANE.doe@acme.example": "gold"}[customer.email] ?? "") == "gold"`:      true,
		`(custom.tableObj[customer.email] ?? "") == "gold"`:                        true,
		`(customer.email != "" ? customer.email : "x") == "Jane.doe@acme.example"`: true,
		`(agent.email ?? "") == "ALEX@EXAMPLE.ORG"`:                                true,
		`agent.email + "" == "ALEX@EXAMPLE.ORG"`:                                   true,
		`customer.email == "jane@acme.example"`:                                    false,
		`customer.email endsWith "acme.example.com"`:                               false,

		// What is no address keeps its case.
		`"vip" in tags`:                                           false,
		`customer.name == "jane doe"`:                             false,
		`(customer.email == "" ? "A" : "B") == "b"`:               false,
		`any(tags, # == "vip")`:                                   false,
		`any(tags, # == "vip" or customer.email == "nobody")`:     false,
		`custom.ownerStr == "jane.doe@acme.example"`:              false,
		`(len(customer.email) == 21 ? "Yes" : "no") == "yes"`:     false,
		`agent.type == "USER" or conversation.status == "Done"`:   false,
		`customer.custom.emailStr == "x" or agent.name == "ALEX"`: false,
	} {
		e, err := CompileCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := e.Holds(env); err != nil || got != want {
			t.Errorf("%s: got %t %v", text, got, err)
		}
	}
	// What is written keeps its case too.
	for text, want := range map[string]string{
		`customer.email`:                                 "JANE.Doe@ACME.example",
		`split(agent.email, "@")[1]`:                     "Example.ORG",
		`agent.email + " asks"`:                          "Alex@Example.ORG asks",
		`customer.email != "" ? customer.email : "none"`: "JANE.Doe@ACME.example",
		`find([customer.email], # contains "DOE")`:       "JANE.Doe@ACME.example",
		`{"alex@example.org": "Team A"}[agent.email]`:    "Team A",
	} {
		e, err := CompileValue(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := e.Eval(env); err != nil || got != want {
			t.Errorf("%s: got %v %v, want %q", text, got, err, want)
		}
	}
}

// TestFoldingCosts holds that comparing addresses counts as looking at items does.
func TestFoldingCosts(t *testing.T) {
	list := make([]any, 1000)
	for i := range list {
		list[i] = fmt.Sprint("A", i)
	}
	env := testEnv(map[string]any{"list": list, "text": strings.Repeat("x", 1000*1000)})
	for text, fails := range map[string]bool{
		`customer.email in custom.list`:                             false,
		`any(custom.list, customer.email in custom.list)`:           true,
		`customer.email contains custom.text`:                       false,
		`any(custom.list, custom.text contains customer.email + #)`: true,
	} {
		e, err := CompileCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Holds(env); (err != nil) != fails {
			t.Errorf("%s: %v", text, err)
		}
	}
}
