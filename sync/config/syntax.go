package config

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

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

// maxUnclosed is how many lines something may be long that is not closed, for what stands above it to be
// read.
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
		if !b.alone || len(faults) == 2*maxFaults {
			tree, lines = above(lines, b.line)
			return tree, lines, append(faults, b)
		}
		faults, tree, lines, err = append(faults, b), next, rest, after
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

var (
	goodHeader = regexp.MustCompile(`^[ \t]*\[{1,2}[A-Za-z0-9_. \t-]+\]{1,2}[ \t]*(#.*)?\r?\n?$`)
	keyLine    = regexp.MustCompile(`^[ \t]*([A-Za-z0-9_-]+)[ \t]*=[ \t]*(.*)`)
	hugeNumber = regexp.MustCompile(`^[+-]?([0-9_]{18,}|[0-9_.]+[eE][+-]?[0-9]{3,})[ \t]*(#.*)?$`)
)

// misplaced reports whether the line itself is good as far as can be seen, so that something above it is not
// closed.
func (b broken) misplaced(line string) bool {
	start := strings.TrimSpace(line[:b.column-1]) == ""
	return b.again == "" && (start || goodHeader.MatchString(line))
}

// about returns the name of the key whose value is broken, empty when that is not clear, and what is probably
// wrong.
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
