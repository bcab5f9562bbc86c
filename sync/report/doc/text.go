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

var toneColors = map[Tone]text.Color{
	Good: text.FgGreen, Bad: text.FgRed, Warn: text.FgYellow, title: text.Bold,
}

// title is the tone of a section's title.
const title Tone = "title"

// Text writes a document for a terminal. Only a URL and a command to be copied can be wider than the
// style says.
func Text(w io.Writer, d Doc, s Style) error {
	t := writer{style: s, width: min(max(s.Width, narrowest), widest), labels: cmp.Or(d.Labels, labelWidth)}
	if d.Here != "" {
		t.command = regexp.MustCompile(`acsync( [a-z]+){1,2}` + regexp.QuoteMeta(d.Here))
	}
	t.paragraph(d.Name+" · "+d.Subject, "")
	t.paragraph(d.Badge, "")
	for _, line := range d.About {
		if strings.HasPrefix(line, "https://") {
			t.line(oneLine(line))
			continue
		}
		t.paragraph(line, "")
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

// writer writes the lines of a text.
type writer struct {
	strings.Builder
	style   Style
	width   int
	labels  int
	command *regexp.Regexp // of a command that stays whole; nil for none
}

// line ends without blanks.
func (t *writer) line(line string) { t.WriteString(strings.TrimRight(line, " ") + "\n") }

// paint colours words by their tone.
func (t *writer) paint(tone Tone, words string) string {
	color, ok := toneColors[tone]
	if !ok || !t.style.Color || words == "" {
		return words
	}
	return text.Colors{color}.Sprint(words)
}

// paragraph writes a text over the whole width; nothing for an empty one.
func (t *writer) paragraph(words string, tone Tone) {
	if words == "" {
		return
	}
	for _, line := range t.wrap(words, t.width) {
		t.line(t.paint(tone, line))
	}
}

// wrap makes lines of a text, in which a command with the document's flags stays whole where a line
// has room for it.
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

// lead writes what happened and what to do.
func (t *writer) lead(d Doc) {
	if d.Headline == "" && len(d.Todo) == 0 {
		return
	}
	tone := map[string]Tone{LevelAttention: Warn, LevelHalted: Bad}[d.Level]
	t.line("")
	t.paragraph(strings.TrimSpace(d.Headline+" "+d.Detail), tone)
	for _, todo := range d.Todo {
		t.paragraph(todo, tone)
	}
}

func (t *writer) section(s Section) {
	t.line("")
	t.paragraph(s.Title, title)
	t.paragraph(s.Note, "")
	for _, part := range s.Parts {
		switch part := part.(type) {
		case Table:
			if s.Title == "" {
				t.paragraph(part.Title, "")
			}
			t.table(part, 1+min(len(s.Title+part.Title), 1))
		case Facts:
			for _, fact := range part.List {
				t.fact(fact, part.Depth+2*min(len(s.Title), 1))
			}
		case Flow:
			t.flow(part)
		case Note:
			t.note(part)
		case Cards:
			for _, card := range part {
				t.note(Note{Text: card.Title + ": " + card.Text, Below: card.Todo, Depth: 2})
				for _, item := range card.Items {
					t.note(Note{Text: strings.TrimSpace(item.Text + " " + item.Aside), Depth: 4})
				}
			}
		}
	}
}

// fact writes a label and its value, indented by so many columns.
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

// flow writes items one behind the other.
func (t *writer) flow(items Flow) {
	glued := make([]string, len(items))
	for i, item := range items {
		glued[i] = strings.ReplaceAll(oneLine(item), " ", nbsp)
	}
	for _, line := range wrap(strings.Join(glued, "  "), t.width-2) {
		t.line(strings.ReplaceAll(strings.TrimRight("  "+line, " "), nbsp, " "))
	}
}

func (t *writer) note(n Note) {
	indent := strings.Repeat(" ", n.Depth)
	for _, line := range t.wrap(n.Text, t.width-n.Depth) {
		t.line(indent + t.paint(n.Tone, line))
	}
	if n.Below == "" {
		return
	}
	for _, line := range t.wrap(n.Below, t.width-n.Depth-2) {
		t.line(indent + "  " + line)
	}
}

// table writes a table whose last column takes what room the others leave.
func (t *writer) table(table Table, indent int) {
	places, widths := t.fit(table, indent)
	total := between * (len(places) - 1)
	for _, width := range widths {
		total += width
	}
	if table.Head {
		head := Row{}
		for _, column := range table.Columns {
			head.Cells = append(head.Cells, Cell{Text: column.Name})
		}
		t.row(table, head, places, widths, indent)
	}
	for _, row := range table.Rows {
		if row.Weight == Sum && !table.Head {
			t.line(strings.Repeat(" ", indent-1) + strings.Repeat("─", min(total+1, t.width-indent+1)))
		}
		t.row(table, row, places, widths, indent)
	}
	if table.More != "" {
		t.note(Note{Text: table.More, Depth: indent})
	}
}

// fit chooses the columns that there is room for, and their widths: the last one of words shrinks, a bar
// takes what is left, and then those that are optional give way.
func (t *writer) fit(table Table, indent int) (places, widths []int) {
	for places = table.shown(ForTerminal); ; {
		room := t.width - indent + between
		flexible, gone := 0, -1
		widths = nil
		for at, place := range places {
			column := table.Columns[place]
			widths = append(widths, table.natural(place, at == 0))
			room -= widths[at] + between
			if column.Bar || !column.Number {
				flexible = at
			}
			if column.Bar || column.Optional {
				gone = at
			}
		}
		if len(places) == 0 {
			return nil, nil
		}
		column, least := table.Columns[places[flexible]], leastBar
		switch {
		case column.Optional:
			least = min(widths[flexible], leastColumn)
		case !column.Bar:
			least = min(widths[flexible], leastBar)
		}
		if column.Bar || room < 0 {
			widths[flexible] += room
		}
		if gone < 0 || widths[flexible] >= least {
			widths[flexible] = max(widths[flexible], least)
			return places, widths
		}
		places = slices.Delete(places, gone, gone+1)
	}
}

// natural is the width of a column that has all the room that it wants.
func (t Table) natural(place int, first bool) int {
	column := t.Columns[place]
	width := column.Min
	if t.Head {
		width = max(width, columns(column.Name))
	}
	for _, row := range t.Rows {
		width = max(width, columns(row.label(place, first)))
		if below := row.cell(place).Below; below != "" {
			width = max(width, 2+columns(below))
		}
	}
	if column.Max > 0 {
		width = min(width, column.Max)
	}
	return width
}

// label is the text of a cell as a terminal shows it, indented where its row is part of the one above.
func (r Row) label(place int, first bool) string {
	cell := r.cell(place)
	label := oneLine(cell.Text)
	if cell.Aside != "" {
		label += " " + oneLine(cell.Aside)
	}
	if first && r.Weight == Sub {
		label = "  " + label
	}
	return label
}

// row writes the cells of a row beside each other, each in as many lines as it takes.
func (t *writer) row(table Table, row Row, places, widths []int, indent int) {
	var cells [][]string
	high := 0
	for at, place := range places {
		lines := t.cell(row.cell(place), widths[at], at == 0 && row.Weight == Sub)
		if table.Columns[place].Bar {
			lines = []string{t.paint(row.cell(place).Tone, bar(table, place, row.cell(place).N, widths[at]))}
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
			line += pad(words, widths[at], table.Columns[places[at]].Number) + strings.Repeat(" ", between)
		}
		t.line(line)
	}
}

// cell are the lines of a cell in a column of that width. What to do stands below, without a colour.
func (t *writer) cell(c Cell, width int, sub bool) []string {
	lines := t.wrap(strings.TrimSpace(c.Text+" "+c.Aside), width)
	switch {
	case sub && columns(lines[0])+2 > width || sub && len(lines) > 1:
		lines = hang(t.wrap(c.Text+" "+c.Aside, width-4), "  ", "    ")
	case sub:
		lines[0] = "  " + lines[0]
	}
	for i := range lines {
		lines[i] = t.paint(c.Tone, lines[i])
	}
	if c.Below != "" {
		lines = append(lines, hang(t.wrap(c.Below, width-2), "→ ", "  ")...)
	}
	return lines
}

// hang sets the first line behind one indent and the others behind another.
func hang(lines []string, first, others string) []string {
	for i := range lines {
		lines[i] = first + lines[i]
		first = others
	}
	return lines
}

// bar is as long as a number of its column, the largest of which fills the width.
func bar(table Table, place, n, width int) string {
	top := 1
	for _, row := range table.Rows {
		top = max(top, row.cell(place).N)
	}
	if n == 0 {
		return ""
	}
	return strings.Repeat("▇", max(n*width/top, 1))
}

// pad fills a text with blanks to a width, on the left for numbers.
func pad(words string, width int, left bool) string {
	blanks := strings.Repeat(" ", max(width-columns(words), 0))
	if left {
		return blanks + words
	}
	return words + blanks
}

// columns is how many columns of a terminal a text takes.
func columns(words string) int { return text.StringWidthWithoutEscSequences(words) }

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

// breakAt is where the first line of a text ends.
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
