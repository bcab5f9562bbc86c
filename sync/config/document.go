package config

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// document is the text of a configuration file, which knows the lines of its bytes.
type document struct {
	name   string // as the user gave it
	text   []byte
	starts []int // offset of each line
}

func newDocument(name string, text []byte) document {
	starts := []int{0}
	for i, c := range text {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return document{name: name, text: text, starts: starts}
}

// line returns the index of the line at offset, from 0.
func (d document) line(offset int) int {
	i, exact := slices.BinarySearch(d.starts, offset)
	if exact {
		return i
	}
	return i - 1
}

// origin returns the place of an offset, in the form that faults have.
func (d document) origin(offset int) origin {
	offset = min(offset, len(d.text))
	line := d.line(offset)
	column := utf8.RuneCount(d.text[d.starts[line]:offset]) + 1
	return origin{file: d.name, line: line + 1, column: column, source: SourceFile}
}

// lineText returns a line without its end.
func (d document) lineText(line int) []byte {
	end := len(d.text)
	if line+1 < len(d.starts) {
		end = d.starts[line+1]
	}
	return bytes.TrimRight(d.text[d.starts[line]:end], "\r\n")
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
	source       string // as Fault.Source
}

// place writes an origin into a fault.
func (o origin) place(f Fault) Fault {
	f.File, f.Line, f.Column, f.Source = o.file, o.line, o.column, o.source
	return f
}
