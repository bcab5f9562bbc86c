package report

import (
	"encoding/json"
	"io"
)

// rulesJSON is the form of a trial for programs, schema acsync.rules/1. Fields may be added, never
// renamed or removed.
type rulesJSON struct {
	Schema  string         `json:"schema"`
	From    string         `json:"from"` // empty when conversations were named
	To      string         `json:"to"`
	Found   int            `json:"found"`
	Send    int            `json:"send"`
	Skip    int            `json:"skip"`
	Reject  int            `json:"reject"`
	Reasons map[string]int `json:"reasons"`
	Rules   []ruleUseJSON  `json:"rules"`
	With    string         `json:"with"` // the other configuration; empty when there is none
	// "gains", "loses", "request", "reason"; only with another configuration
	Changes       map[string]int   `json:"changes"`
	Conversations []conversationJS `json:"conversations"`
}

// ruleUseJSON tells for how many conversations a rule held.
type ruleUseJSON struct {
	Name    string `json:"name"`
	Matched int    `json:"matched"`
}

// conversationJS is one conversation.
type conversationJS struct {
	ID         string `json:"id"`
	Resolution string `json:"resolution"`
	ruling
	Change string  `json:"change"` // one of the keys of changes, or empty
	With   *ruling `json:"with"`   // by the other configuration; null when there is none
}

// JSON writes the trial as one object on one line.
func (r *Rules) JSON(w io.Writer) error {
	decisions, reasons, matched := r.tally(false)
	object := rulesJSON{
		Schema: "acsync.rules/1", From: stamp(r.Window.From), To: stamp(r.Window.To), Found: len(r.rows),
		Send: decisions["send"], Skip: decisions["skip"], Reject: decisions["reject"], Reasons: map[string]int{},
		Rules: []ruleUseJSON{}, With: r.With, Changes: map[string]int{}, Conversations: []conversationJS{},
	}
	for _, counts := range reasons {
		for reason, n := range counts {
			object.Reasons[reason] += n
		}
	}
	for _, name := range r.Names {
		object.Rules = append(object.Rules, ruleUseJSON{name, matched[name]})
	}
	for _, row := range r.rows {
		shown := conversationJS{ID: row.id, Resolution: stamp(row.resolved), ruling: row.ruling}
		if r.With != "" {
			shown.Change, shown.With = row.change(), &row.with
			if shown.Change != same {
				object.Changes[shown.Change]++
			}
		}
		object.Conversations = append(object.Conversations, shown)
	}
	return json.NewEncoder(w).Encode(object)
}
