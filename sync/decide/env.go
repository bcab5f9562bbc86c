package decide

import (
	"maps"
	"strings"

	"acsync/sync/decide/expr"
	"acsync/sync/kustomer"
)

// Value is a value that expressions see.
type Value = expr.Value

// newEnv is what expressions see of a candidate, whose customer is asked at an address, if any.
func newEnv(c Candidate, address string) *expr.Env {
	env := &expr.Env{Conversation: conversationEnv(c)}
	row := env.Conversation
	env.Custom, env.Tags, env.Channels = row.Custom, row.Tags, row.Channels
	if a := c.Agent; a != nil {
		env.Agent = expr.Agent{ID: a.ID, Name: a.Name.Value, Email: a.Email.Value, Type: a.UserType}
	}
	if customer := c.customer(); customer != nil {
		_, domain, _ := strings.Cut(address, "@")
		env.Customer = expr.Customer{
			ID: customer.ID, Name: customer.Name.Value, Email: address, Domain: strings.ToLower(domain),
			Language: customer.DefaultLang, Locale: customer.Locale, Custom: readable(customer.Custom),
		}
	}
	return env
}

func conversationEnv(candidate Candidate) expr.Conversation {
	c := candidate.Conversation
	env := expr.Conversation{
		ID: c.ID, Status: c.Status, Channels: c.Channels, Tags: candidate.Tags, Teams: c.AssignedTeams,
		Queue: c.QueueID, Brand: c.BrandID, Direction: c.Direction, Priority: c.Priority,
		MessageCount: c.MessageCount, InboundCount: c.InboundCount, OutboundCount: c.OutboundCount,
		DoneCount: c.DoneCount, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Spam: c.Spam,
		Imported: c.Imported,
		Language: c.DefaultLang, Locale: c.Locale, Custom: readable(c.Custom),
	}
	if done := c.LastDone; done != nil {
		env.DoneAt, env.DoneBy = done.At, done.By
		if len(done.AssignedTeams) > 0 {
			env.Teams = done.AssignedTeams
		}
	}
	return env
}

// readable are the attributes that expressions see, which they cannot change.
func readable(custom map[string]any) map[string]any {
	for _, value := range custom {
		if hidden(value) {
			kept := maps.Clone(custom)
			maps.DeleteFunc(kept, func(_ string, value any) bool { return hidden(value) })
			return kept
		}
	}
	return custom
}

// hidden reports whether an attribute cannot be read, or an object stands in place of a masked one.
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
