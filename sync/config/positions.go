package config

import (
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxLines is how many lines of a file are searched for the places of its keys: the library's work grows with
// their square. Faults in a longer file, which is hardly a configuration, name their key and no line.
const maxLines = 4000

// places says where the keys of a document stand.
type places struct {
	doc      document
	known    map[string]origin
	sections []section // in their order; the first has no header
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
	p := places{doc: doc, known: map[string]origin{}, sections: []section{{}}}
	times := map[string]int{} // how often each list of tables has been continued
	for _, header := range fields(lines) {
		line, column := header.Position()
		if !isHeader(lines[line-1]) {
			continue
		}
		list := strings.Contains(lines[line-1][:column-1], "[[")
		at, path := doc.place(line, column), ""
		for i, name := range header.Key() {
			path = join(path, name)
			if list && i == len(header.Key())-1 {
				times[path]++
			}
			if n := times[path]; n > 0 {
				p.pass(path, at)
				path = ruleKey(path, n)
			}
			p.pass(path, at)
		}
		p.known[path] = at
		p.sections = append(p.sections, section{line: line, path: path})
	}
	for i, s := range p.sections {
		end := len(lines)
		if i+1 < len(p.sections) {
			end = p.sections[i+1].line - 1
		}
		for _, field := range fields(lines[s.line:end]) {
			line, column := field.Position()
			at, path := doc.place(s.line+line, column), s.path
			for _, name := range field.Key() {
				path = join(path, name)
				p.pass(path, at)
			}
			p.known[path] = at
		}
	}
	return p
}

// pass notes a table that is only named on the way to a key.
func (p places) pass(path string, at origin) {
	if _, known := p.known[path]; !known {
		p.known[path] = at
	}
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

// sectionAt returns the path of the section that a line belongs to.
func (p places) sectionAt(line int) string {
	path := ""
	for _, s := range p.sections {
		if s.line < line {
			path = s.path
		}
	}
	return path
}
