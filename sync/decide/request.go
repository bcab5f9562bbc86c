package decide

import (
	"net/url"

	"acsync/sync/agentconnect"
)

// newRequest is what the vendor's workflow sends, before rules and mapping. A recovery goes to the customer
// of the first request, and has no channel.
func newRequest(p Policy, c Candidate, to recipient, recovery bool) agentconnect.Request {
	r := agentconnect.Request{
		Recovery:         recovery,
		Employee:         agentconnect.Employee{Email: c.agentAddress()},
		Tags:             tagsOf(c.Tags),
		DoNotSend:        p.FlagDoNotSend && c.doNotSend(p.DoNotSendAttributes),
		ExtInteractionID: c.Conversation.ID,
		ExternalURL:      ConversationURL(p.AppURL, c.Conversation.CustomerID, c.Conversation.ID),
	}
	if !recovery {
		r.Customer = agentconnect.Customer{Name: nameOf(to.customer), Email: to.address()}
		r.Channel = channelOf(p, c.Conversation.Channels)
	}
	return r
}

// channelOf is Agent Connect's name for the channel that counts.
func channelOf(p Policy, channels []string) string {
	name := mainChannel(channels)
	if mapped, ok := p.Channels[name]; ok {
		return mapped
	}
	switch name = clean(name); name {
	case "voice":
		return "phone"
	case "":
		return p.DefaultChannel
	}
	return name
}

// ConversationURL is a conversation's address in Kustomer's application; empty when a part is unknown.
func ConversationURL(appURL, customer, conversation string) string {
	if appURL == "" || customer == "" || conversation == "" {
		return ""
	}
	return appURL + "/app/customers/" + url.PathEscape(customer) + "/event/" + url.PathEscape(conversation)
}
