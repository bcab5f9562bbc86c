package decide

import (
	"net/url"

	"acsync/sync/agentconnect"
)

// surveyRequest is the survey request for a candidate that passed every filter: what the vendor's workflow
// sends. Rules and mapping come on top.
func surveyRequest(p Policy, c Candidate, address string) agentconnect.Request {
	r := commonRequest(p, c)
	r.Customer = agentconnect.Customer{Name: nameOf(c.Customer), Email: address}
	r.Channel = channelOf(p, c.Conversation.Channels)
	return r
}

// recoveryRequest is the request of a recovery: what Agent Connect takes of it. The customer is that of the
// first request.
func recoveryRequest(p Policy, c Candidate) agentconnect.Request {
	r := commonRequest(p, c)
	r.Recovery = true
	return r
}

// commonRequest is what survey requests and recoveries have in common.
func commonRequest(p Policy, c Candidate) agentconnect.Request {
	return agentconnect.Request{
		Employee:         agentconnect.Employee{Email: c.agentAddress()},
		Tags:             tagsOf(c.Tags),
		DoNotSend:        p.FlagDoNotSend && c.doNotSend(p.DoNotSendAttributes),
		ExtInteractionID: c.Conversation.ID,
		ExternalURL:      ConversationURL(p.AppURL, c.Conversation.CustomerID, c.Conversation.ID),
	}
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
