package journey

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// Journey is one conversation, through the three systems.
type Journey struct {
	Conversation string // its id, as the ledger has it
	// Resolved is when it was marked done: by Kustomer's latest word, else by the ledger's; zero when neither
	// knows it. InRange reports whether that lies in the range: what does not is here because of an
	// interaction alone.
	Resolved time.Time
	InRange  bool

	Facts        *Facts                     // what Kustomer shows of it; nil: nothing
	Entries      []store.Entry              // what the ledger remembers of it, the earliest resolution first
	Interactions []agentconnect.Interaction // what Agent Connect has taken of it, the earliest first
}

// Facts are what Kustomer shows of a conversation, decided as a pass would now, whatever the ledger remembers
// and however long ago it was marked done. Ids, and never the name or the address of anybody.
type Facts struct {
	Customer string    // id
	Agent    string    // id of the user that the survey would be about; empty for nobody
	Teams    []string  // ids of the teams that held it when it was marked done, else now
	Channel  string    // Kustomer's name for it
	Brand    string    // id of Kustomer's brand
	Created  time.Time // before it nobody can have been asked; zero: not told
	Resolved time.Time

	Skip    decide.Reason // why it would not be asked about; empty: it would
	Trouble string        // where an expression failed
	Matched []string      // names of the rules that hold, as far as they were tried
	Delay   time.Duration // from the resolution to the request
	Flagged bool          // it would be sent with do_not_send

	// of the survey request; empty where there would be none
	AskedChannel, AskedBrand, Language string
}

func factsOf(c decide.Case) Facts {
	shown := decide.DetailsOf(c, time.Time{})
	f := Facts{
		Customer: c.Conversation.CustomerID, Teams: shown.Teams, Channel: shown.Channel,
		Brand: c.Conversation.BrandID, Created: c.Conversation.CreatedAt, Resolved: c.Claimed(),
		Skip: c.Skip, Trouble: c.Trouble, Matched: c.Matched, Delay: c.Delay, Flagged: shown.Flagged,
	}
	if c.Agent != nil {
		f.Agent = c.Agent.ID
	}
	if c.Send() {
		f.AskedChannel, f.AskedBrand, f.Language = c.Request.Channel, c.Request.Brand, c.Request.Language
	}
	return f
}

// Asked are the interactions that asked for feedback of a customer: no follow-ups, and nothing of a
// rehearsal, of which only the test address was mailed.
func (j Journey) Asked() []agentconnect.Interaction {
	return slices.DeleteFunc(slices.Clone(j.Interactions), func(i agentconnect.Interaction) bool {
		return i.Recovery || store.Rehearsed(i.Intent)
	})
}

// Record is what the ledger says of the survey request: the record that says most, recoveries left out. The
// zero Record: it has never heard of the conversation.
func (j Journey) Record() (known store.Record) {
	for _, e := range j.Entries {
		if !e.Recovery {
			known = decide.Stronger(known, e.Record)
		}
	}
	return known
}

// Standing says how far the conversation has come. received reports whether Agent Connect's data were read.
func (j Journey) Standing(received bool) Standing {
	known := j.Record()
	if asked := j.Asked(); len(asked) > 0 {
		return furthest(asked)
	}
	switch {
	case known.State == store.Accepted && received:
		return Standing{Step: Asked, Obstacle: NotShown}
	case known.State == store.Accepted:
		return Standing{Step: Asked}
	// Passes came too late for it: its customer should have been asked, and a back-fill still can.
	case known.State == store.Skipped && known.Reason == string(decide.Stale) && j.Facts != nil &&
		j.Facts.Skip == "":
		return Standing{Step: Eligible, Obstacle: known.Reason}
	case known.State == store.Skipped:
		return Standing{Step: Done, Obstacle: known.Reason}
	case known.State != store.Unknown:
		return Standing{Step: Eligible, State: known.State, Obstacle: known.Reason}
	case j.Facts == nil:
		return Standing{Step: Done, Obstacle: string(decide.Gone)}
	case j.Facts.Skip != "":
		return Standing{Step: Done, Obstacle: string(j.Facts.Skip)}
	}
	return Standing{Step: Eligible, Obstacle: NeverAsked}
}

// take adds an interaction. A row that has changed since takes the place of what it was.
func (j *Journey) take(i agentconnect.Interaction) {
	same := func(other agentconnect.Interaction) bool { return i.UUID != "" && other.UUID == i.UUID }
	if at := slices.IndexFunc(j.Interactions, same); at < 0 {
		j.Interactions = append(j.Interactions, i)
	} else if j.Interactions[at].Sequence <= i.Sequence {
		j.Interactions[at] = i
	}
}

// place says when the conversation was marked done, and brings what was read of it into its order.
func (j *Journey) place(w fetch.Window) {
	slices.SortFunc(j.Entries, func(a, b store.Entry) int {
		return cmp.Or(a.Record.Resolution.Compare(b.Record.Resolution), cmp.Compare(a.Key.Resolution,
			b.Key.Resolution))
	})
	slices.SortStableFunc(j.Interactions, func(a, b agentconnect.Interaction) int {
		return a.CreatedAt.Compare(b.CreatedAt)
	})
	if j.Facts != nil && w.Reaches(j.Facts.Resolved) {
		j.Resolved, j.InRange = j.Facts.Resolved, true
		return
	}
	for _, e := range j.Entries {
		// Of a rebuilt record nobody knows the resolution: its time is that of the reception.
		known := e.Reason != store.ReasonRebuilt || j.Facts == nil
		if known && w.Contains(e.Record.Resolution) {
			j.Resolved, j.InRange = e.Record.Resolution, true
		}
	}
	if j.Resolved.IsZero() && j.Facts != nil {
		j.Resolved = j.Facts.Resolved
	}
}

// Canonical is an id as the ledger has it: the services may change its case, or pad it.
func Canonical(id string) string {
	return decide.KeyOfID(strings.TrimSpace(id)).Conversation
}
