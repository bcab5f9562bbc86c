package report

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// RendererFor finds the form that a file's name asks for; the error names those that there are.
func RendererFor(path string) (func(io.Writer, Report) error, error) {
	return rendererFor(path, ReportDoc, CSV)
}

// HistoryRendererFor is RendererFor for a report of past passes.
func HistoryRendererFor(path string) (func(io.Writer, History) error, error) {
	return rendererFor(path, HistoryDoc, HistoryCSV)
}

// rendererFor leaves out what a reader cannot see; in JSON it has a form.
func rendererFor[T any](path string, document func(T, int) doc.Doc,
	csv func(io.Writer, T) error,
) (func(io.Writer, T) error, error) {
	extension := strings.ToLower(filepath.Ext(path))
	write := map[string]func(io.Writer, T) error{
		".html": func(w io.Writer, subject T) error { return doc.HTML(w, document(subject, mostOnPage)) },
		".csv":  csv,
		".json": func(w io.Writer, subject T) error {
			encoder := json.NewEncoder(w)
			encoder.SetIndent("", " ")
			return encoder.Encode(subject)
		},
		".md": func(w io.Writer, subject T) error {
			return doc.Markdown(w, document(subject, mostInMarkdown))
		},
	}[extension]
	if write == nil {
		return nil, fmt.Errorf(
			"the extension of %q names no form of a report; choose .html, .csv, .json, .md", path)
	}
	return func(w io.Writer, subject T) error {
		v := &doc.Visible{To: w, Drop: extension != ".json"}
		return errors.Join(write(v, subject), v.Close())
	}, nil
}

// HistoryJSON writes the report of past passes as one object on one line, schema acsync.history/1.
func HistoryJSON(w io.Writer, h History) error { return writeJSON(w, h) }

// The columns of the CSV forms. Their names stay; new ones come at the end.
var (
	columns = []string{
		"conversation_id", "resolved_at", "decision", "reason", "explanation", "agent_id", "agent",
		"team_ids", "channel", "brand", "address", "http_status", "message", "handled_at", "customer_id",
		"url", "kind", "do_not_send",
	}
	historyColumns = []string{
		"pass", "mode", "started_at", "ended_at", "from", "to", "checkpoint", "found", "accepted", "rejected",
		"in_doubt", "retry", "scheduled", "dropped", "skipped", "late", "latest_seconds", "fuse", "exit",
		"exit_meaning",
	}
)

// CSV writes a line for each conversation (RFC 4180, UTF-8), times in the report's zone. A value that a
// spreadsheet would take for a formula has an apostrophe before it.
func CSV(w io.Writer, r Report) error {
	return writeCSV(w, columns, r.Rows, func(row Row) []string {
		status, flagged := "", ""
		if row.Status != 0 {
			status = strconv.Itoa(row.Status)
		}
		if row.Flagged {
			flagged = "true"
		}
		return []string{
			row.ID, r.local(row.Resolution.Time, time.RFC3339), row.Decision, row.Reason,
			decide.Reason(row.Reason).Explain(), row.AgentID, row.Agent, strings.Join(row.Teams, " "),
			row.Channel, row.Brand, row.Address, status, row.Message, r.local(row.Handled.Time, time.RFC3339),
			row.Customer, row.URL, row.Kind, flagged,
		}
	})
}

// HistoryCSV writes a line for each pass (RFC 4180, UTF-8), the latest first, times in the report's zone.
func HistoryCSV(w io.Writer, h History) error {
	meanings := map[int]string{}
	for _, exit := range h.Exits {
		meanings[exit.Code] = exit.Meaning
	}
	return writeCSV(w, historyColumns, h.Passes, func(p PastPass) []string {
		line := []string{p.Pass, p.Mode}
		for _, at := range []time.Time{p.Started, p.Ended, p.From, p.To, p.Checkpoint} {
			line = append(line, h.local(at, time.RFC3339))
		}
		line = append(line, strconv.Itoa(p.Tally.Found))
		for _, state := range []store.State{
			store.Accepted, store.Rejected, store.InDoubt, store.Retry, store.Scheduled, store.Dropped,
			store.Skipped,
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

// harmless keeps a spreadsheet from running a value: one that begins like a formula, spaces and full-width
// forms of the signs included, is made a text by an apostrophe. Line breaks become spaces, so that a line
// stays a line, and what is not to be seen is left out.
func harmless(value string) string {
	value = strings.Map(func(c rune) rune {
		switch {
		case c == '\t', c == '\u00a0':
			return c
		case unicode.IsSpace(c), unicode.IsControl(c):
			return ' '
		// Before it is judged how the value begins: a spreadsheet does not see these either.
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
