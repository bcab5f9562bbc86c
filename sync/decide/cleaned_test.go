package decide

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/agentconnect"
	"acsync/sync/kustomer"
)

// TestDirtyValuesAreSentClean sends what people wrote without what nobody can see.
func TestDirtyValuesAreSentClean(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Candidate)
		want   func(*agentconnect.Request)
	}{
		"name with a null byte":       {change: func(c *Candidate) { c.Customer.Name.Value = "Ja\x00ne Doe" }},
		"name with a direction":       {change: func(c *Candidate) { c.Customer.Name.Value = "\u202dJane\u2069 Doe\u202c" }},
		"name with invalid bytes":     {change: func(c *Candidate) { c.Customer.Name.Value = "Jane \xe2\x80Doe" }},
		"name in two lines and words": {change: func(c *Candidate) { c.Customer.Name.Value = "\u2003Jane\u2028\u3000Doe" }},
		"name of nothing": {
			change: func(c *Candidate) { c.Customer.Name.Value = "\u200b\u3164 " },
			want:   func(r *agentconnect.Request) { r.Customer.Name = "" },
		},
		"address with a zero-width space":  {change: func(c *Candidate) { c.Customer.Emails = emails("jane@exa\u200bmple.com") }},
		"address behind a byte order mark": {change: func(c *Candidate) { c.Customer.Emails = emails("\ufeffjane@example.com") }},
		"address with a soft hyphen":       {change: func(c *Candidate) { c.Customer.Emails = emails("jane@example\u00ad.com") }},
		"address within directions":        {change: func(c *Candidate) { c.Customer.Emails = emails("\u202ajane@example.com\u202c") }},
		"address with joiners":             {change: func(c *Candidate) { c.Customer.Emails = emails("ja\u200dne\u2060@\u200cexample.com") }},
		"address with a variation":         {change: func(c *Candidate) { c.Customer.Emails = emails("jane@example.com\ufe0f") }},
		"address and a no-break space":     {change: func(c *Candidate) { c.Customer.Emails = emails("\u00a0jane@example.com\u2003\u200b") }},
		"agent's address":                  {change: func(c *Candidate) { c.Agent.Email.Value = "\u200ealex.agent\u2061@example.org\ufeff" }},
		"first address is empty":           {change: func(c *Candidate) { c.Customer.Emails = emails("", "jane@example.com") }},
		"first address is white space":     {change: func(c *Candidate) { c.Customer.Emails = emails("\u2003\n", "jane@example.com") }},
		"first address shows nothing":      {change: func(c *Candidate) { c.Customer.Emails = emails("\u200b\u00ad", "jane@example.com") }},
		"first address is masked":          {change: func(c *Candidate) { c.Customer.Emails = append(masked(), emails("jane@example.com")...) }},
		"first two addresses are none":     {change: func(c *Candidate) { c.Customer.Emails = emails("\ufeff", " ", "jane@example.com") }},
		"tag with a control character":     {change: func(c *Candidate) { c.Tags = []string{"late-\u0090delivery"} }},
		"tag with a direction":             {change: func(c *Candidate) { c.Tags = []string{"\u2067late-delivery"} }},
		"tag twice, once with a joiner":    {change: func(c *Candidate) { c.Tags = []string{"late-delivery", "late\u200d-delivery"} }},
		"tag of nothing":                   {change: func(c *Candidate) { c.Tags = []string{"\u2800", "late-delivery", "\u3164", "\x7f"} }},
		"tag in several words":             {change: func(c *Candidate) { c.Tags = []string{" late \t delivery "} }, want: func(r *agentconnect.Request) { r.Tags = []string{"late delivery"} }},
		"channel with a zero-width space":  {change: func(c *Candidate) { c.Conversation.Channels = []string{"\ufeffemail"} }},
		"first channel is of nothing":      {change: func(c *Candidate) { c.Conversation.Channels = []string{"\u200b", "email"} }},
		"voice, with a character in its way": {
			change: func(c *Candidate) { c.Conversation.Channels = []string{"chat", "vo\u00adice"} },
			want:   func(r *agentconnect.Request) { r.Channel = "phone" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			candidate, want := plain(), plainRequest()
			test.change(&candidate)
			before := candidate.Customer.Emails[0]
			if test.want != nil {
				test.want(&want)
			}
			if diff := cmp.Diff(testPolicy().Decide(candidate), Decision{Request: want}); diff != "" {
				t.Errorf("got -, want +\n%s", diff)
			}
			if candidate.Customer.Emails[0] != before {
				t.Errorf("the customer was changed: %+v", candidate.Customer)
			}
		})
	}
}

func masked() []kustomer.Email { return []kustomer.Email{{Address: kustomer.Text{Masked: true}}} }

// TestWhichAddress holds which of several addresses is asked, and why none is.
func TestWhichAddress(t *testing.T) {
	verified := func(address string) []kustomer.Email {
		return []kustomer.Email{{Address: kustomer.Text{Value: address}, Verified: true}}
	}
	join := func(lists ...[]kustomer.Email) (all []kustomer.Email) {
		for _, list := range lists {
			all = append(all, list...)
		}
		return all
	}
	for name, test := range map[string]struct {
		emails   []kustomer.Email
		first    string // the address, or the reason for none
		verified string
	}{
		"the first":                           {emails("a@example.com", "b@example.com"), "a@example.com", "a@example.com"},
		"a verified one behind":               {join(emails("a@example.com"), verified("b@example.com")), "a@example.com", "b@example.com"},
		"a verified one of nothing":           {join(verified("\u200b"), emails("a@example.com")), "a@example.com", "a@example.com"},
		"two verified ones, the first empty":  {join(emails("a@example.com"), verified(" "), verified("b@example.com")), "a@example.com", "b@example.com"},
		"a masked one, and a verified one":    {join(masked(), verified("b@example.com")), "b@example.com", "b@example.com"},
		"an empty one, and a masked one":      {join(emails(""), masked()), string(MaskedEmail), string(MaskedEmail)},
		"nothing in two":                      {emails("\u00ad", "\ufeff "), string(NoEmail), string(NoEmail)},
		"the first is written, and is no one": {emails("n/a", "b@example.com"), string(InvalidEmail), string(InvalidEmail)},
	} {
		t.Run(name, func(t *testing.T) {
			for i, want := range []string{test.first, test.verified} {
				policy, candidate := testPolicy(), plain()
				policy.VerifiedEmail, candidate.Customer.Emails = i == 1, test.emails
				d := policy.Decide(candidate)
				if got := d.Request.Customer.Email + string(d.Skip); got != want {
					t.Errorf("verified %t: got %q, want %q", i == 1, got, want)
				}
			}
		})
	}
}

// TestRulesSeeWhatIsSent compares names and tags as they are sent, all of the tags.
func TestRulesSeeWhatIsSent(t *testing.T) {
	many := strings.Split(strings.Repeat("x,", 40), ",")
	for i := range many {
		many[i] += string(rune('a' + i))
	}
	many[40] = "te\u200bst"
	for name, test := range map[string]struct {
		when   string
		change func(*Candidate)
	}{
		"tag with a zero-width space":  {`"test" in tags`, func(c *Candidate) { c.Tags = []string{"te\u200bst"} }},
		"tag with a null byte":         {`"test" in conversation.tags`, func(c *Candidate) { c.Tags = []string{"test\x00"} }},
		"tag with a direction":         {`any(tags, # == "test")`, func(c *Candidate) { c.Tags = []string{"\u202etest\u202c"} }},
		"tag in two words":             {`"a test" in tags`, func(c *Candidate) { c.Tags = []string{"a\u00a0\ttest"} }},
		"tags once":                    {`len(tags) == 1`, func(c *Candidate) { c.Tags = []string{"test", "\ufefftest", "\u200b"} }},
		"more tags than are sent":      {`"test" in tags`, func(c *Candidate) { c.Tags = many }},
		"name of the customer":         {`customer.name == "Test"`, func(c *Candidate) { c.Customer.Name.Value = "T\u00adest\u2029" }},
		"name of nothing":              {`customer.name == ""`, func(c *Candidate) { c.Customer.Name.Value = "\u200b" }},
		"name of the agent":            {`agent.name == "Test Agent"`, func(c *Candidate) { c.Agent.Name.Value = "Test\u2003Agent\x1b" }},
		"domain of the customer":       {`customer.domain == "test.example"`, func(c *Candidate) { c.Customer.Emails = emails("a@te\u2060st.example") }},
		"address of the agent":         {`agent.email == "test@example.org"`, func(c *Candidate) { c.Agent.Email.Value = "\u202atest@example.org" }},
		"channel with a soft hyphen":   {`"chat" in channels`, func(c *Candidate) { c.Conversation.Channels = []string{"ch\u00adat"} }},
		"what a second address is for": {`customer.email == "b@example.com"`, func(c *Candidate) { c.Customer.Emails = emails("\u200b", "b@example.com") }},
	} {
		t.Run(name, func(t *testing.T) {
			rules, problems := CompileRules([]RuleText{{Name: "tests", When: test.when, Action: ActionSkip}})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			policy, candidate := testPolicy(), plain()
			policy.Rules = rules
			test.change(&candidate)
			if got := policy.Decide(candidate).Skip; got != "rule:tests" {
				t.Errorf("got %q", got)
			}
			_, steps := policy.Trace(candidate)
			if len(steps) == 0 {
				t.Error("no steps")
			}
		})
	}
}

// TestProfilesAreFoundByCleanAddresses compares addresses of the two services without what nobody can see.
func TestProfilesAreFoundByCleanAddresses(t *testing.T) {
	profiles, err := NewProfiles(func(yield func(agentconnect.Employee, error) bool) {
		yield(agentconnect.Employee{Email: "Alex.Agent@Example.org\u200b"}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	policy, candidate := testPolicy(), plain()
	policy.Profiles = profiles
	candidate.Agent.Email.Value = "alex.agent@\u00adexample.org"
	if got := policy.Decide(candidate); got.Skip != "" || got.Request.Employee.Email != "alex.agent@example.org" {
		t.Errorf("got %+v", got)
	}
}

// TestDoNotSendThatIsZero holds that a number of none is not set, however it was read.
func TestDoNotSendThatIsZero(t *testing.T) {
	for _, zero := range []any{0.0, json.Number("0"), json.Number("0.0"), json.Number("-0e5")} {
		candidate := plain()
		custom("doNotSendAgentConnectRequestBool", zero)(&candidate)
		if got := testPolicy().Decide(candidate).Skip; got != "" {
			t.Errorf("%#v: got %q", zero, got)
		}
	}
}

// TestNumbersAreSentToTheLastDigit maps numbers that no float64 holds, by rules too.
func TestNumbersAreSentToTheLastDigit(t *testing.T) {
	policy := mapped(t, FieldTexts{CustomProperties: map[string]string{
		"order": "custom.orderNum", "parcel": "customer.custom.parcelNum", "list": "custom.listNum", "some": "custom.someNum",
	}})
	rules, problems := CompileRules([]RuleText{{Name: "large", When: "custom.orderNum == 9007199254740993", Set: FieldTexts{Tags: "custom.orderNum"}}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	candidate, want := plain(), plainRequest()
	policy.Rules = rules
	candidate.Conversation.Custom = map[string]any{
		"orderNum": json.Number("9007199254740993"), "listNum": []any{json.Number("18446744073709551615"), 2.0}, "someNum": 17.5,
	}
	candidate.Customer.Custom = map[string]any{"parcelNum": json.Number("9400111899223197428490")}
	want.Tags = []string{"9007199254740993", "late-delivery"}
	want.CustomProperties = map[string]string{
		"order": "9007199254740993", "parcel": "9400111899223197428490", "list": "18446744073709551615, 2", "some": "17.5",
	}
	if diff := cmp.Diff(policy.Decide(candidate), Decision{Request: want, Matched: []string{"large"}}); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}
