package audit

import (
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/journey"
	"acsync/sync/verify"
)

// Kind is what was found of a conversation.
type Kind string

// The kinds, the worst first. Each conversation has one at most.
const (
	// AskedTwice: Agent Connect has more requests of it than there should be.
	AskedTwice Kind = "asked_twice"
	// NeverAsked: its customer should have been asked, and neither the ledger nor Agent Connect knows of it.
	NeverAsked Kind = "never_asked"
	// NotInLedger: Agent Connect has a request of it, and the ledger has none that was taken.
	NotInLedger Kind = "not_in_ledger"
	// NotShown: the ledger has it as accepted, and Agent Connect's data do not show it.
	NotShown Kind = "not_shown"
	// InDoubt: whether it was asked is not known yet.
	InDoubt Kind = "in_doubt"
)

// Kinds lists all kinds, the worst first.
func Kinds() []Kind { return []Kind{AskedTwice, NeverAsked, NotInLedger, NotShown, InDoubt} }

// Request is a request that Agent Connect has, and who has made it.
type Request struct {
	At       time.Time
	Ours     bool // it bears a stamp of this ledger
	Stamped  bool // it bears one of another ledger
	Delivery agentconnect.Delivery
}

// Finding is one conversation about which the three do not agree.
type Finding struct {
	Kind         Kind
	Conversation string
	Customer     string // Kustomer's id; empty where that is not known
	Agent        string // the same of the user
	Resolved     time.Time
	Record       store.Record // what the ledger says; zero: nothing
	Requests     []Request    // what Agent Connect has, the earliest first
	Flagged      bool         // it should be asked with do_not_send
}

// Because says in a few words what the finding is about: for what was asked twice by whom, for all else what
// the ledger says. It is a stable code.
func (f Finding) Because() string {
	if f.Kind != AskedTwice {
		if f.Record.State == store.Unknown {
			return "unknown"
		}
		return f.Record.State.String()
	}
	ours := 0
	for _, r := range f.Requests {
		if r.Ours {
			ours++
		}
	}
	switch ours {
	case 0:
		return "by_others"
	case len(f.Requests):
		return "by_acsync"
	}
	return "by_both"
}

// Terms are what a conversation is compared under.
type Terms struct {
	Ledger   string // the ledger's id; empty: there is none, so that whatever was asked was asked by others
	Identity store.Identity
	// Known is since when the ledger knows who was asked: its start, or its floor.
	Known    time.Time
	Received bool      // Agent Connect's data were read
	Since    time.Time // from here on
	// Settled is the time up to which everything should have come to its end: what was marked done later, or
	// sent later, may still be on its way.
	Settled time.Time
}

// Compare says what is wrong with a conversation; false for nothing.
func (t Terms) Compare(j journey.Journey) (Finding, bool) {
	f := Finding{Conversation: j.Conversation, Resolved: j.Resolved, Record: j.Record()}
	if j.Facts != nil {
		f.Customer, f.Agent, f.Flagged = j.Facts.Customer, j.Facts.Agent, j.Facts.Flagged
	}
	for _, i := range j.Asked() {
		_, ours := verify.OwnStamp(t.Ledger, i.Intent)
		ours = ours && t.Ledger != ""
		f.Requests = append(f.Requests, Request{
			At: i.CreatedAt, Ours: ours, Stamped: !ours && i.Intent != "", Delivery: i.Delivery(),
		})
	}
	f.Kind = t.kind(j, f)
	return f, f.Kind != ""
}

func (t Terms) kind(j journey.Journey, f Finding) Kind {
	switch state := f.Record.State; {
	case len(f.Requests) > t.expected(j):
		return AskedTwice
	case state == store.Sending || state == store.InDoubt:
		return InDoubt
	case t.Ledger != "" && state != store.Accepted && t.unknown(f):
		return NotInLedger
	case state == store.Accepted && t.Received && len(f.Requests) == 0 && f.Record.At.Before(t.Settled) &&
		f.Record.At.After(t.Since):
		return NotShown
	case t.missed(j, f):
		return NeverAsked
	}
	return ""
}

// expected is how many requests there may be: one, and with one survey a resolution one for each of those that
// the ledger has sent. What was asked without any ledger may have been asked for each time that it was done.
func (t Terms) expected(j journey.Journey) int {
	accepted := 0
	for _, e := range j.Entries {
		if !e.Recovery && (e.State == store.Accepted || e.State == store.InDoubt || e.State == store.Sending) {
			accepted++
		}
	}
	if t.Identity.OrDefault() == store.PerResolution {
		return max(accepted, 1)
	}
	return 1
}

// unknown reports whether there is a request that the ledger should know of: what was asked before it began is
// not its business.
func (t Terms) unknown(f Finding) bool {
	return slices.ContainsFunc(f.Requests, func(r Request) bool { return r.Ours || r.At.After(t.Known) })
}

// missed reports whether nobody has asked where somebody should have. What the ledger has forgotten, Agent
// Connect alone can tell.
func (t Terms) missed(j journey.Journey, f Finding) bool {
	return j.InRange && j.Facts != nil && j.Facts.Skip == "" && len(f.Requests) == 0 &&
		(t.Received || j.Resolved.After(t.Known)) &&
		(f.Record.State == store.Unknown || f.Record.State == store.Skipped) &&
		j.Resolved.Add(j.Facts.Delay).Before(t.Settled)
}
