package report

import (
	"cmp"
	"io"
	"slices"
	"strconv"

	"acsync/sync/journey"
	"acsync/sync/report/doc"
)

// TenantRangesSchema names the form of a report of many tenants in JSON.
const TenantRangesSchema = "acsync.tenants.range/1"

// TenantRanges is the report of the conversations of many tenants: their sums alone.
type TenantRanges struct {
	Dir  string // of their configurations
	List []TenantRange
}

// TenantRange is one of them.
type TenantRange struct {
	Name   string
	Range  Range
	Failed string // why there is none; empty: there is one
}

// MarshalJSON writes the sums.
func (t TenantRange) MarshalJSON() ([]byte, error) {
	steps := object{}
	for _, step := range journey.Steps() {
		var n any
		if t.Failed == "" && t.Range.knows(step) {
			n = t.Range.Total.Steps[step]
		}
		steps = append(steps, step.String(), n)
	}
	o := object{
		"tenant", t.Name, "failed", t.Failed,
		"from", stamp(t.Range.Window.From), "to", stamp(t.Range.Window.To),
	}
	return append(append(o, steps...), "rejected", t.Range.Total.Rejected, "in_doubt",
		t.Range.Total.InDoubt).MarshalJSON()
}

func (t TenantRanges) object() object {
	return object{
		"schema", TenantRangesSchema, "dir", t.Dir, "tenants", append([]TenantRange{}, t.List...),
	}
}

// TenantRangesJSON writes the report as JSON.
func TenantRangesJSON(w io.Writer, t TenantRanges) error { return writeJSON(w, t.object(), oneLine) }

// TenantRangesRendererFor is RendererFor for a report of many tenants.
func TenantRangesRendererFor(path string) (func(io.Writer, TenantRanges) error, error) {
	document := func(t TenantRanges, _ int) doc.Doc { return TenantRangesDoc(t) }
	return rendererFor(path, document, TenantRangesCSV, indented)
}

// TenantRangesCSV writes a line for each tenant (RFC 4180, UTF-8). What is not known is empty.
func TenantRangesCSV(w io.Writer, t TenantRanges) error {
	return writeCSV(w, these(slices.Values(t.List)), func(each TenantRange) []string {
		line := []string{"tenant", each.Name, "failed", each.Failed}
		for _, step := range journey.Steps() {
			line = append(line, step.String(), each.count(step, ""))
		}
		rejected, doubt := "", ""
		if each.Failed == "" {
			rejected = strconv.Itoa(each.Range.Total.Rejected)
			doubt = strconv.Itoa(each.Range.Total.InDoubt)
		}
		return append(line, "rejected", rejected, "in_doubt", doubt)
	})
}

// count is how many came to a step, or what stands for what nobody knows.
func (t TenantRange) count(step journey.Step, unknown string) string {
	if t.Failed != "" || !t.Range.knows(step) {
		return unknown
	}
	return strconv.Itoa(t.Range.Total.Steps[step])
}

// TenantRangesDoc is the report for people.
func TenantRangesDoc(t TenantRanges) doc.Doc {
	table := doc.Table{Head: true, Columns: []doc.Column{{Name: "tenant", Min: 10}}}
	for _, step := range journey.Steps() {
		table.Columns = append(table.Columns, doc.Column{Name: step.String(), Number: true})
	}
	table.Columns = append(table.Columns, doc.Column{Name: "rejected", Number: true},
		doc.Column{Name: "in doubt", Number: true})
	var sum Funnel
	var failed []doc.Part
	about := ""
	for _, each := range t.List {
		if each.Failed != "" {
			failed = append(failed, doc.Note{Text: each.Name + ": " + each.Failed})
			continue
		}
		sum = sum.plus(each.Range.Total)
		about = cmp.Or(about, "marked done from "+show(each.Range.Window.From)+" to "+show(each.Range.Window.To))
		texts := []string{each.Name}
		for _, step := range journey.Steps() {
			texts = append(texts, each.count(step, "?"))
		}
		table.Add(append(texts, thousands(each.Range.Total.Rejected), thousands(each.Range.Total.InDoubt))...)
	}
	texts := []string{"all that are known"}
	for _, step := range journey.Steps() {
		texts = append(texts, thousands(sum.Steps[step]))
	}
	table.Add(append(texts, thousands(sum.Rejected), thousands(sum.InDoubt))...).Weight = doc.Sum
	return doc.Doc{
		Name: "acsync tenants report", Subject: t.Dir, About: []string{about},
		Sections: []doc.Section{doc.Titled("", table), doc.Titled("No report", failed...)},
	}
}
