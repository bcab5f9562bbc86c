package config

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// document is the text of a configuration file, line by line.
type document struct {
	name  string   // as the user gave it
	lines []string // with their ends
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

// maxUnclosed is how long, in lines, something not closed may be for what stands above it to be read.
const maxUnclosed = 100

// parse reads lines as far as they are valid, and returns those that are. A line that is not, or a section
// when it is the header, is emptied, so that the faults of all others are found as well.
func parse(lines []string) (tree map[string]any, valid []string, faults []broken) {
	tree, err := unmarshal(lines)
	for err != nil {
		b := newBroken(err)
		rest := without(lines, b.line)
		next, after := unmarshal(rest)
		// An error that stays without its line is about what stands above.
		b.alone = !b.misplaced(lines[b.line-1]) && (after == nil || newBroken(after).line > b.line)
		faults = append(faults, b)
		if !b.alone || len(faults) > 2*maxFaults {
			tree, lines = above(lines, b.line)
			break
		}
		tree, lines, err = next, rest, after
	}
	return tree, lines, faults
}

func unmarshal(lines []string) (tree map[string]any, err error) {
	err = toml.Unmarshal([]byte(strings.Join(lines, "")), &tree)
	return tree, err
}

// without empties a line, and with a header its section.
func without(lines []string, line int) []string {
	rest := slices.Clone(lines)
	rest[line-1] = "\n"
	if isHeader(lines[line-1]) {
		for i := line; i < len(rest) && !isHeader(rest[i]); i++ {
			rest[i] = "\n"
		}
	}
	return rest
}

// above reads what stands above something that is not closed at a line.
func above(lines []string, line int) (tree map[string]any, valid []string) {
	for end := line - 1; end > max(0, line-maxUnclosed); end-- {
		if tree, err := unmarshal(lines[:end]); err == nil {
			return tree, lines[:end]
		}
	}
	return nil, nil
}

func isHeader(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), "[") }

// broken is a place that is not valid TOML. A library's own account of it may show the lines around it, and
// one of them may hold a key: only the position is used here, never the text.
type broken struct {
	line, column int    // from 1; the column in bytes
	again        string // the key or section, when it has been given before
	alone        bool   // everything else could be read
}

func newBroken(err error) broken {
	b := broken{line: 1, column: 1}
	if decoding, ok := errors.AsType[*toml.DecodeError](err); ok {
		b.line, b.column = decoding.Position()
		for _, name := range decoding.Key() {
			b.again = join(b.again, name)
		}
	}
	return b
}

var (
	goodHeader = regexp.MustCompile(`^[ \t]*\[{1,2}[A-Za-z0-9_. \t-]+\]{1,2}[ \t]*(#.*)?\r?\n?$`)
	keyLine    = regexp.MustCompile(`^[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*(.*)`)
	hugeNumber = regexp.MustCompile(`^[+-]?([0-9_]{18,}|[0-9_.]+[eE][+-]?[0-9]{3,})[ \t]*(#.*)?$`)
)

// misplaced reports whether the line itself looks good, so that something above it is not closed.
func (b broken) misplaced(line string) bool {
	start := strings.TrimSpace(line[:b.column-1]) == ""
	return b.again == "" && (start || goodHeader.MatchString(line))
}

const tooLarge = "is a number too large to be of use"

// about returns the name of the broken key, empty when that is not clear, and what is probably wrong.
func (b broken) about(line string) (name, problem string) {
	const notTOML = "is not valid TOML: "
	given := keyLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
	switch {
	case !b.alone:
		return "", notTOML + "a bracket or a quote is not closed here or above, or a comma is missing"
	case isHeader(line):
		return "", notTOML + "a header is written like [sync] or [[rule]]; its section was not looked at"
	case given == nil:
		return "", notTOML + "write key = value"
	case given[2] == "":
		problem = notTOML + "a value is missing"
	case hugeNumber.MatchString(given[2]):
		problem = tooLarge
	case given[2][0] == '"' && strings.Contains(given[2], `\`):
		problem = notTOML + "double each backslash, or put the text in single quotes"
	case strings.ContainsRune(`"'[{`, rune(given[2][0])):
		problem = notTOML + "a bracket, a quote or a comma is missing, or something follows the value"
	default:
		problem = notTOML + `a value is true, false, a number, or text in quotes, such as "3m"`
	}
	return given[1], problem
}

// maxLines is how many lines of a file are searched for the places of its keys: the library's work grows with
// their square. Faults in a longer file, which is hardly a configuration, name their key and no line.
const maxLines = 4000

// places says where the keys of a document stand.
type places struct {
	doc      document
	known    map[string]origin
	times    map[string]int // how often each list of tables has been continued
	sections []section      // in their order; the first has no header
}

// section is what stands below a header.
type section struct {
	line int // of the header, from 1
	path string
}

// locate finds the keys of a document of which the lines are valid. It gives each section to a strict decoder
// with a struct that has no field, so that each key is an unknown field, and the library says where it
// stands. Keys inside of an inline table stand where the table does.
func locate(doc document, lines []string) places {
	p := places{doc: doc, known: map[string]origin{}, times: map[string]int{}, sections: []section{{}}}
	for _, header := range fields(lines) {
		line, column := header.Position()
		if !isHeader(lines[line-1]) {
			continue
		}
		list := strings.Contains(lines[line-1][:column-1], "[[")
		path := p.note("", header.Key(), list, doc.place(line, column))
		p.sections = append(p.sections, section{line: line, path: path})
	}
	for i, s := range p.sections {
		end := len(lines)
		if i+1 < len(p.sections) {
			end = p.sections[i+1].line - 1
		}
		for _, field := range fields(lines[s.line:end]) {
			line, column := field.Position()
			p.note(s.path, field.Key(), false, doc.place(s.line+line, column))
		}
	}
	return p
}

// note notes where a key or a header stands below a path, and returns its whole path. The tables that are
// only named on the way to it stand where they were named first.
func (p places) note(path string, names []string, list bool, at origin) string {
	pass := func() {
		if _, known := p.known[path]; !known {
			p.known[path] = at
		}
	}
	for i, name := range names {
		if path = join(path, name); list && i == len(names)-1 {
			p.times[path]++
		}
		if n := p.times[path]; n > 0 {
			pass()
			path = ruleKey(path, n)
		}
		pass()
	}
	p.known[path] = at
	return path
}

// fields returns the headers in the lines, and the keys above the first of them.
func fields(lines []string) []toml.DecodeError {
	if len(lines) > maxLines {
		return nil
	}
	decoder := toml.NewDecoder(strings.NewReader(strings.Join(lines, ""))).DisallowUnknownFields()
	strict, _ := errors.AsType[*toml.StrictMissingError](decoder.Decode(&struct{}{}))
	if strict == nil {
		return nil
	}
	return strict.Errors
}

// of returns where a key stands, or the table that holds it.
func (p places) of(key string) origin {
	if at, known := nearest(p.known, key); known {
		return at
	}
	return origin{file: p.doc.name, source: SourceFile}
}

func (p places) sectionAt(line int) string {
	path := ""
	for _, s := range p.sections {
		if s.line < line {
			path = s.path
		}
	}
	return path
}
