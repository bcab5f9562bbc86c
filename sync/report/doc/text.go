package doc

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Style says how a text may look.
type Style struct {
	Width int  // columns
	Color bool // colours may be used
}

const (
	narrowest   = 40  // a narrower terminal breaks the lines itself
	widest      = 120 // beyond that lines are hard to follow
	leastColumn = 30  // below that an optional column would be one of single words
	leastBar    = 10
	between     = 2 // columns of a table
	labelWidth  = 12
)

// nbsp stands for a blank at which no line ends. It is a private-use rune: no text that is shown has it.
const nbsp = "\ue000"

// title is the tone of a section's title.
const title Tone = "title"

var toneColors = map[Tone]text.Color{
	Good: text.FgGreen, Bad: text.FgRed, Warn: text.FgYellow, title: text.Bold,
}

// Text writes a document for a terminal. Only a URL and a command to be copied can be wider than that.
func Text(w io.Writer, d Doc, s Style) error {
	t := writer{style: s, width: min(max(s.Width, narrowest), widest), labels: cmp.Or(d.Labels, labelWidth)}
	if d.Here != "" {
		t.command = regexp.MustCompile(`acsync( [a-z]+){1,2}` + regexp.QuoteMeta(d.Here))
	}
	t.block(strings.TrimSuffix(d.Name+" · "+d.Subject, " · "), "", 0)
	t.block(d.Badge, "", 0)
	for _, line := range d.About {
		if strings.HasPrefix(line, "https://") {
			t.line(oneLine(line))
			continue
		}
		t.block(line, "", 0)
	}
	if !d.LeadLast {
		t.lead(d)
	}
	for _, section := range d.on(ForTerminal) {
		t.section(section)
	}
	if d.LeadLast {
		t.lead(d)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

type writer struct {
	strings.Builder
	style   Style
	width   int
	labels  int
	command *regexp.Regexp // of a command that stays whole; nil for none
}

// line ends without blanks.
func (t *writer) line(line string) { t.WriteString(strings.TrimRight(line, " ") + "\n") }

func (t *writer) paint(tone Tone, words string) string {
	color, ok := toneColors[tone]
	if !ok || !t.style.Color || words == "" {
		return words
	}
	return text.Colors{color}.Sprint(words)
}

func (t *writer) block(words string, tone Tone, indent int) {
	if words == "" {
		return
	}
	for _, line := range t.wrap(words, t.width-indent) {
		t.line(strings.Repeat(" ", indent) + t.paint(tone, line))
	}
}

// wrap makes lines of a text, in which a command with the document's flags stays whole if there is room.
func (t *writer) wrap(words string, width int) []string {
	words = oneLine(words)
	if t.command != nil {
		words = t.command.ReplaceAllStringFunc(words, func(command string) string {
			if columns(command) > width {
				return command
			}
			return strings.ReplaceAll(command, " ", nbsp)
		})
	}
	lines := wrap(words, width)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], nbsp, " ")
	}
	return lines
}

func (t *writer) lead(d Doc) {
	if d.Headline == "" && len(d.Todo) == 0 {
		return
	}
	tone := map[string]Tone{LevelAttention: Warn, LevelHalted: Bad}[d.Level]
	t.line("")
	t.block(strings.TrimSpace(d.Headline+" "+d.Detail), tone, 0)
	for _, todo := range d.Todo {
		t.block(todo, tone, 0)
	}
	if d.Next != "" {
		t.line("  " + oneLine(d.Next))
	}
}

func (t *writer) section(s Section) {
	t.line("")
	t.block(s.Title, title, 0)
	t.block(s.Note, "", 0)
	for _, part := range s.Parts {
		switch part := part.(type) {
		case Table:
			if s.Title == "" {
				t.block(part.Title, "", 0)
			}
			t.table(part, 1+min(len(s.Title+part.Title), 1))
		case Facts:
			for _, fact := range part.List {
				t.fact(fact, part.Depth+2*min(len(s.Title), 1))
			}
		case Flow:
			glued := make([]string, len(part))
			for i, item := range part {
				glued[i] = strings.ReplaceAll(oneLine(item), " ", nbsp)
			}
			for _, line := range wrap(strings.Join(glued, "  "), t.width-2) {
				t.line("  " + strings.ReplaceAll(line, nbsp, " "))
			}
		case Note:
			t.block(part.Text, part.Tone, part.Depth)
			t.block(part.Below, "", part.Depth+2)
		case Cards:
			for _, card := range part {
				t.block(card.Title+": "+card.Text, "", 2)
				t.block(card.Todo, "", 4)
				for _, item := range card.Items {
					t.block(item.words(), "", 4)
				}
			}
		}
	}
}

func (t *writer) fact(f Fact, depth int) {
	label := oneLine(f.Label)
	if f.Value != "" {
		for _, line := range t.wrap(f.Value, t.width-t.labels-depth) {
			t.line(strings.Repeat(" ", depth) + pad(label, t.labels, false) + t.paint(f.Tone, line))
			label = ""
		}
	}
	if f.Command != "" {
		t.line("  " + oneLine(f.Command))
	}
}

// fitted is a column of a table as wide as it is written.
type fitted struct {
	Column
	place int
	width int
	top   int // the number of the longest bar
}

func (t *writer) table(table Table, indent int) {
	fit := t.fit(table, indent)
	total := -between
	for _, column := range fit {
		total += column.width + between
	}
	if table.Head {
		var head Row
		for _, column := range table.Columns {
			head.Cells = append(head.Cells, Cell{Text: column.Name})
		}
		t.row(head, fit, indent)
	}
	for _, row := range table.Rows {
		if row.Weight == Sum && !table.Head {
			t.line(strings.Repeat(" ", indent-1) + strings.Repeat("─", min(total+1, t.width-indent+1)))
		}
		t.row(row, fit, indent)
	}
	t.block(table.More, "", indent)
}

// fit chooses the columns that there is room for, and their widths: the last one of words shrinks, a bar
// takes what is left, and then those that are optional give way.
func (t *writer) fit(table Table, indent int) (fit []fitted) {
	for places := table.shown(ForTerminal); len(places) > 0; {
		room, flexible, gone := t.width-indent+between, 0, -1
		fit = nil
		for at, place := range places {
			column := table.natural(place, at == 0)
			fit = append(fit, column)
			room -= column.width + between
			if column.Bar || !column.Number {
				flexible = at
			}
			if column.Bar || column.Optional {
				gone = at
			}
		}
		last, least := &fit[flexible], leastBar
		switch {
		case last.Optional:
			least = min(last.width, leastColumn)
		case !last.Bar:
			least = min(last.width, leastBar)
		}
		if last.Bar || room < 0 {
			last.width += room
		}
		if gone < 0 || last.width >= least {
			last.width = max(last.width, least)
			return fit
		}
		places = slices.Delete(places, gone, gone+1)
	}
	return fit
}

func (t Table) natural(place int, first bool) fitted {
	f := fitted{Column: t.Columns[place], place: place, top: 1}
	f.width = f.Min
	if t.Head {
		f.width = max(f.width, columns(f.Name))
	}
	for _, row := range t.Rows {
		cell := row.cell(place)
		width := columns(cell.words())
		if first && row.Weight == Sub {
			width += 2
		}
		if cell.Below != "" {
			width = max(width, 2+columns(cell.Below))
		}
		f.width, f.top = max(f.width, width), max(f.top, cell.N)
	}
	if f.Max > 0 {
		f.width = min(f.width, f.Max)
	}
	return f
}

func (t *writer) row(row Row, fit []fitted, indent int) {
	var cells [][]string
	high := 0
	for at, column := range fit {
		cell := row.cell(column.place)
		lines := t.cell(cell, column.width, at == 0 && row.Weight == Sub)
		if column.Bar && cell.N > 0 {
			lines = []string{t.paint(cell.Tone, strings.Repeat("▇", max(cell.N*column.width/column.top, 1)))}
		}
		cells, high = append(cells, lines), max(high, len(lines))
	}
	for i := range high {
		line := strings.Repeat(" ", indent)
		for at, lines := range cells {
			words := ""
			if i < len(lines) {
				words = lines[i]
			}
			line += pad(words, fit[at].width, fit[at].Number) + strings.Repeat(" ", between)
		}
		t.line(line)
	}
}

// cell are the lines of a cell in a column of that width. What to do stands below, without a colour.
func (t *writer) cell(c Cell, width int, sub bool) []string {
	lines := t.wrap(c.words(), width)
	switch {
	case sub && (columns(lines[0])+2 > width || len(lines) > 1):
		lines = hang(t.wrap(c.words(), width-4), "  ", "    ")
	case sub:
		lines[0] = "  " + lines[0]
	}
	for i := range lines {
		lines[i] = t.paint(c.Tone, lines[i])
	}
	if c.Below != "" && sub {
		lines = append(lines, hang(t.wrap(c.Below, width-6), "    → ", "      ")...)
	} else if c.Below != "" {
		lines = append(lines, hang(t.wrap(c.Below, width-2), "→ ", "  ")...)
	}
	return lines
}

func hang(lines []string, first, others string) []string {
	for i := range lines {
		lines[i] = first + lines[i]
		first = others
	}
	return lines
}

func pad(words string, width int, left bool) string {
	blanks := strings.Repeat(" ", max(width-columns(words), 0))
	if left {
		return blanks + words
	}
	return words + blanks
}

func columns(words string) int { return text.StringWidthWithoutEscSequences(words) }

// Wrap breaks the lines of a text where words end, so that they take at most so many columns. All but the
// first are indented.
func Wrap(words string, width, indent int) string {
	var lines []string
	for line := range strings.Lines(words) {
		lines = append(lines, wrap(strings.TrimSuffix(line, "\n"), width)...)
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// wrap breaks a text into lines of at most so many columns, where a word ends. A word that is longer than a
// line ends behind a sign between its parts, as names of rules have them, or else anywhere.
func wrap(words string, width int) []string {
	var lines []string
	for {
		at := breakAt(words, max(width, 1))
		lines = append(lines, strings.TrimRight(words[:at], " "))
		if words = strings.TrimLeft(words[at:], " "); words == "" {
			return lines
		}
	}
}

func breakAt(words string, width int) int {
	column, blank, part := 0, 0, 0
	for i, c := range words {
		if c == ' ' && strings.TrimSpace(words[:i]) != "" {
			blank = i
		}
		if column += text.RuneWidth(c); column > width && c != ' ' {
			return cmp.Or(blank, part, i, len(string(c)))
		}
		if strings.ContainsRune(":._-/", c) {
			part = i + 1
		}
	}
	return len(words)
}
