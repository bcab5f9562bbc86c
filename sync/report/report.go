// Package report holds what is told of a pass, of the ledger and of one conversation: a document for people
// (see package doc), JSON for programs, and CSV for spreadsheets. It shows counts, ids, reasons and times,
// and addresses only as they may be shown. Its words of advice stand in advice.go.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// Schema names the form of a report in JSON. Fields may be added, never renamed or removed.
const Schema = "acsync.report/1"

// Report is all that is told of a pass: every form shows the same. Addresses are masked in it unless it was
// asked to reveal them. Parts that are not known are empty, and are left out.
type Report struct {
	Pass         `json:"-"`
	Revealed     bool // addresses are not masked
	Verdict      Verdict
	Timezone     string // of the days and hours
	Tally        Tally
	Dispositions []Disposition // those that occur, in the order of a table
	Concerns     []Concern
	Timeline     Timeline
	Channels     []Group // the most frequent first, like all groups
	Agents       []Group
	Teams        []Group // a conversation of several teams counts for each
	Brands       []Group
	Days         []Group // in the order of time, by the time of resolution
	Hours        []Group // of the day, 00 to 23
	Settings     []Setting
	Digest       string // two passes with the same one decided by the same settings

	rows *Rows // by the time of resolution; nil for none
	zone *time.Location
}

func (r Report) object() object {
	return object{
		"schema", Schema, "tenant", r.Tenant, "pass", r.Result.Pass, "mode", r.Mode, "dry_run", r.DryRun,
		"revealed", r.Revealed, "verdict", r.Verdict,
		"from", stamp(r.From), "to", stamp(r.To), // of the resolutions that were to be read
		"checkpoint", stamp(r.Checkpoint), // of a dry run: where a real pass would have put it
		"read_up_to", stamp(r.Position()), // the checkpoint, or the position of a back-fill
		"plan_made", when(r.planned(), stamp(r.Made)), // when the plan was made that is carried out
		"plan_fingerprint", when(r.Plan != "", r.Plan), // of the plan that is saved, or carried out
		"started", stamp(r.Started), "ended", stamp(r.Ended), "timezone", r.Timezone, "found", r.Found,
		"due", r.Due, // of these: taken up from the ledger
		"tally", r.Tally,
		"recoveries", r.Followed, // of those that were sent, or of a dry run would be
		"flagged", r.Flagged, // of the same: with do_not_send, so that nobody is mailed
		"dispositions", r.Dispositions, "needs_a_hand", r.Concerns, "timeline", r.Timeline,
		"channels", r.Channels, "agents", r.Agents, "teams", r.Teams, "brands", r.Brands, "days", r.Days,
		"hours", r.Hours, "requests", r.Calls, "settings", r.Settings, "settings_digest", r.Digest,
		"backfill", ofBackfillJSON(r.Pass),
		"conversations", listOf(these(r.rows.all()), func(row Row) any { return row }), "exit", r.Exit,
	}
}

// Setting is a key of the configuration with its value; never a secret. Addresses in it are masked.
type Setting struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Default bool   `json:"default"` // as if the key were not set
}

// Detail is what a report tells beside the counts of a pass. The zero Detail works.
type Detail struct {
	Rows     *Rows
	Zone     *time.Location // of days and hours; nil: UTC
	Settings []Setting      // of the configuration; see Report.Settings
	Digest   string
	Problem  error // what ended the pass early; free of personal data
}

// New makes the report of a pass.
func New(p Pass, d Detail) Report {
	zone := cmp.Or(d.Zone, time.UTC)
	d.Rows.settle()
	rows := d.Rows.all()
	tally, concerns := tallyOf(p.Found, p.counts()), concernsOf(p, d.Rows)
	r := Report{
		Pass: p, Revealed: d.Rows != nil && d.Rows.Reveal, Verdict: verdictOf(p, tally, concerns, d.Problem),
		Timezone: zoneName(zone, p.Started), Tally: tally, Dispositions: p.dispositions(), Concerns: concerns,
		Timeline: newTimeline(rows, p.From, p.To, zone), rows: d.Rows, zone: zone,
		Channels: named(groups(rows, byChannel)), Agents: named(groups(rows, byAgent)),
		Teams: named(groups(rows, byTeam)), Brands: named(groups(rows, byBrand)),
		Days:   inOrder(groups(rows, byTime(zone, time.DateOnly))),
		Hours:  inOrder(groups(rows, byTime(zone, "15"))),
		Digest: d.Digest, Settings: make([]Setting, len(d.Settings)),
	}
	for i, setting := range d.Settings {
		r.Settings[i] = setting
		r.Settings[i].Value = maskAll(setting.Value) // a rule can name an address
	}
	return r
}

// local is a time in the report's zone; empty when it is not known.
func (r Report) local(t time.Time, layout string) string { return Moment{t}.in(r.zone, layout) }

func (r Report) sentWord() string {
	if r.DryRun {
		return "would send"
	}
	return "sent"
}

const (
	mostOnPage     = 5000 // conversations that a page lists: more make it slow to open
	mostInMarkdown = 1000 // it is for reading and for tickets
	clockLayout    = "2006-01-02 15:04:05"
	reasonNote     = "reasons, with their share of all that was found"
)

// ReportDoc is the report of a pass, with at most so many conversations.
func ReportDoc(r Report, most int) doc.Doc {
	d := doc.Doc{
		Name: "acsync " + r.Mode, Subject: r.Tenant, Here: r.Here, LeadLast: true,
		Verdict: r.Verdict, About: []string{periodOf(r)}, Numbers: r.Tally.numbers(r.sentWord(), "waiting"),
	}
	if r.Plan != "" {
		d.About = append(d.About, planLine(r.Plan))
	}
	if r.DryRun {
		d.Badge = "dry run: nothing was sent, nothing was written"
	}
	if r.rehearsed() {
		d.Badge = "rehearsal with the test key: surveys go to the test address"
	}
	d.Sections = append([]doc.Section{
		r.Timeline.section("they were marked done", r.sentWord(), "waiting", r.zone),
		chartSection(r), concernSection(r), dispositionSection(r),
		doc.Titled("Needs a hand", attentionTable(r.Pass)).For(doc.ForTerminal),
		doc.Titled("Agents without an active profile in Agent Connect", unlistedTable(r.Pass)).For(
			doc.ForTerminal),
		groupSection(r), rowSection(r, most),
	}, factSections(r)...)
	return d
}

func periodOf(r Report) string {
	switch {
	case r.To.IsZero():
		return "Nothing was read."
	case r.planned():
		return fmt.Sprintf("Carries out the plan of %s for what was marked done from %s to %s (%s).",
			r.local(r.Made, clockLayout), r.local(r.From, clockLayout), r.local(r.To, clockLayout),
			r.Timezone)
	case !r.From.Before(r.To) && r.backfill():
		return fmt.Sprintf("Nothing to do: this back-fill was finished %s (%s); --restart reads it again.",
			r.local(r.Backfill.Finished, clockLayout), r.Timezone)
	case !r.From.Before(r.To):
		return fmt.Sprintf("Nothing to read yet: everything up to %s (%s) is done.",
			r.local(r.Checkpoint, clockLayout), r.Timezone)
	}
	text := fmt.Sprintf("Marked done from %s to %s (%s).", r.local(r.From, clockLayout),
		r.local(r.To, clockLayout), r.Timezone)
	if r.Position().Before(r.To) {
		read := " Read and recorded up to %s."
		if r.DryRun {
			read = " Read up to %s."
		}
		text += fmt.Sprintf(read, r.local(r.Position(), clockLayout))
	}
	return text
}

// planLine tells one plan from any other.
func planLine(fingerprint string) string { return "Fingerprint of the plan: " + fingerprint }

// chartSection shows why not, and for whom.
func chartSection(r Report) doc.Section {
	reasons := doc.Bars{ID: "reasons", Title: "Why not", Note: reasonNote, Rest: "reasons", Room: wideLabel}
	for _, d := range r.Dispositions {
		if tone := dispositionOf(d.Name).tone; tone != doc.Good {
			for _, reason := range d.Reasons {
				reasons.List = append(reasons.List, reasonBar(reason, tone))
			}
		}
	}
	slices.SortStableFunc(reasons.List, func(a, b doc.Bar) int {
		return cmp.Or(cmp.Compare(b.Segments[0].N, a.Segments[0].N), strings.Compare(a.Label, b.Label))
	})
	charts := doc.Charts{
		reasons, groupBars(r, "channels", "Channels", r.Channels), groupBars(r, "agents", "Agents", r.Agents),
	}
	return doc.Titled("", charts).For(doc.ForPage)
}

func reasonBar(r ReasonCount, tone doc.Tone) doc.Bar {
	return doc.Bar{
		Label: strings.TrimPrefix(r.Meaning+" · "+r.Reason, " · "), Value: thousands(r.Count) + " · " + percent(r.Share),
		Segments: []doc.Segment{{Tone: tone, N: r.Count}},
		Title: strings.TrimSuffix(
			fmt.Sprintf("%s: %s (%s)", r.Reason, thousands(r.Count), r.Meaning), " ()"),
	}
}

func groupBars(r Report, id, title string, groups []Group) doc.Bars {
	chart := doc.Bars{ID: id, Title: title, Note: r.sentWord() + ", of those found", Rest: strings.ToLower(title)}
	for _, g := range groups {
		chart.List = append(chart.List, doc.Bar{
			Label: g.label(), Value: thousands(g.Sent) + " of " + thousands(g.Found),
			Segments: g.segments(r.sentWord(), "waiting"),
		})
	}
	return chart
}

func concernSection(r Report) doc.Section {
	title := "What needs a hand"
	if r.Verdict.Level == doc.LevelGood {
		title = "What can be mended"
	}
	var cards doc.Cards
	for _, concern := range r.Concerns {
		cards = append(cards, concern.card())
	}
	return doc.Titled(title, cards).For(doc.ForFiles)
}

func dispositionSection(r Report) doc.Section {
	table := newCounts("disposition", "Every conversation found, by its disposition and the reason", r.Found)
	for _, d := range r.Dispositions {
		tone := dispositionOf(d.Name).tone
		table.add(doc.Main, tone, spaced(d.Name), d.Count, d.Meaning)
		if tone == doc.Good && r.Followed > 0 {
			table.add(doc.Sub, "", "recoveries", r.Followed, "they follow up an earlier request")
		}
		if tone == doc.Good && r.Flagged > 0 {
			table.add(doc.Sub, "", "flagged", r.Flagged, "counted, nobody is mailed")
		}
		for _, reason := range d.Reasons {
			if decide.Reason(reason.Reason) == decide.Delayed && !r.NextDue.IsZero() {
				reason.Meaning = "next at " + r.NextDue.UTC().Format("2006-01-02 15:04 UTC")
			}
			table.add(doc.Sub, "", reason.Reason, reason.Count, reason.Meaning)
		}
	}
	waited := ""
	if r.Due > 0 {
		waited = thousands(r.Due) + " of these waited in the ledger"
	}
	table.add(doc.Sum, "", "found", r.Found, waited)
	return doc.Titled("What became of them", table.Table)
}

func groupSection(r Report) doc.Section {
	section := doc.Section{Title: "Breakdowns", Only: doc.ForFiles}
	for _, b := range []struct {
		title, column string
		groups        []Group
	}{
		{"By channel", "channel", r.Channels},
		{"By agent", "agent", r.Agents},
		{"By team", "team", r.Teams},
		{"By brand", "brand", r.Brands},
		{"By day", "day (" + r.Timezone + ")", r.Days},
		{"By hour of the day", "hour (" + r.Timezone + ")", r.Hours},
	} {
		table := doc.Table{
			Title: b.title, Count: thousands(len(b.groups)), Class: "groups",
			Caption: "Conversations " + strings.ToLower(b.title),
			Columns: append([]doc.Column{{Name: b.column}}, sumColumns(r.sentWord(), "wait")...),
		}
		for _, g := range b.groups {
			row := table.Add(g.label())
			row.Cells = append(row.Cells, g.sums()...)
		}
		section.Parts = append(section.Parts, table)
	}
	return section
}

// rowSection lists conversations by decision and reason, what needs a hand first. Where there are more than
// so many, small lists stay whole, and large ones get equal parts.
func rowSection(r Report, most int) doc.Section {
	type kind struct{ decision, reason string }
	var kinds []kind
	counts := map[kind]int{}
	for row := range r.rows.all() {
		k := kind{row.Decision, row.Reason}
		if counts[k]++; counts[k] == 1 {
			kinds = append(kinds, k)
		}
	}
	room, listed := map[kind]int{}, map[kind][]Row{}
	bySize := slices.SortedStableFunc(slices.Values(kinds),
		func(a, b kind) int { return cmp.Compare(counts[a], counts[b]) })
	for i, k := range bySize {
		room[k] = min(counts[k], most/(len(bySize)-i))
		most -= room[k]
	}
	for row := range r.rows.all() {
		if k := (kind{row.Decision, row.Reason}); len(listed[k]) < room[k] {
			listed[k] = append(listed[k], row)
		}
	}
	slices.SortStableFunc(kinds, func(a, b kind) int {
		return cmp.Or(cmp.Compare(dispositionOf(a.decision).urgency, dispositionOf(b.decision).urgency),
			cmp.Compare(counts[b], counts[a]))
	})
	section := doc.Titled("Conversations").For(doc.ForFiles)
	section.Note = "Each opens in Kustomer. Addresses are masked."
	if r.Revealed {
		section.Note = "Each opens in Kustomer. Addresses are shown in full: keep this file to yourself."
	}
	for _, k := range kinds {
		section.Parts = append(section.Parts, rowTable(r, k.decision, decide.Reason(k.reason), listed[k],
			counts[k]))
	}
	return section
}

func rowTable(r Report, decision string, reason decide.Reason, rows []Row, all int) doc.Table {
	table := doc.Table{
		Title: strings.TrimSuffix(spaced(decision)+": "+string(reason), ": "), Count: thousands(all),
		Caption: meaningOf(decision, reason), Class: "rows", Open: needsHand(decision, reason),
		Columns: []doc.Column{
			{Name: "conversation", Class: "id"},
			{Name: "done", Class: "when"},
			{Name: "agent"},
			{Name: "channel"},
			{Name: "address", Class: "where"},
			{Name: "answer", Class: "answer"},
		},
	}
	if all > len(rows) {
		table.More = fmt.Sprintf("%s of %s are not listed here, a report with the extension .csv holds "+
			"all of them.", thousands(all-len(rows)), thousands(all))
		table.Caption += "; " + strings.TrimSuffix(table.More, ".")
	}
	for _, row := range rows {
		id := &table.Add(row.ID, r.local(row.Resolution.Time, clockLayout), row.agentName(), row.Channel,
			row.Address, row.Message).Cells[0]
		id.Link, id.Aside = row.URL, row.marks()
	}
	return table
}

// customersOf says how many customers a dry run would ask; empty for any other pass.
func customersOf(r Report) string {
	switch {
	case !r.DryRun || r.Customers == 0:
		return ""
	case r.Repeated == 0:
		return thousands(r.Customers) + ", each about one conversation"
	}
	return thousands(r.Customers) + ", " + thousands(r.Repeated) + " of them about several conversations"
}

func factSections(r Report) []doc.Section {
	place, at := "checkpoint", show(r.Checkpoint)
	if r.backfill() {
		place, at = "back-fill", "done up to "+show(r.Position())
	}
	switch {
	case r.planned():
		at += ", not moved by a plan"
	case r.DryRun && r.Mode == "plan":
		at += " after a real pass, not an apply"
	case r.DryRun:
		at += " after a real pass"
	}
	requests := fmt.Sprintf("Kustomer %s (%s", thousands(r.Calls.Kustomer),
		several(r.Calls.KustomerSearch, "search", "searches"))
	if r.Found > 0 {
		requests += fmt.Sprintf(", %.3f a conversation", float64(r.Calls.Kustomer)/float64(r.Found))
	}
	forgotten := ""
	if r.Forgotten > 0 {
		forgotten = thousands(r.Forgotten) + ", older than ledger.retain"
	}
	facts := []doc.Fact{
		{Label: place, Value: at},
		{Label: "customers", Value: customersOf(r)},
		{Label: "forgotten", Value: forgotten},
		{Label: "requests", Value: requests + "), Agent Connect " + thousands(r.Calls.AgentConnect)},
		{Label: "duration", Value: r.duration().Round(100 * time.Millisecond).String()},
		{Label: "exit", Value: fmt.Sprint(r.Exit)},
	}
	list := []doc.Section{doc.Titled("", doc.Facts{List: facts}).For(doc.ForTerminal)}
	facts = append(facts, doc.Fact{Label: "pass", Value: r.Result.Pass},
		doc.Fact{Label: "begun", Value: r.local(r.Started, clockLayout)},
		doc.Fact{Label: "time zone", Value: r.Timezone}, doc.Fact{Label: "settings digest", Value: r.Digest})
	settings := doc.Table{
		Title: "All settings", Count: thousands(len(r.Settings)), Class: "facts",
		Columns: []doc.Column{{Name: "key", Class: "key"}, {Name: "value"}},
		Caption: "Keys of the configuration with their values; secrets are left out",
	}
	for _, s := range r.Settings {
		row := settings.Add(s.Key, s.Value)
		if s.Default {
			row.Cells[1].Aside = "default"
		} else {
			facts = append(facts, doc.Fact{Label: s.Key, Value: s.Value})
		}
	}
	made := doc.Facts{Caption: "The pass, what it cost, and what it was told to do", List: facts}
	list = append(list, doc.Titled("How the pass was made", made).For(doc.ForFiles))
	if len(r.Settings) > 0 {
		list[1].Note = "Keys of the configuration that are not listed have their default."
	}
	return append(list, doc.Titled("", settings).For(doc.ForPage))
}
