package sandbox

import "time"

// Conversation is a conversation of the stand-in. Its zero fields are shown as null or empty; Attributes can
// give any attribute any other shape.
type Conversation struct {
	ID   string
	Kind string // what it is an example of
	// what becomes of it by default: Send, or a reason to skip it; empty: it depends on the policy
	Expect string

	Created    time.Time
	Resolved   time.Time // lastDone.createdAt; zero: never done
	Updated    time.Time // zero: a moment after Resolved, or Created
	ImportedAt time.Time // zero: not imported

	Status      string // of the document that is returned: "done" (also when empty), "open" or "snoozed"
	IndexStatus string // what the search index believes; empty: the same
	DoneCount   int    // 0 means 1
	ReopenCount int

	CustomerID      string // empty: the relationship is null
	IndexCustomerID string // the customer whom a stale search document names; empty: the same
	BrandID         string

	Channels      []string // nil is null
	Tags          []string // ids, as a rule
	AssignedUsers []string // now
	DoneUsers     []string // lastDone.assignedUsers
	DoneBy        string   // lastDone.createdBy; empty: null, as when automation did it
	TeamID        string
	Spam          bool
	Outbound      bool // begun by the organisation and never answered

	Name       string         // empty: null
	Custom     map[string]any // custom attributes, by their full name
	Attributes map[string]any // laid over the attributes as rendered, whatever their shape
}

// Send is what Conversation.Expect says of a conversation that gets a survey request.
const Send = "send"

func (c *Conversation) assign(agent string, team int) {
	c.AssignedUsers, c.DoneUsers, c.DoneBy = []string{agent}, []string{agent}, agent
	c.TeamID = teams[team]
}

// reopen opens it again. Its last resolution stays, as in Kustomer (observed).
func (c *Conversation) reopen() { c.Status, c.IndexStatus = "open", "" }

// resolve marks it done, again if need be.
func (c *Conversation) resolve(at time.Time) {
	if !c.Resolved.IsZero() {
		c.DoneCount = max(c.DoneCount, 1) + 1
	}
	c.Status, c.IndexStatus, c.Resolved = "done", "", at.Truncate(time.Millisecond)
}

// status of the document at a given time: a conversation is open until it is resolved.
func (c *Conversation) status(now time.Time) string {
	switch {
	case c.Resolved.IsZero() && c.Status == "" || c.Resolved.After(now):
		return "open"
	case c.Status == "":
		return "done"
	default:
		return c.Status
	}
}

// indexStatus is the status by which searches find it.
func (c *Conversation) indexStatus(now time.Time) string {
	if c.IndexStatus != "" {
		return c.IndexStatus
	}
	return c.status(now)
}

// stale is the conversation as a search returns it when its document has not caught up.
func (c Conversation) stale() Conversation {
	if c.IndexCustomerID != "" {
		c.CustomerID = c.IndexCustomerID
	}
	return c
}

func (c *Conversation) updated() time.Time {
	switch {
	case !c.Updated.IsZero():
		return c.Updated
	case c.Resolved.IsZero():
		return c.Created
	default:
		// Background writes follow within a second (observed).
		return c.Resolved.Add(311 * time.Millisecond)
	}
}

// messages are how many came in and went out.
func (c *Conversation) messages() (in, out int) {
	h := splitmix(uint64(len(c.Name)) ^ uint64(c.Created.UnixMilli()))
	if c.Outbound {
		return 0, 1 + int(h%2)
	}
	return 1 + int(h%4), 1 + int(h>>8%3)
}

func (c *Conversation) direction() string {
	if c.Outbound {
		return "out"
	}
	return "in"
}

// firstChannel is the channel it began in; nil for none.
func (c *Conversation) firstChannel() any {
	if len(c.Channels) == 0 {
		return nil
	}
	return c.Channels[0]
}

// replyChannel is the channel of the last message; nil for none.
func (c *Conversation) replyChannel() any {
	if len(c.Channels) == 0 {
		return nil
	}
	return c.Channels[len(c.Channels)-1]
}
