package app

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/sync/exit"
	"acsync/sync/report/doc"
)

// advising is an error that knows what to do about it. Its text says so too.
type advising interface {
	error
	Todo() string
}

// documented is an error that a topic of the manual tells more about.
type documented interface {
	error
	Topic() string
}

// topics are those of the manual that tell more about errors that name none themselves.
var topics = map[exit.Code]string{
	exit.Credentials:   "start",
	exit.Temporary:     "troubleshooting",
	exit.LedgerMissing: "restore",
	exit.Locked:        "troubleshooting",
	exit.Fuse:          "troubleshooting",
	exit.LedgerDamaged: "restore",
}

// complaint is an error as it is told to people: what happened, and apart from it what to do.
type complaint struct{ what, hint string }

// newComplaint takes an error apart, by what those in it say.
func newComplaint(err error) complaint {
	c := complaint{what: err.Error()}
	point := func(text string) string { return text }
	if outer, ok := errors.AsType[pointedError](err); ok {
		point = func(text string) string { return pointed(outer.c, text) }
	}
	var todos []string
	for each := range tree(err) {
		advice, ok := each.(advising)
		if !ok || advice.Todo() == "" {
			continue
		}
		// What is told otherwise by an error around it is not to be told again.
		todo := point(advice.Todo())
		if rest := exit.Untold(c.what, todo); rest != c.what {
			todos, c.what = append(todos, todo), rest
		}
	}
	whole := err.Error()
	slices.SortStableFunc(todos, func(a, b string) int {
		return cmp.Compare(strings.Index(whole, a), strings.Index(whole, b))
	})
	if topic := topicOf(err); topic != "" {
		todos = append(todos, "see acsync help "+topic)
	}
	c.hint = strings.Join(todos, "; ")
	return c
}

// topicOf is the topic of the manual that tells more about an error; empty for none.
func topicOf(err error) string {
	for each := range tree(err) {
		if about, ok := each.(documented); ok && about.Topic() != "" {
			return about.Topic()
		}
	}
	return topics[exitCode(err)]
}

// tree gives an error and all that it wraps, the outer ones first.
func tree(err error) func(yield func(error) bool) {
	var walk func(err error, yield func(error) bool) bool
	walk = func(err error, yield func(error) bool) bool {
		if err == nil {
			return true
		}
		if !yield(err) {
			return false
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			return walk(e.Unwrap(), yield)
		case interface{ Unwrap() []error }:
			return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !walk(err, yield) })
		}
		return true
	}
	return func(yield func(error) bool) { walk(err, yield) }
}

// complain tells an error: to a terminal by words, with what to do in a colour.
func complain(l *commandLine, err error) {
	c := newComplaint(err)
	if l.says.json {
		var more []any
		if c.hint != "" {
			more = []any{"hint", c.hint}
		}
		fmt.Fprint(l.stderr, l.says.line(slog.LevelError, c.what, more...))
		return
	}
	what, hint, label := c.what, c.hint, "hint: "
	var out strings.Builder
	visible := &doc.Visible{To: &out}
	if file, ok := isTerminal(l.stderr); ok {
		width, _ := size(file)
		width = min(width, widestHelp)
		what, hint = doc.Wrap(what, width-len("acsync: "), 8), doc.Wrap(hint, width-len(label), len(label))
		if !l.noColor && !colorless(l.env) {
			visible.Colors, label = true, text.FgCyan.Sprint("hint:")+" "
		}
	}
	fmt.Fprintln(visible, "acsync: "+what)
	if hint != "" {
		fmt.Fprintln(visible, label+hint)
	}
	fmt.Fprint(l.stderr, out.String())
}
