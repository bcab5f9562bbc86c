package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
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

// The codes of [Finding.Because] that are no state of the ledger.
const (
	Unknown  = "unknown"   // the ledger has never heard of it
	ByAcsync = "by_acsync" // all requests bear the stamp of this ledger
	ByOthers = "by_others" // none does
	ByBoth   = "by_both"
)

// Request is a request that Agent Connect has, and who has made it.
type Request struct {
	At       time.Time
	UUID     string // Agent Connect's own id of it
	Stamp    string // of the ledger that has made it; empty: something else has
	Ours     bool   // the stamp is of this ledger
	Delivery agentconnect.Delivery
	Answered time.Time
}

// Maker says in a word who has made the request: acsync with this ledger or with another, or something else.
func (r Request) Maker() string {
	switch {
	case r.Ours:
		return "acsync"
	case r.Stamp != "":
		return "another_acsync"
	}
	return "others"
}

// Finding is one conversation about which the three do not agree.
type Finding struct {
	Kind         Kind
	Conversation string
	Customer     string // Kustomer's id; empty where that is not known
	Agent        string // the same of the user
	Created      time.Time
	Resolved     time.Time
	Record       store.Record // what the ledger says; zero: nothing
	Requests     []Request    // what Agent Connect has, the earliest first

	// Of what was never asked: how it would be asked today.
	Rules   []string      // names of the rules that hold
	Delay   time.Duration // from the resolution to the request
	Flagged bool          // with do_not_send
	// Agent Connect's data were read from the conversation's beginning to the present, and show nothing of it.
	Certain bool
}

// Because says in a few words what the finding is about: for what was asked twice by whom, for all else what
// the ledger says. It is a stable code.
func (f Finding) Because() string {
	if f.Kind != AskedTwice {
		if f.Record.State == store.Unknown {
			return Unknown
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
		return ByOthers
	case len(f.Requests):
		return ByAcsync
	}
	return ByBoth
}

// Mailed is how many of the requests have reached the customer, as far as is told.
func (f Finding) Mailed() (n int) {
	for _, r := range f.Requests {
		if r.Delivery.Reached() {
			n++
		}
	}
	return n
}

// worst orders findings: by kind, of one kind who got more mails first, then the latest.
func worst(a, b Finding) int {
	return cmp.Or(
		slices.Index(Kinds(), a.Kind)-slices.Index(Kinds(), b.Kind), b.Mailed()-a.Mailed(),
		b.Resolved.Compare(a.Resolved), strings.Compare(a.Conversation, b.Conversation),
	)
}
