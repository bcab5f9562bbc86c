package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// columns are those of the CSV form. Their names stay; new ones come at the end.
var columns = []string{
	"conversation_id", "resolved_at", "decision", "reason", "explanation", "agent_id", "agent", "team_ids",
	"channel", "brand",
	"address", "http_status", "message", "handled_at", "customer_id", "url", "kind", "do_not_send",
}

// CSV writes a line for each conversation (RFC 4180, UTF-8), times in the report's zone. A value that a
// spreadsheet would take for a formula has an apostrophe before it.
func CSV(w io.Writer, r Report) error {
	return writeCSV(w, columns, r.Rows, func(row Row) []string { return cells(r, row) })
}

func writeCSV[T any](w io.Writer, names []string, list []T, line func(T) []string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(names); err != nil {
		return err
	}
	for _, each := range list {
		values := line(each)
		for i := range values {
			values[i] = harmless(values[i])
		}
		if err := out.Write(values); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func cells(r Report, row Row) []string {
	status, flagged := "", ""
	if row.Status != 0 {
		status = strconv.Itoa(row.Status)
	}
	if row.Flagged {
		flagged = "true"
	}
	return []string{
		row.ID, r.local(row.Resolution, time.RFC3339), row.Decision, row.Reason,
		decide.Reason(row.Reason).Explain(),
		row.AgentID, row.Agent, strings.Join(row.Teams, " "), row.Channel, row.Brand,
		row.Address, status, row.Message, r.local(row.Handled, time.RFC3339), row.Customer, row.URL, row.Kind,
		flagged,
	}
}

// harmless keeps a spreadsheet from running a value: one that begins like a formula, spaces and full-width
// forms of the signs included, is made a text by an apostrophe. Line breaks become spaces, so that a line
// stays a line, and what is not to be seen is left out.
func harmless(value string) string {
	value = strings.Map(func(c rune) rune {
		switch {
		case c == '\t':
			return c
		case unicode.IsSpace(c) && c != '\u00a0', unicode.IsControl(c):
			return ' '
		// before it is judged how the value begins: a spreadsheet does not see these either
		case doc.Unfit(c):
			return -1
		}
		return c
	}, value)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(value, " \u00a0\ufeff"))
	if strings.ContainsRune("=+-@\t＝＋－＠", first) {
		return "'" + value
	}
	return value
}

// historyColumns are those of the CSV form. Their names stay; new ones come at the end.
var historyColumns = []string{
	"pass", "mode", "started_at", "ended_at", "from", "to", "checkpoint", "found", "accepted", "rejected",
	"in_doubt", "retry", "scheduled",
	"dropped", "skipped", "late", "latest_seconds", "fuse", "exit", "exit_meaning",
}

// HistoryCSV writes a line for each pass (RFC 4180, UTF-8), the latest first, times in the report's zone.
func HistoryCSV(w io.Writer, h History) error {
	meanings := map[int]string{}
	for _, exit := range h.Exits {
		meanings[exit.Code] = exit.Meaning
	}
	return writeCSV(w, historyColumns, h.Passes, func(p PastPass) []string {
		at := func(m Moment) string { return h.local(m, time.RFC3339) }
		line := []string{
			p.Pass, p.Mode, at(p.Started), at(p.Ended), at(p.From), at(p.To), at(p.Checkpoint),
			strconv.Itoa(p.Found),
		}
		for _, state := range []store.State{
			store.Accepted, store.Rejected, store.InDoubt, store.Retry,
			store.Scheduled, store.Dropped, store.Skipped,
		} {
			line = append(line, strconv.Itoa(p.Counts[state.String()]))
		}
		exit, meaning := strconv.Itoa(p.Exit), meanings[p.Exit]
		if p.Killed {
			exit, meaning = "", killedWord
		}
		return append(
			line, strconv.Itoa(p.Late), strconv.FormatFloat(p.Latest, 'f', -1, 64), p.Fuse, exit, meaning)
	})
}
