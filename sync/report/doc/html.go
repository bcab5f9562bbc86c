package doc

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"
)

// the page and its style

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// HTML writes a document as one page that needs nothing else: no script, nothing from outside, light and
// dark, for the screen and for paper.
func HTML(w io.Writer, d Doc) error {
	t := template.New("page")
	t.Funcs(template.FuncMap{
		"css":      func() template.CSS { return template.CSS(pageCSS) },
		"flags":    wholeFlags,
		"sections": func() []Section { return d.on(ForPage) },
		"urgency":  func() string { return urgencies[d.Level] },
		"cut":      func(list []Cell) []Cell { return list[:min(len(list), mostItems)] },
		"more":     func(list []Cell) int { return max(len(list)-mostItems, 0) },
		"part": func(part Part) (template.HTML, error) {
			var b strings.Builder
			err := t.ExecuteTemplate(&b, strings.TrimPrefix(fmt.Sprintf("%T", part), "doc."), viewOf(part))
			return template.HTML(b.String()), err
		},
	})
	if _, err := t.Parse(pageHTML); err != nil {
		return fmt.Errorf("read the page of the report: %w", err)
	}
	return t.Execute(w, d)
}

// mostItems is how many items of a card a page shows.
const mostItems = 20

// urgencies say at the head of a page how urgent it is.
var urgencies = map[string]string{
	LevelGood: "✓ All is well", LevelAttention: "! Needs a hand",
	LevelHalted: "✕ Did not do all of its work",
}

// viewOf is a part as its template takes it.
func viewOf(part Part) any {
	table, ok := part.(Table)
	if !ok {
		return part
	}
	view := pageTable{Table: table}
	places := table.shown(ForPage)
	for _, place := range places {
		view.Shown = append(view.Shown, pageColumn{table.Columns[place]})
	}
	for _, row := range table.Rows {
		shown := pageRow{Class: map[Weight]string{Main: "main", Sub: "reason", Sum: "main"}[row.Weight]}
		for i, place := range places {
			shown.Cells = append(shown.Cells, pageCell{row.cell(place), view.Shown[i], i == 0})
		}
		view.Lines = append(view.Lines, shown)
	}
	return view
}

// pageTable is a table with the columns that a page shows.
type pageTable struct {
	Table
	Shown []pageColumn
	Lines []pageRow
}

type pageRow struct {
	Class string
	Cells []pageCell
}

type pageCell struct {
	Cell
	Column pageColumn
	First  bool
}

type pageColumn struct{ Column }

// Classes are those of the column's cells.
func (c pageColumn) Classes() string {
	classes := c.Class
	if c.Optional {
		classes = strings.TrimSpace("meaning " + classes)
	}
	if c.Number {
		classes = strings.TrimSpace("n " + classes)
	}
	return classes
}

// aFlag is one of a command line, among words.
var aFlag = regexp.MustCompile(`(^|[ (])(--[a-z][a-z-]{0,30})`)

// wholeFlags are words as markup, in which no line ends within a flag. A character that does the same would
// be copied with the command.
func wholeFlags(words string) template.HTML {
	return template.HTML(aFlag.ReplaceAllString(template.HTMLEscapeString(words),
		`$1<span class="flag">$2</span>`))
}
