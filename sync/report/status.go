package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
)

// Status is where a ledger stands.
type Status struct {
	store.Info
	Tenant    string
	Here      string           // the flags that point a command at the same ledger; empty, or begins with a blank
	Ledger    string           // path
	InDoubt   []store.Entry    // some of them, open intents first
	Backfills []store.Backfill // those that are not finished
	Refused   []store.Refusal  // by the latest passes, the latest first; of each pass those that its summary names
	NextDue   time.Time        // of what is scheduled or to be retried; zero for nothing
	Last      *store.Run       // the last pass that left a summary, or was given one because it was killed; nil for none
	Ending    Ending           // what its exit code means; nothing to look at where it was killed
	Killed    *store.Holder    // who had the ledger last, and left without closing it; nil: it was closed
	Recent    Recent
	Now       time.Time

	FirstTried   time.Time     // of what is to be retried: the earliest first try; zero for none
	Asks         bool          // passes settle doubts by Agent Connect's data
	Settle       time.Duration // sync.settle, which the checkpoint stays behind
	Overlap      time.Duration // sync.overlap, which lateness must stay below
	MaxAge       time.Duration // sync.max_age; 0 = none
	MaxErrorRate float64       // sync.max_error_rate
}

// doubtful is how many are in doubt: those that are so, and open intents, which the next pass will put in doubt.
func (s Status) doubtful() int { return s.Counts[store.InDoubt] + s.Counts[store.Sending] }

// statusForms are how many that are in doubt and how many rejected ones a status names, ever fewer; the last has the counts in
// one sentence.
var statusForms = []struct {
	doubts, refused int
	table           bool
}{{math.MaxInt, shownRows, true}, {5, 4, true}, {3, 2, true}, {1, 1, true}, {0, 0, true}, {0, 0, false}}

// StatusTable writes the status for people, on one screen where it has a height and the screen is not a tiny one.
func StatusTable(w io.Writer, s Status, style Style) error {
	var screen string
	for _, most := range statusForms {
		screen = statusScreen(s, style, most.doubts, most.refused, most.table)
		if style.Height == 0 || strings.Count(screen, "\n") < style.Height {
			break
		}
	}
	_, err := io.WriteString(w, screen)
	return err
}

// statusScreen is the status with at most so many that are in doubt, and rejected ones.
func statusScreen(s Status, style Style, mostDoubts, mostRefused int, tabled bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "acsync status · %s\n", s.Tenant)
	fmt.Fprintf(&b, "ledger %s (%s)\n\n", s.Ledger, s.ID)
	writeLights(&b, s.Lights(), s.Here, style)
	b.WriteString("\n")
	if tabled {
		countsTable(&b, s, style)
	} else {
		countsLine(&b, s, style)
	}
	doubts(&b, s, style, mostDoubts)
	unfinished(&b, s, style)
	refused(&b, s, mostRefused)
	return b.String()
}

// countsTable has the conversations of the ledger by disposition.
func countsTable(b *strings.Builder, s Status, style Style) {
	t, total := newTable(style), s.total()
	for _, d := range dispositions {
		if n := s.Counts[d.state]; n > 0 {
			t.AppendRow(table.Row{paint(style, d.color, name(d.state)), n, share(n, total), d.meaning})
		}
	}
	t.AppendFooter(table.Row{"conversations", total, share(total, total), "in the ledger, each as it is now"})
	b.WriteString(tableText(t))
}

// countsLine has the same where there is no room for a table.
func countsLine(b *strings.Builder, s Status, style Style) {
	var parts []string
	for _, d := range dispositions {
		if n := s.Counts[d.state]; n > 0 {
			parts = append(parts, Thousands(n)+" "+name(d.state))
		}
	}
	words := several(s.total(), "conversation", "conversations") + " in the ledger: " + strings.Join(parts, ", ")
	b.WriteString(hanging(words, max(style.Width, 40), 0) + "\n")
}

// total is how many conversations the ledger holds.
func (s Status) total() int {
	total := 0
	for _, n := range s.Counts {
		total += n
	}
	return total
}

// lateness tells how late Kustomer's search showed conversations.
func lateness(l store.Lateness, overlap time.Duration) string {
	if l.Count == 0 {
		return "no conversation was ever seen later than its window"
	}
	var classes []string
	for _, class := range l.Classes() {
		if class.Below == 0 {
			classes = append(classes, fmt.Sprintf("%d later", class.Count))
			continue
		}
		classes = append(classes, fmt.Sprintf("%d < %s", class.Count, short(class.Below)))
	}
	return fmt.Sprintf("%d, at most by %s of the overlap's %s (%s)", l.Count, short(l.Greatest.Round(time.Second)), short(overlap), strings.Join(classes, ", "))
}

// short is a duration of whole units without the zeros behind them.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func doubts(b *strings.Builder, s Status, style Style, most int) {
	if s.doubtful() == 0 || most == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", paint(style, text.FgRed, fmt.Sprintf("%d in doubt", s.doubtful())))
	shown := s.InDoubt[:min(len(s.InDoubt), most)]
	for _, entry := range shown {
		line := fmt.Sprintf("  %-24s  %-17s  %s %s", entry.Conversation, entry.Reason, cmp.Or(entry.Kind(), "done"), show(entry.Record.Resolution))
		b.WriteString(text.Snip(line, max(style.Width, 40), "…") + "\n")
	}
	if more := s.doubtful() - len(shown); more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

// refused lists what was rejected lately.
func refused(b *strings.Builder, s Status, most int) {
	if len(s.Refused) == 0 || most == 0 {
		return
	}
	b.WriteString("\nrejected lately\n")
	for _, refusal := range s.Refused[:min(len(s.Refused), most)] {
		fmt.Fprintf(b, "  %-24s  %s%s\n", refusal.Conversation, ofKind(refusal.Kind), refusal.Reason)
	}
	if more := len(s.Refused) - most; more > 0 {
		fmt.Fprintf(b, "  and %d more; --json names them\n", more)
	}
}

// unfinished lists the back-fills that were begun and have not come to their end.
func unfinished(b *strings.Builder, s Status, style Style) {
	if len(s.Backfills) == 0 {
		return
	}
	b.WriteString("\nback-fills that are not finished; the same command goes on\n")
	for _, f := range s.Backfills {
		turn := " "
		if style.Width < 65 { // columns of the line below with both times
			turn = "\n  "
		}
		fmt.Fprintf(b, "  --from %s%s--to %s\n    done up to %s\n", stamp(f.From), turn, end(f.To), show(f.Position))
	}
}

// since is how long ago a time was, in its two greatest units.
func since(now, then time.Time) string {
	switch d := now.Sub(then); {
	case d < -time.Minute:
		return "IN THE FUTURE: a clock was wrong; put back a copy of the ledger from before"
	case d < 0:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min ago", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// statusJSON is the form of a status for programs, schema acsync.status/1. Fields may be added, never renamed or removed.
type statusJSON struct {
	Schema     string          `json:"schema"`
	Ledger     string          `json:"ledger"`
	LedgerID   string          `json:"ledger_id"`
	Checkpoint string          `json:"checkpoint"`
	Start      string          `json:"start"`
	SurveyPer  store.Identity  `json:"survey_per"` // what the ledger remembers as one
	Counts     map[string]int  `json:"counts"`
	InDoubt    []doubtJSON     `json:"in_doubt"`  // the first of them
	Rejected   []store.Refusal `json:"rejected"`  // by the latest passes, the latest first; of each pass those that its summary names
	Backfills  []backfillJSON  `json:"backfills"` // those that are not finished
	NextDue    string          `json:"next_due"`
	Late       *lateStatusJSON `json:"late"` // since the ledger was made
	LastPass   *store.Run      `json:"last_pass"`
	Running    *runningJSON    `json:"running"` // the process that holds the ledger; then the rest is null or empty. null: it is free
	Level      string          `json:"level"`   // the worst of the lights
	Lights     []Light         `json:"lights"`
	Killed     *runningJSON    `json:"killed"`              // who had the ledger last, and left without closing it; null: it was closed
	Usual      float64         `json:"usual_pause_seconds"` // between two runs; 0 where it is not known
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
		doubts = append(doubts, doubtJSON{entry.Conversation, entry.Reason, stamp(entry.Record.Resolution), entry.Kind()})
	}
	backfills := []backfillJSON{}
	for _, b := range s.Backfills {
		backfills = append(backfills, backfillAs(b))
	}
	lights := s.Lights()
	return json.NewEncoder(w).Encode(statusJSON{
		Level: worst(lights), Lights: lights, Killed: killedAs(s), Usual: s.Recent.Usual.Seconds(),
		Schema: "acsync.status/1", Ledger: s.Ledger, LedgerID: s.ID, Checkpoint: stamp(s.Checkpoint), Start: stamp(s.Start),
		SurveyPer: s.Identity, Backfills: backfills,
		Counts: counts, InDoubt: doubts, Rejected: append([]store.Refusal{}, s.Refused...), NextDue: stamp(s.NextDue), LastPass: s.Last,
		Late: lateStatus(s.Lateness),
	})
}
