package decide

import (
	"maps"
	"strings"

	"acsync/sync/decide/expr"
	"acsync/sync/kustomer"
)

// Env are those of a candidate.
func (p Policy) Env(c Candidate) *expr.Env {
	f := &expr.Env{Conversation: conversationOf(c), Customer: p.customerOf(c.customer()), Steps: new(expr.StepCounter)}
	f.Custom, f.Tags, f.Channels = f.Conversation.Custom, f.Conversation.Tags, f.Conversation.Channels
	if a := c.Agent; a != nil {
		f.Agent = expr.Agent{ID: a.ID, Name: a.Name.Value, Email: strings.TrimSpace(a.Email.Value), Type: a.UserType}
	}
	return f
}

func conversationOf(candidate Candidate) expr.Conversation {
	c := candidate.Conversation
	f := expr.Conversation{
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

func (p Policy) customerOf(c *kustomer.Customer) expr.Customer {
	if c == nil {
		return expr.Customer{}
	}
	address := p.address(c)
	_, domain, _ := strings.Cut(address, "@")
	return expr.Customer{
		ID: c.ID, Name: name(c), Email: address, Domain: strings.ToLower(domain), Language: c.DefaultLang, Locale: c.Locale,
		Custom: readable(c.Custom),
	}
}

// readable is custom attributes without those that are masked, in whose place an object stands, or cannot be
// read.
func readable(custom map[string]any) map[string]any {
	var kept map[string]any
	for name, value := range custom {
		if !expr.Hidden(value) {
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
