package sandbox

import "time"

// The two attributes by which an organisation says that nobody is to be asked: the one that the vendor's workflow reads,
// and the one that Kustomer derives from the field that the vendor's guide tells to create.
const (
	flagOld = "doNotSendStellaConnectRequestBool"
	flagNew = "doNotSendAgentConnectRequestBool"
)

// stateKinds differ in the conversation's own attributes.
var stateKinds = []kind{
	{name: "do not send, workflow's attribute", expect: "do_not_send", count: 2, shape: custom(flagOld, true)},
	{name: "do not send, guide's attribute", expect: "do_not_send", count: 1, shape: custom(flagNew, true)},
	{name: "do not send false", expect: Send, count: 2, shape: custom(flagOld, false)},
	{name: "do not send null", expect: Send, count: 1, shape: custom(flagNew, nil)},
	{name: "open in the document", expect: "not_done", count: 1, shape: found("open")},
	{name: "snoozed in the document", expect: "not_done", count: 1, shape: found("snoozed")},
	{name: "imported", expect: "imported", count: 2, shape: func(c *Conversation, _ *dice) {
		c.ImportedAt = c.Resolved.Add(-2 * time.Second)
	}},
	{name: "spam", expect: "spam", count: 2, shape: func(c *Conversation, _ *dice) { c.Spam = true }},
	{name: "reopened and closed again", expect: Send, count: 3, shape: func(c *Conversation, d *dice) {
		c.DoneCount, c.ReopenCount = 2, d.n(2) // the counters of reopening are not reliable (observed)
	}},
	{name: "outbound only", expect: Send, count: 2, shape: func(c *Conversation, _ *dice) { c.Outbound = true }},
	{name: "brand", expect: Send, count: 3, shape: func(c *Conversation, d *dice) { c.BrandID = brands[d.n(len(brands))] }},
	{name: "nulls", expect: Send, count: 1, shape: func(c *Conversation, _ *dice) {
		c.Name, c.Custom, c.DoneBy, c.Attributes = "", nil, "", nullAttributes
	}},
	{name: "unknown attributes", expect: Send, count: 1, shape: func(c *Conversation, _ *dice) { c.Attributes = strangeAttributes }},
	{name: "empty objects", expect: Send, count: 1, shape: func(c *Conversation, _ *dice) { c.Attributes = emptyAttributes }},
}

func custom(name string, value any) func(*Conversation, *dice) {
	return func(c *Conversation, _ *dice) { c.Custom[name] = value }
}

// found is for a conversation that the index takes for done while the document says otherwise.
func found(status string) func(*Conversation, *dice) {
	return func(c *Conversation, _ *dice) { c.Status, c.IndexStatus = status, "done" }
}

// nullAttributes: every attribute can be null (observed), besides those that a survey request needs.
var nullAttributes = func() map[string]any {
	m := map[string]any{}
	for _, name := range []string{
		"externalId", "preview", "open", "snooze", "messageCount", "inboundMessageCount", "outboundMessageCount", "noteCount",
		"satisfaction", "satisfactionLevel", "modifiedAt", "lastActivityAt", "lastReceivedAt", "importedAt", "spam", "ended",
		"endedAt", "endedReason", "endedByType", "tags", "suggestedTags", "sentiment", "firstMessageIn", "lastMessageIn",
		"lastMessageOut", "lastMessageAt", "assignedTeams", "firstResponse", "lastResponse", "firstDone", "doneCount",
		"snoozeCount", "reopenCount", "reopenFromDoneCount", "totalOpen", "totalDone", "totalSnooze", "direction",
		"lastMessageDirection", "replyChannel", "priority", "defaultLang", "locale", "modificationHistory", "assistant",
		"roleGroupVersions", "linkedConversations", "mergedTarget", "phase", "rev",
	} {
		m[name] = nil
	}
	return m
}()

var strangeAttributes = map[string]any{
	"aiSummary":   map[string]any{"version": 3, "segments": []any{1, "two", nil, map[string]any{}}},
	"x-internal":  true,
	"queueWeight": 0.25,
	"lastMessageIn": map[string]any{
		"id": "6716500fa1b2c3d4e5f60103", "meta": map[string]any{"to": "support@example.org", "cc": map[string]any{"email": "cc@example.net"}},
	},
}

var emptyAttributes = map[string]any{
	"open": map[string]any{}, "snooze": map[string]any{}, "satisfactionLevel": map[string]any{}, "sentiment": map[string]any{},
	"firstMessageIn": map[string]any{}, "lastMessageIn": map[string]any{}, "lastMessageOut": map[string]any{},
	"firstResponse": map[string]any{}, "lastResponse": map[string]any{}, "totalOpen": map[string]any{}, "custom": map[string]any{},
	"modificationHistory": map[string]any{}, "assistant": map[string]any{}, "firstDone": map[string]any{},
}

// deck has each kind as often as an hour of len(deck) conversations has it.
var deck = func() []*kind {
	var all []*kind
	for i := range kinds {
		for range kinds[i].count {
			all = append(all, &kinds[i])
		}
	}
	return all
}()

// Kinds are the names of all sorts of generated conversations. Any stretch of three busy hours has several of each.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].name
	}
	return names
}
