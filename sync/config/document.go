package config

import (
	"bytes"
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

// textColumn returns where the text stands that a key at the beginning of a line is given, in characters from 1. It is 0
// when the text is not all on that line, or not as it is because of escapes.
func (d document) textColumn(line int, text string) int {
	before, value, _ := strings.Cut(d.lines[line-1], "=")
	quoted := strings.TrimLeft(value, " \t")
	if text == "" || quoted == "" || !strings.HasPrefix(quoted[1:], text) {
		return 0
	}
	return utf8.RuneCountInString(before) + len("=") + len(value) - len(quoted) + len(`"`) + 1
}

// notText says why bytes cannot be TOML, with the offset of the trouble.
func notText(text []byte) (problem string, offset int) {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		return "is UTF-16; save it as UTF-8", 0
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return "is not a text file: it holds a zero byte here", i
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return "is not UTF-8 text: a byte here is invalid; save it as UTF-8", i
		}
		i += size
	}
	return "", 0
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
