package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
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
	return rendererFor(path, ReportDoc, CSV, indented)
}

// HistoryRendererFor is RendererFor for a report of past passes.
func HistoryRendererFor(path string) (func(io.Writer, History) error, error) {
	return rendererFor(path, HistoryDoc, HistoryCSV, indented)
}

// AuditRendererFor is RendererFor for an audit.
func AuditRendererFor(path string) (func(io.Writer, Audit) error, error) {
	return rendererFor(path, AuditDoc, AuditCSV, perRecord)
}

// rendererFor leaves out what a reader cannot see; in JSON it has a form.
func rendererFor[T interface{ object() object }](
	path string, document func(T, int) doc.Doc, csv func(io.Writer, T) error, asJSON layout,
) (func(io.Writer, T) error, error) {
	extension := strings.ToLower(filepath.Ext(path))
	write := map[string]func(io.Writer, T) error{
		".html": func(w io.Writer, subject T) error { return doc.HTML(w, document(subject, mostOnPage)) },
		".csv":  csv,
		".json": func(w io.Writer, subject T) error { return writeJSON(w, subject.object(), asJSON) },
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
func HistoryJSON(w io.Writer, h History) error { return writeJSON(w, h.object(), oneLine) }

// CSV writes a line for each conversation (RFC 4180, UTF-8), times in the report's zone. A value that a
// spreadsheet would take for a formula has an apostrophe before it.
func CSV(w io.Writer, r Report) error {
	return writeCSV(w, these(r.rows.all()), func(row Row) []string {
		status, flagged := "", ""
		if row.Status != 0 {
			status = strconv.Itoa(row.Status)
		}
		if row.Flagged {
			flagged = "true"
		}
		return []string{
			"conversation_id", row.ID, "resolved_at", r.local(row.Resolution.Time, time.RFC3339),
			"decision", row.Decision, "reason", row.Reason,
			"explanation", decide.Reason(row.Reason).Explain(), "agent_id", row.AgentID, "agent", row.Agent,
			"team_ids", strings.Join(row.Teams, " "), "channel", row.Channel, "brand", row.Brand,
			"address", row.Address, "http_status", status, "message", row.Message,
			"handled_at", r.local(row.Handled.Time, time.RFC3339), "customer_id", row.Customer,
			"url", row.URL, "kind", row.Kind, "do_not_send", flagged,
		}
	})
}

// HistoryCSV writes a line for each pass (RFC 4180, UTF-8), the latest first, times in the report's zone.
func HistoryCSV(w io.Writer, h History) error {
	meanings := map[int]string{}
	for _, exit := range h.Exits {
		meanings[exit.Code] = exit.Meaning
	}
	return writeCSV(w, these(slices.Values(h.Passes)), func(p PastPass) []string {
		at := func(t time.Time) string { return h.local(t, time.RFC3339) }
		line := []string{
			"pass", p.Pass, "mode", p.Mode, "started_at", at(p.Started), "ended_at", at(p.Ended),
			"from", at(p.From), "to", at(p.To), "checkpoint", at(p.Checkpoint),
			"found", strconv.Itoa(p.Tally.Found),
		}
		for _, state := range []store.State{
			store.Accepted, store.Rejected, store.InDoubt, store.Retry, store.Scheduled, store.Dropped,
			store.Skipped,
		} {
			line = append(line, state.String(), strconv.Itoa(p.Counts[state.String()]))
		}
		exit, meaning := strconv.Itoa(p.Exit), meanings[p.Exit]
		if p.Killed {
			exit, meaning = "", p.code()
		}
		return append(line, "late", strconv.Itoa(p.Late),
			"latest_seconds", strconv.FormatFloat(p.Latest, 'f', -1, 64), "fuse", p.Fuse, "exit", exit,
			"exit_meaning", meaning, untold, strconv.Itoa(p.Counts[untold]))
	})
}

// writeCSV writes a line for each value, by the names and values of its columns. The names stay; new ones
// come at the end.
func writeCSV[T any](w io.Writer, values source[T], line func(T) []string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	write := func(each T, at int) error {
		var cells []string
		for column := range slices.Chunk(line(each), 2) {
			cells = append(cells, harmless(column[at]))
		}
		return out.Write(cells)
	}
	var none T
	if err := write(none, 0); err != nil {
		return err
	}
	if err := values(func(each T) error { return write(each, 1) }); err != nil {
		return err
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
