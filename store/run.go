package store

import "time"

// Run is the summary of one pass. It holds counts and codes only. A pass that was killed has left none: then
// it is what its process last told others, so that there may have been more of everything.
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
}

// Refusal names a conversation whose survey request was rejected, and why.
type Refusal struct {
	Conversation string `json:"id"`
	Reason       string `json:"reason"`
	Kind         string `json:"kind,omitempty"` // as of [Key.Kind]
}
