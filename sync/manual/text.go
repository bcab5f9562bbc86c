package manual

import (
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	tables "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Style says how a text may look.
type Style struct {
	Width int  // columns
	Color bool // of the terminal may be used, and bold letters
}

const (
	narrowest = 40  // a narrower terminal breaks the lines itself
	widest    = 100 // beyond that lines are hard to follow
	between   = 2   // columns of a table
	codeLeft  = 2   // columns before code

	// glue stands for a blank at which no line ends.
	glue = "\u00a0"
)

// Text is Markdown as a terminal shows it: wrapped by words, tables as tables. Only code can be wider than
// the terminal. What a link leads to stands behind it once; of a topic, the command that shows it.
func Text(markdown string, s Style) string {
	source := []byte(strings.ToValidUTF8(markdown, "\ufffd"))
	p := &page{source: source, color: s.Color, named: map[string]bool{}}
	root := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source))
	var shown strings.Builder
	for _, line := range p.blocks(root, min(max(s.Width, narrowest), widest), false) {
		shown.WriteString(strings.TrimRight(strings.ReplaceAll(line, glue, " "), " ") + "\n")
	}
	return shown.String()
}

// page is one text on its way to the terminal.
type page struct {
	source []byte
	color  bool
	named  map[string]bool // what links have led to so far
}

// tone is how words stand out.
type tone string

const (
	plain tone = ""
	bold  tone = "1"
	code  tone = "36" // cyan, which is legible on light and dark ground
)

func (p *page) paint(how tone, words string) string {
	if how == plain || !p.color || words == "" {
		return words
	}
	return "\x1b[" + string(how) + "m" + words + "\x1b[0m"
}

// blocks are the lines of all that a block consists of.
func (p *page) blocks(of ast.Node, width int, tight bool) (lines []string) {
	for n := of.FirstChild(); n != nil; n = n.NextSibling() {
		block := p.block(n, max(width, 1))
		if len(lines) > 0 && len(block) > 0 && !tight {
			lines = append(lines, "")
		}
		lines = append(lines, block...)
	}
	return lines
}

func (p *page) block(n ast.Node, width int) []string {
	switch n := n.(type) {
	case *ast.Heading:
		return p.heading(n, width)
	case *ast.Paragraph, *ast.TextBlock:
		return wrap(wordsOf(p, n, plain), width)
	case *ast.List:
		return p.list(n, width)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		return p.code(p.raw(n), width)
	case *ast.HTMLBlock:
		return wrap(strings.Fields(strings.Join(p.raw(n), " ")), width)
	case *ast.Blockquote:
		return hang(p.blocks(n, width-2, false), "│ ", "│ ")
	case *ast.ThematicBreak:
		return []string{strings.Repeat("─", width)}
	case *tables.Table:
		return table(p.rows(n), width)
	}
	return p.blocks(n, width, false)
}

// code is as it was written. Where a line has no room for what it says behind a command, all of the block say
// it below theirs.
func (p *page) code(written []string, width int) (lines []string) {
	tooWide := func(line string) bool { return codeLeft+columns(line) > width }
	below := slices.ContainsFunc(written, tooWide)
	for _, line := range written {
		parts := []string{line}
		if command, remark, found := strings.Cut(line, " # "); found && below {
			parts = []string{strings.TrimRight(command, " "), "    # " + remark}
		}
		for _, part := range parts {
			lines = append(lines, strings.Repeat(" ", codeLeft)+p.paint(code, part))
		}
	}
	return lines
}

// heading is bold, or has a line below it where nothing can be bold.
func (p *page) heading(n *ast.Heading, width int) []string {
	lines := wrap(wordsOf(p, n, bold), width)
	if p.color || len(lines) == 0 {
		return lines
	}
	rule, longest := "─", 0
	if n.Level == 1 {
		rule = "═"
	}
	for _, line := range lines {
		longest = max(longest, columns(line))
	}
	return append(lines, strings.Repeat(rule, longest))
}

func (p *page) list(n *ast.List, width int) (lines []string) {
	number := n.Start
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		if len(lines) > 0 && !n.IsTight {
			lines = append(lines, "")
		}
		block := p.blocks(item, width-len(mark), n.IsTight)
		lines = append(lines, hang(block, mark, strings.Repeat(" ", len(mark)))...)
	}
	return lines
}

// raw are the lines of a block as they stand in the source.
func (p *page) raw(n ast.Node) (lines []string) {
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		lines = append(lines, strings.TrimRight(string(segment.Value(p.source)), "\n"))
	}
	return lines
}

// rows are those of a table, its head first.
func (p *page) rows(n *tables.Table) (rows [][][]string) {
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		how := plain
		if row == n.FirstChild() {
			how = bold
		}
		var cells [][]string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, wordsOf(p, cell, how))
		}
		rows = append(rows, cells)
	}
	return rows
}
