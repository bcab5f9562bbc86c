package decide

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/kustomer"
)

var testNow = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// testPolicy is the policy of the default configuration.
func testPolicy() Policy {
	return Policy{
		AppURL: "https://acme.kustomerapp.com", MaxAge: 72 * time.Hour,
		DoNotSendAttributes: []string{"doNotSendStellaConnectRequestBool", "doNotSendAgentConnectRequestBool"},
		SkipImported:        true, SkipSpam: true, SkipMachineAgents: true,
		Channels: map[string]string{"voice": "phone"},
	}
}

// plain is a candidate that passes every filter; tests change one thing of it.
func plain() Candidate {
	return Candidate{
		Conversation: kustomer.Conversation{
			ID: "6716500fa1b2c3d4e5f60001", CustomerID: "58210c3db0f09110006b7953", Status: "done",
			Channels: []string{"email", "chat"}, TagIDs: []string{"5849765dc41e372700cc84a3"},
			LastDone: &kustomer.Done{
				At: testNow.Add(-time.Hour), By: "5ce4672fcce83d001a9e83e9", AssignedUsers: []string{"5ce4672fcce83d001a9e83e8"},
			},
			AssignedUsers: []string{"5ce4672fcce83d001a9e83e7"},
		},
		Agent:    &kustomer.User{ID: "5ce4672fcce83d001a9e83e8", UserType: "user", Email: kustomer.Text{Value: "alex.agent@example.org"}},
		Tags:     []string{"late-delivery"},
		Customer: &kustomer.Customer{ID: "58210c3db0f09110006b7953", Name: kustomer.Text{Value: "Jane Doe"}, Emails: emails("jane@example.com")},
		Now:      testNow,
	}
}

func emails(addresses ...string) []kustomer.Email {
	var list []kustomer.Email
	for _, address := range addresses {
		list = append(list, kustomer.Email{Address: kustomer.Text{Value: address}})
	}
	return list
}

func plainRequest() agentconnect.Request {
	return agentconnect.Request{
		Customer:         agentconnect.Customer{Name: "Jane Doe", Email: "jane@example.com"},
		Employee:         agentconnect.Employee{Email: "alex.agent@example.org"},
		Channel:          "email",
		Tags:             []string{"late-delivery"},
		ExtInteractionID: "6716500fa1b2c3d4e5f60001",
		ExternalURL:      "https://acme.kustomerapp.com/app/customers/58210c3db0f09110006b7953/event/6716500fa1b2c3d4e5f60001",
	}
}

func custom(name string, value any) func(*Candidate) {
	return func(c *Candidate) { c.Conversation.Custom = map[string]any{name: value} }
}

func TestDecideSkips(t *testing.T) {
	tests := []struct {
		name   string // begins with the reason that is wanted
		policy func(*Policy)
		change func(*Candidate)
	}{
		{name: "not_done: open again", change: func(c *Candidate) { c.Conversation.Status = "open" }},
		{name: "not_done: no resolution", change: func(c *Candidate) { c.Conversation.LastDone = nil }},
		{name: "already_sent: accepted", change: func(c *Candidate) { c.Known.State = store.Accepted }},
		{name: "already_sent: rejected", change: func(c *Candidate) { c.Known.State = store.Rejected }},
		{name: "already_sent: dropped", change: func(c *Candidate) { c.Known.State = store.Dropped }},
		{name: "time_out_of_range", change: func(c *Candidate) { c.Outside = true }},
		{name: "time_out_of_range: none that can be read", change: func(c *Candidate) { c.Outside, c.Conversation.LastDone = true, nil }},
		{name: "not_done: and at no time", change: func(c *Candidate) { c.Outside, c.Conversation.Status = true, "open" }},
		{name: "imported", change: func(c *Candidate) { c.Conversation.Imported = true }},
		{name: "spam", change: func(c *Candidate) { c.Conversation.Spam = true }},
		{name: "stale", change: func(c *Candidate) { c.Conversation.LastDone.At = testNow.Add(-72*time.Hour - time.Millisecond) }},
		{name: "unreadable", change: func(c *Candidate) { c.Unread, c.Customer = true, nil }},
		{name: "unreadable: the agent", change: func(c *Candidate) { c.Unread, c.Agent = true, nil }},
		{name: "spam: whatever cannot be read", change: func(c *Candidate) { c.Unread, c.Conversation.Spam = true, true }},
		{name: "no_agent", change: func(c *Candidate) { c.Agent = nil }},
		{name: "agent_is_machine", change: func(c *Candidate) { c.Agent.UserType = "machine" }},
		{name: "agent_is_machine: in another case", change: func(c *Candidate) { c.Agent.UserType = "Machine" }},
		{name: "agent_is_machine: nobody can tell", change: func(c *Candidate) { c.Agent.UserType, c.Agent.Opaque = "", true }},
		{name: "no_agent_email: none", change: func(c *Candidate) { c.Agent.Email = kustomer.Text{} }},
		{name: "no_agent_email: masked", change: func(c *Candidate) { c.Agent.Email = kustomer.Text{Masked: true} }},
		{name: "no_agent_email: not an address", change: func(c *Candidate) { c.Agent.Email.Value = "alex" }},
		{
			name: "agent_unknown", change: func(c *Candidate) { c.Agent.Email.Value = "other@example.org" },
			policy: func(p *Policy) {
				p.Profiles = listedProfile("alex.agent@example.org")
			},
		},
		{name: "do_not_send: vendor's attribute", change: custom("doNotSendStellaConnectRequestBool", true)},
		{name: "do_not_send: guide's attribute", change: custom("doNotSendAgentConnectRequestBool", true)},
		{name: "do_not_send: as a word", change: custom("doNotSendAgentConnectRequestBool", "true")},
		{name: "do_not_send: as a number", change: custom("doNotSendAgentConnectRequestBool", 1.0)},
		{name: "do_not_send: as a number of many digits", change: custom("doNotSendAgentConnectRequestBool", json.Number("9007199254740993"))},
		{name: "do_not_send: as a number that was kept as written", change: custom("doNotSendAgentConnectRequestBool", json.Number("1"))},
		{name: "do_not_send: as no number", change: custom("doNotSendAgentConnectRequestBool", json.Number("x"))},
		{name: "do_not_send: out of range", change: custom("doNotSendAgentConnectRequestBool", kustomer.Unreadable{})},
		{name: "do_not_send: in another case", change: custom("donotsendAgentConnectRequestbool", true)},
		{name: "do_not_send_unreadable", change: func(c *Candidate) { c.Conversation.CustomUnread = true }},
		{
			name: "do_not_send_unreadable: where it would be flagged", change: func(c *Candidate) { c.Conversation.CustomUnread = true },
			policy: func(p *Policy) { p.FlagDoNotSend = true },
		},
		{name: "do_not_send: masked", change: custom("doNotSendAgentConnectRequestBool", map[string]any{"isMasked": true})},
		{
			name: "do_not_send: an attribute of the configuration", change: custom("quietBool", true),
			policy: func(p *Policy) { p.DoNotSendAttributes = []string{"quietBool"} },
		},
		{name: "no_first_request: none known", change: func(c *Candidate) { c.FollowUp.Applies = true }},
		{name: "no_first_request: not taken", change: func(c *Candidate) {
			c.FollowUp = FollowUp{Applies: true, First: store.Record{State: store.Rejected}}
		}},
		{name: "no_customer: no relationship", change: func(c *Candidate) { c.Conversation.CustomerID = "" }},
		{name: "no_customer: deleted", change: func(c *Candidate) { c.Customer.Deleted = true }},
		{name: "no_customer: not found", change: func(c *Candidate) { c.Customer = nil }},
		{name: "no_email: empty list", change: func(c *Candidate) { c.Customer.Emails = nil }},
		{name: "no_email: blank", change: func(c *Candidate) { c.Customer.Emails = emails("  ") }},
		{name: "invalid_email: no at sign", change: func(c *Candidate) { c.Customer.Emails = emails("n/a") }},
		{name: "invalid_email: no domain", change: func(c *Candidate) { c.Customer.Emails = emails("jane@") }},
		{name: "invalid_email: no dot in the domain", change: func(c *Candidate) { c.Customer.Emails = emails("jane@localhost") }},
		{name: "invalid_email: two at signs", change: func(c *Candidate) { c.Customer.Emails = emails("a@b@example.com") }},
		{name: "invalid_email: with a name", change: func(c *Candidate) { c.Customer.Emails = emails("Jane <jane@example.com>") }},
		{name: "invalid_email: line break", change: func(c *Candidate) { c.Customer.Emails = emails("jane@example.com\nbcc: x@example.com") }},
		{name: "invalid_email: too long", change: func(c *Candidate) { c.Customer.Emails = emails(strings.Repeat("j", 250) + "@example.com") }},
		{name: "masked_email", change: func(c *Candidate) {
			c.Customer.Emails = []kustomer.Email{{Address: kustomer.Text{Masked: true}}}
		}},
		{name: "no_channel", change: func(c *Candidate) { c.Conversation.Channels = nil }},
	}
	covered := map[Reason]bool{}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			policy, candidate := testPolicy(), plain()
			if test.policy != nil {
				test.policy(&policy)
			}
			test.change(&candidate)
			want, _, _ := strings.Cut(test.name, ":")
			covered[Reason(want)] = true
			if got := policy.Decide(candidate); got.Skip != Reason(want) {
				t.Errorf("got %q, want %q", got.Skip, want)
			}
		})
	}
	t.Run("every reason has a case", func(t *testing.T) {
		for _, reason := range SkipReasons() {
			if reason == Reopened || reason == Gone || reason == PlanChanged || reason == NoRecovery { // given when a waiting conversation is read again: TestTakeUp
				continue
			}
			if !covered[reason] {
				t.Errorf("no case for %q", reason)
			}
		}
	})
}

// TestDecidePrecedence breaks every filter at once and mends one after the other, in the order of the reasons.
func TestDecidePrecedence(t *testing.T) {
	broken := plain()
	broken.Conversation.Status, broken.Known.State = "open", store.Accepted
	broken.Conversation.Imported, broken.Conversation.Spam = true, true
	broken.Conversation.LastDone.At = testNow.Add(-100 * time.Hour)
	agent := *broken.Agent
	broken.Agent = nil
	broken.Conversation.Custom = map[string]any{"doNotSendAgentConnectRequestBool": true}
	broken.Conversation.CustomUnread, broken.Outside = true, true
	broken.Customer, broken.Conversation.Channels = nil, nil
	steps := []struct {
		want Reason
		mend func(*Candidate)
	}{
		{NotDone, func(c *Candidate) { c.Conversation.Status = "done" }},
		{AlreadySent, func(c *Candidate) { c.Known.State = store.Unknown }},
		{TimeOutOfRange, func(c *Candidate) { c.Outside = false }},
		{Imported, func(c *Candidate) { c.Conversation.Imported = false }},
		{Spam, func(c *Candidate) { c.Conversation.Spam = false }},
		{Stale, func(c *Candidate) { c.Conversation.LastDone.At = testNow }},
		{NoAgent, func(c *Candidate) { c.Agent = &kustomer.User{UserType: "machine"} }},
		{AgentIsMachine, func(c *Candidate) { c.Agent.UserType = "user" }},
		{NoAgentEmail, func(c *Candidate) { c.Agent.Email.Value = "other@example.org" }},
		{AgentUnknown, func(c *Candidate) { c.Agent.Email = agent.Email }},
		{DoNotSendUnreadable, func(c *Candidate) { c.Conversation.CustomUnread = false }},
		{DoNotSend, func(c *Candidate) { c.Conversation.Custom = nil }},
		{NoCustomer, func(c *Candidate) { c.Customer = &kustomer.Customer{} }},
		{NoEmail, func(c *Candidate) { c.Customer.Emails = emails("n/a") }},
		{InvalidEmail, func(c *Candidate) {
			c.Customer.Emails = []kustomer.Email{{Address: kustomer.Text{Masked: true}}}
		}},
		{MaskedEmail, func(c *Candidate) { c.Customer.Emails = emails("jane@example.com") }},
		{NoChannel, func(c *Candidate) { c.Conversation.Channels = []string{"email"} }},
		{"", nil},
	}
	policy := testPolicy()
	policy.Profiles = listedProfile(agent.Email.Value)
	for _, step := range steps {
		if got := policy.Decide(broken); got.Skip != step.want {
			t.Fatalf("got %q, want %q", got.Skip, step.want)
		}
		if step.mend != nil {
			step.mend(&broken)
		}
	}
}

func TestDecideRequest(t *testing.T) {
	long := strings.Repeat("é", maxTagLength+5)
	many := strings.Fields(strings.Repeat("x ", 30))
	for i := range many {
		many[i] += string(rune('a' + i))
	}
	tests := []struct {
		name   string
		policy func(*Policy)
		change func(*Candidate)
		want   func(*agentconnect.Request)
	}{
		{name: "plain"},
		{
			name:   "customer.name: null is left out",
			change: func(c *Candidate) { c.Customer.Name = kustomer.Text{} },
			want:   func(r *agentconnect.Request) { r.Customer.Name = "" },
		},
		{
			name:   "customer.name: masked is left out",
			change: func(c *Candidate) { c.Customer.Name = kustomer.Text{Masked: true} },
			want:   func(r *agentconnect.Request) { r.Customer.Name = "" },
		},
		{
			name:   "customer.name: on one line",
			change: func(c *Candidate) { c.Customer.Name.Value = "  Jane \n Doe " },
		},
		{
			name:   "customer.name: without control characters",
			change: func(c *Candidate) { c.Customer.Name.Value = "\x1bJane\u2028\u009b\x00Doe\a\ufffd" },
		},
		{
			name: "customer.email: the first, verified or not",
			change: func(c *Candidate) {
				c.Customer.Emails = emails("first@example.com", "second@example.com")
				c.Customer.Emails[1].Verified = true
			},
			want: func(r *agentconnect.Request) { r.Customer.Email = "first@example.com" },
		},
		{
			name:   "customer.email: the first verified",
			policy: func(p *Policy) { p.VerifiedEmail = true },
			change: func(c *Candidate) {
				c.Customer.Emails = emails("first@example.com", "second@example.com")
				c.Customer.Emails[1].Verified = true
			},
			want: func(r *agentconnect.Request) { r.Customer.Email = "second@example.com" },
		},
		{
			name:   "customer.email: the first where none is verified",
			policy: func(p *Policy) { p.VerifiedEmail = true },
		},
		{
			name:   "customer.email: without spaces around it",
			change: func(c *Candidate) { c.Customer.Emails = emails(" jane@example.com ") },
		},
		{
			name:   "employee.email: without spaces around it",
			change: func(c *Candidate) { c.Agent.Email.Value = " alex.agent@example.org " },
		},
		{
			name:   "channel: voice is phone",
			change: func(c *Candidate) { c.Conversation.Channels = []string{"voice"} },
			want:   func(r *agentconnect.Request) { r.Channel = "phone" },
		},
		{
			name:   "channel: voice wins in any place",
			change: func(c *Candidate) { c.Conversation.Channels = []string{"chat", "voice"} },
			want:   func(r *agentconnect.Request) { r.Channel = "phone" },
		},
		{
			name:   "channel: else the first",
			change: func(c *Candidate) { c.Conversation.Channels = []string{"chat", "email"} },
			want:   func(r *agentconnect.Request) { r.Channel = "chat" },
		},
		{
			name:   "channel: mapped",
			policy: func(p *Policy) { p.Channels = map[string]string{"email": "Email"} },
			want:   func(r *agentconnect.Request) { r.Channel = "Email" },
		},
		{
			name:   "channel: without control characters",
			change: func(c *Candidate) { c.Conversation.Channels = []string{"\x1bch\x7fat\r\n"} },
			want:   func(r *agentconnect.Request) { r.Channel = "chat" },
		},
		{
			name:   "channel: the default where nothing else is in it",
			policy: func(p *Policy) { p.DefaultChannel = "email" },
			change: func(c *Candidate) { c.Conversation.Channels = []string{"\x00\u0085"} },
		},
		{
			name:   "channel: the default where there is none",
			policy: func(p *Policy) { p.DefaultChannel = "email" },
			change: func(c *Candidate) { c.Conversation.Channels = nil },
		},
		{
			name:   "tags: none",
			change: func(c *Candidate) { c.Tags = nil },
			want:   func(r *agentconnect.Request) { r.Tags = nil },
		},
		{
			name:   "tags: at most twenty",
			change: func(c *Candidate) { c.Tags = many },
			want:   func(r *agentconnect.Request) { r.Tags = many[:20] },
		},
		{
			name:   "tags: cut at 2,000 characters",
			change: func(c *Candidate) { c.Tags = []string{long} },
			want:   func(r *agentconnect.Request) { r.Tags = []string{strings.Repeat("é", maxTagLength)} },
		},
		{
			name: "tags: without control characters",
			change: func(c *Candidate) {
				c.Tags = []string{"\x1blate-\adelivery", "\x00", "late-delivery\r", "a\nb\u2029c"}
			},
			want: func(r *agentconnect.Request) { r.Tags = []string{"late-delivery", "a b c"} },
		},
		{
			name:   "tags: empty and repeated ones are left out",
			change: func(c *Candidate) { c.Tags = []string{"late-delivery", " ", "late-delivery"} },
		},
		{
			name:   "do_not_send: flagged",
			policy: func(p *Policy) { p.FlagDoNotSend = true },
			change: custom("doNotSendStellaConnectRequestBool", true),
			want:   func(r *agentconnect.Request) { r.DoNotSend = true },
		},
		{
			name:   "do_not_send: not flagged when it is not set",
			policy: func(p *Policy) { p.FlagDoNotSend = true },
			change: custom("doNotSendStellaConnectRequestBool", false),
		},
		{name: "do_not_send: false", change: custom("doNotSendStellaConnectRequestBool", false)},
		{name: "do_not_send: null", change: custom("doNotSendAgentConnectRequestBool", nil)},
		{name: "do_not_send: the word false", change: custom("doNotSendAgentConnectRequestBool", "False")},
		{
			name: "external_url and ext_interaction_id: escaped",
			change: func(c *Candidate) {
				c.Conversation.ID, c.Conversation.CustomerID = "a/b", "c?d"
			},
			want: func(r *agentconnect.Request) {
				r.ExtInteractionID = "a/b"
				r.ExternalURL = "https://acme.kustomerapp.com/app/customers/c%3Fd/event/a%2Fb"
			},
		},
		{
			name: "external_url: left out when the organisation is not known", policy: func(p *Policy) { p.AppURL = "" },
			want: func(r *agentconnect.Request) { r.ExternalURL = "" },
		},
		{name: "imported: when it may be", policy: func(p *Policy) { p.SkipImported = false }, change: func(c *Candidate) { c.Conversation.Imported = true }},
		{name: "spam: when it may be", policy: func(p *Policy) { p.SkipSpam = false }, change: func(c *Candidate) { c.Conversation.Spam = true }},
		{name: "machine: when it may be", policy: func(p *Policy) { p.SkipMachineAgents = false }, change: func(c *Candidate) { c.Agent.UserType = "machine" }},
		{name: "age: exactly max_age", change: func(c *Candidate) { c.Conversation.LastDone.At = testNow.Add(-72 * time.Hour) }},
		{name: "age: any, without max_age", policy: func(p *Policy) { p.MaxAge = 0 }, change: func(c *Candidate) { c.Conversation.LastDone.At = time.Unix(0, 0) }},
		{name: "known: skipped before", change: func(c *Candidate) { c.Known.State = store.Skipped }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			policy, candidate, want := testPolicy(), plain(), plainRequest()
			if test.policy != nil {
				test.policy(&policy)
			}
			if test.change != nil {
				test.change(&candidate)
			}
			if test.want != nil {
				test.want(&want)
			}
			got := policy.Decide(candidate)
			if !got.Send() {
				t.Fatalf("skipped: %s", got.Skip)
			}
			if diff := cmp.Diff(want, got.Request); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAgent(t *testing.T) {
	tests := []struct {
		name   string
		closer bool
		change func(*kustomer.Conversation)
		want   string
	}{
		{name: "assigned: at the resolution", want: "5ce4672fcce83d001a9e83e8"},
		{name: "assigned: else now", change: func(c *kustomer.Conversation) { c.LastDone.AssignedUsers = nil }, want: "5ce4672fcce83d001a9e83e7"},
		{name: "assigned: nobody", change: func(c *kustomer.Conversation) { c.LastDone.AssignedUsers, c.AssignedUsers = nil, nil }},
		{name: "closer", closer: true, want: "5ce4672fcce83d001a9e83e9"},
		{name: "closer: automation", closer: true, change: func(c *kustomer.Conversation) { c.LastDone.By = "" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			policy, conversation := testPolicy(), plain().Conversation
			policy.Closer = test.closer
			if test.change != nil {
				test.change(&conversation)
			}
			if got := policy.AgentID(conversation); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEveryReasonIsExplained(t *testing.T) {
	listed := map[Reason]bool{}
	for _, reason := range Reasons() {
		if reason.Explain() == "" || listed[reason] {
			t.Errorf("%s has no explanation, or is there twice", reason)
		}
		listed[reason] = true
	}
}

// TestEnvHidesWhatIsMasked lets no expression see an object that stands in place of a masked or unreadable attribute.
func TestEnvHidesWhatIsMasked(t *testing.T) {
	c := plain()
	c.Conversation.Custom = map[string]any{
		"maskedStr": map[string]any{"isMasked": true}, "hugeNum": kustomer.Unreadable{}, "planStr": "gold",
	}
	c.Customer.Custom = map[string]any{"maskedStr": map[string]any{"isMasked": true}}
	env := testPolicy().env(c)
	if diff := cmp.Diff(map[string]any{"planStr": "gold"}, env.Custom); diff != "" || len(env.Customer.Custom) > 0 {
		t.Errorf("the customer has %v; -want +got:\n%s", env.Customer.Custom, diff)
	}
}
