package report

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// MostNamed is how many conversations an answer on a terminal names of a kind.
const MostNamed = 100

// Status is where a ledger stands.
type Status struct {
	store.Info
	Tenant string
	// the flags that point a command at the same ledger; empty, or begins with a blank
	Here      string
	Ledger    string           // path
	InDoubt   []store.Entry    // some of them, open intents first
	Backfills []store.Backfill // those that are not finished
	// by the latest passes, the latest first; of each pass those that its summary names
	Refused []store.Refusal
	NextDue time.Time // of what is scheduled or to be retried; zero for nothing
	// the last pass that left a summary, or was given one because it was killed; nil for none
	Last   *store.Run
	Ending Ending        // what its exit code means; nothing to look at where it was killed
	Killed *store.Holder // who had the ledger last, and left without closing it; nil: it was closed
	Recent Recent
	Now    time.Time

	Running *Running       // who holds the ledger, and has told the rest of this; nil: nobody
	At      time.Time      // when it was so; zero: Now
	Waiting []store.Waiter // who wait for the ledger, the first of them first
	// open intents of whoever is at work, which are no doubts
	InFlight int

	FirstTried   time.Time // of what is to be retried: the earliest first try; zero for none
	Witness      Witness   // what tells when the ledger is not the newest
	Backups      Backups
	Place        store.Placement
	Asks         bool          // passes settle doubts by Agent Connect's data
	Settle       time.Duration // sync.settle, which the checkpoint stays behind
	Overlap      time.Duration // sync.overlap, which lateness must stay below
	MaxAge       time.Duration // sync.max_age; 0 = none
	MaxErrorRate float64       // sync.max_error_rate
}

// Ending is what the exit code of a pass means to whoever looks at it.
type Ending struct {
	Level   string // one of the levels of a signal
	Meaning string
	Todo    string // empty for nothing
	Partial bool   // nothing is lost, and another pass goes on
}

// Signals are what has to be watched, always in the same order.
func (s Status) Signals() []Signal {
	return []Signal{
		checkpointSignal(s), lastPassSignal(s), doubtSignal(s), retrySignal(s), rejectionSignal(s),
		latenessSignal(s), dueSignal(s), s.Witness.signal(s.Place), placeSignal(s), s.Backups.signal(s),
	}
}

// doubtful is how many are in doubt, with the open intents that the next pass will put in doubt.
func (s Status) doubtful() int {
	return s.Counts[store.InDoubt] + max(s.Counts[store.Sending]-s.InFlight, 0)
}

// StatusDoc is the status for people.
func StatusDoc(s Status) doc.Doc {
	doubts := namesTable(len(s.InDoubt), s.doubtful(), "")
	for _, e := range s.InDoubt {
		why := cmp.Or(e.Reason, "under way when it was killed")
		doubts.Add(e.Conversation, ofKind(e.Kind())+why+", done "+show(e.Record.Resolution))
	}
	shown := first(s.Refused, MostNamed)
	refused := namesTable(len(shown), len(s.Refused), "; --json names them")
	for _, r := range shown {
		refused.Add(r.Conversation, ofKind(r.Kind)+r.Reason)
	}
	var backfills []doc.Part
	for _, b := range s.Backfills {
		backfills = append(backfills, doc.Note{
			Text: "--from " + stamp(b.From) + " --to " + end(b.To), Below: "done up to " + show(b.Position),
			Depth: 2,
		})
	}
	return doc.Doc{
		Name: "acsync status", Subject: s.Tenant, Here: s.Here,
		About: []string{"ledger " + s.Ledger + " (" + s.ID + ")"},
		Sections: []doc.Section{
			doc.Titled("", atWork(s)...),
			doc.Titled("", signalTable(s.Signals())), doc.Titled("", ledgerCounts(s)),
			doc.Titled(thousands(s.doubtful())+" in doubt", doubts),
			doc.Titled("Back-fills that are not finished; the same command goes on", backfills...),
			doc.Titled("Rejected lately", refused),
		},
	}
}

// atWork is who holds the ledger and how far that is, and who waits for it; nothing where nobody does.
func atWork(s Status) (parts []doc.Part) {
	var facts []doc.Fact
	if s.Running != nil {
		facts = runningFacts(*s.Running)
		facts = append(facts, doc.Fact{
			Label: "below", Value: "what the ledger held at " + show(s.At) + ", " + since(s.Now, s.At),
		})
	}
	facts = append(facts, waiterFacts(s.Waiting, s.Now)...)
	if len(facts) > 0 {
		parts = append(parts, doc.Facts{List: facts})
	}
	return parts
}

// namesTable is for conversations, of which some may be left out, with their reasons.
func namesTable(named, all int, where string) doc.Table {
	return doc.Table{
		Columns: []doc.Column{{Name: "conversation", Min: 24}, {Name: "reason"}},
		More:    others(named, all, where),
	}
}

var signalTones = map[string]doc.Tone{SignalOK: doc.Good, SignalLook: doc.Warn, SignalAct: doc.Bad}

func signalTable(signals []Signal) doc.Table {
	table := doc.Table{
		Class:   "signals",
		Columns: []doc.Column{{Name: "level", Min: 4}, {Name: "what", Min: 10}, {Name: "state"}},
	}
	for _, signal := range signals {
		row := table.Add(strings.ToUpper(signal.Level), signal.Name, signal.Text)
		row.Cells[0].Tone, row.Cells[2].Below = signalTones[signal.Level], signal.Todo
	}
	return table
}

// ledgerCounts has the conversations of the ledger by disposition. What an expression failed on Agent Connect
// has never refused.
func ledgerCounts(s Status) doc.Part {
	total := 0
	for _, n := range s.Counts {
		total += n
	}
	if total == 0 {
		return doc.Note{Text: "the ledger is empty"}
	}
	broken := s.Recent.Broken > 0 || slices.ContainsFunc(s.Refused, func(r store.Refusal) bool {
		return decide.Reason(r.Reason).Broken()
	})
	table := newCounts("disposition", "The conversations of the ledger", total)
	table.addDispositions(countDispositions(byState(s.Counts), total, broken))
	table.add(doc.Sum, "", "conversations", total, "in the ledger, each as it is now")
	return table.Table
}

// StatusJSON writes the status as one object on one line, schema acsync.status/1.
func StatusJSON(w io.Writer, s Status) error {
	counts := map[string]int{}
	for _, state := range store.States() {
		counts[state.String()] = s.Counts[state]
	}
	doubts := []object{}
	for _, e := range s.InDoubt {
		doubts = append(doubts, object{
			"id", e.Conversation, "reason", e.Reason, "resolution", stamp(e.Record.Resolution),
			"kind", when(e.Recovery, e.Kind()),
		})
	}
	backfills := []object{}
	for _, b := range s.Backfills {
		backfills = append(backfills, backfillJSON(b))
	}
	var killed any // who had the ledger last, and left without closing it; nil: it was closed
	if s.Killed != nil {
		killed = holderJSON(Running{Holder: *s.Killed, Now: s.Now})
	}
	var running any
	if s.Running != nil {
		running = append(holderJSON(*s.Running), "status_at", stamp(s.At))
	}
	first, waiters := waitersJSON(s.Waiting, s.Now)
	signals := s.Signals()
	return writeJSON(w, object{
		"schema", "acsync.status/1", "ledger", s.Ledger, "ledger_id", s.ID,
		"checkpoint", stamp(s.Checkpoint), "start", stamp(s.Start),
		"survey_per", s.Identity, // what the ledger remembers as one
		"counts", counts,
		"acknowledged", stamp(s.Acknowledged), // up to then what was rejected has been seen
		"in_doubt", doubts, // the first of them
		// the latest first, as far as passes name them
		"rejected", append([]store.Refusal{}, s.Refused...),
		"backfills", backfills, // those that are not finished
		"next_due", stamp(s.NextDue),
		"late", lateStatus(s.Lateness), // since the ledger was made
		"last_pass", s.Last,
		"running", running, // who holds the ledger
		"level", worst(signals), "lights", signals,
		"killed", killed,
		"usual_pause_seconds", s.Recent.Usual.Seconds(), // between two runs; 0 where it is not known
		"backups", backupsJSON(s.Backups), // those of ledger.backup_dir; null where none are made
		"waiting", first, // of those that wait for the ledger
		"waiters", waiters, // all of them
	}, oneLine)
}

// lateStatus is the lateness that a ledger has seen, with the classes that are not empty.
func lateStatus(l store.Lateness) object {
	classes := []object{}
	for _, class := range l.Classes() {
		below := any(class.Below.Seconds()) // less late than this
		if class.Below == 0 {
			below = nil
		}
		classes = append(classes, object{"below_seconds", below, "count", class.Count})
	}
	return append(lateJSON(l.Count, l.Greatest), "classes", classes)
}
