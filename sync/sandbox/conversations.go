package sandbox

import (
	"slices"
	"strings"
	"time"
)

// Conversation is a conversation of the stand-in. Its zero fields are shown as null or empty; Attributes can give any
// attribute any other shape.
type Conversation struct {
	ID     string
	Kind   string // what it is an example of, see Kinds
	Expect string // what becomes of it by default: Send, or a reason to skip it; empty where that is a matter of policy

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

// conversation makes the one in a slot.
func (g *grid) conversation(hour int64, index int) Conversation {
	d := g.seed.dice(uint64(hour), uint64(index), 'c')
	k := g.kind(hour, index)
	resolved := g.resolved(hour, index)
	c := Conversation{Kind: k.name, Expect: k.expect, Resolved: resolved, Created: resolved.Add(-life(&d))}
	c.ID = g.seed.id(slot{classConversation, hour, index}, c.Created)
	c.Name = subjects[d.n(len(subjects))]
	agent := regularAgents[d.n(len(regularAgents))]
	c.assign(agent.ID, d.n(len(teams)))
	c.Tags = someTags(&d)
	c.Custom = map[string]any{"orderNumberStr": orderNumber(&d), "contactReasonTree": reasons[d.n(len(reasons))]}
	c.Channels = []string{"email"}
	c.CustomerID = g.customerID(classCustomer, hour, index)
	if k.plain && d.oneIn(7) {
		c.CustomerID = g.regularID(season(hour), d.n(regulars))
	}
	if k.shape != nil {
		k.shape(&c, &d)
	}
	if c.Kind == kindMerged {
		c.IndexCustomerID = g.customerID(classFormer, hour, index)
	}
	return c
}

func (c *Conversation) assign(agent string, team int) {
	c.AssignedUsers, c.DoneUsers, c.DoneBy = []string{agent}, []string{agent}, agent
	c.TeamID = teams[team]
}

// life is how long a conversation was open: minutes mostly, days sometimes.
func life(d *dice) time.Duration {
	limits := []time.Duration{20 * time.Minute, 20 * time.Minute, 2 * time.Hour, 2 * time.Hour, 9 * time.Hour, maxLife - time.Hour}
	limit := limits[d.n(len(limits))]
	return 40*time.Second + time.Duration(d.n(int(limit/time.Millisecond)))*time.Millisecond
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

func (c *Conversation) updated() time.Time {
	switch {
	case !c.Updated.IsZero():
		return c.Updated
	case c.Resolved.IsZero():
		return c.Created
	default:
		return c.Resolved.Add(311 * time.Millisecond) // background writes follow within a second (observed)
	}
}

// stale is the conversation as a search returns it when its document has not caught up.
func (c Conversation) stale() Conversation {
	if c.IndexCustomerID != "" {
		c.CustomerID = c.IndexCustomerID
	}
	return c
}

func (c *Conversation) messages() (in, out int) {
	h := mix(uint64(len(c.Name)) ^ uint64(c.Created.UnixMilli()))
	if c.Outbound {
		return 0, 1 + int(h%2)
	}
	return 1 + int(h%4), 1 + int(h>>8%3)
}

func (c *Conversation) replyChannel() any {
	if len(c.Channels) == 0 {
		return nil
	}
	return c.Channels[len(c.Channels)-1]
}

func orderNumber(d *dice) string {
	const digits = "0123456789"
	var b strings.Builder
	for range 6 {
		b.WriteByte(digits[d.n(10)])
	}
	return b.String()
}

// someTags are no tag to three tags.
func someTags(d *dice) []string {
	tags := []string{}
	for range max(0, d.n(5)-1) {
		tags = append(tags, tagID(d.n(commonTags)))
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
