package sandbox

import (
	"cmp"
	"time"
)

// conversationAttributes are the attributes of a conversation, as observed.
type conversationAttributes struct {
	ExternalID           any            `json:"externalId"`
	Name                 any            `json:"name"`
	Preview              any            `json:"preview"`
	Channels             []string       `json:"channels"`
	Status               string         `json:"status"`
	Open                 statusTime     `json:"open"`
	Snooze               any            `json:"snooze"`
	MessageCount         int            `json:"messageCount"`
	InboundMessageCount  int            `json:"inboundMessageCount"`
	OutboundMessageCount int            `json:"outboundMessageCount"`
	NoteCount            int            `json:"noteCount"`
	Satisfaction         int            `json:"satisfaction"`
	SatisfactionLevel    satisfaction   `json:"satisfactionLevel"`
	CreatedAt            any            `json:"createdAt"`
	UpdatedAt            any            `json:"updatedAt"`
	ModifiedAt           any            `json:"modifiedAt"`
	LastActivityAt       any            `json:"lastActivityAt"`
	LastReceivedAt       any            `json:"lastReceivedAt"`
	ImportedAt           any            `json:"importedAt"`
	Spam                 bool           `json:"spam"`
	Ended                bool           `json:"ended"`
	EndedAt              any            `json:"endedAt"`
	EndedReason          any            `json:"endedReason"`
	EndedByType          any            `json:"endedByType"`
	Tags                 []string       `json:"tags"`
	SuggestedTags        []string       `json:"suggestedTags"`
	Predictions          []string       `json:"predictions"`
	SuggestedShortcuts   []string       `json:"suggestedShortcuts"`
	Sentiment            sentiment      `json:"sentiment"`
	FirstMessageIn       message        `json:"firstMessageIn"`
	LastMessageIn        message        `json:"lastMessageIn"`
	LastMessageOut       message        `json:"lastMessageOut"`
	LastMessageAt        any            `json:"lastMessageAt"`
	Unresponded          none           `json:"lastMessageUnrespondedTo"`
	UnrespondedSince     none           `json:"lastMessageUnrespondedToSinceLastDone"`
	AssignedUsers        []string       `json:"assignedUsers"`
	AssignedTeams        []string       `json:"assignedTeams"`
	FirstResponse        none           `json:"firstResponse"`
	FirstResponseSince   none           `json:"firstResponseSinceLastDone"`
	LastResponse         none           `json:"lastResponse"`
	FirstDone            *done          `json:"firstDone"`
	LastDone             *done          `json:"lastDone"`
	DoneCount            int            `json:"doneCount"`
	SnoozeCount          int            `json:"snoozeCount"`
	ReopenCount          int            `json:"reopenCount"`
	ReopenFromDoneCount  int            `json:"reopenFromDoneCount"`
	TotalOpen            none           `json:"totalOpen"`
	TotalDone            none           `json:"totalDone"`
	TotalSnooze          none           `json:"totalSnooze"`
	Direction            string         `json:"direction"`
	LastMessageDirection string         `json:"lastMessageDirection"`
	ReplyChannel         any            `json:"replyChannel"`
	Custom               map[string]any `json:"custom"`
	Priority             int            `json:"priority"`
	DefaultLang          string         `json:"defaultLang"`
	Locale               any            `json:"locale"`
	ModificationHistory  modified       `json:"modificationHistory"`
	Assistant            none           `json:"assistant"`
	RoleGroupVersions    []string       `json:"roleGroupVersions"`
	AccessOverride       []string       `json:"accessOverride"`
	LinkedConversations  []string       `json:"linkedConversations"`
	MergedTarget         bool           `json:"mergedTarget"`
	Phase                string         `json:"phase"`
	Rev                  int            `json:"rev"`
}

// conversationRelations are the relationships of a conversation; the latter ones are missing where there is
// nothing.
type conversationRelations struct {
	Messages   *relation `json:"messages"`
	Org        *relation `json:"org"`
	Customer   *relation `json:"customer"`
	Queue      *relation `json:"queue"`
	Brand      *relation `json:"brand,omitempty"`
	ModifiedBy *relation `json:"modifiedBy,omitempty"`
	EndedBy    *relation `json:"endedBy,omitempty"`
}

// conversationResource is the record as the API shows it at a time.
func conversationResource(w *world, c *Conversation, now time.Time) resource {
	a := newConversationAttributes(c, now)
	a.showMessages(c, w.address(c.CustomerID))
	path := "/v1/conversations/" + c.ID
	relations := conversationRelations{
		Messages: listLink(path + "/messages"), Org: orgLink(),
		Customer: link("customer", "/v1/customers/", c.CustomerID),
		Queue:    link("queue", "/v1/routing/queues/", queueID),
	}
	if c.BrandID != "" {
		relations.Brand = link("brand", "/v1/brands/", c.BrandID)
	}
	if a.LastDone != nil && c.DoneBy != "" {
		relations.ModifiedBy = link("user", "/v1/users/", c.DoneBy)
		relations.EndedBy = relations.ModifiedBy
	}
	return resource{
		Type: "conversation", ID: c.ID, Attributes: overlay(a, c.Attributes), Relationships: relations,
		Links: &self{path},
	}
}

// newConversationAttributes are those of the record at a time; before its resolution a conversation is open.
func newConversationAttributes(c *Conversation, now time.Time) *conversationAttributes {
	in, out := c.messages()
	empty := []string{}
	a := &conversationAttributes{
		Name: nullable(c.Name), Preview: "Thanks!", Channels: c.Channels, Status: c.status(now),
		Open: statusTime{stamp(c.Created)}, MessageCount: in + out, InboundMessageCount: in,
		OutboundMessageCount: out,
		SatisfactionLevel:    satisfaction{empty, empty},
		CreatedAt:            stamp(c.Created), ImportedAt: stamp(c.ImportedAt),
		Spam: c.Spam, Tags: c.Tags, SuggestedTags: empty, Predictions: empty, SuggestedShortcuts: empty,
		Sentiment: sentiment{0, 0.5}, AssignedUsers: c.AssignedUsers, AssignedTeams: empty,
		Direction:            c.direction(),
		LastMessageDirection: "out", ReplyChannel: c.replyChannel(), Custom: c.Custom, Priority: 3,
		DefaultLang: "en_us", Locale: "US", RoleGroupVersions: empty, AccessOverride: empty,
		LinkedConversations: empty, Phase: "active", Rev: 3 + in + out, ReopenCount: c.ReopenCount,
	}
	if c.TeamID != "" {
		a.AssignedTeams = []string{c.TeamID}
	}
	at := c.Created
	if !c.Resolved.IsZero() && !c.Resolved.After(now) {
		at = c.updated()
		a.finish(c)
	}
	a.UpdatedAt, a.ModifiedAt, a.LastActivityAt, a.LastMessageAt = stamp(at), stamp(at), stamp(at), stamp(at)
	a.LastReceivedAt = stamp(c.Created)
	a.ModificationHistory = modified{StatusAt: stamp(at), AssignedUsersAt: stamp(c.Created)}
	return a
}

// finish shows that the conversation was marked done.
func (a *conversationAttributes) finish(c *Conversation) {
	a.DoneCount, a.ReopenFromDoneCount = max(1, c.DoneCount), c.ReopenCount
	first := c.Resolved
	if a.DoneCount > 1 {
		first = c.Created.Add(c.Resolved.Sub(c.Created) / 2)
	}
	a.FirstDone, a.LastDone = a.done(c, first), a.done(c, c.Resolved)
	if a.Status == "done" {
		a.Ended, a.EndedAt, a.EndedReason, a.EndedByType = true, stamp(c.Resolved), "marked_done", "user"
	}
}

// done is how the conversation was marked done at a time.
func (a *conversationAttributes) done(c *Conversation, at time.Time) *done {
	open := at.Sub(c.Created).Milliseconds()
	d := &done{
		CreatedAt: stamp(at), CreatedBy: nullable(c.DoneBy), AssignedUsers: c.DoneUsers,
		AssignedTeams: a.AssignedTeams, Time: open, BusinessTime: open, NoteCount: a.NoteCount,
		MessageCount: a.MessageCount, OutboundMessageCount: a.OutboundMessageCount,
		LastMessageDirection: "out",
	}
	if len(c.Channels) > 0 {
		d.MessageCountByChannel = map[string]int{c.Channels[0]: a.MessageCount}
	}
	if c.DoneBy != "" {
		d.CreatedByTeams = a.AssignedTeams
	}
	return d
}

// showMessages shows the first and the last message that came in, from an address, and the last that went
// out.
func (a *conversationAttributes) showMessages(c *Conversation, from string) {
	in, _ := c.messages()
	from = cmp.Or(from, "unknown@example.com")
	created, updated := stamp(c.Created), stamp(c.updated())
	a.LastMessageOut = message{
		ID: messageID(c, 9), SentAt: updated, CreatedAt: updated, CreatedBy: nullable(c.DoneBy),
	}
	if in == 0 {
		return
	}
	a.FirstMessageIn = message{
		ID: messageID(c, 1), SentAt: created, CreatedAt: created, DirectionType: "initial-in",
		Channel: c.firstChannel(),
		Meta:    &messageMeta{Subject: nullable(c.Name), From: from, To: recipient(in)},
	}
	a.LastMessageIn = message{
		ID: messageID(c, in), SentAt: created, CreatedAt: created, Channel: c.replyChannel(),
		Meta: &messageMeta{From: from, To: recipient(in + 1)},
	}
}

type mailbox struct {
	Email string `json:"email"`
}

// recipient is the organisation's mailbox, in one of the shapes that occur (observed).
func recipient(shape int) any {
	const support = "support@example.org"
	switch shape % 3 {
	case 0:
		return support
	case 1:
		return mailbox{support}
	default:
		return []mailbox{{support}}
	}
}

func messageID(c *Conversation, n int) string {
	if len(c.ID) < 22 {
		return c.ID
	}
	return c.ID[:22] + string("0123456789abcdef"[n%16]) + "0"
}
