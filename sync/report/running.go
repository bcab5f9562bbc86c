package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
)

// Running is how far the process is that holds a ledger, as it tells itself.
type Running struct {
	store.Holder
	Tenant string
	Ledger string // path
	Now    time.Time
}

// toDo is how many conversations were found and have no disposition yet.
func (r Running) toDo() int { return max(r.Found-r.Done, 0) }

// RunningDoc tells people how far it is.
func RunningDoc(r Running) doc.Doc {
	facts := []doc.Fact{
		{Label: "ledger", Value: r.Ledger + ", in use"},
		{Label: "by", Value: fmt.Sprintf("process %d on %s, since %s, %s", r.PID, r.Host, show(r.Since),
			since(r.Now, r.Since))},
	}
	facts = append(facts, progressFacts(r)...)
	facts = append(facts, doc.Fact{Label: "waits for", Value: r.WaitingFor},
		doc.Fact{Label: "reported", Value: show(r.At) + ", " + since(r.Now, r.At)})
	const later = "What the ledger holds (the counts, what is in doubt, what was rejected) is shown when " +
		"it is free again."
	return doc.Doc{
		Name: "acsync status", Subject: r.Tenant,
		Sections: []doc.Section{
			doc.Titled("", doc.Facts{List: facts}),
			doc.Titled("", doc.Note{Text: later}),
		},
	}
}

// progressFacts tell how far the pass is, with what has begun of it.
func progressFacts(r Running) []doc.Fact {
	switch {
	case r.Mode == "":
		return []doc.Fact{{Label: "does", Value: "not known yet"}}
	case r.Pass == "":
		return []doc.Fact{{Label: "does", Value: r.Mode}}
	}
	return []doc.Fact{
		{Label: "does", Value: r.Mode + ", pass " + r.Pass},
		{Label: "range", Value: show(r.From) + " to " + show(r.To)},
		{Label: "read", Value: "up to " + show(r.Read)},
		{Label: "checkpoint", Value: show(r.Checkpoint) + ", " + since(r.Now, r.Checkpoint)},
		{
			Label: "found",
			Value: fmt.Sprintf("%d so far, %d done: %d accepted, %d rejected, %d in doubt, %d skipped, %d "+
				"wait for a later pass",
				r.Found, r.Done, r.Accepted, r.Rejected, r.InDoubt, r.Skipped,
				max(r.Done-r.Accepted-r.Rejected-r.InDoubt-r.Skipped, 0)),
		},
		{Label: "to do", Value: fmt.Sprintf("%d, to be sent or looked up", r.toDo())},
	}
}

// runningJSON is the part of acsync.status/1 about the process that holds the ledger.
type runningJSON struct {
	PID        int     `json:"pid"`
	Host       string  `json:"host"`
	Since      string  `json:"since"`
	At         string  `json:"at"` // of the report
	Age        float64 `json:"age_seconds"`
	Pass       string  `json:"pass"`
	Mode       string  `json:"mode"`
	From       string  `json:"from"`
	To         string  `json:"to"`
	Read       string  `json:"read"`
	Checkpoint string  `json:"checkpoint"`
	Found      int     `json:"found"`
	Done       int     `json:"done"`
	Accepted   int     `json:"accepted"`
	Rejected   int     `json:"rejected"`
	InDoubt    int     `json:"in_doubt"`
	Skipped    int     `json:"skipped"`
	ToDo       int     `json:"to_do"`
	WaitingFor string  `json:"waiting_for"`
}

// RunningJSON writes the same as one object of acsync.status/1. What only the ledger knows is null or empty.
func RunningJSON(w io.Writer, r Running) error {
	return json.NewEncoder(w).Encode(statusJSON{
		Schema: "acsync.status/1", Ledger: r.Ledger, Checkpoint: stamp(r.Checkpoint), Running: runningAs(r),
	})
}

func runningAs(r Running) *runningJSON {
	return &runningJSON{
		PID: r.PID, Host: r.Host, Since: stamp(r.Since), At: stamp(r.At),
		Age:  max(r.Now.Sub(r.At), 0).Seconds(),
		Pass: r.Pass, Mode: r.Mode, From: stamp(r.From), To: stamp(r.To), Read: stamp(r.Read),
		Checkpoint: stamp(r.Checkpoint), Found: r.Found, Done: r.Done, Accepted: r.Accepted,
		Rejected: r.Rejected,
		InDoubt:  r.InDoubt, Skipped: r.Skipped, ToDo: r.toDo(), WaitingFor: r.WaitingFor,
	}
}

// killedAs is what the process that was killed had told; nil for none.
func killedAs(s Status) *runningJSON {
	if s.Killed == nil {
		return nil
	}
	return runningAs(Running{Holder: *s.Killed, Now: s.Now})
}
