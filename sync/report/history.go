package report

import (
	"time"

	"acsync/store"
	"acsync/sync/fetch"
)

// HistorySchema names the form of a report of past passes in JSON. Fields may be added, never renamed or removed.
const HistorySchema = "acsync.history/1"

// History is what past passes did, ready to be shown: every renderer shows the same. It is made from what the ledger keeps of
// passes, so that it knows ids, counts, reasons and times, and no people. A conversation that several passes have met counts
// for each of them.
type History struct {
	Schema   string  `json:"schema"`
	Tenant   string  `json:"tenant"` // the organisation, or "sandbox"
	Verdict  Verdict `json:"verdict"`
	From     Moment  `json:"from"` // the passes began at this time or later
	To       Moment  `json:"to"`   // and before this
	Timezone string  `json:"timezone"`
	Found    int     `json:"found"`
	Tally    Tally   `json:"tally"`

	Dispositions []Disposition `json:"dispositions"` // without reasons: the ledger keeps those of a pass together
	Reasons      []ReasonCount `json:"reasons"`      // the most frequent first
	Modes        []ModeCount   `json:"modes"`
	Exits        []ExitCount   `json:"exits"` // in the order of their codes
	Step         string        `json:"step"`  // of the trend: "1d", "7d", "28d"; empty where there was no pass
	Trend        []Stretch     `json:"trend"` // in the order of time, also the empty ones
	Late         PastLateness  `json:"late"`
	Behind       float64       `json:"behind_seconds"` // at most, from the checkpoint to the end of its run
	Killed       int           `json:"killed"`         // passes that never came to their end, and have no exit code; they count as far as they told
	Rejections   []Rejection   `json:"rejections"`     // the latest first; a pass names its first hundred
	Passes       []PastPass    `json:"passes"`         // the latest first
	Latest       *PastPass     `json:"latest"`         // the latest of all passes, also of those that are not in the range; null for none

	zone *time.Location
	here string // the flags that point a command at the same ledger
	asks bool   // passes settle doubts by Agent Connect's data
	cut  bool   // the range was to end in the future

	broken int    // how often an expression failed; each pass decides such a conversation anew, and counts it again
	last   Ending // of the latest pass of the range
}

// ModeCount counts the passes of a command.
type ModeCount struct {
	Mode  string `json:"mode"`
	Count int    `json:"count"`
}

// ExitCount counts the passes that ended with an exit code.
type ExitCount struct {
	Code    int    `json:"code"`
	Count   int    `json:"count"`
	Meaning string `json:"meaning"`
	Level   string `json:"level"` // of a light
}

// Stretch is a day, or some days, of a trend.
type Stretch struct {
	From   Moment  `json:"from"`
	Passes int     `json:"passes"`
	Failed int     `json:"failed"` // of these: those that did not do their work, by their exit codes
	Late   int     `json:"late"`
	Latest float64 `json:"latest_seconds"`
	Tally
}

// PastLateness tells how late Kustomer's search was in the passes of a history.
type PastLateness struct {
	lateJSON
	Overlap float64 `json:"overlap_seconds"` // sync.overlap as it is now
}

// Rejection is a conversation that a pass saw rejected.
type Rejection struct {
	Pass string `json:"pass"`
	At   Moment `json:"at"` // when the pass began
	store.Refusal
}

// PastPass is one pass.
type PastPass struct {
	Pass       string         `json:"pass"`
	Mode       string         `json:"mode"`
	Started    Moment         `json:"started"`
	Ended      Moment         `json:"ended"`
	From       Moment         `json:"from"` // of the resolutions that were to be read
	To         Moment         `json:"to"`
	Checkpoint Moment         `json:"checkpoint"`
	Counts     map[string]int `json:"counts"`
	Reasons    map[string]int `json:"reasons"`
	Tally
	Late   int     `json:"late"`
	Latest float64 `json:"latest_seconds"`
	Fuse   string  `json:"fuse"`
	Exit   int     `json:"exit"`
	Killed bool    `json:"killed"` // it has no exit code, and counts as far as it told until Ended
}

// Past says what a history is about.
type Past struct {
	Tenant  string
	Window  fetch.Window   // of the beginnings of passes
	Zone    *time.Location // of the days; nil: UTC
	Cut     bool           // the window was to end in the future, and ends now
	Here    string         // the flags that point a command at the same ledger; empty, or begins with a blank
	Asks    bool           // passes settle doubts by Agent Connect's data
	Overlap time.Duration  // sync.overlap
	Ending  func(exit int) Ending
}

// took is how long the pass took.
func (p PastPass) took() time.Duration { return p.Ended.Sub(p.Started.Time) }
