package sandbox

import (
	"slices"
	"strings"
)

const kindMerged = "customer merged"

// kind is a sort of conversation: what sets it apart, and how many an hour has.
type kind struct {
	name   string
	expect string // Send, a reason to skip it, or empty
	count  int    // of 130 conversations an hour
	plain  bool   // may be of a customer who returns

	shape    shape
	customer func(*Customer)
}

// shape gives a conversation what its kind is about.
type shape func(*Conversation, *rng)

// kinds are all sorts, in the order of mix, so the first must be a plain one.
var kinds = slices.Concat(plainKinds, tagKinds, agentKinds, customerKinds, stateKinds)

// mix has each kind as often as an hour of len(mix) conversations has it.
var mix = func() []*kind {
	var all []*kind
	for i := range kinds {
		all = append(all, slices.Repeat([]*kind{&kinds[i]}, kinds[i].count)...)
	}
	return all
}()

var plainKinds = []kind{
	{name: "email", expect: Send, count: 28, plain: true},
	{name: "chat", expect: Send, count: 13, plain: true, shape: channels("chat")},
	{name: "voice", expect: Send, count: 6, plain: true, shape: channels("voice")},
	{name: "voice after email", expect: Send, count: 2, plain: true, shape: channels("email", "voice")},
	{name: "several channels", expect: Send, count: 4, plain: true, shape: channels("chat", "email", "sms")},
	{name: "sms", expect: Send, count: 5, plain: true, shape: channels("sms")},
	// Agent Connect does not know this channel.
	{name: "custom channel", expect: Send, count: 1, shape: channels("kiosk")},
	{name: "no channel", expect: "no_channel", count: 1, shape: channels()},
	{name: "null channels", expect: "no_channel", count: 1, shape: func(c *Conversation, _ *rng) {
		c.Channels = nil
	}},
}

var tagKinds = []kind{
	{name: "deleted tag", expect: Send, count: 1, shape: tagged(deletedTag)},
	{name: "unknown tag", expect: Send, count: 1, shape: tagged("60a1f0c2d3e4b5a697886abc")},
	// Names are accepted on writing (documented).
	{name: "tag by name", expect: Send, count: 1, shape: tagged("vip")},
	{name: "many tags", expect: Send, count: 1, shape: func(c *Conversation, _ *rng) {
		c.Tags = nil
		for n := range 24 {
			c.Tags = append(c.Tags, tagID(n))
		}
	}},
}

var agentKinds = []kind{
	{name: "assigned after done", expect: Send, count: 2, shape: func(c *Conversation, _ *rng) {
		c.DoneUsers = []string{}
	}},
	{name: "closed by another", expect: Send, count: 4, shape: func(c *Conversation, r *rng) {
		for c.DoneBy == c.DoneUsers[0] {
			c.DoneBy = RegularAgents[r.n(len(RegularAgents))].ID
		}
	}},
	{name: "unassigned since", expect: Send, count: 1, shape: func(c *Conversation, _ *rng) {
		c.AssignedUsers = []string{}
	}},
	{name: "agent without profile", expect: Send, count: 1, shape: agent(agentNoProfile)},
	{name: "agent with deactivated profile", expect: Send, count: 1, shape: agent(agentDeactivated)},
	{name: "agent with incomplete profile", expect: Send, count: 1, shape: agent(agentIncomplete)},
	{name: "closed by automation", expect: "no_agent", count: 5, shape: func(c *Conversation, _ *rng) {
		c.AssignedUsers, c.DoneUsers, c.DoneBy = []string{}, []string{}, ""
		c.Attributes = map[string]any{"assignedTeams": []string{}}
	}},
	{name: "never assigned", expect: "no_agent", count: 1, shape: func(c *Conversation, _ *rng) {
		c.AssignedUsers, c.DoneUsers = []string{}, []string{}
	}},
	{name: "machine agent", expect: "agent_is_machine", count: 2, shape: agent(agentMachine)},
	{name: "agent without e-mail", expect: "no_agent_email", count: 1, shape: agent(agentNoEmail)},
	{name: "agent with masked e-mail", expect: "no_agent_email", count: 1, shape: agent(agentMasked)},
	{name: "deleted agent, listed", count: 1, shape: agent(agentDeletedListed)},
	{name: "deleted agent, not listed", count: 1, shape: agent(agentDeletedUnlisted)},
	{name: "deleted agent, not found", count: 1, shape: agent("5ce4672fcce83d001a9e8fff")},
}

var customerKinds = []kind{
	{name: kindMerged, expect: Send, count: 1},
	{name: "verified address second", expect: Send, count: 2, customer: func(c *Customer) {
		old := Email{Address: "old." + c.Emails[0].Address.(string), Type: "work"}
		c.Emails = []Email{old, c.Emails[0]}
	}},
	{name: "name null", expect: Send, count: 2, customer: named(nil)},
	{name: "name masked", expect: Send, count: 1, customer: named(masked())},
	{name: "name with markup", expect: Send, count: 1, customer: named(
		`<b>Bobby</b> "Tables" & Sons; {{name}}`)},
	{name: "name in other scripts", expect: Send, count: 1, customer: named("Zoë Ångström 李小龍 עמית")},
	{name: "name with emoji", expect: Send, count: 1, customer: named("🦊 Foxy\u200b Lady 👩‍👩‍👧")},
	{name: "very long name", expect: Send, count: 1, customer: named(
		"Maximiliana " + strings.Repeat("von und zu ", 60) + "Langenau")},
	{name: "customer null", expect: "no_customer", count: 1, shape: func(c *Conversation, _ *rng) {
		c.CustomerID = ""
	}},
	{name: "customer deleted", expect: "no_customer", count: 1, customer: func(c *Customer) {
		c.Deleted = true
	}},
	{name: "no e-mail", expect: "no_email", count: 2, customer: func(c *Customer) { c.Emails = []Email{} }},
	{name: "shared e-mail only", expect: "no_email", count: 1, customer: func(c *Customer) {
		c.Emails, c.SharedEmails = []Email{}, c.Emails
	}},
	{name: "e-mail n/a", expect: "invalid_email", count: 1, customer: addressed("n/a")},
	{name: "e-mail without domain", expect: "invalid_email", count: 1, customer: addressed("jane@")},
	{
		name: "e-mail with two @", expect: "invalid_email", count: 1,
		customer: addressed("jane@home@example.com"),
	},
	{name: "e-mail masked", expect: "masked_email", count: 1, customer: addressed(masked())},
}

func channels(names ...string) shape {
	return func(c *Conversation, _ *rng) { c.Channels = append([]string{}, names...) }
}

func tagged(id string) shape {
	return func(c *Conversation, _ *rng) { c.Tags = []string{tagID(0), id} }
}

func agent(id string) shape {
	return func(c *Conversation, r *rng) { c.assign(id, r.n(len(teams))) }
}

func named(name any) func(*Customer) { return func(c *Customer) { c.Name = name } }

func addressed(address any) func(*Customer) {
	return func(c *Customer) { c.Emails = []Email{{Address: address, Type: "home"}} }
}
