package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"acsync/sync/exit"
)

// SourceFile is the [Fault].Source of what came from the configuration file.
const SourceFile = "file"

// maxFaults is how many faults are worth showing: beyond it the file is probably not a configuration at all.
const maxFaults = 100

// Fault is one thing that is wrong with a configuration.
type Fault struct {
	// path of the configuration file as it was given; empty unless the fault is in the file
	File         string
	Line, Column int    // from 1, columns in characters; 0 when there is no position
	Key          string // such as "sync.settle" or "rule[1].when", rules counted from 1; may be empty
	// SourceFile, the name of an environment variable, or empty for a default or an override
	Source  string
	Message string // what is wrong and what to do, without secrets
	Todo    string // what to do, where that is the whole of it
}

// Error returns the fault in one line: "config.toml:12:1: sync.settle: must be between 0s and 1d".
func (f Fault) Error() string {
	where := f.File
	switch {
	case f.Line > 0:
		where = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	case f.File == "" && f.Source != SourceFile:
		where = f.Source
	}
	parts := []string{where, f.Key, f.Message}
	what := strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": ")
	return exit.Told(what, f.Todo)
}

// Faults is everything that is wrong with a configuration; as an error it lists one fault a line.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// ExitClass returns the code that the process ends with.
func (Faults) ExitClass() exit.Code { return exit.Usage }

// Todo is what to do about a single one, where it says that by itself.
func (f Faults) Todo() string {
	if len(f) != 1 {
		return ""
	}
	return f[0].Todo
}

// Topic is the one of the manual that tells more.
func (Faults) Topic() string { return "configuration" }

// orNil is the error that the faults are; nil where there are none.
func (f Faults) orNil() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// sorted returns the faults in the order in which a reader fixes them: the file from top to bottom, the
// environment by name, the rest as found.
func (f Faults) sorted() Faults {
	rank := func(f Fault) int {
		switch f.Source {
		case SourceFile:
			return 0
		case "":
			return 2
		}
		return 1
	}
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Source, b.Source),
		)
	})
	if len(f) > maxFaults {
		more := fmt.Sprintf(
			"and at least %d more faults; is this a configuration of acsync?", len(f)-maxFaults)
		f = append(f[:maxFaults:maxFaults], Fault{Message: more})
	}
	return f
}
