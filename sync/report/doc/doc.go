// Package doc is the document that every answer for people is, and its three renderers: text for terminals, a
// page for browsers, and Markdown. Whoever answers builds a Doc and knows nothing of how it is shown; a
// renderer knows nothing of what it is about. Each renderer takes care that what people have written cannot
// pass for markup, move a cursor, or begin a line.
package doc

import (
	"slices"
	"strings"
)

// Form is a set of the forms in which a document is rendered.
type Form uint8

// The forms. What is for no form in particular is for all of them.
const (
	ForTerminal Form = 1 << iota
	ForPage          // HTML
	ForMarkdown
	ForFiles = ForPage | ForMarkdown // of a report, which are kept
)

func (f Form) has(form Form) bool { return f == 0 || f&form != 0 }

// Tone is how something is to be taken. It chooses a colour, which only ever repeats what words say.
type Tone string

// The tones; their values are the classes of a page's style. The zero tone is an ordinary one.
const (
	Good  Tone = "sent"
	Bad   Tone = "bad"
	Warn  Tone = "waits"
	Quiet Tone = "rest"
	// Steps on a way that ends well, where charts tell them apart: Good lies between.
	Answered Tone = "answered"
	Asked    Tone = "asked"
)

// The levels of a document: how urgent it is.
const (
	LevelGood      = "good"
	LevelAttention = "attention"
	LevelHalted    = "halted"
	LevelNone      = "none" // there is nothing to judge
)

// Doc is one answer. Its texts are plain; none of them has to be made safe for the form that it is shown in.
type Doc struct {
	Name     string   // of the command, such as "acsync run"
	Subject  string   // whom it is about: the organisation
	Badge    string   // what must not be overlooked, such as that it is a dry run; empty for nothing
	Verdict           // the zero one: there is nothing to judge
	About    []string // which ledger, which time it is about; a URL is kept in one piece
	Numbers  []Number // the most important ones; on a page alone, as tables have them too
	Sections []Section
	// the flags that the commands in it end with, which are kept in one piece; empty, or begins with a blank
	Here   string
	Labels int // columns that labels of facts take on a terminal; 0: 12
	// on a terminal the lead stands at the end, beside the next prompt: the document is not paged
	LeadLast bool
}

// Verdict answers what happened, whether anything is wrong, and what to do.
type Verdict struct {
	Level    string   `json:"level"` // one of the levels
	Headline string   `json:"headline"`
	Detail   string   `json:"detail"`
	Todo     []string `json:"todo"`
	Next     string   `json:"next,omitempty"` // the command that goes on, to be pasted: it is never broken
}

// Number is a large figure on a page.
type Number struct {
	Tone                Tone
	Label, Value, Share string
}

// Section is a part of a document under a title.
type Section struct {
	Title string
	Note  string // a quiet sentence below the title
	Parts []Part
	Only  Form
}

// Titled is a section of parts under a title.
func Titled(title string, parts ...Part) Section { return Section{Title: title, Parts: parts} }

// For is the section for some forms alone.
func (s Section) For(forms Form) Section {
	s.Only = forms
	return s
}

// Part is what a section consists of: Table, Facts, Columns, Charts, Cards, Flow or Note. One that is empty
// is not shown, and neither is a section of nothing else.
type Part interface{ empty() bool }

// Table has lines of equal columns. One with a title can be folded away on a page.
type Table struct {
	Title   string
	Count   string // beside the title
	Caption string // for those who hear the page; and what is not listed
	Class   string // of the page's style
	Open    bool   // not folded at first
	Head    bool   // a terminal shows the names of the columns too; else these speak for themselves
	More    string // what is not listed, as a terminal and Markdown say it
	Columns []Column
	Rows    []Row
}

func (t Table) empty() bool {
	return !slices.ContainsFunc(t.Rows, func(row Row) bool { return row.Weight != Sum })
}

// Add adds a row of texts.
func (t *Table) Add(texts ...string) *Row {
	t.Rows = append(t.Rows, Row{Cells: Texts(texts...)})
	return &t.Rows[len(t.Rows)-1]
}

// Column is one of a table's columns.
type Column struct {
	Name     string
	Number   bool   // aligned at its last digit
	Optional bool   // left out where there is little room
	Bar      bool   // drawn on a terminal that has room for it, as long as its cells' N say
	Class    string // of the page's style
	Min, Max int    // columns of a terminal; 0: as wide as its content
	Only     Form
}

// Weight sets a row apart from the others.
type Weight int8

// The weights.
const (
	Normal Weight = iota
	Main          // heads those that follow
	Sub           // is a part of the row above
	Sum           // ends the table
)

// Row is a line of a table, with a cell for each column.
type Row struct {
	Weight Weight
	Cells  []Cell
}

// Cell is what stands at one place.
type Cell struct {
	Text  string
	Aside string // quiet, behind it
	Below string // what to do about it, below it
	Link  string // a URL
	Tone  Tone
	N     int // of a bar
}

// Facts are labels with what stands behind them. A fact without a value is left out.
type Facts struct {
	Caption string
	Depth   int // columns that they are indented by on a terminal
	List    []Fact
}

func (f Facts) empty() bool {
	return !slices.ContainsFunc(f.List, func(f Fact) bool { return f.Value != "" || f.Command != "" })
}

// Fact is one of them. A value that goes on for the label above has none itself.
type Fact struct {
	Label, Value string
	Tone         Tone
	Command      string // to be copied: in one piece below the value
}

// Cards are what somebody has to look at, one by one.
type Cards []Card

func (c Cards) empty() bool { return len(c) == 0 }

// Card is one of them.
type Card struct {
	Title, Text, Todo string
	Items             []Cell
}

// Flow is a list of short items, as many on a line as there is room for.
type Flow []string

func (f Flow) empty() bool { return len(f) == 0 }

// Note is a paragraph.
type Note struct {
	Text  string
	Tone  Tone
	Below string
	Depth int // columns that it is indented by on a terminal
}

func (n Note) empty() bool { return n.Text == "" }

// Texts are the cells of a row that has nothing but texts.
func Texts(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	return cells
}

// on are the sections that a form shows, without parts that are empty.
func (d Doc) on(form Form) []Section {
	var list []Section
	for _, section := range d.Sections {
		section.Parts = slices.DeleteFunc(slices.Clone(section.Parts), Part.empty)
		if section.Only.has(form) && len(section.Parts) > 0 {
			list = append(list, section)
		}
	}
	return list
}

// shown are the columns of a table in a form, by their places: on a terminal without those that are empty.
func (t Table) shown(form Form) []int {
	var list []int
	for i, column := range t.Columns {
		needed := !column.Bar
		if form == ForTerminal {
			filled := func(r Row) bool { return r.cell(i).Text != "" || r.cell(i).N > 0 }
			needed = t.Head || slices.ContainsFunc(t.Rows, filled)
		}
		if needed && column.Only.has(form) {
			list = append(list, i)
		}
	}
	return list
}

func (c Cell) words() string { return strings.TrimSpace(oneLine(c.Text + " " + c.Aside)) }

// cell is the cell of a row at a place; an empty one where the row ends before it.
func (r Row) cell(i int) Cell {
	if i < len(r.Cells) {
		return r.Cells[i]
	}
	return Cell{}
}
