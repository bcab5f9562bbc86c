package audit

import (
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/journey"
)

// lateAfter is how long after it was due a request is late: two passes of a job that runs every half hour.
const lateAfter = time.Hour

// Tally counts what an audit has looked at: conversations once each, requests and their deliveries each.
type Tally struct {
	Done      int // conversations that were marked done in the range
	Matched   int // of these: asked once, and everything agrees
	Skipped   int // not to be asked, by the ledger's word or by today's decision
	Refused   int // Agent Connect has refused them, or the operator has given them up
	Waiting   int // to be sent still, or marked done too short a while ago
	Found     map[Kind]int
	Reasons   map[Kind]map[string]int // by what the ledger says, in the words of [Finding.Because]
	Elsewhere int                     // conversations with requests of the range, marked done at another time

	Requests   int // for feedback, that Agent Connect has of all of these
	Deliveries map[agentconnect.Delivery]int
	Answered   int
	Late       int // taken later than an hour after they were due
	Recoveries int // service recoveries, which are not among the requests
}

// Audit compares the conversations of a range, one after the other. Close it.
type Audit struct {
	Terms
	Tally

	customers journey.Partitions[asked]
}

// asked is a request, by the customer whom it has asked.
type asked struct {
	Customer     agentconnect.AddressHash
	Conversation string
	At           time.Time
	Mailed       bool
}

// New makes an audit, which has looked at nothing yet.
func New(terms Terms) *Audit {
	return &Audit{Terms: terms, Tally: Tally{
		Found: map[Kind]int{}, Reasons: map[Kind]map[string]int{},
		Deliveries: map[agentconnect.Delivery]int{},
	}}
}

// Add takes in a conversation, and says what is wrong with it; false for nothing.
func (a *Audit) Add(j journey.Journey) (Finding, bool, error) {
	if err := a.countRequests(j); err != nil {
		return Finding{}, false, err
	}
	finding, found := a.Compare(j)
	switch {
	case j.InRange:
		a.Done++
	case len(j.Interactions) > 0:
		a.Elsewhere++
	default:
		// The ledger alone has it, and its time is that of another range.
		return finding, false, nil
	}
	if found {
		a.Found[finding.Kind]++
		if a.Reasons[finding.Kind] == nil {
			a.Reasons[finding.Kind] = map[string]int{}
		}
		a.Reasons[finding.Kind][finding.Because()]++
		return finding, true, nil
	}
	if j.InRange {
		a.countAgreed(j)
	}
	return finding, false, nil
}

func (a *Audit) countRequests(j journey.Journey) error {
	requests := j.Asked()
	for _, i := range j.Interactions {
		if i.Recovery {
			a.Recoveries++
		}
	}
	for _, i := range requests {
		a.Requests++
		a.Deliveries[i.Delivery()]++
		if !i.AnsweredAt.IsZero() {
			a.Answered++
		}
		if j.Facts != nil && j.InRange && i.CreatedAt.After(j.Resolved.Add(j.Facts.Delay+lateAfter)) {
			a.Late++
		}
		if i.Customer == (agentconnect.AddressHash{}) {
			continue
		}
		err := a.customers.Put(string(i.Customer[:]), asked{
			Customer: i.Customer, Conversation: j.Conversation, At: i.CreatedAt,
			Mailed: i.Delivery().Reached(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// countAgreed counts a conversation about which all agree.
func (a *Audit) countAgreed(j journey.Journey) {
	switch state := j.Record().State; {
	case len(j.Asked()) > 0, state == store.Accepted:
		a.Matched++
	case state == store.Rejected, state == store.Dropped:
		a.Refused++
	case state.Waiting():
		a.Waiting++
	case state == store.Unknown && j.Facts != nil && j.Facts.Skip == "":
		a.Waiting++
	default:
		a.Skipped++
	}
}

// Repeat is a customer who was asked about several conversations.
type Repeat struct {
	Conversations []string  // their ids
	First, Last   time.Time // when the requests were taken
	Mailed        int       // how many of them were mailed: the suppression period keeps others back
}

func (r *Repeat) add(one asked) {
	if !slices.Contains(r.Conversations, one.Conversation) {
		r.Conversations = append(r.Conversations, one.Conversation)
	}
	if one.At.Before(r.First) {
		r.First = one.At
	}
	if one.At.After(r.Last) {
		r.Last = one.At
	}
	if one.Mailed {
		r.Mailed++
	}
}

// Repeats gives the customers who were asked about several conversations of the range, in no order, and counts
// all who were asked. Customers are told apart by their addresses.
func (a *Audit) Repeats(take func(Repeat)) (customers int, err error) {
	err = a.customers.Each(func(all []asked) error {
		of := map[agentconnect.AddressHash]*Repeat{}
		for _, one := range all {
			r := of[one.Customer]
			if r == nil {
				r = &Repeat{First: one.At, Last: one.At}
				of[one.Customer] = r
			}
			r.add(one)
		}
		customers += len(of)
		for _, r := range of {
			if len(r.Conversations) > 1 {
				take(*r)
			}
		}
		return nil
	})
	return customers, err
}

// Close forgets the customers.
func (a *Audit) Close() error { return a.customers.Close() }
