package report

import (
	"encoding/json"
	"io"

	"acsync/store"
)

// statusJSON is the form of a status for programs, schema acsync.status/1. Fields may be added, never
// renamed or removed.
type statusJSON struct {
	Schema     string         `json:"schema"`
	Ledger     string         `json:"ledger"`
	LedgerID   string         `json:"ledger_id"`
	Checkpoint string         `json:"checkpoint"`
	Start      string         `json:"start"`
	SurveyPer  store.Identity `json:"survey_per"` // what the ledger remembers as one
	Counts     map[string]int `json:"counts"`
	InDoubt    []doubtJSON    `json:"in_doubt"` // the first of them
	// by the latest passes, the latest first; of each pass those that its summary names
	Rejected  []store.Refusal `json:"rejected"`
	Backfills []backfillJSON  `json:"backfills"` // those that are not finished
	NextDue   string          `json:"next_due"`
	Late      *lateStatusJSON `json:"late"` // since the ledger was made
	LastPass  *store.Run      `json:"last_pass"`
	// the process that holds the ledger; then the rest is null or empty. null: it is free
	Running *runningJSON `json:"running"`
	Level   string       `json:"level"` // the worst of the signals
	Signals []Signal     `json:"lights"`
	// who had the ledger last, and left without closing it; null: it was closed
	Killed *runningJSON `json:"killed"`
	Usual  float64      `json:"usual_pause_seconds"` // between two runs; 0 where it is not known
}

type doubtJSON struct {
	ID         string `json:"id"`
	Reason     string `json:"reason"`
	Resolution string `json:"resolution"`
	Kind       string `json:"kind,omitempty"` // "recovery" when it is one
}

// StatusJSON writes the status as one object on one line.
func StatusJSON(w io.Writer, s Status) error {
	counts := map[string]int{}
	for _, state := range store.States() {
		counts[state.String()] = s.Counts[state]
	}
	doubts := []doubtJSON{}
	for _, entry := range s.InDoubt {
		doubts = append(doubts, doubtJSON{
			entry.Conversation, entry.Reason, stamp(entry.Record.Resolution),
			entry.Kind(),
		})
	}
	backfills := []backfillJSON{}
	for _, b := range s.Backfills {
		backfills = append(backfills, backfillAs(b))
	}
	signals := s.Signals()
	return json.NewEncoder(w).Encode(statusJSON{
		Level: worst(signals), Signals: signals, Killed: killedAs(s), Usual: s.Recent.Usual.Seconds(),
		Schema: "acsync.status/1", Ledger: s.Ledger, LedgerID: s.ID, Checkpoint: stamp(s.Checkpoint),
		Start: stamp(s.Start), SurveyPer: s.Identity, Backfills: backfills, Counts: counts, InDoubt: doubts,
		Rejected: append([]store.Refusal{}, s.Refused...), NextDue: stamp(s.NextDue), LastPass: s.Last,
		Late: lateStatus(s.Lateness),
	})
}

// lateStatusJSON is the lateness that a ledger has seen, with the classes that are not empty.
type lateStatusJSON struct {
	lateJSON
	Classes []lateClassJSON `json:"classes"`
}

// lateClassJSON counts those that were later than the class before, and less late than this; null has no end.
type lateClassJSON struct {
	Below *float64 `json:"below_seconds"`
	Count int      `json:"count"`
}

func lateStatus(l store.Lateness) *lateStatusJSON {
	late := &lateStatusJSON{lateJSON{l.Count, l.Greatest.Seconds()}, []lateClassJSON{}}
	for _, class := range l.Classes() {
		c := lateClassJSON{Count: class.Count}
		if class.Below > 0 {
			seconds := class.Below.Seconds()
			c.Below = &seconds
		}
		late.Classes = append(late.Classes, c)
	}
	return late
}
