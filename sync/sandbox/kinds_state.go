package sandbox

import (
	"strings"
	"time"
)

// The two attributes by which an organisation says that nobody is to be asked: the vendor's workflow reads
// the old one, and Kustomer derives the new one from the field that the vendor's guide has users create.
const (
	flagOld = "doNotSendStellaConnectRequestBool"
	flagNew = "doNotSendAgentConnectRequestBool"
)

// stateKinds differ in the conversation's own attributes.
var stateKinds = []kind{
	{
		name: "do not send, workflow's attribute", expect: "do_not_send", count: 2,
		shape: custom(flagOld, true),
	},
	{name: "do not send, guide's attribute", expect: "do_not_send", count: 1, shape: custom(flagNew, true)},
	{name: "do not send false", expect: Send, count: 2, shape: custom(flagOld, false)},
	{name: "do not send null", expect: Send, count: 1, shape: custom(flagNew, nil)},
	{name: "open in the document", expect: "not_done", count: 1, shape: doneInIndex("open")},
	{name: "snoozed in the document", expect: "not_done", count: 1, shape: doneInIndex("snoozed")},
	{name: "imported", expect: "imported", count: 2, shape: func(c *Conversation, _ *rng) {
		c.ImportedAt = c.Resolved.Add(-2 * time.Second)
	}},
	{name: "spam", expect: "spam", count: 2, shape: func(c *Conversation, _ *rng) { c.Spam = true }},
	// The counters of reopening are not reliable (observed).
	{name: "reopened and closed again", expect: Send, count: 3, shape: func(c *Conversation, r *rng) {
		c.DoneCount, c.ReopenCount = 2, r.n(2)
	}},
	{
		name: "outbound only", expect: Send, count: 2,
		shape: func(c *Conversation, _ *rng) { c.Outbound = true },
	},
	{name: "brand", expect: Send, count: 3, shape: func(c *Conversation, r *rng) {
		c.BrandID = brands[r.n(len(brands))]
	}},
	{name: "nulls", expect: Send, count: 1, shape: func(c *Conversation, _ *rng) {
		c.Name, c.Custom, c.DoneBy, c.Attributes = "", nil, "", nullAttributes
	}},
	{name: "unknown attributes", expect: Send, count: 1, shape: attributes(strangeAttributes)},
	{name: "empty objects", expect: Send, count: 1, shape: attributes(emptyAttributes)},
}

func custom(name string, value any) shape {
	return func(c *Conversation, _ *rng) { c.Custom[name] = value }
}

// doneInIndex is for a conversation that the index takes for done while the document says otherwise.
func doneInIndex(status string) shape {
	return func(c *Conversation, _ *rng) { c.Status, c.IndexStatus = status, "done" }
}

func attributes(over map[string]any) shape {
	return func(c *Conversation, _ *rng) { c.Attributes = over }
}

// nullAttributes: every attribute can be null (observed), besides those that a survey request needs.
var nullAttributes = each(nil, `
	externalId preview open snooze messageCount inboundMessageCount outboundMessageCount noteCount
	satisfaction satisfactionLevel modifiedAt lastActivityAt lastReceivedAt importedAt spam ended
	endedAt endedReason endedByType tags suggestedTags sentiment firstMessageIn lastMessageIn
	lastMessageOut lastMessageAt assignedTeams firstResponse lastResponse firstDone doneCount
	snoozeCount reopenCount reopenFromDoneCount totalOpen totalDone totalSnooze direction
	lastMessageDirection replyChannel priority defaultLang locale modificationHistory assistant
	roleGroupVersions linkedConversations mergedTarget phase rev`)

var emptyAttributes = each(map[string]any{}, `
	open snooze satisfactionLevel sentiment firstMessageIn lastMessageIn lastMessageOut
	firstResponse lastResponse totalOpen custom modificationHistory assistant firstDone`)

var strangeAttributes = map[string]any{
	"aiSummary":   map[string]any{"version": 3, "segments": []any{1, "two", nil, map[string]any{}}},
	"x-internal":  true,
	"queueWeight": 0.25,
	"lastMessageIn": map[string]any{
		"id":   "6716500fa1b2c3d4e5f60103",
		"meta": map[string]any{"to": "support@example.org", "cc": map[string]any{"email": "cc@example.net"}},
	},
}

// each gives all attributes with the names the same value.
func each(value any, names string) map[string]any {
	all := map[string]any{}
	for name := range strings.FieldsSeq(names) {
		all[name] = value
	}
	return all
}
