package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// Rules is the report of a trial of the rules on real conversations.
type Rules struct {
	Tenant   string
	Window   fetch.Window // zero when conversations were named
	Names    []string     // of the rules, in their order
	With     string       // the other configuration; empty when there is none
	WithName []string     // of its rules

	rows []trial
}

// trial is what comes of one conversation, by the configuration and by the other one if there is one.
type trial struct {
	id       string
	resolved time.Time
	rulings  []ruling
}

// ruling is a decision without anything by which a person is known.
type ruling struct {
	Decision string        `json:"decision"` // "send", "skip" or "reject"
	Reason   decide.Reason `json:"reason"`
	Message  string        `json:"message"` // where an expression failed
	Rules    []string      `json:"rules"`   // those that hold, as far as they were tried
	Delay    float64       `json:"delay_seconds"`
	Request  *request      `json:"request"` // null when none is made

	asks bool // somebody is mailed
}

// request is a survey request with its addresses and names masked.
type request struct {
	Name       string            `json:"customer_name"`
	Email      string            `json:"customer_email"`
	Agent      string            `json:"employee_email"`
	AgentID    string            `json:"employee_custom_id"`
	Channel    string            `json:"channel"`
	Tags       []string          `json:"tags"`
	DoNotSend  bool              `json:"do_not_send"`
	Brand      string            `json:"brand"`
	Language   string            `json:"language"`
	Country    string            `json:"country"`
	Properties map[string]string `json:"custom_properties"`
}

// How the other configuration changes what becomes of a conversation.
const (
	same     = ""
	gains    = "gains"   // a survey that it did not get
	loses    = "loses"   // the survey that it got
	altered  = "request" // another request, or at another time
	reasoned = "reason"  // none either way, for another reason
)

// Add takes in a conversation: its case, and that by the other configuration if there is one.
func (r *Rules) Add(cases []decide.Case) {
	row := trial{id: cases[0].Key.Conversation, resolved: cases[0].Resolution()}
	for _, c := range cases {
		row.rulings = append(row.rulings, rulingOf(c))
	}
	r.rows = append(r.rows, row)
}

func rulingOf(c decide.Case) ruling {
	v := ruling{
		Decision: decisionFor(c.Skip), Reason: c.Skip, Message: c.Trouble,
		Rules: append([]string{}, c.Matched...),
	}
	if c.Skip == "" {
		v.Delay, v.Request, v.asks = c.Delay.Seconds(), masked(c), !c.Request.DoNotSend
	}
	return v
}

func decisionFor(reason decide.Reason) string {
	switch {
	case reason.Broken():
		return "reject"
	case reason != "":
		return "skip"
	}
	return "send"
}

// masked is the request of a case as it may be shown.
func masked(c decide.Case) *request {
	r := c.Request
	hide := func(text string) string {
		if len(r.Customer.Name) > 1 {
			text = strings.ReplaceAll(text, r.Customer.Name, maskName(r.Customer.Name))
		}
		return maskAll(text)
	}
	shown := &request{
		Name: maskName(r.Customer.Name), Email: maskAll(r.Customer.Email), Agent: maskAll(r.Employee.Email),
		AgentID: hide(r.Employee.CustomID), Channel: r.Channel, DoNotSend: r.DoNotSend, Brand: hide(r.Brand),
		Language: r.Language, Country: r.Country, Tags: []string{}, Properties: map[string]string{},
	}
	for _, tag := range r.Tags {
		shown.Tags = append(shown.Tags, hide(tag))
	}
	for name, value := range r.CustomProperties {
		shown.Properties[name] = hide(value)
	}
	return shown
}

func (t trial) change() string {
	before, after := t.rulings[0], t.rulings[1]
	switch {
	case !before.asks && after.asks:
		return gains
	case before.asks && !after.asks:
		return loses
	case before.Delay != after.Delay || !reflect.DeepEqual(before.Request, after.Request):
		return altered
	case before.Reason != after.Reason:
		return reasoned
	}
	return same
}

func (r *Rules) changes() map[string]int {
	changes := map[string]int{}
	for _, row := range r.rows {
		changes[row.change()]++
	}
	return changes
}

type trialCounts struct {
	decisions, matched map[string]int
	reasons            map[decide.Reason]int
}

// count counts the rulings of the configuration, or with 1 of the other one.
func (r *Rules) count(side int) trialCounts {
	c := trialCounts{map[string]int{}, map[string]int{}, map[decide.Reason]int{}}
	for _, row := range r.rows {
		v := row.rulings[side]
		c.decisions[v.Decision]++
		if v.Reason != "" {
			c.reasons[v.Reason]++
		}
		for _, name := range v.Rules {
			c.matched[name]++
		}
	}
	return c
}

// JSON writes the trial as one object on one line, schema acsync.rules/1.
func (r *Rules) JSON(w io.Writer) error {
	counts, rules, conversations := r.count(0), []object{}, []any{}
	for _, name := range r.Names {
		rules = append(rules, object{"name", name, "matched", counts.matched[name]})
	}
	changes := map[string]int{}
	if r.With != "" {
		changes = r.changes()
		delete(changes, same)
	}
	for _, row := range r.rows {
		shown := struct {
			ID         string `json:"id"`
			Resolution string `json:"resolution"`
			ruling
			Change string  `json:"change"` // one of the keys of changes, or empty
			With   *ruling `json:"with"`   // by the other configuration; null when there is none
		}{ID: row.id, Resolution: stamp(row.resolved), ruling: row.rulings[0]}
		if r.With != "" {
			shown.Change, shown.With = row.change(), &row.rulings[1]
		}
		conversations = append(conversations, shown)
	}
	return writeJSON(w, object{
		"schema", "acsync.rules/1",
		"from", stamp(r.Window.From), // empty when conversations were named
		"to", stamp(r.Window.To), "found", len(r.rows), "send", counts.decisions["send"],
		"skip", counts.decisions["skip"], "reject", counts.decisions["reject"],
		"reasons", counts.reasons, "rules", rules,
		"with", r.With, // the other configuration; empty when there is none
		"changes", changes, // "gains", "loses", "request", "reason"; only with another configuration
		"conversations", conversations,
	})
}

const (
	shownTrials = 20 // conversations of a range that a trial shows one by one
	perRule     = 3  // of these for each rule
)

// RulesDoc is the trial for people.
func RulesDoc(r *Rules) doc.Doc {
	d := doc.Doc{Name: "acsync rules test", Subject: r.Tenant}
	if !r.Window.To.IsZero() {
		d.About = append(
			d.About, fmt.Sprintf("marked done from %s to %s", show(r.Window.From), show(r.Window.To)))
	}
	d.About = append(d.About, "nothing was sent, nothing was written; what the ledger remembers does not "+
		"count")
	if len(r.rows) == 0 {
		d.Sections = []doc.Section{doc.Titled("", doc.Note{Text: "no conversation was found"})}
		return d
	}
	d.Sections = []doc.Section{doc.Titled("", decisionTable(r)), doc.Titled("Rules", useTable(r, 0, r.Names))}
	if r.With != "" {
		d.Sections = append(d.Sections, doc.Titled("Rules of the other", useTable(r, 1, r.WithName)))
	}
	d.Sections = append(d.Sections, trialSection(r))
	return d
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

// trialSection shows conversations one by one: all that were named, or a choice of a range.
func trialSection(r *Rules) doc.Section {
	rows, section := r.rows, doc.Section{Title: "Conversations"}
	switch {
	case r.With != "":
		rows = slices.DeleteFunc(slices.Clone(rows), func(t trial) bool { return t.change() == same })
		section.Title = "What changes"
	case !r.Window.To.IsZero():
		rows, section.Title = examples(r), "Examples"
	}
	shown := rows
	if !r.Window.To.IsZero() {
		shown = first(rows, shownTrials)
	}
	for _, row := range shown {
		heads := []string{row.id}
		if r.With != "" {
			heads = []string{
				fmt.Sprintf("%-24s  %-7s  now", row.id, cmp.Or(row.change(), "same")),
				fmt.Sprintf("%-24s  %-7s  then", "", ""),
			}
		}
		for i, head := range heads {
			section.Parts = append(section.Parts, rulingParts(row.rulings[i], head)...)
		}
	}
	section.Parts = append(
		section.Parts, doc.Note{Text: others(len(shown), len(rows), "; --json has them all"), Depth: 2})
	return section
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
