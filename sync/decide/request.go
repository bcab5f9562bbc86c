package decide

import (
	"net/mail"
	"net/url"
	"strings"
	"unicode"

	"acsync/sync/agentconnect"
	"acsync/sync/kustomer"
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

// recipient is a customer, nil for nobody, and the address that was chosen; without one it is empty.
type recipient struct {
	customer *kustomer.Customer
	chosen   kustomer.Text
}

// chooseRecipient chooses the address that the survey goes to: the first, or the first verified one.
func chooseRecipient(customer *kustomer.Customer, verified bool) recipient {
	if customer == nil || len(customer.Emails) == 0 {
		return recipient{customer: customer}
	}
	chosen := customer.Emails[0]
	if verified {
		for _, email := range customer.Emails {
			if email.Verified {
				chosen = email
				break
			}
		}
	}
	return recipient{customer, chosen.Address}
}

// address is the text of the chosen address.
func (r recipient) address() string { return strings.TrimSpace(r.chosen.Value) }

// plausibleAddress reports whether text can be a bare e-mail address: what net/mail accepts without a display
// name, with a dot in the domain, at most 254 bytes and no control characters.
func plausibleAddress(text string) bool {
	unfit := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }
	if len(text) > 254 || strings.ContainsFunc(text, unfit) {
		return false
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Name != "" || parsed.Address != text {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-1
}
