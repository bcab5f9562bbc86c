package sandbox

import (
	"strings"
	"time"
)

// subject is a conversation in the eyes of the search index, with its customer when a criterion asks for one.
type subject struct {
	*Conversation
	now      time.Time
	world    *world
	customer *Customer
	looked   bool
}

// matches tells whether all of and, at least one of or, and none of not hold.
func (q *query) matches(s *subject) bool {
	for i := range q.and {
		if !q.and[i].holds(s.attribute(q.and[i].attribute)) {
			return false
		}
	}
	for i := range q.not {
		if q.not[i].holds(s.attribute(q.not[i].attribute)) {
			return false
		}
	}
	for i := range q.or {
		if q.or[i].holds(s.attribute(q.or[i].attribute)) {
			return true
		}
	}
	return len(q.or) == 0
}

// attribute is the value of a search attribute.
func (s *subject) attribute(name string) any {
	if custom, ok := strings.CutPrefix(name, "conversation_custom_"); ok {
		return indexedCustom(s.Custom[custom])
	}
	if strings.HasPrefix(name, "customer_") {
		return s.customerAttribute(name)
	}
	in, out := s.messages()
	switch name {
	case "conversation_last_done_created_at":
		return indexedTime(s.Resolved)
	case "conversation_status":
		return s.indexStatus(s.now)
	case "conversation_created_at":
		return s.Created
	case "conversation_updated_at", "conversation_modified_at", "conversation_last_message_at":
		return s.updated()
	case "conversation_ended_at":
		return indexedTime(s.Resolved)
	case "conversation_imported_at":
		return indexedTime(s.ImportedAt)
	case "conversation_imported":
		return !s.ImportedAt.IsZero()
	case "conversation_ended":
		return s.indexStatus(s.now) == "done"
	case "conversation_message_count":
		return float64(in + out)
	case "conversation_outbound_message_count":
		return float64(out)
	case "conversation_note_count":
		return float64(0)
	case "conversation_priority":
		return float64(3)
	default:
		return s.text(name)
	}
}

// text is the value of a search attribute that holds text.
func (s *subject) text(name string) any {
	switch name {
	case "conversation_assigned_users":
		return s.AssignedUsers
	case "conversation_assigned_teams", "conversation_last_done_created_by_teams":
		return indexedText(s.TeamID)
	case "conversation_last_done_created_by", "conversation_modified_by":
		return indexedText(s.DoneBy)
	case "conversation_channels":
		return s.Channels
	case "conversation_tags":
		return s.Tags
	case "conversation_customer_id":
		return indexedText(s.CustomerID)
	case "conversation_direction":
		return s.direction()
	case "conversation_name", "conversation_any_text":
		return indexedText(s.Name)
	case "conversation_default_lang":
		return "en_us"
	case "conversation_queue":
		return queueID
	case "conversation_reply_channel":
		return s.replyChannel()
	default:
		return nil
	}
}

// customerAttribute is the value of an attribute of the conversation's customer.
func (s *subject) customerAttribute(name string) any {
	if !s.looked {
		s.looked = true
		if c, ok := s.world.customer(s.CustomerID); ok {
			s.customer = &c
		}
	}
	if s.customer == nil {
		return nil
	}
	switch name {
	case "customer_created_at", "customer_updated_at", "customer_modified_at", "customer_activity_at":
		return s.customer.Created
	case "customer_name", "customer_any_text":
		return indexedCustom(s.customer.Name)
	case "customer_email":
		return addresses(s.customer.Emails)
	case "customer_shared_email":
		return addresses(s.customer.SharedEmails)
	case "customer_default_lang":
		return "en_us"
	default:
		return nil
	}
}

func addresses(emails []Email) []string {
	var all []string
	for _, e := range emails {
		if s, ok := e.Address.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

func indexedTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func indexedText(s string) any { return nullable(s) }

// indexedCustom is a free-form value as the index holds it: times as times, numbers as float64, objects not at all.
func indexedCustom(value any) any {
	switch v := value.(type) {
	case string:
		if t, err := parseTime(v); err == nil {
			return t
		}
		return v
	case int:
		return float64(v)
	case float64, bool:
		return v
	default:
		return nil
	}
}
