package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/sync/decide"
)

const (
	shownTrials = 20 // conversations of a range that a trial shows one by one
	perRule     = 3  // of these for each rule
)

// Table writes the trial for people: the counts, what the other configuration changes, and conversations one by one.
func (r *Rules) Table(w io.Writer, s Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "acsync rules test · %s\n", printable(r.Tenant))
	if !r.Window.To.IsZero() {
		fmt.Fprintf(&b, "marked done from %s to %s\n", show(r.Window.From), show(r.Window.To))
	}
	b.WriteString("nothing was sent, nothing was written; what the ledger remembers does not count\n\n")
	if len(r.rows) == 0 {
		b.WriteString("no conversation was found\n")
	} else {
		b.WriteString(tableText(r.counts(s)) + "\n")
		r.uses(&b, s)
		r.each(&b, s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var trialDecisions = []struct {
	decision string
	words    string
	color    text.Color
	meaning  string
}{
	{"send", "would send", text.FgGreen, "a survey request would be made"},
	{"reject", "would reject", text.FgRed, "an expression failed"},
	{"skip", "would skip", text.Reset, "not to be asked"},
}

// counts is the table of decisions with their reasons, and of the changes.
func (r *Rules) counts(s Style) table.Writer {
	t := newTable(s)
	decisions, reasons, _ := r.tally(false)
	for _, d := range trialDecisions {
		if decisions[d.decision] == 0 {
			continue
		}
		t.AppendRow(table.Row{paint(s, d.color, d.words), decisions[d.decision], share(decisions[d.decision], len(r.rows)), d.meaning})
		counts := reasons[d.decision]
		for _, reason := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
			return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
		}) {
			t.AppendRow(table.Row{"  " + printable(reason), counts[reason], share(counts[reason], len(r.rows)), decide.Reason(reason).Explain()})
		}
	}
	if r.With != "" {
		r.changed(t)
	}
	t.AppendFooter(table.Row{"found", len(r.rows), share(len(r.rows), len(r.rows))})
	return t
}

// changed adds what the other configuration changes.
func (r *Rules) changed(t table.Writer) {
	counts := map[string]int{}
	for _, row := range r.rows {
		counts[row.change()]++
	}
	t.AppendSeparator()
	t.AppendRow(table.Row{"with the other", "", "", text.Snip(oneLine(r.With), 40, "…")})
	for _, each := range changes {
		t.AppendRow(table.Row{"  " + each.change, counts[each.change], share(counts[each.change], len(r.rows)), each.meaning})
	}
	t.AppendRow(table.Row{"  unchanged", counts[same], share(counts[same], len(r.rows))})
}

// uses tells for how many conversations each rule held.
func (r *Rules) uses(b *strings.Builder, s Style) {
	for _, side := range []struct {
		with  bool
		title string
		names []string
	}{{false, "rules", r.Names}, {true, "rules of the other", r.WithName}} {
		if len(side.names) == 0 {
			continue
		}
		_, reasons, matched := r.tally(side.with)
		fmt.Fprintf(b, "%s\n", side.title)
		for _, name := range side.names {
			line, color := fmt.Sprintf("  %-40s  held for %d", printable(name), matched[name]), text.Reset
			if failed := reasons["reject"][string(decide.RuleError(name))]; failed > 0 {
				line, color = line+fmt.Sprintf(", failed on %d", failed), text.FgRed
			} else if matched[name] == 0 {
				line, color = fmt.Sprintf("  %-40s  held for none", printable(name)), text.FgYellow
			}
			b.WriteString(paint(s, color, line) + "\n")
		}
		b.WriteString("\n")
	}
}

// each shows conversations one by one: all that were named, or a choice of a range.
func (r *Rules) each(b *strings.Builder, s Style) {
	rows, title := r.rows, "conversations"
	switch {
	case r.With != "":
		rows = slices.DeleteFunc(slices.Clone(rows), func(t trial) bool { return t.change() == same })
		title = "what changes"
	case !r.Window.To.IsZero():
		rows, title = r.examples(), "examples"
	}
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n", title)
	most := len(rows)
	if !r.Window.To.IsZero() {
		most = min(most, shownTrials)
	}
	for _, row := range rows[:most] {
		if r.With == "" {
			row.ruling.show(b, s, row.id)
			continue
		}
		row.ruling.show(b, s, fmt.Sprintf("%-24s  %-7s  now", row.id, cmp.Or(row.change(), "same")))
		row.with.show(b, s, fmt.Sprintf("%-24s  %-7s  then", "", ""))
	}
	if more := len(rows) - most; more > 0 {
		fmt.Fprintf(b, "  and %d more; --json has them all\n", more)
	}
}

// examples are a few conversations for each rule that held, or failed; where there is none, the first ones to be asked.
func (r *Rules) examples() []trial {
	var chosen, others []trial
	taken := map[string]int{}
	for _, row := range r.rows {
		names := row.ruling.Rules
		if row.ruling.Decision == "reject" {
			names = append(slices.Clone(names), row.ruling.Reason)
		}
		fresh := slices.ContainsFunc(names, func(name string) bool { return taken[name] < perRule })
		for _, name := range names {
			taken[name]++
		}
		switch {
		case fresh:
			chosen = append(chosen, row)
		case len(names) == 0 && row.ruling.asks && len(others) < perRule:
			others = append(others, row)
		}
	}
	return append(chosen, others...)
}

// show writes a ruling behind what it is about: one line, and the request below it.
func (v ruling) show(b *strings.Builder, s Style, about string) {
	line := fmt.Sprintf("  %s  %s", about, v.Decision)
	if v.Delay > 0 {
		line += " after " + short(time.Duration(v.Delay*float64(time.Second)))
	}
	if v.Reason != "" {
		line += " " + v.Reason
	}
	b.WriteString(text.Snip(oneLine(line), s.Width, "…") + "\n")
	detail := func(what, value string) {
		b.WriteString(text.Snip(oneLine(fmt.Sprintf("    %-10s  %s", what, value)), s.Width, "…") + "\n")
	}
	for i, line := range strings.Split(text.WrapSoft(oneLine(v.Message), max(s.Width-16, 20)), "\n") {
		if strings.TrimSpace(line) != "" {
			detail([]string{"because", ""}[min(i, 1)], strings.TrimSpace(line))
		}
	}
	if len(v.Rules) > 0 && v.Decision == "send" {
		detail("rules", strings.Join(v.Rules, ", "))
	}
	if v.Request != nil {
		for _, field := range v.Request.fields() {
			detail(field[0], field[1])
		}
	}
}

// fields are the fields of the request that are not empty, with their names.
func (r *request) fields() [][2]string {
	all := [][2]string{
		{"customer", strings.TrimSpace(r.Name + " " + r.Email)},
		{"employee", cmp.Or(r.AgentID, r.Agent)},
		{"channel", r.Channel},
		{"tags", strings.Join(r.Tags, ", ")},
		{"brand", r.Brand},
		{"language", r.Language},
		{"country", r.Country},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		all = append(all, [2]string{"property", name + " = " + r.Properties[name]})
	}
	if r.DoNotSend {
		all = append(all, [2]string{"", "do_not_send: counted, and nobody is mailed"})
	}
	return slices.DeleteFunc(all, func(field [2]string) bool { return field[1] == "" })
}
