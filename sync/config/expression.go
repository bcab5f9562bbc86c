package config

import (
	"cmp"
	"fmt"
	"strings"
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
		switch {
		case problem.At == 0:
		case at.text > 0:
			at.column = at.text + problem.At - 1
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
