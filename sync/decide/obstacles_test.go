package decide

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"acsync/store"
	"acsync/sync/kustomer"
)

// obstacles are the checks that would have stopped a conversation, each by itself.
func obstacles(steps []Step) (list []Reason) {
	for _, step := range steps {
		if step.Alone == StepDecided {
			list = append(list, step.Reason)
		}
	}
	return list
}

// TestTraceTellsAllObstacles: all that is in the way is told, and nothing that only follows from another.
func TestTraceTellsAllObstacles(t *testing.T) {
	vip := RuleText{Name: "vip", When: `"late-delivery" in tags`, Action: ActionSend}
	late := RuleText{Name: "late", When: `"late-delivery" in tags`, Action: ActionSkip}
	later := RuleText{Name: "later", When: `"late-delivery" in tags`, Action: ActionSkip}
	wrong := RuleText{Name: "wrong", When: `custom.a.b == 1`, Action: ActionSkip}
	spam := func(c *Candidate) { c.Conversation.Spam = true }
	tests := []struct {
		name   string
		policy Policy
		change func(*Candidate)
		want   []Reason
	}{
		{"nothing", testPolicy(), func(*Candidate) {}, nil},
		{"several", testPolicy(), func(c *Candidate) {
			spam(c)
			c.Agent.Email = kustomer.Text{}
			c.Conversation.Custom = map[string]any{"doNotSendAgentConnectRequestBool": true}
			c.Customer.Emails, c.Conversation.Channels = nil, nil
		}, []Reason{Spam, NoAgentEmail, DoNotSend, NoEmail, NoChannel}},
		{"nobody, who has no address either", testPolicy(), func(c *Candidate) {
			c.Agent, c.Customer, c.Conversation.CustomerID = nil, nil, ""
		}, []Reason{NoAgent, NoCustomer}},
		{"asked already, long ago", testPolicy(), func(c *Candidate) {
			c.Known = store.Record{State: store.Accepted}
			c.Now = c.Now.AddDate(0, 1, 0)
		}, []Reason{AlreadySent}},
		{"rules behind a filter", ruled(t, late, later, wrong), spam, []Reason{
			Spam, "rule:late", "rule:later", "rule_error:wrong",
		}},
		{"a rule that another one overrules", ruled(t, vip, late), spam, []Reason{Spam}},
		{"a field behind a filter", mapped(t, FieldTexts{Brand: `custom.a.b`}), spam, []Reason{
			Spam, "rule_error:mapping.brand",
		}},
		// Nobody knows whether a customer that was not read has an address, nor what rules say without tags.
		{"what was not read", ruled(t, late), func(c *Candidate) {
			spam(c)
			c.Customer = nil
		}, []Reason{Spam}},
		{"tags that were not read", ruled(t, late), func(c *Candidate) {
			spam(c)
			c.Tags, c.Conversation.TagIDs = nil, []string{"1"}
		}, []Reason{Spam}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := plain()
			test.change(&c)
			_, steps := test.policy.Trace(c)
			if diff := cmp.Diff(test.want, obstacles(steps)); diff != "" {
				t.Errorf("got +, want -\n%s", diff)
			}
		})
	}
}

// TestObstaclesAreDecisions: whatever decides is an obstacle; and who is asked has none.
func TestObstaclesAreDecisions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p, c := anyPolicy(rt), anyCandidate(rt)
		if p.Recovery != nil {
			c.FollowUp = anyFollowUp(rt)
		}
		d, steps := p.Trace(c)
		found := obstacles(steps)
		if d.Send() && len(found) > 0 || !d.Send() && !slices.Contains(found, d.Skip) {
			rt.Errorf("decided by %q, in the way: %q", d.Skip, found)
		}
	})
}

func TestForbidding(t *testing.T) {
	c := plain()
	c.Conversation.Custom = map[string]any{
		"DONOTSENDAGENTCONNECTREQUESTBOOL": "yes", "doNotSendStellaConnectRequestBool": true, "otherBool": true,
		"noSurveyBool": false,
	}
	p := Policy{DoNotSendAttributes: []string{
		"doNotSendAgentConnectRequestBool", "doNotSendStellaConnectRequestBool", "noSurveyBool",
	}}
	want := []string{"DONOTSENDAGENTCONNECTREQUESTBOOL", "doNotSendStellaConnectRequestBool"}
	if diff := cmp.Diff(want, p.Forbidding(c)); diff != "" {
		t.Errorf("got +, want -\n%s", diff)
	}
}
