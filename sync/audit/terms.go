package audit

import (
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/journey"
	"acsync/sync/verify"
)

// Terms are what a conversation is compared under.
type Terms struct {
	Ledger   string // the ledger's id; empty: there is none, so that whatever was asked was asked by others
	Identity store.Identity
	// Known is since when the ledger knows who was asked: its start, or its floor.
	Known time.Time
	// Passed is up to when passes have read: what was marked done later they will ask about by themselves.
	Passed   time.Time
	Received bool      // Agent Connect's data were read, to the present
	Since    time.Time // from here on
	// Settled is the time up to which everything should have come to its end: what was marked done later, or
	// sent later, may still be on its way.
	Settled time.Time
	// Stamped: requests of the ledger carry its stamp, so that one without it is of others, and for the ledger
	// to know at once: the next pass would ask again.
	Stamped bool
}

// Compare says what is wrong with a conversation; false for nothing.
func (t Terms) Compare(j journey.Journey) (Finding, bool) {
	f := Finding{Conversation: j.Conversation, Resolved: j.Resolved, Record: t.record(j)}
	if j.Facts != nil {
		f.Customer, f.Agent, f.Created = j.Facts.Customer, j.Facts.Agent, j.Facts.Created
	}
	for _, i := range j.Asked() {
		f.Requests = append(f.Requests, t.request(i))
	}
	if f.Kind = t.kind(j, f); f.Kind == NeverAsked {
		f.Rules, f.Delay, f.Flagged = j.Facts.Matched, j.Facts.Delay, j.Facts.Flagged
		f.Certain = t.Received && (t.perResolution() || !f.Created.IsZero() && f.Created.After(t.Since))
	}
	return f, f.Kind != ""
}

func (t Terms) perResolution() bool { return t.Identity.OrDefault() == store.PerResolution }

func (t Terms) request(i agentconnect.Interaction) Request {
	_, ours := verify.OwnStamp(t.Ledger, i.Intent)
	return Request{
		At: i.CreatedAt, UUID: i.UUID, Stamp: i.Intent, Ours: ours, Delivery: i.Delivery(),
		Answered: i.AnsweredAt,
	}
}

// record is what the ledger says of the survey request: with one a resolution, of the one that is compared.
func (t Terms) record(j journey.Journey) store.Record {
	if !t.perResolution() {
		return j.Record()
	}
	surveys := slices.DeleteFunc(slices.Clone(j.Entries), func(e store.Entry) bool { return e.Recovery })
	per := decide.SurveyPer(t.Identity)
	return per.Effective(per.KeyAt(store.Key{Conversation: j.Conversation}, j.Resolved), j.Resolved, surveys)
}

func (t Terms) kind(j journey.Journey, f Finding) Kind {
	own := t.requestsOf(f)
	switch state := f.Record.State; {
	case len(f.Requests) > t.expected(j):
		return AskedTwice
	case state == store.Sending || state == store.InDoubt:
		return InDoubt
	case t.Ledger != "" && state != store.Accepted && t.unknown(own):
		return NotInLedger
	case state == store.Accepted && t.Received && len(f.Requests) == 0 && f.Record.At.Before(t.Settled) &&
		f.Record.At.After(t.Since):
		return NotShown
	case t.missed(j, f, own):
		return NeverAsked
	}
	return ""
}

// requestsOf are the requests about what is compared: the conversation, or its resolution.
func (t Terms) requestsOf(f Finding) []Request {
	if !t.perResolution() {
		return f.Requests
	}
	earlier := func(r Request) bool { return r.At.Before(f.Resolved.Add(-verify.Skew)) }
	return slices.DeleteFunc(slices.Clone(f.Requests), earlier)
}

// expected is how many requests there may be: one, and with one survey a resolution one for each of those
// that the ledger has sent.
func (t Terms) expected(j journey.Journey) int {
	sent := 0
	for _, e := range j.Entries {
		if !e.Recovery && (e.State == store.Accepted || e.State == store.InDoubt || e.State == store.Sending) {
			sent++
		}
	}
	if t.perResolution() {
		return max(sent, 1)
	}
	return 1
}

// unknown reports whether there is a request that the ledger should know of: what was asked before it began
// is not its business, and what it has asked just now it had not heard of when it was read.
func (t Terms) unknown(requests []Request) bool {
	return slices.ContainsFunc(requests, func(r Request) bool {
		foreign := t.Stamped && !r.Ours
		return (r.Ours || r.At.After(t.Known)) && (foreign || r.At.Before(t.Settled))
	})
}

// missed reports whether nobody has asked where somebody should have. What the ledger has forgotten, Agent
// Connect alone can tell. What was marked done again since belongs to another range.
func (t Terms) missed(j journey.Journey, f Finding, own []Request) bool {
	return t.due(j) && decide.SameResolution(j.Resolved, j.Facts.Resolved) && len(own) == 0 &&
		(f.Record.State == store.Unknown || f.Record.State == store.Skipped) && t.tells(j)
}

// due reports whether a conversation should have been asked about by now.
func (t Terms) due(j journey.Journey) bool {
	return j.InRange && j.Facts != nil && j.Facts.Skip == "" &&
		j.Resolved.Add(j.Facts.Delay).Before(t.Settled) && (t.Ledger == "" || j.Resolved.Before(t.Passed))
}

// tells reports whether it can be known that a conversation was not asked about.
func (t Terms) tells(j journey.Journey) bool { return t.Received || j.Resolved.After(t.Known) }
