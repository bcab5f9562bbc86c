package decide

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/kustomer"
)

// Candidate is all that a decision looks at.
type Candidate struct {
	Conversation kustomer.Conversation
	Known        store.Record       // what the ledger remembers; the zero Record for nothing
	Agent        *kustomer.User     // nil when nobody held it or Kustomer has no such user
	Tags         []string           // names
	Customer     *kustomer.Customer // nil when there is none
	FollowUp     FollowUp           // whether it is a service recovery
	Unread       bool               // Kustomer does not give its agent or customer, although it gives others
	Outside      bool               // no pass reads the time of its resolution, or nobody can
	Now          time.Time          // Kustomer's clock
}

// cleaned is the candidate as filters, rules and the survey request see it: what people wrote, as it would be
// sent. Whatever comes of a candidate comes by this.
func (c Candidate) cleaned() Candidate {
	c.Tags = cleanEach(c.Tags, cleanLine)
	c.Conversation.Channels = cleanEach(c.Conversation.Channels, clean)
	if c.Agent != nil {
		name, address := cleanLine(c.Agent.Name.Value), cleanAddress(c.Agent.Email.Value)
		// Mostly they are clean, and other conversations have the same agent.
		if name != c.Agent.Name.Value || address != c.Agent.Email.Value {
			agent := *c.Agent
			agent.Name.Value, agent.Email.Value = name, address
			c.Agent = &agent
		}
	}
	if c.Customer != nil {
		customer := *c.Customer
		customer.Name.Value, customer.Emails = cleanLine(customer.Name.Value), slices.Clone(customer.Emails)
		for i := range customer.Emails {
			address := &customer.Emails[i].Address
			address.Value = cleanAddress(address.Value)
		}
		c.Customer = &customer
	}
	return c
}

// customer is whom the conversation is with; nil for nobody, or nobody any more.
func (c Candidate) customer() *kustomer.Customer {
	if c.Conversation.CustomerID == "" || c.Customer == nil || c.Customer.Deleted {
		return nil
	}
	return c.Customer
}

// agentAddress is empty when the agent has none that can be one.
func (c Candidate) agentAddress() string {
	if c.Agent != nil && plausibleAddress(c.Agent.Email.Value) {
		return c.Agent.Email.Value
	}
	return ""
}

func (c Candidate) claim() string {
	if c.Conversation.LastDone == nil {
		return "lastDone.createdAt cannot be read"
	}
	return "lastDone.createdAt is " + Format(c.Conversation.LastDone.At)
}

// doNotSend reports whether one of the attributes is set.
func (c Candidate) doNotSend(attributes []string) bool { return len(c.forbidding(attributes)) > 0 }

// forbidding are those of the attributes that are set, in their order. Kustomer makes their names of what
// people write: case does not count.
func (c Candidate) forbidding(attributes []string) (set []string) {
	for name, value := range c.Conversation.Custom {
		named := func(attribute string) bool { return strings.EqualFold(attribute, name) }
		if slices.ContainsFunc(attributes, named) && saysYes(value) {
			set = append(set, name)
		}
	}
	slices.Sort(set)
	return set
}

// saysYes reports whether an attribute is set. What cannot be understood counts as set: not asking is safe.
func saysYes(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0
	case json.Number:
		n, err := v.Float64()
		return err != nil || n != 0
	case string:
		text := strings.ToLower(strings.TrimSpace(v))
		return text != "" && text != "false" && text != "no" && text != "0"
	}
	return true
}

// mainChannel is Kustomer's name of the channel that counts: a call's, else the first (as the vendor does).
func mainChannel(channels []string) string {
	if slices.Contains(channels, "voice") {
		return "voice"
	}
	return cmp.Or(channels...)
}

// FollowUp is what [Policy.FollowUp] says of a candidate. The zero FollowUp is an ordinary survey request.
type FollowUp struct {
	Applies bool         // it is a service recovery
	Lapsed  bool         // it waits in the ledger as one, and is none any more
	First   store.Record // what the ledger remembers of the survey request that it follows up
	Trouble error        // the condition failed on it
}

// Decision is send, with the request to send, or skip, with the reason.
type Decision struct {
	Skip    Reason // empty: send
	Request agentconnect.Request
	Delay   time.Duration // from the resolution; what is to be sent waits for so long
	Matched []string      // names of the rules that hold, as far as they were tried
	Trouble string        // where an expression failed, or which time is out of range; free of personal data
}

// Send reports whether a survey request is to be created.
func (d Decision) Send() bool { return d.Skip == "" }

// Case is a conversation with what was decided for it.
type Case struct {
	Key store.Key
	Candidate
	Decision

	Own         store.Record // of this very key; Known may be of another key of the conversation
	Replacement bool         // it takes the place of a case that is over
	Reread      Reread       // what came of reading it once more
	Before      bool         // a search returned it although it was marked done before the pass begins
}

// WaitingCase is what waits in the ledger, before it is read again.
func WaitingCase(e store.Entry) Case {
	return Case{Key: e.Key, Candidate: Candidate{Known: e.Record}, Own: e.Record}
}

// Reread is what came of reading a case once more, just before it is sent.
type Reread int

// What came of it.
const (
	Current   Reread = iota // decided as it is now; or it was never read again
	Missing                 // Kustomer no longer has the conversation
	Withheld                // Kustomer does not give it, although it gives others
	Duplicate               // a key that waits for the same resolution as another, which goes first
	// done again since, while there is one survey for each resolution: this one is over
	Superseded
)

// Resolution is when it was marked done, as far as known. A time that no pass reads counts as none: the
// ledger cannot keep all of those.
func (c Case) Resolution() time.Time {
	if c.Outside {
		return c.Known.Resolution
	}
	return c.Claimed()
}

// Claimed is the same, but believes Kustomer whatever it says.
func (c Case) Claimed() time.Time {
	if c.Conversation.LastDone == nil {
		return c.Known.Resolution
	}
	return c.Conversation.LastDone.At
}

// Due is when a case that is to be sent is to be sent: its delay after it was marked done.
func (c Case) Due() time.Time { return c.Resolution().Add(c.Delay) }

// unread reports whether the case cannot be decided because Kustomer does not give a record.
func (c Case) unread() bool { return c.Reread == Withheld || c.Skip == UnreadableRecord }

// UnreadSince is since when a case that cannot be read waits for that; zero for one that does not yet.
func (c Case) UnreadSince() time.Time {
	if c.Own.State == store.Scheduled && Reason(c.Own.Reason) == UnreadableRecord {
		return c.Own.At
	}
	return time.Time{}
}

// Early reports whether a case that is to be sent has to wait for its time, by Kustomer's clock.
func (c Case) Early() bool { return c.Send() && c.Delay > 0 && c.Due().After(c.Now) }

// Canonicalize writes the resolution as it was written first, and so the key made of it: all that comes after
// may compare times and keys exactly.
func (c *Case) Canonicalize(per SurveyPer, first time.Time) {
	if c.Conversation.LastDone == nil || !SameResolution(c.Conversation.LastDone.At, first) {
		return
	}
	// So it was written, as nearly always.
	if c.Conversation.LastDone.At == first {
		return
	}
	derived := c.Key == per.Key(c.Conversation)
	done := *c.Conversation.LastDone
	done.At = first
	c.Conversation.LastDone = &done
	if derived {
		c.Key = per.Key(c.Conversation)
	}
}
