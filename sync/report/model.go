package report

import (
	"encoding/json"
	"time"
)

// Schema names the form of a report in JSON. Fields may be added, never renamed or removed.
const Schema = "acsync.report/1"

// Report is all that a report file tells, ready to be shown: every renderer shows the same. Addresses are masked in it
// unless it was asked to reveal them. Parts that are not known are empty, and renderers leave them out.
type Report struct {
	Schema     string  `json:"schema"`
	Tenant     string  `json:"tenant"` // the organisation, or "sandbox"
	Pass       string  `json:"pass"`   // such as 20261122T201500Z-7f3a
	Mode       string  `json:"mode"`   // "run", "backfill", "plan", "apply"
	DryRun     bool    `json:"dry_run"`
	Revealed   bool    `json:"revealed"` // addresses are not masked
	Verdict    Verdict `json:"verdict"`
	From       Moment  `json:"from"` // of the resolutions that were to be read
	To         Moment  `json:"to"`
	Checkpoint Moment  `json:"checkpoint"`         // of a dry run: where a real pass would have put it
	ReadUpTo   Moment  `json:"read_up_to"`         // how far the range was read: the checkpoint, or the position of a back-fill
	PlanMade   Moment  `json:"plan_made,omitzero"` // when the plan was made that is carried out
	Started    Moment  `json:"started"`
	Ended      Moment  `json:"ended"`
	Timezone   string  `json:"timezone"` // of the days and hours
	Found      int     `json:"found"`
	Due        int     `json:"due"` // of these: taken up from the ledger
	Tally      Tally   `json:"tally"`
	Recoveries int     `json:"recoveries"` // of those that were sent, or of a dry run would be
	Flagged    int     `json:"flagged"`    // of the same: with do_not_send, so that nobody is mailed

	Dispositions []Disposition `json:"dispositions"` // those that occur, in the order of a table
	Hands        []Hand        `json:"needs_a_hand"`
	Timeline     Timeline      `json:"timeline"`
	Channels     []Group       `json:"channels"` // the most frequent first, like all groups
	Agents       []Group       `json:"agents"`
	Teams        []Group       `json:"teams"` // a conversation of several teams counts for each
	Brands       []Group       `json:"brands"`
	Days         []Group       `json:"days"`  // in the order of time, by the time of resolution
	Hours        []Group       `json:"hours"` // of the day, 00 to 23
	Requests     Calls         `json:"requests"`
	Settings     []Setting     `json:"settings"`
	Digest       string        `json:"settings_digest"` // two passes with the same one decided by the same settings
	Rows         []Row         `json:"conversations"`   // by the time of resolution
	Exit         int           `json:"exit"`

	zone *time.Location
}

// Verdict answers what happened, whether anything is wrong, and what to do.
type Verdict struct {
	Level    string   `json:"level"` // one of the levels below
	Headline string   `json:"headline"`
	Detail   string   `json:"detail"`
	Todo     []string `json:"todo"`
}

// The levels of a verdict.
const (
	LevelGood   = "good"      // all is accounted for
	LevelHand   = "attention" // the pass did its work, and somebody has to look at some conversations
	LevelHalted = "halted"    // the pass did not do all of its work
	LevelNone   = "none"      // there was no pass; of a report of past passes only
)

// Tally counts conversations by what became of them.
type Tally struct {
	Found    int `json:"found"`
	Sent     int `json:"sent"` // of a dry run: a real pass would send
	Rejected int `json:"rejected"`
	InDoubt  int `json:"in_doubt"`
	Waiting  int `json:"waiting"` // scheduled, or to be tried again
	Skipped  int `json:"skipped"` // and dropped
}

// Hand is the number of those that need one.
func (t Tally) Hand() int { return t.Rejected + t.InDoubt }

// Disposition counts one of them, with its reasons.
type Disposition struct {
	Name    string        `json:"name"`
	Count   int           `json:"count"`
	Share   float64       `json:"share"` // of what was found, 0 to 1
	Meaning string        `json:"meaning"`
	Reasons []ReasonCount `json:"reasons,omitzero"` // the most frequent first; nil and left out where they are not known by disposition
}

// ReasonCount counts one reason.
type ReasonCount struct {
	Reason  string  `json:"reason"`
	Count   int     `json:"count"`
	Share   float64 `json:"share"`
	Meaning string  `json:"meaning"`
	Remedy  string  `json:"remedy,omitempty"` // what to do about it; of past rejections alone
}

// Hand is what somebody has to look at: conversations that ended in the same way.
type Hand struct {
	Decision      string   `json:"decision"`
	Reason        string   `json:"reason"`
	Count         int      `json:"count"`
	Meaning       string   `json:"meaning"`
	Remedy        string   `json:"remedy"`
	Agents        []Group  `json:"agents"`        // where it is about the agent
	Words         []Words  `json:"words"`         // of Agent Connect, without personal data
	Conversations []string `json:"conversations"` // the first hundred
}

// Words are what Agent Connect answered, and how often.
type Words struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// Group counts the conversations of a channel, an agent, a team, a brand, a day or an hour.
type Group struct {
	ID      string `json:"id"`   // empty: none
	Name    string `json:"name"` // the same as the id where there is no better
	Address string `json:"address,omitempty"`
	Tally
}

// Timeline counts conversations by the time of their resolution, in steps that suit the range.
type Timeline struct {
	Step  string  `json:"step"` // such as "1h", "1d"; empty where there is nothing to show
	Slots []Slot  `json:"slots"`
	Other int     `json:"other"` // conversations outside of the range, such as those that waited in the ledger
	Most  int     `json:"-"`     // of all slots
	Span  float64 `json:"-"`     // of the range, in hours
}

// Slot is one step.
type Slot struct {
	From Moment `json:"from"`
	Tally
}

// Setting is a key of the configuration with its value; never a secret. Addresses in it are masked.
type Setting struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Default bool   `json:"default"` // as if the key were not set
}

// Row is one conversation.
type Row struct {
	ID         string   `json:"id"`
	URL        string   `json:"url"`      // in Kustomer's web application; empty when the organisation or the customer is not known
	Customer   string   `json:"customer"` // id
	Resolution Moment   `json:"resolution"`
	AgentID    string   `json:"agent_id"`
	Agent      string   `json:"agent"` // name
	Teams      []string `json:"teams"` // ids
	Channel    string   `json:"channel"`
	Brand      string   `json:"brand"`
	Address    string   `json:"address"`  // the customer's; empty where it was not needed, or Kustomer withholds it
	Decision   string   `json:"decision"` // a disposition, or "would_send"
	Reason     string   `json:"reason"`
	Status     int      `json:"status"`                // HTTP status; 0 for none
	Message    string   `json:"message"`               // Agent Connect's words, without personal data
	Handled    Moment   `json:"handled"`               // when Agent Connect answered, or the ledger took it down; empty for what is skipped
	Kind       string   `json:"kind,omitempty"`        // "recovery"; empty for a survey request
	Flagged    bool     `json:"do_not_send,omitempty"` // sent, or to be sent, so that it is counted and nobody is mailed

	agentAddress string
}

// Moment is a time; in JSON it is UTC with milliseconds, or empty when it is not known.
type Moment struct{ time.Time }

// MarshalJSON writes the time.
func (m Moment) MarshalJSON() ([]byte, error) { return json.Marshal(stamp(m.Time)) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Moment) UnmarshalJSON(text []byte) error {
	if string(text) == `""` {
		*m = Moment{}
		return nil
	}
	return m.Time.UnmarshalJSON(text)
}
