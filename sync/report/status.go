package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
)

// Status is where a ledger stands.
type Status struct {
	store.Info
	Tenant  string
	Ledger  string        // path
	InDoubt []store.Entry // some of them, open intents first
	NextDue time.Time     // of what is scheduled or to be retried; zero for nothing
	Last    *store.Run    // the last pass; nil for none
	Now     time.Time
}

// doubtful is how many are in doubt: those that are so, and open intents, which the next pass will put in doubt.
func (s Status) doubtful() int { return s.Counts[store.InDoubt] + s.Counts[store.Sending] }

// StatusTable writes the status for people, on one screen.
func StatusTable(w io.Writer, s Status, style Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "acsync status · %s\n\n", s.Tenant)
	fmt.Fprintf(&b, "ledger      %s (%s)\n", s.Ledger, s.ID)
	fmt.Fprintf(&b, "checkpoint  %s, %s ago\n", show(s.Checkpoint), age(s.Now.Sub(s.Checkpoint)))
	fmt.Fprintf(&b, "last pass   %s\n", lastPass(s))
	if !s.NextDue.IsZero() {
		fmt.Fprintf(&b, "next due    %s\n", show(s.NextDue))
	}
	b.WriteString("\n")
	t, total := newTable(style), 0
	for _, n := range s.Counts {
		total += n
	}
	for _, d := range dispositions {
		if n := s.Counts[d.state]; n > 0 {
			t.AppendRow(table.Row{paint(style, d.color, name(d.state)), n, share(n, total), d.meaning})
		}
	}
	t.AppendFooter(table.Row{"conversations", total, share(total, total), "in the ledger"})
	b.WriteString(render(t))
	needsHand(&b, s, style)
	_, err := io.WriteString(w, b.String())
	return err
}

func lastPass(s Status) string {
	if s.Last == nil {
		return "none yet"
	}
	return fmt.Sprintf("%s, %s ago, %s: found %d, exit %d", show(s.Last.Ended), age(s.Now.Sub(s.Last.Ended)),
		s.Last.Mode, s.Last.Found, s.Last.Exit)
}

func needsHand(b *strings.Builder, s Status, style Style) {
	if s.doubtful() == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", paint(style, text.FgRed, fmt.Sprintf(
		"%d in doubt: not sent again. Look them up in Agent Connect by these ids:", s.doubtful())))
	for _, entry := range s.InDoubt {
		fmt.Fprintf(b, "  %-24s  %-17s  done %s\n", entry.Conversation, entry.Reason, show(entry.Record.Resolution))
	}
	if more := s.doubtful() - len(s.InDoubt); more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

// age is a duration in its two greatest units.
func age(d time.Duration) string {
	switch {
	case d < 0:
		return "less than a second"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// statusJSON is the form of a status for programs, schema acsync.status/1. Fields may be added, never renamed or removed.
type statusJSON struct {
	Schema     string         `json:"schema"`
	Ledger     string         `json:"ledger"`
	LedgerID   string         `json:"ledger_id"`
	Checkpoint string         `json:"checkpoint"`
	Start      string         `json:"start"`
	Counts     map[string]int `json:"counts"`
	InDoubt    []doubtJSON    `json:"in_doubt"` // the first of them
	NextDue    string         `json:"next_due"`
	LastPass   *store.Run     `json:"last_pass"`
}

type doubtJSON struct {
	ID         string `json:"id"`
	Reason     string `json:"reason"`
	Resolution string `json:"resolution"`
}

// StatusJSON writes the status as one object on one line.
func StatusJSON(w io.Writer, s Status) error {
	counts := map[string]int{}
	for _, state := range store.States() {
		counts[state.String()] = s.Counts[state]
	}
	doubts := []doubtJSON{}
	for _, entry := range s.InDoubt {
		doubts = append(doubts, doubtJSON{entry.Conversation, entry.Reason, stamp(entry.Record.Resolution)})
	}
	return json.NewEncoder(w).Encode(statusJSON{
		Schema: "acsync.status/1", Ledger: s.Ledger, LedgerID: s.ID, Checkpoint: stamp(s.Checkpoint), Start: stamp(s.Start),
		Counts: counts, InDoubt: doubts, NextDue: stamp(s.NextDue), LastPass: s.Last,
	})
}
