package config

import (
	"strings"
	"unicode/utf8"
)

// document is the text of a configuration file, line by line.
type document struct {
	name  string   // as the user gave it
	lines []string // with their ends
}

func newDocument(name string, text []byte) document {
	return document{name: name, lines: strings.SplitAfter(string(text), "\n")}
}

// place returns a place in the document; the line counts from 1, and so does the column, in bytes.
func (d document) place(line, column int) origin {
	before := d.lines[line-1][:min(column-1, len(d.lines[line-1]))]
	return origin{file: d.name, line: line, column: utf8.RuneCountInString(before) + 1, source: SourceFile}
}

// textColumn returns where the text stands that a key at the beginning of a line is given, in characters from
// 1. It is 0 when the text is not all on that line, or not as it is because of escapes.
func (d document) textColumn(line int, text string) int {
	before, value, _ := strings.Cut(d.lines[line-1], "=")
	quoted := strings.TrimLeft(value, " \t")
	if text == "" || quoted == "" || !strings.HasPrefix(quoted[1:], text) {
		return 0
	}
	return utf8.RuneCountInString(before) + len("=") + len(value) - len(quoted) + len(`"`) + 1
}

// notText says why the document cannot be TOML, and where.
func (d document) notText() (at origin, problem string) {
	for i, line := range d.lines {
		invalid := strings.IndexFunc(line, func(r rune) bool { return r == utf8.RuneError })
		zero := strings.IndexByte(line, 0)
		switch {
		case i == 0 && (strings.HasPrefix(line, "\xff\xfe") || strings.HasPrefix(line, "\xfe\xff")):
			return d.place(1, 1), "is UTF-16; save it as UTF-8"
		case zero >= 0:
			return d.place(i+1, zero+1), "is not a text file: it holds a zero byte here"
		case !utf8.ValidString(line):
			return d.place(i+1, invalid+1), "is not UTF-8 text: a byte here is invalid; save it as UTF-8"
		}
	}
	return origin{}, ""
}

// origin is where the value of a key came from.
type origin struct {
	file         string
	line, column int
	text         int    // column of the first character of the value; 0 when it is not known
	source       string // as Fault.Source
}

// place writes an origin into a fault.
func (o origin) place(f Fault) Fault {
	f.File, f.Line, f.Column, f.Source = o.file, o.line, o.column, o.source
	return f
}

// nearest returns where a key came from, or else the innermost table around it that is known.
func nearest(origins map[string]origin, key string) (at origin, known bool) {
	at, known = origins[key]
	for !known && key != "" {
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
		at, known = origins[key]
	}
	return at, known
}
