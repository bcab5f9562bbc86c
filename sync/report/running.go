package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
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

// RunningTable writes for people how far it is, on one screen.
func RunningTable(w io.Writer, r Running, style Style) error {
	var b strings.Builder
	line := func(label, format string, args ...any) {
		for i, piece := range strings.Split(text.WrapSoft(oneLine(fmt.Sprintf(format, args...)), max(style.Width-12, 40)), "\n") {
			if i > 0 {
				label = ""
			}
			fmt.Fprintf(&b, "%-10s  %s\n", label, strings.TrimRight(piece, " "))
		}
	}
	fmt.Fprintf(&b, "acsync status · %s\n\n", printable(r.Tenant))
	line("ledger", "%s, in use", r.Ledger)
	line("by", "process %d on %s, since %s, %s", r.PID, r.Host, show(r.Since), since(r.Now, r.Since))
	r.pass(line)
	if r.WaitingFor != "" {
		line("waits for", "%s", r.WaitingFor)
	}
	line("reported", "%s, %s", show(r.At), since(r.Now, r.At))
	b.WriteString("\n")
	b.WriteString(text.WrapSoft("What the ledger holds (the counts, what is in doubt, what was rejected) is shown when it is free again.",
		max(style.Width, 40)) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// pass tells how far the pass is, with what has begun of it.
func (r Running) pass(line func(label, format string, args ...any)) {
	switch {
	case r.Mode == "":
		line("does", "not known yet")
		return
	case r.Pass == "":
		line("does", "%s", r.Mode)
		return
	}
	line("does", "%s, pass %s", r.Mode, r.Pass)
	line("range", "%s to %s", show(r.From), show(r.To))
	line("read", "up to %s", show(r.Read))
	line("checkpoint", "%s, %s", show(r.Checkpoint), since(r.Now, r.Checkpoint))
	line("found", "%d so far, %d done: %d accepted, %d rejected, %d in doubt, %d skipped, %d wait for a later pass",
		r.Found, r.Done, r.Accepted, r.Rejected, r.InDoubt, r.Skipped, max(r.Done-r.Accepted-r.Rejected-r.InDoubt-r.Skipped, 0))
	line("to do", "%d, to be sent or looked up", r.toDo())
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
		Schema: "acsync.status/1", Ledger: r.Ledger, Checkpoint: stamp(r.Checkpoint),
		Running: runningAs(r),
	})
}

func runningAs(r Running) *runningJSON {
	return &runningJSON{
		PID: r.PID, Host: r.Host, Since: stamp(r.Since), At: stamp(r.At), Age: max(r.Now.Sub(r.At), 0).Seconds(),
		Pass: r.Pass, Mode: r.Mode, From: stamp(r.From), To: stamp(r.To), Read: stamp(r.Read), Checkpoint: stamp(r.Checkpoint),
		Found: r.Found, Done: r.Done, Accepted: r.Accepted, Rejected: r.Rejected, InDoubt: r.InDoubt, Skipped: r.Skipped,
		ToDo: r.toDo(), WaitingFor: r.WaitingFor,
	}
}

// killedAs is what the process that was killed had told; nil for none.
func killedAs(s Status) *runningJSON {
	if s.Killed == nil {
		return nil
	}
	return runningAs(Running{Holder: *s.Killed, Now: s.Now})
}
