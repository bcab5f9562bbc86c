package sync

import (
	"net/mail"
	"strings"
	"time"
	"unicode"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/kustomer"
)

// Policy is the part of the configuration that decisions depend on.
type Policy struct {
	AppURL              string            // of Kustomer's web application, such as https://acme.kustomerapp.com; empty = no links
	MaxAge              time.Duration     // older resolutions are stale; 0 = any age will do
	Closer              bool              // the agent is who marked it done, not who was assigned
	VerifiedEmail       bool              // prefer the customer's first verified address
	FlagDoNotSend       bool              // do-not-send makes a flagged request instead of a skip
	DoNotSendAttributes []string          // custom attributes of the conversation
	SkipImported        bool              //
	SkipSpam            bool              //
	SkipMachineAgents   bool              //
	Channels            map[string]string // Kustomer's channel → Agent Connect's
	DefaultChannel      string            // for conversations without any; empty = skip them
}

// Candidate is all that a decision looks at.
type Candidate struct {
	Conversation kustomer.Conversation
	Known        store.Record       // what the ledger remembers; the zero Record for nothing
	Agent        *kustomer.User     // nil when nobody held it or Kustomer has no such user
	Tags         []string           // names
	Customer     *kustomer.Customer // nil when there is none
	Now          time.Time          // Kustomer's clock
}

// Decision is send, with the request to send, or skip, with the reason.
type Decision struct {
	Skip    Reason // empty: send
	Request agentconnect.Request
}

// Send tells whether a survey request is to be created.
func (d Decision) Send() bool { return d.Skip == "" }

// Decide says what is to happen with a conversation. It is pure: the same candidate and policy give the same decision.
func (p Policy) Decide(c Candidate) Decision {
	if reason := p.screen(c); reason != "" {
		return Decision{Skip: reason}
	}
	address, reason := p.address(c.Customer)
	if reason != "" {
		return Decision{Skip: reason}
	}
	channel := p.channel(c.Conversation.Channels)
	if channel == "" {
		return Decision{Skip: NoChannel}
	}
	return Decision{Request: p.request(c, address, channel)}
}

// screen applies the filters that need no customer, so that a conversation which they skip costs no call for one.
func (p Policy) screen(c Candidate) Reason {
	conversation := c.Conversation
	switch {
	case conversation.Status != "done" || conversation.LastDone == nil:
		return NotDone
	case c.Known.State.Final():
		return AlreadySent
	case p.SkipImported && !conversation.ImportedAt.IsZero():
		return Imported
	case p.SkipSpam && conversation.Spam:
		return Spam
	case p.MaxAge > 0 && c.Now.Sub(conversation.LastDone.At) > p.MaxAge:
		return Stale
	case c.Agent == nil:
		return NoAgent
	case p.SkipMachineAgents && c.Agent.Machine():
		return AgentIsMachine
	case !plausibleAddress(strings.TrimSpace(c.Agent.Email.Value)):
		return NoAgentEmail
	case !p.FlagDoNotSend && p.doNotSend(conversation.Custom):
		return DoNotSend
	case conversation.CustomerID == "":
		return NoCustomer
	}
	return ""
}

// agent is the id of the user that the survey is about; empty when there is none.
func (p Policy) agent(c kustomer.Conversation) string {
	switch {
	case c.LastDone != nil && p.Closer:
		return c.LastDone.By
	case c.LastDone != nil && len(c.LastDone.AssignedUsers) > 0:
		return c.LastDone.AssignedUsers[0]
	case !p.Closer && len(c.AssignedUsers) > 0:
		return c.AssignedUsers[0]
	}
	return ""
}

// address is where the survey goes, or the reason why it goes nowhere.
func (p Policy) address(customer *kustomer.Customer) (string, Reason) {
	if customer == nil || customer.Deleted {
		return "", NoCustomer
	}
	if len(customer.Emails) == 0 {
		return "", NoEmail
	}
	chosen := customer.Emails[0]
	if p.VerifiedEmail {
		for _, email := range customer.Emails {
			if email.Verified {
				chosen = email
				break
			}
		}
	}
	address := strings.TrimSpace(chosen.Address.Value)
	switch {
	case chosen.Address.Masked:
		return "", MaskedEmail
	case address == "":
		return "", NoEmail
	case !plausibleAddress(address):
		return "", InvalidEmail
	}
	return address, ""
}

// channel is Agent Connect's name for the channel that counts.
func (p Policy) channel(channels []string) string {
	name := mainChannel(channels)
	if mapped, ok := p.Channels[name]; ok {
		return mapped
	}
	switch name {
	case "voice":
		return "phone"
	case "":
		return p.DefaultChannel
	}
	return name
}

// doNotSend tells whether one of the attributes is set. A value that cannot be understood, such as a masked one,
// counts as set: not asking is the safe side.
func (p Policy) doNotSend(custom map[string]any) bool {
	for _, name := range p.DoNotSendAttributes {
		switch value := custom[name].(type) {
		case nil:
		case bool:
			if value {
				return true
			}
		case float64:
			if value != 0 {
				return true
			}
		case string:
			if text := strings.ToLower(strings.TrimSpace(value)); text != "" && text != "false" && text != "no" && text != "0" {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// plausibleAddress tells whether text can be a bare e-mail address: what net/mail accepts without a display name,
// with a dot in the domain, at most 254 bytes and no control characters.
func plausibleAddress(text string) bool {
	if len(text) > 254 || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
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
