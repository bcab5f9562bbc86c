package sandbox

import "time"

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

// conversationRelations are the relationships of a conversation; the latter ones are missing where there is nothing.
type conversationRelations struct {
	Messages   *relation `json:"messages"`
	Org        *relation `json:"org"`
	Customer   *relation `json:"customer"`
	Queue      *relation `json:"queue"`
	Brand      *relation `json:"brand,omitempty"`
	ModifiedBy *relation `json:"modifiedBy,omitempty"`
	EndedBy    *relation `json:"endedBy,omitempty"`
}

// conversationResource is the record as the API shows it now.
func (s *Sandbox) conversationResource(c *Conversation) resource {
	a := c.attributes(s.now())
	a.FirstMessageIn, a.LastMessageIn, a.LastMessageOut = s.messages(c)
	path := "/v1/conversations/" + c.ID
	relations := conversationRelations{
		Messages: listLink(path + "/messages"), Org: orgLink(), Customer: link("customer", "/v1/customers/", c.CustomerID),
		Queue: link("queue", "/v1/routing/queues/", queueID),
	}
	if c.BrandID != "" {
		relations.Brand = link("brand", "/v1/brands/", c.BrandID)
	}
	if a.LastDone != nil && c.DoneBy != "" {
		relations.ModifiedBy = link("user", "/v1/users/", c.DoneBy)
		relations.EndedBy = relations.ModifiedBy
	}
	return resource{Type: "conversation", ID: c.ID, Attributes: overlay(a, c.Attributes), Relationships: relations, Links: &self{path}}
}

// attributes are those of the record at a time; before its resolution a conversation is open.
func (c *Conversation) attributes(now time.Time) *conversationAttributes {
	in, out := c.messages()
	a := &conversationAttributes{
		Name: nullable(c.Name), Preview: "Thanks!", Channels: c.Channels, Status: c.status(now),
		Open: statusTime{stamp(c.Created)}, MessageCount: in + out, InboundMessageCount: in, OutboundMessageCount: out,
		SatisfactionLevel: satisfaction{[]string{}, []string{}}, CreatedAt: stamp(c.Created),
		ImportedAt: stamp(c.ImportedAt), Spam: c.Spam, Tags: c.Tags, SuggestedTags: []string{}, Predictions: []string{},
		SuggestedShortcuts: []string{}, Sentiment: sentiment{0, 0.5}, AssignedUsers: c.AssignedUsers,
		AssignedTeams: []string{}, Direction: c.direction(),
		LastMessageDirection: "out", ReplyChannel: c.replyChannel(), Custom: c.Custom, Priority: 3, DefaultLang: "en_us", Locale: "US",
		RoleGroupVersions: []string{}, AccessOverride: []string{},
		LinkedConversations: []string{}, Phase: "active", Rev: 3 + in + out, ReopenCount: c.ReopenCount,
	}
	if c.TeamID != "" {
		a.AssignedTeams = []string{c.TeamID}
	}
	at := c.Created
	if !c.Resolved.IsZero() && !c.Resolved.After(now) {
		at = c.updated()
		c.finish(a)
	}
	a.UpdatedAt, a.ModifiedAt, a.LastActivityAt, a.LastReceivedAt, a.LastMessageAt = stamp(at), stamp(at), stamp(at), stamp(c.Created), stamp(at)
	a.ModificationHistory = modified{StatusAt: stamp(at), AssignedUsersAt: stamp(c.Created)}
	return a
}

// finish shows that the conversation was marked done.
func (c *Conversation) finish(a *conversationAttributes) {
	a.DoneCount, a.ReopenFromDoneCount = max(1, c.DoneCount), c.ReopenCount
	first := c.Resolved
	if a.DoneCount > 1 {
		first = c.Created.Add(c.Resolved.Sub(c.Created) / 2)
	}
	a.FirstDone, a.LastDone = c.done(first, a), c.done(c.Resolved, a)
	if a.Status == "done" {
		a.Ended, a.EndedAt, a.EndedReason, a.EndedByType = true, stamp(c.Resolved), "marked_done", "user"
	}
}

func (c *Conversation) done(at time.Time, a *conversationAttributes) *done {
	open := at.Sub(c.Created).Milliseconds()
	d := &done{
		CreatedAt: stamp(at), CreatedBy: nullable(c.DoneBy), AssignedUsers: c.DoneUsers, AssignedTeams: a.AssignedTeams, Time: open,
		BusinessTime: open, NoteCount: a.NoteCount, MessageCount: a.MessageCount, OutboundMessageCount: a.OutboundMessageCount,
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

func (c *Conversation) direction() string {
	if c.Outbound {
		return "out"
	}
	return "in"
}
