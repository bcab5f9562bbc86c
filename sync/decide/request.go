package decide

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"acsync/sync/agentconnect"
	"acsync/sync/kustomer"
)

// What Agent Connect takes of tags (documented): more than twenty are not foreseen, longer ones it cuts itself.
const (
	maxTags      = 20
	MaxTagLength = 2000 // characters
)

// request is the survey request for a candidate that passed every filter: what the vendor's workflow sends. Rules and mapping
// come on top.
func (p Policy) request(c Candidate, address, channel string) agentconnect.Request {
	return agentconnect.Request{
		Customer:         agentconnect.Customer{Name: name(c.Customer), Email: address},
		Employee:         agentconnect.Employee{Email: agentAddress(c.Agent)},
		Channel:          channel,
		Tags:             tags(c.Tags),
		DoNotSend:        p.FlagDoNotSend && p.doNotSend(c.Conversation.Custom),
		ExtInteractionID: c.Conversation.ID,
		ExternalURL:      p.link(c.Conversation),
	}
}

// name is the customer's name on one line; empty when there is none or it is masked.
func name(customer *kustomer.Customer) string {
	return strings.Join(strings.Fields(Clean(customer.Name.Value)), " ")
}

// tags are the names as Agent Connect takes them: the first twenty, on one line each, without empty and
// repeated ones.
func tags(names []string) []string {
	var kept []string
	seen := map[string]bool{}
	for _, name := range names {
		name = Clean(name)
		if name == "" || seen[name] {
			continue
		}
		if len(kept) == maxTags {
			break
		}
		seen[name] = true
		kept = append(kept, name)
	}
	return kept
}

// cut shortens text to at most so many characters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most])
}

// link leads to the conversation in Kustomer's web application; empty when the organisation is not known.
func (p Policy) link(c kustomer.Conversation) string {
	return ConversationURL(p.AppURL, c.CustomerID, c.ID)
}

// ConversationURL is the address of a conversation in Kustomer's web application, the root of which is appURL; empty when
// one of the three is not known.
func ConversationURL(appURL, customer, conversation string) string {
	if appURL == "" || customer == "" || conversation == "" {
		return ""
	}
	return appURL + "/app/customers/" + url.PathEscape(customer) + "/event/" + url.PathEscape(conversation)
}
