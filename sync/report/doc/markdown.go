package doc

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Markdown writes a document for a ticket or a wiki.
func Markdown(w io.Writer, d Doc) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s · %s\n", plain(d.Name), plain(d.Subject))
	if d.Badge != "" {
		fmt.Fprintf(&b, "\n*%s*\n", plain(d.Badge))
	}
	if d.Headline != "" {
		fmt.Fprintf(&b, "\n**%s** %s\n", plain(d.Headline), plain(d.Detail))
	}
	markdownList(&b, Texts(d.Todo...))
	for _, line := range d.About {
		fmt.Fprintf(&b, "\n%s\n", plain(line))
	}
	for _, section := range d.on(ForMarkdown) {
		if section.Title != "" {
			fmt.Fprintf(&b, "\n## %s\n", plain(section.Title))
		}
		if section.Note != "" {
			fmt.Fprintf(&b, "\n%s\n", plain(section.Note))
		}
		for _, part := range section.Parts {
			markdownPart(&b, part)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownPart(b *strings.Builder, part Part) {
	switch part := part.(type) {
	case Table:
		markdownTable(b, part)
	case Facts:
		var items []Cell
		for _, fact := range part.List {
			if value := strings.TrimSpace(fact.Value + " " + fact.Command); value != "" {
				items = append(items, Cell{Text: fact.Label + ": " + value})
			}
		}
		markdownList(b, items)
	case Cards:
		for _, card := range part {
			fmt.Fprintf(b, "\n### %s\n\n%s %s\n", plain(card.Title), plain(card.Text), plain(card.Todo))
			markdownList(b, card.Items)
		}
	case Flow:
		markdownList(b, Texts(part...))
	case Note:
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(plain(part.Text)+" "+plain(part.Below)))
	}
}

func markdownList(b *strings.Builder, items []Cell) {
	for i, item := range items {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "- %s\n", plain(strings.TrimSpace(item.Text+" "+item.Aside)))
	}
}

func markdownTable(b *strings.Builder, t Table) {
	if t.Title != "" {
		fmt.Fprintf(b, "\n### %s\n", plain(t.Title))
	}
	places := t.shown(ForMarkdown)
	b.WriteString("\n|")
	for _, place := range places {
		fmt.Fprintf(b, " %s |", plain(t.Columns[place].Name))
	}
	b.WriteString("\n|")
	for _, place := range places {
		b.WriteString(map[bool]string{true: " ---: |", false: " --- |"}[t.Columns[place].Number])
	}
	b.WriteString("\n")
	for _, row := range t.Rows {
		b.WriteString("|")
		for i, place := range places {
			fmt.Fprintf(b, " %s |", markdownCell(row.cell(place), row.Weight == Main &&
				(i == 0 || t.Columns[place].Number)))
		}
		b.WriteString("\n")
	}
	if t.More != "" {
		fmt.Fprintf(b, "\n%s\n", plain(t.More))
	}
}

// markdownCell is a cell on one line.
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
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]()#+!|~$^@", c):
			b.WriteByte('\\')
			b.WriteRune(c)
		case unicode.IsControl(c) || c == '\u2028' || c == '\u2029':
			b.WriteByte(' ')
		case Unfit(c):
		default:
			b.WriteRune(c)
		}
	}
	return bareLinks.Replace(b.String())
}

// bareLinks keeps a bare address from becoming a link.
var bareLinks = strings.NewReplacer("://", "\\://", "www.", "www\\.")
