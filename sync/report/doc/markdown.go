package doc

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Markdown writes a document for a ticket or a wiki.
func Markdown(w io.Writer, d Doc) error {
	m := markdown{}
	m.paragraph("# %s · %s", d.Name, d.Subject)
	m.paragraph("*%s*", d.Badge)
	m.paragraph("**%s** %s", d.Headline, d.Detail)
	m.list(Texts(d.Todo...))
	m.code(d.Next)
	for _, line := range d.About {
		m.paragraph("%s", line)
	}
	for _, section := range d.on(ForMarkdown) {
		m.paragraph("## %s", section.Title)
		m.paragraph("%s", section.Note)
		for _, part := range section.Parts {
			m.part(part)
		}
	}
	_, err := io.WriteString(w, strings.TrimPrefix(m.String(), "\n"))
	return err
}

type markdown struct{ strings.Builder }

// paragraph writes texts, which are made safe, behind an empty line; nothing where the first is empty.
func (m *markdown) paragraph(format string, texts ...string) {
	if texts[0] == "" {
		return
	}
	safe := make([]any, len(texts))
	for i, text := range texts {
		safe[i] = plain(text)
	}
	fmt.Fprintf(m, "\n"+format+"\n", safe...)
}

// code writes a command, which nobody has to copy without the marks that make a text safe.
func (m *markdown) code(command string) {
	if command != "" {
		m.WriteString("\n```sh\n" + oneLine(command) + "\n```\n")
	}
}

func (m *markdown) part(part Part) {
	switch part := part.(type) {
	case Table:
		m.table(part)
	case Facts:
		var items []Cell
		for _, fact := range part.List {
			if value := strings.TrimSpace(fact.Value + " " + fact.Command); value != "" {
				items = append(items, Cell{Text: fact.Label + ": " + value})
			}
		}
		m.list(items)
	case Cards:
		for _, card := range part {
			m.paragraph("### %s", card.Title)
			m.paragraph("%s %s", card.Text, card.Todo)
			m.list(card.Items)
		}
	case Flow:
		m.list(Texts(part...))
	case Note:
		m.paragraph("%s", strings.TrimSpace(part.Text+" "+part.Below))
	}
}

func (m *markdown) list(items []Cell) {
	for i, item := range items {
		if i == 0 {
			m.WriteString("\n")
		}
		fmt.Fprintf(m, "- %s\n", plain(strings.TrimSpace(item.Text+" "+item.Aside)))
	}
}

func (m *markdown) table(t Table) {
	m.paragraph("### %s", t.Title)
	head, rule := "\n|", "|"
	places := t.shown(ForMarkdown)
	for _, place := range places {
		column := t.Columns[place]
		head += " " + plain(column.Name) + " |"
		rule += map[bool]string{true: " ---: |", false: " --- |"}[column.Number]
	}
	m.WriteString(head + "\n" + rule + "\n")
	for _, row := range t.Rows {
		m.WriteString("|")
		for i, place := range places {
			bold := row.Weight == Main && (i == 0 || t.Columns[place].Number)
			m.WriteString(" " + markdownCell(row.cell(place), bold) + " |")
		}
		m.WriteString("\n")
	}
	m.paragraph("%s", t.More)
}

func markdownCell(c Cell, bold bool) string {
	words := plain(c.Text)
	if c.Link != "" {
		words = fmt.Sprintf("[%s](<%s>)", words, linkSigns.Replace(c.Link))
	}
	if bold && words != "" {
		words = "**" + words + "**"
	}
	if c.Aside != "" {
		words += " " + plain(c.Aside)
	}
	if c.Below != "" {
		words += " → " + plain(c.Below)
	}
	return words
}

// linkSigns would end a link or a cell.
var linkSigns = strings.NewReplacer("<", "%3C", ">", "%3E", "\\", "%5C", "|", "%7C")

// plain is text that Markdown shows as it is, on one line: every sign that could mean something is escaped.
func plain(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case strings.ContainsRune("\\`*_{}[]()#+!|~$^@", c):
			b.WriteString(`\` + string(c))
		case unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp):
			b.WriteByte(' ')
		case !Unfit(c):
			b.WriteRune(c)
		}
	}
	return markup.Replace(b.String())
}

// markup would be HTML, or turn a bare address into a link.
var markup = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "://", `\://`, "www.", `www\.`)
