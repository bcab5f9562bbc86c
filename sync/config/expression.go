package config

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Problem is what a check of the expressions found. What expressions mean is for the caller to know; this package knows
// where they stand.
type Problem struct {
	Rule    int      // of Config.Rules, from 1; 0 for a section
	Section string   // "recovery"; empty for the section mapping
	Path    []string // the keys below: "when", "brand", or "set", "custom_properties" and a name
	At      int      // the character of the expression, from 1; 0 for all of it
	Message string
}

// key is the key of the expression.
func (p Problem) key() string {
	key := cmp.Or(p.Section, "mapping")
	if p.Rule > 0 {
		key = ruleKey("rule", p.Rule)
	}
	for _, name := range p.Path {
		key = join(key, name)
	}
	return key
}

// contents remembers, by key, where the characters of a text stand in the document: only of those that stand there as they
// are, without escapes.
type contents struct {
	doc    document
	starts map[string]int // offset of the first character
}

// note keeps the place of a text.
func (c *contents) note(key string, doc document, base int, value *unstable.Node) {
	if value.Kind != unstable.String {
		return
	}
	from := min(base+int(value.Raw.Offset), len(doc.text))
	raw := string(doc.text[from:min(from+int(value.Raw.Length), len(doc.text))])
	if at := strings.Index(raw, string(value.Data)); at >= 0 && len(value.Data) > 0 {
		if c.starts == nil {
			c.starts = map[string]int{}
		}
		c.doc, c.starts[key] = doc, from+at
	}
}

// check adds what the caller's check of the expressions finds. A character of an expression is placed in the file where it
// stands; where it cannot be, it is counted.
func (l *loader) check() {
	if l.source.Check == nil {
		return
	}
	for _, problem := range l.source.Check(l.cfg) {
		key := problem.key()
		if l.faulty[key] {
			continue
		}
		at, message := l.originOf(key), problem.Message
		start, known := l.contents.starts[key]
		switch {
		case problem.At == 0:
		case known && at.source == SourceFile:
			at = l.contents.doc.origin(start + bytesOf(string(l.contents.doc.text[start:]), problem.At-1))
		case problem.At > 1:
			message = fmt.Sprintf("at character %d: %s", problem.At, message)
		}
		l.faultAt(at, key, message)
	}
}

// originOf is where a key came from, or the table that it stands in.
func (l *loader) originOf(key string) origin {
	for {
		at, known := l.origins[key]
		end := strings.LastIndexByte(key, '.')
		if known || end < 0 {
			return at
		}
		key = key[:end]
	}
}

// bytesOf is the length of the first n characters.
func bytesOf(text string, n int) int {
	for i := range text {
		if n == 0 {
			return i
		}
		n--
	}
	return len(text)
}
