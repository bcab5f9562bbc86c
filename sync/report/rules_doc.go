package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

const (
	shownTrials = 20 // conversations of a range that a trial shows one by one
	perRule     = 3  // of these for each rule
)

// RulesDoc is the trial for people: the counts, what the other configuration changes, and
// conversations one by one.
func RulesDoc(r *Rules) doc.Doc {
	d := doc.Doc{Name: "acsync rules test", Subject: r.Tenant}
	if !r.Window.To.IsZero() {
		d.About = append(d.About, fmt.Sprintf("marked done from %s to %s", show(r.Window.From), show(r.Window.To)))
	}
	d.About = append(d.About, "nothing was sent, nothing was written; what the ledger remembers does not "+
		"count")
	if len(r.rows) == 0 {
		d.Sections = []doc.Section{doc.Titled("", doc.Note{Text: "no conversation was found"})}
		return d
	}
	d.Sections = append([]doc.Section{doc.Titled("", trialCounts(r))}, useSections(r)...)
	d.Sections = append(d.Sections, trialSection(r))
	return d
}

// trialDecisions are what can be decided, in the order of a table.
var trialDecisions = []struct {
	decision, words, meaning string
	tone                     doc.Tone
}{
	{"send", "would send", "a survey request would be made", doc.Good},
	{"reject", "would reject", "an expression failed", doc.Bad},
	{"skip", "would skip", "not to be asked", doc.Quiet},
}

// trialCounts is the table of decisions with their reasons, and of the changes.
func trialCounts(r *Rules) doc.Table {
	var rows []doc.Row
	all := len(r.rows)
	decisions, reasons, _ := r.tally(false)
	for _, d := range trialDecisions {
		if decisions[d.decision] == 0 {
			continue
		}
		row := countRow(doc.Main, d.words, decisions[d.decision], all, d.meaning)
		row.Cells[0].Tone = d.tone
		rows = append(rows, row)
		counts := reasons[d.decision]
		for _, reason := range byFrequency(counts) {
			rows = append(rows, countRow(doc.Sub, reason, counts[reason], all, decide.Reason(reason).Explain()))
		}
	}
	rows = append(rows, countRow(doc.Sum, "found", all, all, ""))
	if r.With == "" {
		return countsTable("decision", "What the rules decide", rows)
	}
	changed := map[string]int{}
	for _, row := range r.rows {
		changed[row.change()]++
	}
	rows = append(rows, doc.Row{Weight: doc.Main, Cells: doc.Texts("with the other", "", "", r.With)})
	for _, each := range changes {
		rows = append(rows, countRow(doc.Sub, each.change, changed[each.change], all, each.meaning))
	}
	rows = append(rows, countRow(doc.Sub, "unchanged", changed[same], all, ""))
	return countsTable("decision", "What the rules decide", rows)
}

// useSections tell for how many conversations each rule held.
func useSections(r *Rules) []doc.Section {
	var list []doc.Section
	for _, side := range []struct {
		with  bool
		title string
		names []string
	}{{false, "Rules", r.Names}, {true, "Rules of the other", r.WithName}} {
		_, reasons, matched := r.tally(side.with)
		table := doc.Table{Columns: []doc.Column{{Name: "rule", Min: 40, Max: 60}, {Name: "use"}}}
		for _, name := range side.names {
			use, tone := fmt.Sprintf("held for %d", matched[name]), doc.Tone("")
			if failed := reasons["reject"][string(decide.RuleError(name))]; failed > 0 {
				use, tone = fmt.Sprintf("%s, failed on %d", use, failed), doc.Bad
			} else if matched[name] == 0 {
				use, tone = "held for none", doc.Warn
			}
			table.Rows = append(table.Rows, doc.Row{Cells: []doc.Cell{
				{Text: name, Tone: tone},
				{Text: use, Tone: tone},
			}})
		}
		list = append(list, doc.Titled(side.title, table))
	}
	return list
}

// trialSection shows conversations one by one: all that were named, or a choice of a range.
func trialSection(r *Rules) doc.Section {
	rows, title := r.rows, "Conversations"
	switch {
	case r.With != "":
		rows = slices.DeleteFunc(slices.Clone(rows), func(t trial) bool { return t.change() == same })
		title = "What changes"
	case !r.Window.To.IsZero():
		rows, title = examples(r), "Examples"
	}
	most := len(rows)
	if !r.Window.To.IsZero() {
		most = min(most, shownTrials)
	}
	section := doc.Section{Title: title}
	for _, row := range rows[:most] {
		if r.With == "" {
			section.Parts = append(section.Parts, rulingParts(row.ruling, row.id)...)
			continue
		}
		section.Parts = append(section.Parts, rulingParts(row.ruling,
			fmt.Sprintf("%-24s  %-7s  now", row.id, cmp.Or(row.change(), "same")))...)
		section.Parts = append(section.Parts, rulingParts(row.with, fmt.Sprintf("%-24s  %-7s  then", "", ""))...)
	}
	if more := others(most, len(rows), "; --json has them all"); more != "" {
		section.Parts = append(section.Parts, doc.Note{Text: more, Depth: 2})
	}
	return section
}

// examples are a few conversations for each rule that held, or failed; where there is none, the first
// ones to be asked.
func examples(r *Rules) []trial {
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

// rulingParts are a line of what was decided about a conversation, and the request below it.
func rulingParts(v ruling, what string) []doc.Part {
	line := what + "  " + v.Decision
	if v.Delay > 0 {
		line += " after " + short(time.Duration(v.Delay*float64(time.Second)))
	}
	if v.Reason != "" {
		line += " " + v.Reason
	}
	var fields [][2]string
	if v.Message != "" {
		fields = append(fields, [2]string{"because", v.Message})
	}
	if len(v.Rules) > 0 && v.Decision == "send" {
		fields = append(fields, [2]string{"rules", strings.Join(v.Rules, ", ")})
	}
	if v.Request != nil {
		fields = append(fields, requestFields(v.Request)...)
	}
	facts := doc.Facts{Depth: 4}
	for _, field := range fields {
		facts.List = append(facts.List, doc.Fact{Label: field[0], Value: field[1]})
	}
	return []doc.Part{doc.Note{Text: line, Depth: 2}, facts}
}

// requestFields are the fields of a request that are not empty, with their names.
func requestFields(r *request) [][2]string {
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
