package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"acsync/store"
	"acsync/sync/decide"
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
	Witness      Witness       // what tells when the ledger is not the newest
	Asks         bool          // passes settle doubts by Agent Connect's data
	Settle       time.Duration // sync.settle, which the checkpoint stays behind
	Overlap      time.Duration // sync.overlap, which lateness must stay below
	MaxAge       time.Duration // sync.max_age; 0 = none
	MaxErrorRate float64       // sync.max_error_rate

	unnamed bool // the screen has no room for ids
}

// doubtful is how many are in doubt: those that are so, and open intents, which the next pass will put in doubt.
func (s Status) doubtful() int { return s.Counts[store.InDoubt] + s.Counts[store.Sending] }

// countsTable has the conversations of the ledger by disposition.
func countsTable(b *strings.Builder, s Status, style Style) {
	t, total := newTable(style), s.total()
	if total == 0 {
		b.WriteString("the ledger is empty\n")
		return
	}
	for _, d := range dispositions {
		if n := s.Counts[d.state]; n > 0 {
			t.AppendRow(table.Row{paint(style, d.color, name(d.state)), n, share(n, total), s.means(d)})
		}
	}
	t.AppendFooter(table.Row{"conversations", total, share(total, total), "in the ledger, each as it is now"})
	b.WriteString(tableText(t))
}

// countsLine has the same where there is no room for a table.
func countsLine(b *strings.Builder, s Status, style Style) {
	if s.total() == 0 {
		b.WriteString("the ledger is empty\n")
		return
	}
	var parts []string
	for _, d := range dispositions {
		if n := s.Counts[d.state]; n > 0 {
			parts = append(parts, Thousands(n)+" "+name(d.state))
		}
	}
	words := several(s.total(), "conversation", "conversations") + " in the ledger: " + strings.Join(parts, ", ")
	b.WriteString(hanging(words, max(style.Width, 40), 0) + "\n")
}

// means is what a disposition means in this ledger, as far as the latest passes tell.
func (s Status) means(d disposition) string {
	failed := func(r store.Refusal) bool { return decide.Reason(r.Reason).Broken() }
	if d.state == store.Rejected && (s.Recent.Broken > 0 || slices.ContainsFunc(s.Refused, failed)) {
		return refusedOrFailed
	}
	return d.meaning
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

// since is how long ago a time was.
func since(now, then time.Time) string {
	switch d := now.Sub(then); {
	case d < -time.Minute:
		return "IN THE FUTURE, by " + span(d)
	case d < 0:
		return "just now"
	default:
		return span(d) + " ago"
	}
}

// span is a length of time in its two greatest units, whatever its direction. Times from outside can be so
// far apart that no Duration tells it.
func span(d time.Duration) string {
	const most = 290 * 365 * 24 * time.Hour // a Duration ends at 292 years
	switch d = d.Abs(); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	case d < most:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
	return "more than 290 years"
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
