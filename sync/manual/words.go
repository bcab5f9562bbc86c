package manual

import (
	"path"
	"regexp"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// wordsOf are those of a block's text, painted.
func wordsOf(p *page, n ast.Node, how tone) []string {
	w := words{page: p}
	w.inside(n, how)
	return w.list
}

// words collects words from pieces of text, any of which may end within a word.
type words struct {
	page *page
	list []string
	open bool // the next piece goes on with the last word
}

func (w *words) add(piece string, how tone) {
	for i, word := range strings.Split(blank.ReplaceAllString(piece, " "), " ") {
		w.open = w.open && i == 0
		switch painted := w.page.paint(how, word); {
		case word == "":
		case w.open:
			w.list[len(w.list)-1] += painted
		default:
			w.list, w.open = append(w.list, painted), true
		}
	}
}

var blank = regexp.MustCompile(`[ \t\r\n]+`)

func (w *words) inside(of ast.Node, how tone) {
	for n := of.FirstChild(); n != nil; n = n.NextSibling() {
		w.inline(n, how)
	}
}

func (w *words) inline(n ast.Node, how tone) {
	switch n := n.(type) {
	case *ast.Text:
		w.add(plainText(n.Value(w.page.source), n.IsRaw()), how)
		if n.SoftLineBreak() || n.HardLineBreak() {
			w.add(" ", how)
		}
	case *ast.String:
		w.add(plainText(n.Value, n.IsRaw()), how)
	case *ast.CodeSpan:
		w.code(n)
	case *ast.Emphasis:
		w.inside(n, bold)
	case *ast.Link:
		w.inside(n, how)
		w.target(string(n.Destination))
	case *ast.AutoLink:
		w.add(string(n.URL(w.page.source)), how)
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			segment := n.Segments.At(i)
			w.add(string(segment.Value(w.page.source)), how)
		}
	default:
		w.inside(n, how)
	}
}

// code is one word, however many blanks it has, as far as a line can hold it.
func (w *words) code(n *ast.CodeSpan) {
	var said strings.Builder
	for part := n.FirstChild(); part != nil; part = part.NextSibling() {
		if words, ok := part.(*ast.Text); ok {
			said.Write(words.Value(w.page.source))
		}
	}
	span := blank.ReplaceAllString(said.String(), glue)
	if !w.page.color {
		span = "`" + span + "`"
	}
	w.add(span, code)
}

// target says once what links lead to.
func (w *words) target(to string) {
	file, _, _ := strings.Cut(to, "#")
	name, isTopic := strings.CutSuffix(path.Base(file), ".md")
	switch {
	case w.page.named[file] || file == "":
		return
	case strings.Contains(file, "://"):
		w.add(" ("+file+")", plain)
	case isTopic:
		w.add(" (", plain)
		w.add(strings.ReplaceAll("acsync help "+name, " ", glue), code)
		w.add(")", plain)
	}
	w.page.named[file] = true
}

// plainText is what a piece of source says, with its escapes and entities taken for what they stand for.
func plainText(source []byte, raw bool) string {
	if raw {
		return string(source)
	}
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(source))))
}

// wrap makes lines of words. A word that is too long for a line is broken: code at its blanks, others
// anywhere.
func wrap(words []string, width int) (lines []string) {
	var line strings.Builder
	used := 0
	put := func(word string, long int) {
		switch {
		case used == 0:
		case used+1+long <= width:
			line.WriteString(" ")
			used++
		default:
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
		line.WriteString(word)
		used += long
	}
	for _, word := range words {
		if long := columns(word); long <= width {
			put(word, long)
			continue
		}
		for _, part := range broken(word, width) {
			put(part, columns(part))
		}
	}
	if line.Len() > 0 {
		lines = append(lines, line.String())
	}
	return lines
}

// broken is a word in pieces of which each fits, without their colours.
func broken(word string, width int) (parts []string) {
	for part := range strings.SplitSeq(escape.ReplaceAllString(word, ""), glue) {
		begin, used := 0, 0
		for i, c := range part {
			long := columns(string(c))
			if used += long; used > width && i > begin {
				parts, begin, used = append(parts, part[begin:i]), i, long
			}
		}
		parts = append(parts, part[begin:])
	}
	return parts
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

func columns(line string) int { return uniseg.StringWidth(escape.ReplaceAllString(line, "")) }

// hang puts something before the first of some lines, and something else before the others.
func hang(lines []string, first, others string) []string {
	for i := range lines {
		lines[i] = first + lines[i]
		first = others
	}
	return lines
}
