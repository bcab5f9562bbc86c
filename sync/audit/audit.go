package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/journey"
	"acsync/sync/verify"
)

const (
	// Settles is how long everything may take to come to its end: the services show nothing at once.
	Settles = time.Hour
	// lateAfter is how long after it was due a request is late: two passes of a job that runs every half hour.
	lateAfter = time.Hour
	// before is how far before the range Agent Connect's data are read for older conversations that seem never
	// asked, as far as a rebuild of a ledger reads.
	before = 90 * 24 * time.Hour
)

// Tally counts what an audit has looked at: conversations once each, requests and their deliveries each. The
// conversations of the range are Done, and that is the sum of the five behind it and of those in Found that
// are of the range.
type Tally struct {
	Done    int // conversations that were marked done in the range
	Matched int // of these: asked once, and everything agrees
	Skipped int // not to be asked, by today's decision or by the ledger's word
	Refused int // Agent Connect has refused them, or the operator has given them up
	Waiting int // to be sent still, or marked done too short a while ago, or after the last pass
	Unclear int // not in the ledger, which has forgotten that time, and Agent Connect's data were not read
	Found   map[Kind]int
	Outside int // of those found: marked done at another time, their requests are of the range

	Reasons  map[Kind]map[string]int // of what was found, in the words of [Finding.Because]
	Skips    map[string]int          // why not to be asked
	Refusals map[string]int          // why refused
	// why acsync would not have asked those that others have asked, by today's decision
	Unwanted map[string]int

	Elsewhere int // conversations with requests of the range, marked done at another time
	Foreign   int // requests about something that Kustomer does not have

	Requests   int // for feedback, that Agent Connect has of all of these
	Deliveries map[agentconnect.Delivery]int
	Answered   int
	Late       int // taken later than an hour after they were due
	Recoveries int // service recoveries, which are not among the requests
	// the greatest number of an intent of this ledger that is shown, of any age, and of what has settled
	LastShown, LastSettled uint64
}

// Audit compares the conversations of a range, one after the other. Close it.
type Audit struct {
	Terms
	Tally
	Findings *journey.Sorted[Finding] // the worst first; complete after Finish
	// Repeats are the customers who were asked about several conversations, most of them first; complete after
	// Finish. Customers is how many were asked at all. They are told apart by their addresses.
	Repeats   *journey.Sorted[Repeat]
	Customers int

	customers journey.Partitions[asked]
	// conversations that seem never asked and are older than what was read, and what is read of that time
	older  journey.Partitions[earlier]
	oldest time.Time // when the first of them was created; zero: there is none
}

// asked is a request, by the customer whom it has asked.
type asked struct {
	Customer     agentconnect.AddressHash
	Conversation string
	At           time.Time
	Mailed       bool
}

// earlier is what seems never asked, or a request of that time.
type earlier struct {
	Conversation string
	Finding      *Finding // nil: there is a request
}

// New makes an audit, which has looked at nothing yet.
func New(terms Terms) *Audit {
	return &Audit{
		Terms: terms, Findings: journey.NewSorted(worst), Repeats: journey.NewSorted(most),
		Tally: Tally{
			Found: map[Kind]int{}, Reasons: map[Kind]map[string]int{}, Skips: map[string]int{},
			Refusals: map[string]int{}, Unwanted: map[string]int{},
			Deliveries: map[agentconnect.Delivery]int{},
		},
	}
}

// Add takes in a conversation.
func (a *Audit) Add(j journey.Journey) error {
	if j.Facts == nil && len(j.Entries) == 0 {
		a.Foreign += len(j.Asked())
		return nil
	}
	switch {
	case j.InRange:
		a.Done++
	case len(j.Interactions) > 0:
		a.Elsewhere++
	default:
		// The ledger alone has it, and its time is that of another range.
		return nil
	}
	if err := a.countRequests(j); err != nil {
		return err
	}
	finding, found := a.Compare(j)
	switch {
	case found && finding.Kind == NeverAsked && a.Received && !finding.Certain:
		return a.putOff(finding)
	case found:
		return a.find(finding, j.InRange)
	case j.InRange:
		a.countAgreed(j, finding.Record)
	}
	return nil
}

func (a *Audit) find(f Finding, inRange bool) error {
	a.Found[f.Kind]++
	if a.Reasons[f.Kind] == nil {
		a.Reasons[f.Kind] = map[string]int{}
	}
	a.Reasons[f.Kind][f.Because()]++
	if !inRange {
		a.Outside++
	}
	return a.Findings.Put(f)
}

// putOff keeps a conversation that may have been asked about before the data that were read begin.
func (a *Audit) putOff(f Finding) error {
	if created := f.Created; a.oldest.IsZero() || created.Before(a.oldest) {
		a.oldest = cmp.Or(created, a.Since.Add(-before))
	}
	return a.older.Put(f.Conversation, earlier{f.Conversation, &f})
}

func (a *Audit) countRequests(j journey.Journey) error {
	for _, i := range j.Interactions {
		number, own := verify.OwnStamp(a.Ledger, i.Intent)
		if own {
			a.LastShown = max(a.LastShown, number)
			if i.CreatedAt.Before(a.Settled) {
				a.LastSettled = max(a.LastSettled, number)
			}
		}
		if i.Recovery {
			a.Recoveries++
		}
	}
	for _, i := range j.Asked() {
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

// countAgreed counts a conversation of the range about which all agree.
func (a *Audit) countAgreed(j journey.Journey, known store.Record) {
	requests := j.Asked()
	ours := func(i agentconnect.Interaction) bool { return a.request(i).Ours }
	switch state := known.State; {
	case len(requests) > 0, state == store.Accepted:
		a.Matched++
		unwanted := j.Facts != nil && j.Facts.Skip != "" && j.Facts.Skip != decide.NotDone
		if len(requests) > 0 && unwanted && !slices.ContainsFunc(requests, ours) {
			a.Unwanted[string(j.Facts.Skip)]++
		}
	case state == store.Rejected, state == store.Dropped:
		a.Refused++
		a.Refusals[known.Reason]++
	case state.Waiting():
		a.Waiting++
	case j.Facts != nil && j.Facts.Skip != "":
		a.Skipped++
		a.Skips[string(j.Facts.Skip)]++
	case state == store.Skipped:
		a.Skipped++
		a.Skips[known.Reason]++
	case a.due(j) && !a.tells(j):
		a.Unclear++
	default:
		a.Waiting++
	}
}

// Finish ends the comparison when all conversations have been added. What seems never asked, and began before
// the data that were read, is looked for in those before.
func (a *Audit) Finish(ctx context.Context, receiver journey.Receiver) error {
	if !a.oldest.IsZero() {
		if err := a.lookBack(ctx, receiver); err != nil {
			return err
		}
	}
	return a.customers.Each(a.countCustomers)
}

// Agents are the ids of those agents whom findings are about, in their order.
func (a *Audit) Agents() ([]string, error) {
	agents := map[string]bool{}
	err := a.Findings.Each(func(f Finding) error {
		agents[f.Agent] = true
		return nil
	})
	return slices.Sorted(maps.Keys(agents)), err
}

func (a *Audit) lookBack(ctx context.Context, receiver journey.Receiver) error {
	from := a.oldest.Add(-verify.Skew)
	if limit := a.Since.Add(-before); from.Before(limit) {
		from = limit
	}
	for i, err := range receiver.Between(ctx, from, a.Since) {
		if err != nil {
			return fmt.Errorf("read Agent Connect's data of the time before: %w", err)
		}
		id := journey.Canonical(i.ExtInteractionID)
		if id == "" || store.Rehearsed(i.Intent) {
			continue
		}
		if err := a.older.Put(id, earlier{Conversation: id}); err != nil {
			return err
		}
	}
	return a.older.Each(func(all []earlier) error {
		shown := map[string]bool{}
		for _, each := range all {
			shown[each.Conversation] = shown[each.Conversation] || each.Finding == nil
		}
		for _, each := range all {
			switch f := each.Finding; {
			case f == nil:
			case shown[each.Conversation]:
				a.Matched++
			default:
				f.Certain = !f.Created.IsZero() && f.Created.After(from)
				if err := a.find(*f, true); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// LacksMost reports whether Agent Connect's data lack most of what the ledger has as accepted.
func (a *Audit) LacksMost() bool { return a.Found[NotShown] > a.Matched }

func (a *Audit) countCustomers(all []asked) error {
	of := map[agentconnect.AddressHash]*Repeat{}
	for _, one := range all {
		r := of[one.Customer]
		if r == nil {
			r = &Repeat{First: one.At, Last: one.At}
			of[one.Customer] = r
		}
		r.add(one)
	}
	a.Customers += len(of)
	for _, r := range of {
		slices.Sort(r.Conversations)
		if r.Conversations = slices.Compact(r.Conversations); len(r.Conversations) > 1 {
			if err := a.Repeats.Put(*r); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close forgets everything but the tally.
func (a *Audit) Close() error {
	return errors.Join(a.customers.Close(), a.older.Close(), a.Findings.Close(), a.Repeats.Close())
}
