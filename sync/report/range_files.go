package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"acsync/sync/journey"
)

// RangeRendererFor is RendererFor for a report of conversations.
func RangeRendererFor(path string) (func(io.Writer, Range) error, error) {
	return rendererFor(path, RangeDoc, RangeCSV, indented)
}

// RangeJSON writes the report of conversations as one object on one line, schema acsync.range/1.
func RangeJSON(w io.Writer, r Range) error { return writeJSON(w, r.object(), oneLine) }

// csvLine is a line of a report of conversations: a group of a breakdown.
type csvLine struct {
	by string
	Slice
}

// RangeCSV writes a line for each group of each breakdown (RFC 4180, UTF-8), and first one for all. What is
// not known is empty.
func RangeCSV(w io.Writer, r Range) error {
	lines := []csvLine{{"all", Slice{Funnel: r.Total}}}
	for _, b := range r.Breakdowns {
		for _, s := range b.Slices {
			lines = append(lines, csvLine{strings.Join(b.By, "+"), s})
		}
	}
	return writeCSV(w, these(slices.Values(lines)), func(l csvLine) []string {
		line := []string{"breakdown", l.by, "id", strings.Join(l.IDs, " + "), "name", strings.Join(l.Names, " + ")}
		for _, step := range journey.Steps() {
			n := ""
			if r.knows(step) {
				n = strconv.Itoa(l.Steps[step])
			}
			line = append(line, step.String(), n)
		}
		return append(line, "rejected", strconv.Itoa(l.Rejected), "in_doubt", strconv.Itoa(l.InDoubt))
	})
}
