package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/sync/journey"
	"acsync/sync/report/doc"
)

const dayLayout = "Mon 2006-01-02 15:04"

// kinds are what each breakdown is about, and the two forms of what it counts by.
var kinds = map[string]struct{ title, column, others string }{
	byDay:          {"day", "day", "days"},
	ofTeam:         {"team", "team", "teams"},
	ofChannel:      {"channel", "channel", "channels"},
	ofAgent:        {"agent", "agent", "agents"},
	ofBrand:        {"brand in Kustomer", "Kustomer's brand", "brands"},
	ofRequestBrand: {"brand in Agent Connect", "Agent Connect's brand", "brands"},
	ofRule:         {"rule", "rule that held", "rules"},
	ofReason:       {"reason why not", "why not", "reasons"},
}

// rangeVerdict says how many were asked, and whether somebody should look.
func rangeVerdict(r Range) Verdict {
	v := Verdict{Level: doc.LevelGood, Todo: []string{}}
	steps := r.Total.Steps
	if steps[journey.Done] == 0 {
		return Verdict{
			Level: doc.LevelNone, Headline: "No conversation was marked done in this time.", Todo: []string{},
		}
	}
	done, asked := steps[journey.Done], steps[journey.Asked]
	switch {
	case asked == 0 && done == 1:
		v.Headline = "The only conversation was not asked about."
	case asked == 0:
		v.Headline = fmt.Sprintf("None of %s conversations was asked about.", thousands(done))
	default:
		of := "of " + several(done, "conversation", "conversations")
		v.Headline = several(asked, of+" was", of+" were") + " asked about."
		v.Detail = askedWords(r)
	}
	if !r.Received {
		v.Todo = append(v.Todo, doKnowMore)
	}
	missed := 0
	for _, why := range r.Why {
		if why.Code == journey.NeverAsked {
			missed += why.Count
		}
	}
	if r.Total.Rejected+r.Total.InDoubt+missed > 0 {
		v.Level = doc.LevelAttention
		v.Detail = strings.TrimSpace(v.Detail + " " + capital(enumerate(
			some(r.Total.Rejected, "was rejected", "were rejected"),
			some(r.Total.InDoubt, "may have been asked about or not", "may have been asked about or not"),
			some(missed, "was never tried", "were never tried"),
		)))
	}
	return v
}

// askedWords say what came of the requests, and how many customers they were about.
func askedWords(r Range) string {
	mailed, answered := r.Total.Steps[journey.Delivered], r.Total.Steps[journey.Answered]
	var words []string
	switch {
	case !r.Received:
	case mailed == 0:
		words = append(words, "None has led to a mail so far.")
	case answered == 0:
		words = append(words, thousands(mailed)+" led to a mail, and none of these was answered.")
	default:
		words = append(words, fmt.Sprintf("%s led to a mail, and %s answered (%s).", thousands(mailed),
			several(answered, "of these was", "of these were"), share(answered, mailed)))
	}
	if c := r.Customers; c.All > 0 {
		twice := "nobody several times"
		if c.AskedSeveral > 0 {
			twice = thousands(c.AskedSeveral) + " of them several times"
		}
		words = append(words, fmt.Sprintf("Of %s %s asked, %s.", several(c.All, "customer", "customers"),
			several(c.Asked, "was", "were"), twice))
	}
	return strings.Join(words, " ")
}

// RangeDoc is the report of a range, with at most so many groups of each breakdown, and conversations.
func RangeDoc(r Range, most int) doc.Doc {
	d := doc.Doc{
		Name: "acsync report", Subject: r.Tenant, Here: r.Here, Verdict: r.Verdict, Labels: 22,
		About: append([]string{rangePeriod(r)}, r.Notices...),
	}
	if r.Total.Steps[journey.Done] == 0 {
		return d
	}
	d.Numbers = rangeNumbers(r)
	listed, drawn := funnelSections(r)
	d.Sections = []doc.Section{
		listed, drawn, daySection(r), breakdownCharts(r), whyNotSection(r), customerSection(r),
	}
	all := doc.Titled("Breakdowns").For(doc.ForFiles)
	for _, b := range r.Breakdowns {
		table := breakdownTable(r, b, most)
		d.Sections = append(d.Sections, doc.Titled("", table).For(doc.ForTerminal))
		all.Parts = append(all.Parts, table)
	}
	d.Sections = append(d.Sections, all, refusedList(r, most), refusedTables(r, most), rangeFacts(r))
	return d
}

func rangePeriod(r Range) string {
	end := r.local(r.Window.To, dayLayout)
	if r.Cut {
		end += ", now,"
	}
	return fmt.Sprintf("Conversations marked done from %s to %s (%s), each counted once.",
		r.local(r.Window.From, dayLayout), end, r.Timezone)
}

// stepWords say what each step means.
var stepWords = [...]string{
	journey.Done: "marked done in Kustomer", journey.Eligible: "their customer should be asked",
	journey.Asked:     "Agent Connect took the request",
	journey.Delivered: "the customer was mailed", journey.Answered: "the customer has answered",
}

var stepTones = [...]doc.Tone{
	journey.Done: doc.Quiet, journey.Eligible: doc.Quiet, journey.Asked: doc.Asked,
	journey.Delivered: doc.Good, journey.Answered: doc.Answered,
}

func rangeNumbers(r Range) (numbers []doc.Number) {
	for _, step := range journey.Steps() {
		n := doc.Number{Label: capital(step.String()), Value: "–", Tone: stepTones[step]}
		if r.knows(step) {
			n.Value = thousands(r.Total.Steps[step])
			n.Share = share(r.Total.Steps[step], r.Total.Steps[journey.Done])
		}
		if step == journey.Done {
			n.Share, n.Tone = "", "found"
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// funnelSections shows the way from done to answered: as a table, and as a page draws it.
func funnelSections(r Range) (listed, drawn doc.Section) {
	table := doc.Table{
		Class: "dispositions", Caption: "Each step holds the conversations of the next one",
		Columns: []doc.Column{
			{Name: "step", Min: 9},
			{Name: "count", Number: true, Min: 7},
			{Name: "of all", Number: true, Min: 6},
			{Name: "meaning"},
			{Bar: true},
		},
	}
	chart := doc.Bars{
		ID: "funnel", Title: "From done to answered", Room: wideLabel, Top: r.Total.Steps[journey.Done],
		Note: "each step holds those of the next one",
	}
	for _, step := range journey.Steps() {
		if !r.knows(step) {
			table.Add(step.String(), "–", "", "not known without Agent Connect's data")
			continue
		}
		n := r.Total.Steps[step]
		part := share(n, r.Total.Steps[journey.Done])
		row := table.Add(step.String(), thousands(n), part, stepWords[step])
		row.Cells = append(row.Cells, doc.Cell{N: n, Tone: stepTones[step]})
		name := capital(step.String()) + ": " + stepWords[step]
		chart.List = append(chart.List, doc.Bar{
			Label: name, Value: thousands(n) + " · " + part, Title: name + ": " + thousands(n),
			Segments: []doc.Segment{{Tone: stepTones[step], N: n}},
		})
	}
	return doc.Titled("From done to answered", table).For(doc.ForTerminal | doc.ForMarkdown),
		doc.Titled("", doc.Charts{chart}).For(doc.ForPage)
}

// funnelSegments are the parts of a bar from done to answered: those that came to a step and no further.
func funnelSegments(r Range, f Funnel) []doc.Segment {
	s := f.Steps
	if !r.Received {
		return []doc.Segment{
			{Tone: doc.Asked, Label: "asked", N: s[journey.Asked]},
			{Tone: doc.Warn, Label: "eligible, not asked", N: s[journey.Eligible] - s[journey.Asked]},
			{Tone: doc.Quiet, Label: "not eligible", N: s[journey.Done] - s[journey.Eligible]},
		}
	}
	return []doc.Segment{
		{Tone: doc.Answered, Label: "answered", N: s[journey.Answered]},
		{Tone: doc.Good, Label: "mailed, no answer", N: s[journey.Delivered] - s[journey.Answered]},
		{Tone: doc.Asked, Label: "asked, not mailed", N: s[journey.Asked] - s[journey.Delivered]},
		{Tone: doc.Warn, Label: "eligible, not asked", N: s[journey.Eligible] - s[journey.Asked]},
		{Tone: doc.Quiet, Label: "not eligible", N: s[journey.Done] - s[journey.Eligible]},
	}
}

// breakdownCharts draws the breakdowns that have more than one group.
func breakdownCharts(r Range) doc.Section {
	var charts doc.Charts
	for _, b := range r.Breakdowns {
		if len(b.Slices) < 2 || b.By[0] == byDay || b.By[0] == ofReason {
			continue
		}
		chart := doc.Bars{
			ID: strings.Join(b.By, "-"), Title: capital(b.title()), Note: "asked, of those marked done",
			Rest: b.others(),
		}
		// One legend is enough for all.
		if len(charts) == 0 {
			chart.Legend = funnelSegments(r, Funnel{})
		}
		for _, s := range b.Slices {
			chart.List = append(chart.List, doc.Bar{
				Label: s.label(), Segments: funnelSegments(r, s.Funnel),
				Value: thousands(s.Steps[journey.Asked]) + " of " + thousands(s.Steps[journey.Done]),
				Title: s.label() + ": " + stepCounts(r, s.Funnel),
			})
		}
		charts = append(charts, chart)
	}
	return doc.Titled("", charts).For(doc.ForPage)
}

// stepCounts are how many came to each step.
func stepCounts(r Range, f Funnel) string {
	var words []string
	for _, step := range journey.Steps() {
		if r.knows(step) {
			words = append(words, thousands(f.Steps[step])+" "+step.String())
		}
	}
	return strings.Join(words, ", ")
}

// daySection draws the days, or some days together where there are many.
func daySection(r Range) doc.Section {
	at := slices.IndexFunc(r.Breakdowns, func(b Breakdown) bool { return slices.Equal(b.By, []string{byDay}) })
	if at < 0 || len(r.Breakdowns[at].Slices) < 2 {
		return doc.Section{}
	}
	step := stepFor(daySteps, r.Window.From, r.Window.To)
	chart := doc.Columns{
		Title: "Conversations over time", Unit: step.words,
		Caption: "Conversations by the day on which they were marked done, a bar for each " + step.words,
	}
	starts := step.starts(r.Window.From, r.Window.To, r.Zone)
	sums := make([]Funnel, len(starts))
	for _, s := range r.Breakdowns[at].Slices {
		if day, err := time.ParseInLocation(time.DateOnly, s.IDs[0], r.Zone); err == nil {
			slot := slotOf(starts, day)
			sums[slot] = sums[slot].plus(s.Funnel)
		}
	}
	for i, sum := range sums {
		chart.Slots = append(chart.Slots, doc.Slot{
			When: r.local(starts[i], "Mon 2 Jan 2006"), Tick: r.local(starts[i], "2 Jan"),
			Segments: funnelSegments(r, sum),
		})
	}
	return doc.Titled("Over time", chart).For(doc.ForPage)
}

// whyNotSection says what keeps conversations from each step.
func whyNotSection(r Range) doc.Section {
	table := doc.Table{
		Class: "dispositions", Caption: "What keeps conversations from the next step",
		Columns: []doc.Column{
			{Name: "why not"}, {Name: "count", Number: true, Min: 5}, {Name: "of all", Number: true, Min: 6},
		},
	}
	for _, step := range journey.Steps()[:journey.Answered] {
		next := step + 1
		if !r.knows(next) {
			continue
		}
		lost := r.Total.Steps[step] - r.Total.Steps[next]
		if lost == 0 {
			continue
		}
		head := step.String() + ", not " + next.String()
		table.Add(head, thousands(lost), share(lost, r.Total.Steps[journey.Done])).Weight = doc.Main
		for _, why := range r.Why {
			if why.Step != step {
				continue
			}
			row := table.Add(why.label(), thousands(why.Count), share(why.Count, r.Total.Steps[journey.Done]))
			row.Weight, row.Cells[0].Below = doc.Sub, why.remedy(r.RangeTerms)
		}
	}
	return doc.Titled("Why not, step by step", table)
}

func customerSection(r Range) doc.Section {
	c := r.Customers
	mailed := ""
	if r.Received {
		mailed = thousands(c.Mailed) + ", as far as Agent Connect's suppression period lets it"
	}
	facts := doc.Facts{Caption: "Customers, by their ids in Kustomer", List: []doc.Fact{
		{Label: "customers", Value: thousands(c.All)},
		{Label: "with several done", Value: thousands(c.Several)},
		{Label: "asked", Value: thousands(c.Asked)},
		{Label: "asked several times", Value: thousands(c.AskedSeveral) + ", about a conversation each"},
		{Label: "mailed several times", Value: mailed},
	}}
	return doc.Titled("Customers", facts)
}

// breakdownTable shows a breakdown. One that tells nothing is empty, and so is that by reasons, which stand
// above.
func breakdownTable(r Range, b Breakdown, most int) doc.Table {
	if b.tellsNothing() || slices.Equal(b.By, []string{ofReason}) {
		return doc.Table{}
	}
	table := doc.Table{
		Head: true, Class: "groups sums", Caption: "Conversations " + b.title(),
		Title: capital(b.title()), Count: thousands(len(b.Slices)), Open: len(b.Slices) <= 14,
	}
	for _, by := range b.By {
		table.Columns = append(table.Columns, doc.Column{Name: kinds[by].column, Max: 30})
	}
	for _, step := range journey.Steps() {
		table.Columns = append(table.Columns, doc.Column{
			Name: step.String(), Number: true, Optional: step == journey.Eligible,
		})
	}
	table.Columns = append(table.Columns, doc.Column{Name: "asked %", Number: true, Optional: true},
		doc.Column{Bar: true})
	for _, s := range first(b.Slices, most) {
		row := table.Add(s.Names...)
		row.Cells = append(row.Cells, funnelCells(r, s.Funnel)...)
		row.Cells = append(row.Cells, doc.Cell{N: s.Steps[journey.Asked], Tone: doc.Good})
	}
	var notes []string
	if more := len(b.Slices) - most; more > 0 {
		notes = append(notes, fmt.Sprintf("and %s more %s, all of which --report FILE.csv and --json have",
			thousands(more), b.others()))
	}
	several := b.counts() > r.Total.Steps[journey.Done]
	switch {
	case several && slices.Contains(b.By, ofTeam):
		notes = append(notes, "a conversation of several teams counts for each of them")
	case several && slices.Contains(b.By, ofRule):
		notes = append(notes, "a conversation counts for each rule that held")
	}
	table.More = strings.Join(notes, "; ")
	table.Caption = strings.Join(append([]string{table.Caption}, notes...), "; ")
	row := table.Add(append([]string{"all"}, make([]string, len(b.By)-1)...)...)
	row.Weight = doc.Sum
	row.Cells = append(row.Cells, funnelCells(r, r.Total)...)
	return table
}

// funnelCells are the cells of a funnel.
func funnelCells(r Range, f Funnel) (cells []doc.Cell) {
	for _, step := range journey.Steps() {
		text := "–"
		if r.knows(step) {
			text = thousands(f.Steps[step])
		}
		cells = append(cells, doc.Cell{Text: text})
	}
	return append(cells, doc.Cell{Text: share(f.Steps[journey.Asked], f.Steps[journey.Done])})
}

// refusedColumns are those of conversations that need a hand.
func refusedColumns() []doc.Column {
	return []doc.Column{
		{Name: "conversation", Class: "id", Min: 24},
		{Name: "marked done", Class: "when"},
		{Name: "agent"},
	}
}

func addRefused(r Range, t *doc.Table, each Refused) *doc.Row {
	row := t.Add(each.Conversation, r.local(each.Resolved, minuteLayout), each.agentName())
	row.Cells[0].Link = r.url(each)
	return row
}

// refusedByCause are those that need a hand, those of a cause together, the most frequent first.
func refusedByCause(r Range) (causes []Why, of map[Obstacle][]Refused) {
	of = map[Obstacle][]Refused{}
	for _, each := range r.Rejections {
		of[each.Obstacle] = append(of[each.Obstacle], each)
	}
	for _, why := range r.Why {
		if len(of[why.Obstacle]) > 0 {
			causes = append(causes, why)
		}
	}
	return causes, of
}

// refusedList is for a terminal: what to do stands once for each cause.
func refusedList(r Range, most int) doc.Section {
	causes, of := refusedByCause(r)
	table := doc.Table{Head: true, Columns: append(refusedColumns(), doc.Column{Name: "why"})}
	table.Columns[1].Optional = true
	for _, cause := range causes {
		for _, each := range first(of[cause.Obstacle], max(most/max(len(causes), 1), 3)) {
			row := addRefused(r, &table, each)
			row.Cells = append(row.Cells, doc.Cell{Text: each.Code})
		}
	}
	table.More = others(len(table.Rows), r.Total.Rejected+r.Total.InDoubt,
		"; --report FILE.html names them with their links, --json too")
	s := doc.Titled("Needs a hand", table).For(doc.ForTerminal)
	s.Note = "What can be done about each stands beside its reason above."
	return s
}

func refusedTables(r Range, most int) doc.Section {
	causes, of := refusedByCause(r)
	section := doc.Titled("Needs a hand").For(doc.ForFiles)
	section.Note = "Each opens in Kustomer."
	for _, cause := range causes {
		listed := first(of[cause.Obstacle], most/max(len(causes), 1))
		table := doc.Table{
			Title: capital(cause.label()), Count: thousands(cause.Count), Class: "rows", Open: true,
			Caption: sentence(cause.remedy(r.RangeTerms)), Columns: refusedColumns(),
			More: sentence(cause.remedy(r.RangeTerms)),
		}
		for _, each := range listed {
			addRefused(r, &table, each)
		}
		if more := cause.Count - len(listed); more > 0 {
			table.More += " " + thousands(more) + " more are not listed here."
			table.Caption += " " + thousands(more) + " more are not listed here."
		}
		section.Parts = append(section.Parts, table)
	}
	return section
}

func rangeFacts(r Range) doc.Section {
	ledger := "none: nobody knows here whom acsync has asked"
	if r.Ledger != "" {
		ledger = fmt.Sprintf("%s, which knows who was asked since %s", r.Ledger, r.local(r.Known, minuteLayout))
	}
	data := "not read, because agent_connect.api_secret is not set: what was asked is what the ledger says"
	if r.Received {
		data = "read: delivered is what was mailed, as far as Agent Connect is told"
	}
	others, gone := "", ""
	if r.Others > 0 {
		others = thousands(r.Others) + ", such as by a workflow in Kustomer"
	}
	if r.Gone > 0 {
		gone = thousands(r.Gone) + ", deleted or merged; their customers are not counted"
	}
	return doc.Titled("How it was counted", doc.Facts{Caption: "Where the numbers come from", List: []doc.Fact{
		{Label: "asked by others", Value: others},
		{Label: "no longer in Kustomer", Value: gone},
		{Label: "ledger", Value: ledger},
		{Label: "Agent Connect", Value: data},
		{Label: "not eligible", Value: "by what the ledger says; else by today's rules and today's Kustomer"},
	}})
}
