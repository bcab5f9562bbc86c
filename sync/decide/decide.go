// Package decide says what is to happen with a conversation: whether a survey request is to be created for it, which
// one, and under which key the ledger remembers it. It is pure: the same candidate and policy give the same decision.
package decide

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide/expr"
	"acsync/sync/kustomer"
)

// Policy is the part of the configuration that decisions depend on.
type Policy struct {
	AppURL              string            // of Kustomer's web application, such as https://acme.kustomerapp.com; empty = no links
	MaxAge              time.Duration     // older resolutions, their delay not counted, are stale; 0 = any age will do
	Delay               time.Duration     // how long after it was marked done a conversation is asked about
	Closer              bool              // the agent is who marked it done, not who was assigned
	VerifiedEmail       bool              // prefer the customer's first verified address
	FlagDoNotSend       bool              // do-not-send makes a flagged request instead of a skip
	DoNotSendAttributes []string          // custom attributes of the conversation
	SkipImported        bool              //
	SkipSpam            bool              //
	SkipMachineAgents   bool              //
	Channels            map[string]string // Kustomer's channel → Agent Connect's
	DefaultChannel      string            // for conversations without any; empty = skip them
	Profiles            *Profiles         // agents who may be asked about; nil = Agent Connect will tell
	Recovery            *Recovery         // which conversations are service recoveries; nil = none
	Mapping             Fields            // what else a survey request says
	Rules               Rules             // of the operator
}

// Candidate is all that a decision looks at.
type Candidate struct {
	Conversation kustomer.Conversation
	Known        store.Record       // what the ledger remembers; the zero Record for nothing
	Agent        *kustomer.User     // nil when nobody held it or Kustomer has no such user
	Tags         []string           // names
	Customer     *kustomer.Customer // nil when there is none
	FollowUp     FollowUp           // whether it is a service recovery
	Outside      bool               // no pass reads the time at which it claims to have been marked done, or nobody can
	Now          time.Time          // Kustomer's clock
}

// customer is whom the conversation is with; nil when there is nobody, or nobody any more.
func (c Candidate) customer() *kustomer.Customer {
	if c.Conversation.CustomerID == "" || c.Customer == nil || c.Customer.Deleted {
		return nil
	}
	return c.Customer
}

// Decision is send, with the request to send, or skip, with the reason.
type Decision struct {
	Skip    Reason // empty: send
	Request agentconnect.Request
	Delay   time.Duration // from the resolution; what is to be sent waits for so long
	Matched []string      // names of the rules that hold, as far as they were tried
	Trouble string        // where an expression failed, or which time is out of range; free of personal data
}

// Send tells whether a survey request is to be created.
func (d Decision) Send() bool { return d.Skip == "" }

// Decide says what is to happen with a conversation. It is pure: the same candidate and policy give the same decision.
func (p Policy) Decide(c Candidate) Decision { return p.decide(c, nil) }

// decide decides, and lets a trace note each check that is made.
func (p Policy) decide(c Candidate, t *trace) Decision {
	if d := p.Screen(c, t); !d.Send() {
		return d
	}
	facts := p.Env(c)
	ruled := p.Rules.judge(facts, t)
	d := Decision{Skip: ruled.skip, Delay: p.Delay, Matched: ruled.matched, Trouble: ruled.trouble}
	if d.Skip != "" {
		return d
	}
	if ruled.delay != nil {
		d.Delay = *ruled.delay
	}
	if d.Request, d.Skip = p.draft(c, t); d.Skip != "" {
		return d
	}
	d.Request.DoNotSend = d.Request.DoNotSend || ruled.flag
	d.Skip, d.Trouble = p.fill(&d.Request, ruled.set, facts, t)
	if d.Skip != "" {
		d.Request = agentconnect.Request{}
	}
	return d
}

// Screen is the decision where the filters make it; empty otherwise.
func (p Policy) Screen(c Candidate, t *trace) Decision {
	reason := firstFinding(p, filters, c, t)
	switch {
	case reason.Broken():
		return Decision{Skip: reason, Trouble: c.FollowUp.trouble()}
	case reason == TimeOutOfRange:
		return Decision{Skip: reason, Trouble: c.claim()}
	}
	return Decision{Skip: reason}
}

// draft is the request before rules and mapping, or the reason why there is none.
func (p Policy) draft(c Candidate, t *trace) (agentconnect.Request, Reason) {
	if c.FollowUp.Applies && c.Conversation.CustomerID != "" {
		inapplicable(t, addressing)
		return p.recovery(c), ""
	}
	to := p.recipient(c.customer())
	if reason := firstFinding(p, addressing, to, t); reason != "" {
		return agentconnect.Request{}, reason
	}
	return p.request(c, to.address(), p.channel(c.Conversation.Channels)), ""
}

// fill completes a request by what rules set and by the mapping, and tells why it cannot be sent, if that is so.
func (p Policy) fill(r *agentconnect.Request, set Fields, facts *expr.Env, t *trace) (reason Reason, trouble string) {
	fields := set.before(p.Mapping)
	if r.Recovery {
		fields = fields.ofRecovery()
	}
	if reason := firstFinding(p, drafting, drafted{r, set}, t); reason != "" {
		return reason, ""
	}
	err := fields.fill(r, facts)
	if failed, ok := errors.AsType[ruleError](err); ok {
		t.failed(failed.owner)
		return failed.reason(), failed.Error()
	}
	return firstFinding(p, completing, r, t), ""
}

// NeedsCustomer tells whether a decision has to know the customer. What is skipped without costs no call for one.
func (p Policy) NeedsCustomer(c Candidate) bool {
	if c.FollowUp.Applies && !p.looksAtCustomer() {
		return false
	}
	return p.FirstFilter(c) == "" && c.Conversation.CustomerID != "" && !p.Rules.settled(p.Env(c))
}

// FirstFilter is the reason of the first filter that finds something.
func (p Policy) FirstFilter(c Candidate) Reason { return firstFinding(p, filters, c, nil) }

// byID tells whether the agent may be named by a custom id, which is not known before the request is complete.
func (p Policy) byID() bool { return p.Mapping.has(fieldEmployeeID) || p.Rules.sets(fieldEmployeeID) }

// unlisted tells whether the agent is to have an active profile, and has none.
func (p Policy) unlisted(e agentconnect.Employee) bool {
	return p.Profiles != nil && !p.Profiles.Active(e)
}

// agentAddress is the agent's e-mail address; empty when it has none that can be one.
func agentAddress(agent *kustomer.User) string {
	if address := strings.TrimSpace(agent.Email.Value); plausibleAddress(address) {
		return address
	}
	return ""
}

// agent is the id of the user that the survey is about; empty when there is none.
func (p Policy) AgentID(c kustomer.Conversation) string {
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

// recipient chooses the address that the survey goes to.
func (p Policy) recipient(customer *kustomer.Customer) recipient {
	if customer == nil || len(customer.Emails) == 0 {
		return recipient{customer: customer}
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
	return recipient{customer, chosen.Address}
}

// address is where the survey goes; empty when it goes nowhere.
func (p Policy) address(customer *kustomer.Customer) string {
	to := p.recipient(customer)
	if firstFinding(p, addressing, to, nil) != "" {
		return ""
	}
	return to.address()
}

// channel is Agent Connect's name for the channel that counts.
func (p Policy) channel(channels []string) string {
	name := mainChannel(channels)
	if mapped, ok := p.Channels[name]; ok {
		return mapped
	}
	switch name = Clean(name); name {
	case "voice":
		return "phone"
	case "":
		return p.DefaultChannel
	}
	return name
}

// doNotSend tells whether one of the attributes is set. Kustomer makes their names of what people write, so
// that one in another case is meant.
func (p Policy) doNotSend(custom map[string]any) bool {
	for name, value := range custom {
		named := func(attribute string) bool { return strings.EqualFold(attribute, name) }
		if slices.ContainsFunc(p.DoNotSendAttributes, named) && set(value) {
			return true
		}
	}
	return false
}

// set tells whether a custom attribute says yes. A value that cannot be understood, such as a masked one,
// counts as that: not asking is the safe side.
func set(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		text := strings.ToLower(strings.TrimSpace(v))
		return text != "" && text != "false" && text != "no" && text != "0"
	}
	return true
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
