package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"acsync/sync/decide"
)

// columns are those of the CSV form. Their names stay; new ones come at the end.
var columns = []string{
	"conversation_id", "resolved_at", "decision", "reason", "explanation", "agent_id", "agent", "team_ids", "channel", "brand",
	"address", "http_status", "message", "handled_at", "customer_id", "url", "kind", "do_not_send",
}

// CSV writes a line for each conversation (RFC 4180, UTF-8), times in the report's zone. A value that a spreadsheet would
// take for a formula has an apostrophe before it.
func CSV(w io.Writer, r Report) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(columns); err != nil {
		return err
	}
	for _, row := range r.Rows {
		if err := out.Write(cells(r, row)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cells is the line of a conversation.
func cells(r Report, row Row) []string {
	status, flagged := "", ""
	if row.Status != 0 {
		status = strconv.Itoa(row.Status)
	}
	if row.Flagged {
		flagged = "true"
	}
	values := []string{
		row.ID, r.local(row.Resolution, time.RFC3339), row.Decision, row.Reason, decide.Reason(row.Reason).Explain(),
		row.AgentID, row.Agent, strings.Join(row.Teams, " "), row.Channel, row.Brand,
		row.Address, status, row.Message, r.local(row.Handled, time.RFC3339), row.Customer, row.URL, row.Kind, flagged,
	}
	for i := range values {
		values[i] = harmless(values[i])
	}
	return values
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
		case unfit(c): // before it is judged how the value begins: a spreadsheet does not see these either
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

// local is a time in the report's zone; empty when it is not known.
func (r Report) local(m Moment, layout string) string {
	if m.IsZero() {
		return ""
	}
	if r.zone == nil {
		return m.UTC().Format(layout)
	}
	return m.In(r.zone).Format(layout)
}
