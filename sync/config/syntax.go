package config

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A library's own account of a syntax error may show the lines around it, and one of them may hold a key. Only its
// position and the kind of error are used here, never its text.

// syntaxProblems turns a kind of error, known by a piece of the library's message, into advice. The first match counts.
var syntaxProblems = []struct{ piece, advice string }{
	{"already", "this is given a second time, or in two ways at once"},
	{"should be a table", "this is given a second time, or in two ways at once"},
	{"must be quoted", "text needs quotes, such as \"3m\""},
	{"start of value", "a value is missing or text has no quotes"},
	{"expected keyword", "a value is true or false, a number, or text in quotes"},
	{"expected value", "a value is missing"},
	{"array", "a list is not closed, or a comma is missing in it"},
	{"inline table", "a { } table is not closed, or a comma is missing in it"},
	{"literal string", "text is not closed, or holds a character that TOML does not allow"},
	{"basic string", "text is not closed, or holds a character that TOML does not allow"},
	{"escape", "text holds a backslash that TOML does not understand; double it, or use single quotes"},
	{`after \`, "text holds a backslash that TOML does not understand; double it, or use single quotes"},
	{"table name", "a section header is not closed; write it like [sync]"},
	{"after key", "a key must be followed by = and a value"},
	{"expected newline", "nothing may follow a value on its line; text needs quotes around all of it"},
	{"key", "a key, a section header or a comment is expected here"},
	{"date", "this is no valid date"},
	{"time", "this is no valid time"},
	{"number", "this is no valid number; text needs quotes"},
	{"integer", "this is no valid number; text needs quotes"},
	{"digit", "this is no valid number; text needs quotes"},
	{"comment", "a comment holds a character that TOML does not allow"},
	{"nested", "this is nested too deeply"},
}

func syntaxProblem(message string) string {
	for _, known := range syntaxProblems {
		if strings.Contains(message, known.piece) {
			return "is not valid TOML: " + known.advice
		}
	}
	return "is not valid TOML here"
}

// syntaxFault reports an error of the parser and returns its offset in the document.
func (d *decoder) syntaxFault(err error) int {
	offset, problem := d.base, "is not valid TOML"
	if parsing, ok := errors.AsType[*unstable.ParserError](err); ok {
		// The highlight shares the array of the text, so the distance of their ends is the distance of their beginnings.
		text := d.parser.Data()
		offset += min(max(cap(text)-cap(parsing.Highlight), 0), len(text))
		problem = syntaxProblem(parsing.Message)
	}
	d.note(d.keyOfLine(offset), offset, problem)
	return offset
}

var (
	keyLine    = regexp.MustCompile(`^[ \t]*([A-Za-z0-9_-]+)([ \t]*\.[ \t]*[A-Za-z0-9_-]+)*[ \t]*=`)
	headerLine = regexp.MustCompile(`^[ \t]*\[{1,2}[A-Za-z0-9_. \t-]+\]{1,2}[ \t]*(#.*)?$`)
)

// keyOfLine returns the known key that stands on the line of an offset, before it, or "".
func (d *decoder) keyOfLine(offset int) string {
	line := d.doc.line(offset)
	match := keyLine.FindSubmatch(d.doc.lineText(line))
	if match == nil || len(match[2]) > 0 || len(d.table) != 1 || d.skip || d.startsLine(offset) {
		return ""
	}
	key := d.table[0].name + "." + string(match[1])
	for _, known := range scalarKeys() {
		if key == known {
			return key
		}
	}
	return ""
}

// startsLine tells whether an offset is the first thing on its line.
func (d *decoder) startsLine(offset int) bool {
	before := d.doc.text[d.doc.starts[d.doc.line(offset)]:offset]
	return len(bytes.TrimLeft(before, " \t")) == 0
}

// recover sets the parser to the next line after an error that looks like a key or a header, so that the faults below
// are found as well. It returns false when there is none, or when no line can be trusted to stand outside of a text.
func (d *decoder) recover(offset int) bool {
	if d.longText {
		return false
	}
	line := d.doc.line(offset)
	if bytes.HasPrefix(bytes.TrimLeft(d.doc.lineText(line), " \t"), []byte("[")) {
		d.skip = true // what follows belongs to a header that could not be read
	}
	// An error at the beginning of a good line is about the line before: something there is not closed.
	if !d.startsLine(offset) || d.doc.starts[line] <= d.base {
		line++
	}
	for ; line < len(d.doc.starts); line++ {
		if text := d.doc.lineText(line); keyLine.Match(text) || headerLine.Match(text) {
			d.base = d.doc.starts[line]
			d.parser.Reset(d.doc.text[d.base:])
			return true
		}
	}
	return false
}
