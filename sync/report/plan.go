package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"acsync/sync/plan"
	"acsync/sync/report/doc"
)

// Plan is a saved plan, ready to be shown: what it says itself, and nothing that was read since.
type Plan struct {
	plan.Plan
	Subject  string         // the organisation, or "sandbox"
	Path     string         // of its file, as a command line takes it
	Here     string         // the flags that point a command at the same ledger; empty, or begins with a blank
	Obstacle string         // why it cannot be carried out; empty where it can
	Zone     *time.Location // nil: UTC
}

// object is the plan, schema acsync.planned/1.
func (p Plan) object() object {
	send := listOf(these(slices.Values(p.Send)), func(each plan.Planned) any {
		return object{
			"id", each.ID, "resolution", stamp(each.Resolution), "kind", when(each.Kind != "", each.Kind),
		}
	})
	return object{
		"schema", "acsync.planned/1", "tenant", p.Subject, "verdict", planVerdict(p),
		"plan_fingerprint", p.Fingerprint(), "pass", p.Pass, // of the dry run that made it
		"acsync", p.Program, "plan_made", stamp(p.Made), "expires", stamp(p.Expires),
		"obstacle", p.Obstacle, // why it cannot be carried out; empty where it can
		"ledger", p.Ledger.ID, "checkpoint", stamp(p.Ledger.Checkpoint), // when it was made
		"from", stamp(p.From), "to", stamp(p.To), "backfill", p.Backfill,
		"found", p.Found, "would_send", len(p.Send), "recoveries", p.recoveries(),
		"counts", byName(p.Counts), // of what is not to be sent
		"conversations", send,
	}
}

func (p Plan) recoveries() int {
	n := 0
	for _, each := range p.Send {
		if each.Kind != "" {
			n++
		}
	}
	return n
}

// counts are those of the dispositions, with what it would send.
func (p Plan) counts() map[string]int {
	counts := byName(p.Counts)
	counts[wouldSend] = len(p.Send)
	return counts
}

// local is a time in the zone of the plan's days; empty when it is not known.
func (p Plan) local(t time.Time, layout string) string {
	return Moment{t}.in(cmp.Or(p.Zone, time.UTC), layout)
}

// PlanJSON writes the plan as one object on one line.
func PlanJSON(w io.Writer, p Plan) error { return writeJSON(w, p.object(), oneLine) }

// PlanRendererFor is RendererFor for a saved plan.
func PlanRendererFor(path string) (func(io.Writer, Plan) error, error) {
	return rendererFor(path, PlanDoc, PlanCSV, indented)
}

// PlanCSV writes a line for each conversation that the plan would ask about.
func PlanCSV(w io.Writer, p Plan) error {
	return writeCSV(w, these(slices.Values(p.Send)), func(each plan.Planned) []string {
		return []string{
			"conversation_id", each.ID, "resolved_at", p.local(each.Resolution, time.RFC3339),
			"decision", wouldSend, "kind", each.Kind,
		}
	})
}

func planVerdict(p Plan) Verdict {
	v := Verdict{Level: doc.LevelGood, Todo: []string{}}
	what := several(len(p.Send)-p.recoveries(), "survey request", "survey requests")
	if n := p.recoveries(); n > 0 {
		what += " and " + several(n, "recovery", "recoveries")
	}
	v.Headline = fmt.Sprintf("The plan holds %s.", what)
	zone := cmp.Or(p.Zone, time.UTC)
	if p.Obstacle != "" {
		v.Level, v.Detail = doc.LevelAttention, sentence(p.Obstacle)
		v.Todo = append(v.Todo, advise(doPlanAnew, p.Here))
	} else {
		v.Detail = fmt.Sprintf("It can be carried out until %s (%s), with the ledger that it was made with.",
			p.local(p.Expires, clockLayout), zoneName(zone, p.Expires))
		v.Todo = append(v.Todo, advise(doApplyThis, p.Here, p.Path))
	}
	return v
}

// PlanDoc is the plan for people, with at most so many conversations.
func PlanDoc(p Plan, most int) doc.Doc {
	zone := cmp.Or(p.Zone, time.UTC)
	d := doc.Doc{
		Name: "acsync plan show", Subject: p.Subject, Here: p.Here, Verdict: planVerdict(p), Labels: 13,
		About: []string{
			fmt.Sprintf("The plan of %s for what was marked done from %s to %s (%s).",
				p.local(p.Made, clockLayout), p.local(p.From, clockLayout), p.local(p.To, clockLayout),
				zoneName(zone, p.Made)),
			planLine(p.Fingerprint()),
		},
		Numbers: tallyOf(p.Found, p.counts()).numbers("would send", "waiting"),
	}
	what := newCounts("disposition", "What the dry run found, by its disposition", p.Found)
	what.addDispositions(countDispositions(p.counts(), p.Found, false))
	what.add(doc.Sum, "", "found", p.Found, "")
	d.Sections = []doc.Section{
		doc.Titled("What became of them", what.Table), doc.Titled("What it would send", planDays(p)),
		planRows(p, most), doc.Titled("How it was made", planFacts(p)),
	}
	return d
}

// planDays counts what would be sent by the day of being marked done.
func planDays(p Plan) doc.Table {
	table := doc.Table{
		Title: "By day", Class: "groups", Open: true, Head: true, Caption: "By the day of being marked done",
		Columns: []doc.Column{{Name: "day"}, {Name: "would send", Number: true}, {Bar: true}},
	}
	counts := map[string]int{}
	var days []string
	// They stand in the order of time.
	for _, each := range p.Send {
		day := p.local(each.Resolution, "Mon 2 Jan 2006")
		if counts[day] == 0 {
			days = append(days, day)
		}
		counts[day]++
	}
	for _, day := range days {
		row := table.Add(day, thousands(counts[day]))
		row.Cells = append(row.Cells, doc.Cell{N: counts[day], Tone: doc.Good})
	}
	table.Count = thousands(len(days))
	return table
}

func planRows(p Plan, most int) doc.Section {
	table := doc.Table{
		Title: "Conversations", Count: thousands(len(p.Send)), Class: "rows", Open: len(p.Send) <= 50,
		Caption: "By the time of being marked done",
		Columns: []doc.Column{
			{Name: "conversation", Class: "id"}, {Name: "done", Class: "when"}, {Name: "kind"},
		},
	}
	shown := first(p.Send, most)
	if more := len(p.Send) - len(shown); more > 0 {
		table.More = thousands(more) +
			" more are not listed here, a report with the extension .csv holds all of them."
		table.Caption += "; " + table.More
	}
	for _, each := range shown {
		table.Add(each.ID, p.local(each.Resolution, clockLayout), each.Kind)
	}
	return doc.Titled("Conversations", table).For(doc.ForFiles)
}

func planFacts(p Plan) doc.Facts {
	from := "what a run would read"
	if p.Backfill {
		from = "a range of its own, as a back-fill"
	}
	return doc.Facts{Caption: "The dry run that it is", List: []doc.Fact{
		{Label: "of", Value: from},
		{Label: "fingerprint", Value: p.Fingerprint()},
		{Label: "made", Value: show(p.Made)},
		{Label: "expires", Value: show(p.Expires)},
		{Label: "pass", Value: p.Pass},
		{Label: "ledger", Value: fmt.Sprintf("%s, up to %s, with %s", p.Ledger.ID, show(p.Ledger.Checkpoint),
			several(p.Ledger.Conversations, "conversation", "conversations"))},
		{Label: "acsync", Value: p.Program},
	}}
}
