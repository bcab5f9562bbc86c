package report

import (
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
	// who wait for the ledger, the first of them first; those of a Status stand there
	Waiting []store.Waiter
}

func (r Running) toDo() int { return max(r.Found-r.Done, 0) }

func runningFacts(r Running) []doc.Fact {
	facts := []doc.Fact{
		{Label: "ledger", Value: r.Ledger + ", in use"},
		{Label: "by", Value: fmt.Sprintf("process %d on %s, since %s, %s", r.PID, r.Host, show(r.Since),
			since(r.Now, r.Since))},
	}
	facts = append(facts, progressFacts(r)...)
	return append(facts, doc.Fact{Label: "waits for", Value: r.WaitingFor},
		doc.Fact{Label: "reported", Value: show(r.At) + ", " + since(r.Now, r.At)})
}

// RunningDoc tells people how far a holder is that tells no status.
func RunningDoc(r Running) doc.Doc {
	facts := append(runningFacts(r), waiterFacts(r.Waiting, r.Now)...)
	const later = "What the ledger holds (the counts, what is in doubt, what was rejected) is shown when " +
		"it is free again."
	return doc.Doc{
		Name: "acsync status", Subject: r.Tenant,
		Sections: []doc.Section{
			doc.Titled("", doc.Facts{List: facts}), doc.Titled("", doc.Note{Text: later}),
		},
	}
}

func progressFacts(r Running) []doc.Fact {
	switch {
	case r.Mode == "":
		return []doc.Fact{{Label: "does", Value: "not known yet"}}
	case r.Pass == "":
		return []doc.Fact{{Label: "does", Value: r.Mode}}
	}
	waiting := max(r.Done-r.Accepted-r.Rejected-r.InDoubt-r.Skipped, 0)
	return []doc.Fact{
		{Label: "does", Value: r.Mode + ", pass " + r.Pass},
		{Label: "range", Value: show(r.From) + " to " + show(r.To)},
		{Label: "read", Value: "up to " + show(r.Read)},
		{Label: "checkpoint", Value: show(r.Checkpoint) + ", " + since(r.Now, r.Checkpoint)},
		{Label: "found", Value: fmt.Sprintf("%d so far, %d done: %d accepted, %d rejected, %d in doubt, "+
			"%d skipped, %d wait for a later pass",
			r.Found, r.Done, r.Accepted, r.Rejected, r.InDoubt, r.Skipped, waiting)},
		{Label: "to do", Value: fmt.Sprintf("%d, to be sent or looked up", r.toDo())},
	}
}

// RunningJSON writes the same as one object of acsync.status/1. What only the ledger knows is null or empty.
// Those that tell a status are shown by StatusJSON.
func RunningJSON(w io.Writer, r Running) error {
	first, waiters := waitersJSON(r.Waiting, r.Now)
	return writeJSON(w, object{
		"schema", "acsync.status/1", "ledger", r.Ledger, "ledger_id", "",
		"checkpoint", stamp(r.Checkpoint), "start", "", "survey_per", "", "counts", nil,
		"in_doubt", nil, "rejected", nil, "backfills", nil, "next_due", "",
		"late", nil, "last_pass", nil, "running", holderJSON(r), "level", "",
		"lights", nil, "killed", nil, "usual_pause_seconds", 0,
		"backups", nil, "waiting", first, "waiters", waiters,
	}, oneLine)
}

func holderJSON(r Running) object {
	return object{
		"pid", r.PID, "host", r.Host, "since", stamp(r.Since),
		"at", stamp(r.At), // of the report
		"age_seconds", max(r.Now.Sub(r.At), 0).Seconds(), "pass", r.Pass, "mode", r.Mode,
		"from", stamp(r.From), "to", stamp(r.To), "read", stamp(r.Read),
		"checkpoint", stamp(r.Checkpoint), "found", r.Found, "done", r.Done, "accepted", r.Accepted,
		"rejected", r.Rejected, "in_doubt", r.InDoubt, "skipped", r.Skipped, "to_do", r.toDo(),
		"waiting_for", r.WaitingFor,
	}
}
