package sync

import (
	"maps"
	"reflect"
	"strings"
	"time"

	"acsync/sync/kustomer"
)

// facts is what an expression of a rule or a mapping sees: the names in the tags. A field that has no value is empty, zero
// or false; a custom attribute that is missing, or that the key may not read, is nil.
type facts struct {
	Conversation conversationFacts `expr:"conversation"`
	Customer     customerFacts     `expr:"customer"`
	Agent        agentFacts        `expr:"agent"`
	Custom       map[string]any    `expr:"custom"`   // short for conversation.custom
	Tags         []string          `expr:"tags"`     // short for conversation.tags
	Channels     []string          `expr:"channels"` // short for conversation.channels
	Steps        *steps            `expr:"(steps)"`  // no expression can name it
}

// conversationFacts is the conversation. Kustomer names teams, queues and brands by id.
type conversationFacts struct {
	ID            string         `expr:"id"`
	Status        string         `expr:"status"`
	Channels      []string       `expr:"channels"` // in Kustomer's words and order
	Tags          []string       `expr:"tags"`     // names
	Teams         []string       `expr:"teams"`    // ids; when it was marked done, else now
	Queue         string         `expr:"queue"`    // id
	Brand         string         `expr:"brand"`    // id
	Direction     string         `expr:"direction"`
	Priority      int            `expr:"priority"`
	MessageCount  int            `expr:"message_count"`
	InboundCount  int            `expr:"inbound_count"`
	OutboundCount int            `expr:"outbound_count"`
	DoneCount     int            `expr:"done_count"`
	CreatedAt     time.Time      `expr:"created_at"`
	UpdatedAt     time.Time      `expr:"updated_at"`
	DoneAt        time.Time      `expr:"done_at"`
	DoneBy        string         `expr:"done_by"` // user id; empty when automation did it
	Spam          bool           `expr:"spam"`
	Imported      bool           `expr:"imported"`
	Language      string         `expr:"language"` // defaultLang
	Locale        string         `expr:"locale"`
	Custom        map[string]any `expr:"custom"`
}

// customerFacts is the customer; all of it is empty when there is none.
type customerFacts struct {
	ID       string         `expr:"id"`
	Name     string         `expr:"name"`
	Email    string         `expr:"email"`  // the one that is asked
	Domain   string         `expr:"domain"` // of that address, in lower case
	Language string         `expr:"language"`
	Locale   string         `expr:"locale"`
	Custom   map[string]any `expr:"custom"`
}

// agentFacts is the Kustomer user whom the survey is about.
type agentFacts struct {
	ID    string `expr:"id"`
	Name  string `expr:"name"`
	Email string `expr:"email"`
	Type  string `expr:"type"` // "user", "machine" or "limited"
}

// customerName is the part of the facts that costs a call to know.
const customerName = "customer"

// facts are those of a candidate.
func (p Policy) facts(c Candidate) *facts {
	f := &facts{Conversation: conversationOf(c), Customer: p.customerOf(c.customer()), Steps: new(steps)}
	f.Custom, f.Tags, f.Channels = f.Conversation.Custom, f.Conversation.Tags, f.Conversation.Channels
	if a := c.Agent; a != nil {
		f.Agent = agentFacts{ID: a.ID, Name: a.Name.Value, Email: strings.TrimSpace(a.Email.Value), Type: a.UserType}
	}
	return f
}

func conversationOf(candidate Candidate) conversationFacts {
	c := candidate.Conversation
	f := conversationFacts{
		ID: c.ID, Status: c.Status, Channels: c.Channels, Tags: candidate.Tags, Teams: c.AssignedTeams, Queue: c.QueueID, Brand: c.BrandID,
		Direction: c.Direction, Priority: c.Priority, MessageCount: c.MessageCount, InboundCount: c.InboundCount,
		OutboundCount: c.OutboundCount, DoneCount: c.DoneCount, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Spam: c.Spam,
		Imported: c.Imported, Language: c.DefaultLang, Locale: c.Locale, Custom: readable(c.Custom),
	}
	if done := c.LastDone; done != nil {
		f.DoneAt, f.DoneBy = done.At, done.By
		if len(done.AssignedTeams) > 0 {
			f.Teams = done.AssignedTeams
		}
	}
	return f
}

func (p Policy) customerOf(c *kustomer.Customer) customerFacts {
	if c == nil {
		return customerFacts{}
	}
	address := p.address(c)
	_, domain, _ := strings.Cut(address, "@")
	return customerFacts{
		ID: c.ID, Name: name(c), Email: address, Domain: strings.ToLower(domain), Language: c.DefaultLang, Locale: c.Locale,
		Custom: readable(c.Custom),
	}
}

// readable is custom attributes without those that are masked, in whose place an object stands, or cannot be
// read.
func readable(custom map[string]any) map[string]any {
	var kept map[string]any
	for name, value := range custom {
		if !hidden(value) {
			continue
		}
		if kept == nil {
			kept = maps.Clone(custom)
		}
		delete(kept, name)
	}
	if kept == nil {
		return custom
	}
	return kept
}

func hidden(value any) bool {
	switch v := value.(type) {
	case kustomer.Unreadable:
		return true
	case map[string]any:
		masked, _ := v["isMasked"].(bool)
		return masked
	}
	return false
}

// fieldNames are the names of a struct of facts that an expression can use.
func fieldNames(of reflect.Type) []string {
	var names []string
	for f := range of.Fields() {
		if name := f.Tag.Get("expr"); !strings.HasPrefix(name, "(") {
			names = append(names, name)
		}
	}
	return names
}

// factTypes are the structs of facts by the name that an expression has for them.
var factTypes = map[string]reflect.Type{
	"conversation": reflect.TypeFor[conversationFacts](),
	customerName:   reflect.TypeFor[customerFacts](),
	"agent":        reflect.TypeFor[agentFacts](),
}
