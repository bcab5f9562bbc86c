package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

const (
	shownTrials = 20 // conversations of a range that a trial shows one by one
	perRule     = 3  // of these for each rule
)

// RulesRendererFor is RendererFor for a trial of the rules.
func RulesRendererFor(path string) (func(io.Writer, *Rules) error, error) {
	return rendererFor(path, RulesDoc, RulesCSV, indented)
}

// RulesCSV writes a line for each conversation.
func RulesCSV(w io.Writer, r *Rules) error {
	return writeCSV(w, these(slices.Values(r.rows)), func(row trial) []string {
		if len(row.rulings) == 0 {
			row.rulings = []ruling{{}} // it is asked for the names of the columns
		}
		v, shown, change := row.rulings[0], request{}, ""
		if v.Request != nil {
			shown = *v.Request
		}
		if len(row.rulings) > 1 {
			change = row.change()
		}
		var properties, differences []string
		for _, name := range slices.Sorted(maps.Keys(shown.Properties)) {
			properties = append(properties, name+" = "+shown.Properties[name])
		}
		for _, each := range r.differences(row) {
			differences = append(differences, each.String())
		}
		return []string{
			"conversation_id", row.id, "resolved_at", Moment{row.resolved}.in(time.UTC, time.RFC3339),
			"decision", v.Decision, "reason", string(v.Reason), "explanation", v.Reason.Explain(),
			"message", v.Message, "rules", strings.Join(v.Rules, ", "),
			"delay_seconds", strconv.FormatFloat(v.Delay, 'f', -1, 64), "channel", shown.Channel,
			"tags", strings.Join(shown.Tags, ", "), "do_not_send", strconv.FormatBool(shown.DoNotSend),
			"brand", shown.Brand, "language", shown.Language, "country", shown.Country,
			"employee", cmp.Or(shown.AgentID, shown.Agent), "custom_properties", strings.Join(properties, "; "),
			"change", change, "differences", strings.Join(differences, "; "), "url", row.url,
		}
	})
}

// RulesDoc is the trial for people, with at most so many conversations.
func RulesDoc(r *Rules, most int) doc.Doc {
	d := doc.Doc{Name: "acsync rules test", Subject: r.Tenant}
	if !r.Window.To.IsZero() {
		d.About = append(
			d.About, fmt.Sprintf("marked done from %s to %s", show(r.Window.From), show(r.Window.To)))
	}
	d.About = append(d.About, "nothing was sent, nothing was written; what the ledger remembers does not "+
		"count")
	if len(r.rows) == 0 && r.Expected == nil {
		d.Sections = []doc.Section{doc.Titled("", doc.Note{Text: "no conversation was found"})}
		return d
	}
	d.Verdict = rulesVerdict(r)
	if r.Expected != nil {
		d.Verdict = expectedVerdict(r)
	}
	d.Sections = []doc.Section{
		doc.Titled("", decisionTable(r)),
		doc.Titled("Attributes that none of them has", unknownTable(r)),
		doc.Titled("What differs, by field", fieldTable(r)),
		doc.Titled("Rules", useTable(r, 0, r.Names)),
	}
	if r.With != "" {
		d.Sections = append(d.Sections, doc.Titled("Rules of the other", useTable(r, 1, r.WithName)))
	}
	d.Sections = append(d.Sections, doc.Titled("Values", valueTable(r)), trialSection(r),
		trialTable(r, most), doc.Titled("Expected, and not in Kustomer any more", missingTable(r)))
	return d
}

func rulesVerdict(r *Rules) Verdict {
	counts, unknown := r.count(0), len(unknownAttributes(r))
	v := Verdict{
		Level: doc.LevelGood, Todo: []string{},
		Headline: fmt.Sprintf("%s of %s would get a survey request.", thousands(counts.decisions["send"]),
			several(len(r.rows), "conversation", "conversations")),
	}
	changed := 0
	if r.With != "" {
		changed = len(r.rows) - r.changes()[same]
	}
	if counts.decisions["reject"] > 0 || unknown > 0 {
		v.Level = doc.LevelAttention
	}
	v.Detail = enumerate(
		some(counts.decisions["reject"], "would be rejected, because an expression fails on it",
			"would be rejected, because an expression fails on them"),
		some(changed, "would be decided otherwise by the other configuration",
			"would be decided otherwise by the other configuration"),
		some(unknown, "attribute that expressions name is on none of them",
			"attributes that expressions name are on none of them"),
	)
	return v
}

// expectedVerdict says whether the decisions are those that were expected.
func expectedVerdict(r *Rules) Verdict {
	all, n, file := len(r.Expected.ids), r.Unexpected(), r.Expected.File
	if n == 0 {
		return Verdict{
			Level: doc.LevelGood, Todo: []string{},
			Headline: fmt.Sprintf("All as expected: %s decided as %s says.",
				several(all, "conversation is", "conversations are"), file),
		}
	}
	return Verdict{
		Level: doc.LevelAttention,
		Headline: fmt.Sprintf("Not as expected: %s of %s decided otherwise than %s says.", thousands(n),
			several(all, "conversation is", "conversations are"), file),
		Detail: enumerate(some(len(r.Expected.missing(r.rows)), "is not in Kustomer any more",
			"are not in Kustomer any more")),
		Todo: []string{doExpect},
	}
}

// missingTable lists the conversations that were expected, and are gone.
func missingTable(r *Rules) doc.Flow {
	if r.Expected == nil {
		return nil
	}
	return r.Expected.missing(r.rows)
}

// unknownTable warns of attributes that expressions name, and that none of the conversations has.
func unknownTable(r *Rules) doc.Table {
	table := doc.Table{
		Class: "facts", Caption: "An expression that names one of these finds it missing each time",
		Columns: []doc.Column{{Name: "attribute"}, {Name: "named by"}},
	}
	for _, each := range unknownAttributes(r) {
		row := table.Add(each.Attribute, strings.Join(each.NamedBy, ", "))
		row.Cells[0].Tone = doc.Warn
		if each.Meant != "" {
			row.Cells[1].Below = "did you mean " + each.Meant + "?"
		}
	}
	return table
}

// fieldTable counts the conversations that differ in each field.
func fieldTable(r *Rules) doc.Table {
	table := newCounts("field", "In which fields the decisions differ", len(r.rows))
	if r.compares() {
		counts := r.fieldCounts()
		for _, field := range byFrequency(counts) {
			table.add(doc.Normal, "", field, counts[field], "")
		}
	}
	return table.Table
}

// shownValues is how many values of a field are shown, the most frequent first.
const shownValues = 8

// valueTable counts the values of each field that the configuration fills.
func valueTable(r *Rules) doc.Table {
	sent := r.count(0).decisions["send"]
	table := newCounts("field", "Values of those that would be sent, the most frequent first", sent)
	if sent == 0 {
		return table.Table
	}
	for _, field := range valuesOf(r) {
		table.add(doc.Main, "", field.Field, sent-field.None, "have one")
		shown := first(field.Values, shownValues)
		rest := 0
		for i, each := range field.Values {
			if i < len(shown) {
				table.add(doc.Sub, "", each.Value, each.Count, "")
			} else {
				rest += each.Count
			}
		}
		if more := len(field.Values) - len(shown); more > 0 {
			table.add(doc.Sub, "", fmt.Sprintf("%s more", thousands(more)), rest, "other values, in --json")
		}
		if field.None > 0 {
			table.add(doc.Sub, doc.Warn, "(none)", field.None, "")
		}
	}
	return table.Table
}

// trialTable lists conversations for a file: those that differ where something is compared, else all.
func trialTable(r *Rules, most int) doc.Section {
	table := doc.Table{
		Title: "One by one", Class: "rows",
		Columns: []doc.Column{
			{Name: "conversation", Class: "id"},
			{Name: "done", Class: "when"},
			{Name: "decision"},
			{Name: "rules"},
			{Name: "channel"},
			{Name: "brand"},
			{Name: "differences"},
		},
	}
	rows := r.rows
	if r.compares() {
		table.Caption = "Those that differ"
		rows = differing(r)
	}
	shown := first(rows, most)
	if more := len(rows) - len(shown); more > 0 {
		table.More = thousands(more) +
			" more are not listed here, a report with the extension .csv holds all of them."
		table.Caption = strings.TrimPrefix(table.Caption+"; "+strings.TrimSuffix(table.More, "."), "; ")
	}
	table.Count = thousands(len(rows))
	for _, row := range shown {
		v := row.rulings[0]
		made := request{}
		if v.Request != nil {
			made = *v.Request
		}
		var told []string
		for _, each := range r.differences(row) {
			told = append(told, each.String())
		}
		cell := &table.Add(row.id, Moment{row.resolved}.in(time.UTC, clockLayout), v.words(),
			strings.Join(v.Rules, ", "), made.Channel, made.Brand, strings.Join(told, "; ")).Cells[0]
		cell.Link = row.url
	}
	return doc.Titled("Conversations", table).For(doc.ForFiles)
}

func decisionTable(r *Rules) doc.Table {
	counts, all := r.count(0), len(r.rows)
	table := newCounts("decision", "What the rules decide", all)
	for _, d := range []struct {
		decision, meaning string
		tone              doc.Tone
	}{
		{"send", "a survey request would be made", doc.Good},
		{"reject", "an expression failed", doc.Bad},
		{"skip", "not to be asked", doc.Quiet},
	} {
		if counts.decisions[d.decision] == 0 {
			continue
		}
		table.add(doc.Main, d.tone, "would "+d.decision, counts.decisions[d.decision], d.meaning)
		for _, reason := range byFrequency(counts.reasons) {
			if decisionFor(reason) == d.decision {
				table.add(doc.Sub, "", string(reason), counts.reasons[reason], reason.Explain())
			}
		}
	}
	table.add(doc.Sum, "", "found", all, "")
	if r.With == "" {
		return table.Table
	}
	changes := r.changes()
	table.Add("with the other", "", "", r.With).Weight = doc.Main
	table.add(doc.Sub, "", gains, changes[gains], "would be asked, and is not now")
	table.add(doc.Sub, "", loses, changes[loses], "would not be asked, and is now")
	table.add(doc.Sub, "", altered, changes[altered], "another request, or another time")
	table.add(doc.Sub, "", reasoned, changes[reasoned], "not asked, for another reason")
	table.add(doc.Sub, "", "unchanged", changes[same], "")
	return table.Table
}

func useTable(r *Rules, side int, names []string) doc.Table {
	counts := r.count(side)
	table := doc.Table{Columns: []doc.Column{{Name: "rule", Min: 40, Max: 60}, {Name: "use"}}}
	for _, name := range names {
		use, tone := fmt.Sprintf("held for %d", counts.matched[name]), doc.Tone("")
		if failed := counts.reasons[decide.RuleError(name)]; failed > 0 {
			use, tone = fmt.Sprintf("%s, failed on %d", use, failed), doc.Bad
		} else if counts.matched[name] == 0 {
			use, tone = "held for none", doc.Warn
		}
		row := table.Add(name, use)
		row.Cells[0].Tone, row.Cells[1].Tone = tone, tone
	}
	return table
}

// trialSection shows conversations one by one on a terminal: all that were named, or a choice of a range.
func trialSection(r *Rules) doc.Section {
	rows, section := r.rows, doc.Section{Title: "Conversations", Only: doc.ForTerminal}
	switch {
	case r.compares():
		rows, section.Title = differing(r), "What differs"
	case !r.Window.To.IsZero():
		rows, section.Title = examples(r), "Examples"
	}
	shown := rows
	if !r.Window.To.IsZero() || r.Expected != nil {
		shown = first(rows, shownTrials)
	}
	for _, row := range shown {
		if r.compares() {
			section.Parts = append(section.Parts, differenceParts(r, row)...)
		} else {
			section.Parts = append(section.Parts, rulingParts(row.rulings[0], row.id)...)
		}
	}
	section.Parts = append(
		section.Parts, doc.Note{Text: others(len(shown), len(rows), "; --json has them all"), Depth: 2})
	return section
}

// differenceParts are the decisions about a conversation and what differs, field by field; or the request
// where only one of the decisions makes one.
func differenceParts(r *Rules, row trial) []doc.Part {
	head, facts := row.id, doc.Facts{Depth: 4}
	for _, each := range r.differences(row) {
		if each.Field == fieldDecision {
			head += "  " + each.values()
			continue
		}
		facts.List = append(facts.List, doc.Fact{Label: label(each.Field), Value: each.values()})
	}
	after := row.rulings[len(row.rulings)-1].Request
	before := row.rulings[0].Request
	if r.Expected != nil {
		expected, _ := r.Expected.of(row.id)
		before = expected.Request
	}
	switch {
	case before == nil && after != nil:
		facts.List = append(facts.List, requestFacts(after)...)
	case before != nil && after == nil:
		facts.List = append(facts.List, requestFacts(before)...)
	}
	return []doc.Part{doc.Note{Text: head, Depth: 2}, facts}
}

// label is the name of a field where little room is left for it.
func label(field string) string {
	if name, ok := strings.CutPrefix(field, ofProperty); ok {
		return name
	}
	return strings.Replace(spaced(field), "employee custom id", "employee id", 1)
}

// examples are a few conversations for each rule that held, or failed; and of those that no rule touched.
func examples(r *Rules) []trial {
	var chosen, others []trial
	taken := map[string]int{}
	for _, row := range r.rows {
		v := row.rulings[0]
		names := v.Rules
		if v.Reason.Broken() {
			names = append(slices.Clone(names), string(v.Reason))
		}
		fresh := slices.ContainsFunc(names, func(name string) bool { return taken[name] < perRule })
		for _, name := range names {
			taken[name]++
		}
		switch {
		case fresh:
			chosen = append(chosen, row)
		case len(names) == 0 && v.asks && len(others) < perRule:
			others = append(others, row)
		}
	}
	return append(chosen, others...)
}

// rulingParts are a line of what was decided about a conversation, and the request below it.
func rulingParts(v ruling, head string) []doc.Part {
	line := head + "  " + v.Decision
	if v.Delay > 0 {
		line += " after " + short(time.Duration(v.Delay*float64(time.Second)))
	}
	if v.Reason != "" {
		line += " " + string(v.Reason)
	}
	facts := doc.Facts{Depth: 4, List: []doc.Fact{{Label: "because", Value: v.Message}}}
	if v.Request != nil {
		facts.List = append(facts.List, doc.Fact{Label: "rules", Value: strings.Join(v.Rules, ", ")})
		facts.List = append(facts.List, requestFacts(v.Request)...)
	}
	return []doc.Part{doc.Note{Text: line, Depth: 2}, facts}
}

func requestFacts(r *request) []doc.Fact {
	facts := []doc.Fact{
		{Label: "customer", Value: strings.TrimSpace(r.Name + " " + r.Email)},
		{Label: "employee", Value: cmp.Or(r.AgentID, r.Agent)},
		{Label: "channel", Value: r.Channel},
		{Label: "tags", Value: strings.Join(r.Tags, ", ")},
		{Label: "brand", Value: r.Brand},
		{Label: "language", Value: r.Language},
		{Label: "country", Value: r.Country},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		facts = append(facts, doc.Fact{Label: "property", Value: name + " = " + r.Properties[name]})
	}
	if r.DoNotSend {
		facts = append(facts, doc.Fact{Value: "do_not_send: counted, and nobody is mailed"})
	}
	return facts
}
