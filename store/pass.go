package store

import "time"

// Batch is what a pass has found out since its last commit.
type Batch struct {
	Entries    []Entry         // decisions; see Commit
	Checkpoint time.Time       // the new checkpoint; zero leaves it as it is
	Backfill   *Backfill       // how far a back-fill has come; nil leaves all as they are
	Late       []time.Duration // how late conversations were seen first; see Lateness
	Run        *Run            // the summary of the pass; nil while it goes on
	Witnessed  time.Time       // the new Info.Witnessed; zero leaves it as it is
	// the new Info.Acknowledged; zero leaves it as it is
	Acknowledged time.Time
	Identity     Identity // what the ledger remembers as one from now on; empty leaves it as it is
	// Settled ends Info.Restored: the receiver's data were read, and show nothing that the ledger lacks. The
	// numbers of intents go on beyond all that may have been given.
	Settled bool
}

// Empty reports whether the batch changes nothing.
func (b Batch) Empty() bool {
	return len(b.Entries) == 0 && len(b.Late) == 0 && b.Checkpoint.IsZero() && b.Backfill == nil &&
		b.Run == nil && b.Identity == "" && b.Witnessed.IsZero() && b.Acknowledged.IsZero() &&
		!b.Settled
}

// Backfill is how far a pass over a range of its own has come, beside the checkpoint. Times are UTC, in
// milliseconds.
type Backfill struct {
	From, To time.Time // the range; a zero To is a back-fill up to whatever is now
	Position time.Time // up to here the range is read and recorded
	Begun    time.Time
	Finished time.Time // when its end was reached; zero until then
}

// Valid refuses what could not be read again.
func (b Backfill) Valid() error {
	for _, at := range []time.Time{b.From, b.Position, b.Begun} {
		if at.IsZero() || at.Year() < 1 || at.Year() > 9999 {
			return Refused("a back-fill needs a beginning, a position and the time at which it was begun, "+
				"but has %v", b)
		}
	}
	if b.Position.Before(b.From) || !b.To.IsZero() && (!b.From.Before(b.To) || b.Position.After(b.To)) {
		return Refused("the position %v of a back-fill does not lie between its ends %v and %v",
			b.Position, b.From, b.To)
	}
	return nil
}

// Run is the summary of one pass. It holds counts and codes only. A pass that was killed has left none:
// then it is what its process last told others, so that there may have been more of everything. A pass
// that lets go of the ledger in between leaves one as if it had been killed, which its own takes the place
// of in the end.
type Run struct {
	Pass       string         `json:"pass"`
	Mode       string         `json:"mode"`
	Started    time.Time      `json:"started"`
	Ended      time.Time      `json:"ended"`
	From       time.Time      `json:"from"`
	To         time.Time      `json:"to"`
	Checkpoint time.Time      `json:"checkpoint"`
	Found      int            `json:"found"`
	Counts     map[string]int `json:"counts"`             // by state
	Reasons    map[string]int `json:"reasons"`            // by reason
	Refusals   []Refusal      `json:"refusals,omitempty"` // the first of those that were rejected
	// seen for the first time below the checkpoint
	Late   int     `json:"late,omitempty"`
	Latest float64 `json:"latest_seconds,omitempty"` // how far below it at most
	Fuse   string  `json:"fuse,omitempty"`
	Exit   int     `json:"exit"`             // of a pass that was killed 0, without a meaning
	Killed bool    `json:"killed,omitempty"` // it came to no end; Ended is when it last reported
	LetGo  bool    `json:"let_go,omitempty"` // as Killed: it let go of the ledger, to go on later
	// when a pass last read far back again; zero for never
	Reread time.Time `json:"reread,omitzero"`
	Outage *Outage   `json:"outage,omitempty"` // it left the receiver down; nil: up, as far as known
	// the keys that the ledger had at its end in the states that are not over, by state; nil: not known
	Left map[string]int `json:"left,omitempty"`
	// survey requests that it would have created, the first pass of a ledger that was refused for their number
	Unconfirmed int `json:"unconfirmed,omitempty"`
}

// Outage is a receiver that was found down: of the requests that were sent, none got a usable answer.
type Outage struct {
	Since  time.Time `json:"since"`  // when it was first found so
	Knocks int       `json:"knocks"` // passes since then that have found it so again
	Next   time.Time `json:"next"`   // from then on a pass sends one request, to see whether it is up
}

// Again is the outage after a pass has found the receiver down, at a time: the pause before the next request
// grows to an hour. The outage may be nil, for none yet.
func (o *Outage) Again(now time.Time) *Outage {
	const most = 6 // doublings of a minute that are less than an hour
	if o == nil {
		return &Outage{Since: now, Next: now}
	}
	knocks := o.Knocks + 1
	pause := min(time.Minute<<min(knocks-1, most), time.Hour)
	return &Outage{Since: o.Since, Knocks: knocks, Next: now.Add(pause)}
}

// Refusal names a conversation whose survey request was rejected, and why.
type Refusal struct {
	Conversation string `json:"id"`
	Reason       string `json:"reason"`
	Kind         string `json:"kind,omitempty"` // as of [Key.Kind]
}
