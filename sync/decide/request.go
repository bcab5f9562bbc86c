package decide

import (
	"net/url"

	"acsync/sync/agentconnect"
)

// newRequest is the survey request for a candidate that passed every filter: what the vendor's workflow sends. A
// recovery has no customer and no channel: it goes to the customer of the first request. Rules and mapping come
// on top.
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

// ConversationURL is the address of a conversation in Kustomer's web application, which has its root at
// appURL; empty when one of the three is not known.
func ConversationURL(appURL, customer, conversation string) string {
	if appURL == "" || customer == "" || conversation == "" {
		return ""
	}
	return appURL + "/app/customers/" + url.PathEscape(customer) + "/event/" + url.PathEscape(conversation)
}
