package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// object is a JSON object: names with their values, in their order. Programs rely on the fields of the
// schemas: they may be added, never renamed or removed.
type object []any

// omitted is the value of a field that is left out.
type omitted struct{}

// when is the value, or omitted unless the condition holds.
func when(holds bool, value any) any {
	if !holds {
		return omitted{}
	}
	return value
}

// list is the value of a field that is written element by element, so that none but one is in memory.
type list func(write func(element any) error) error

// source gives values one after the other, in any number. An error of take ends it.
type source[T any] func(take func(T) error) error

// these are values that are sure to come.
func these[T any](values iter.Seq[T]) source[T] {
	return func(take func(T) error) error {
		for value := range values {
			if err := take(value); err != nil {
				return err
			}
		}
		return nil
	}
}

// listOf is a list of values as they are shown.
func listOf[T any](values source[T], shown func(T) any) list {
	return func(write func(any) error) error {
		return values(func(value T) error { return write(shown(value)) })
	}
}

// layout is how an object and its lists are laid out. Its texts stand before each field, between its name and
// the value, before each element, at the end of a list and of one without elements, and at the end.
type layout struct {
	field, colon, element, end, none, last string
	indent                                 string // of what is within values; empty: they take one line
}

var (
	oneLine   = layout{colon: ":", none: "]", end: "]", last: "}"}
	perRecord = layout{colon: ":", element: "\n ", none: "\n ]", end: "\n ]", last: "}"}
	indented  = layout{"\n ", ": ", "\n  ", "\n ]", "]", "\n}", " "}
)

// marshal is a value that stands so deep in an object.
func (l layout) marshal(value any, depth int) ([]byte, error) {
	if l.indent == "" {
		return json.Marshal(value)
	}
	return json.MarshalIndent(value, strings.Repeat(l.indent, depth), l.indent)
}

// write writes the object, its lists as they come.
func (o object) write(w io.Writer, l layout) error {
	comma := "{"
	for pair := range slices.Chunk(o, 2) {
		value := pair[len(pair)-1]
		if value == (omitted{}) {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s%s%q%s", comma, l.field, pair[0], l.colon); err != nil {
			return err
		}
		comma = ","
		if elements, many := value.(list); many {
			if err := elements.write(w, l); err != nil {
				return err
			}
			continue
		}
		text, err := l.marshal(value, 1)
		if err == nil {
			_, err = w.Write(text)
		}
		if err != nil {
			return err
		}
	}
	if comma == "{" {
		l.last = "{}"
	}
	_, err := io.WriteString(w, l.last)
	return err
}

func (elements list) write(w io.Writer, l layout) error {
	comma, end := "[", "["+l.none
	err := elements(func(element any) error {
		text, err := l.marshal(element, 2)
		if err == nil {
			_, err = fmt.Fprintf(w, "%s%s%s", comma, l.element, text)
		}
		comma, end = ",", l.end
		return err
	})
	if err == nil {
		_, err = io.WriteString(w, end)
	}
	return err
}

// MarshalJSON writes the object.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := o.write(&b, oneLine)
	return b.Bytes(), err
}

// writeJSON writes an object, and ends the line.
func writeJSON(w io.Writer, o object, l layout) error {
	buffered := bufio.NewWriterSize(w, 32<<10)
	if err := o.write(buffered, l); err != nil {
		return err
	}
	buffered.WriteByte('\n')
	return buffered.Flush()
}

// byName is the counts with plain names; never null.
func byName[K ~string](counts map[K]int) map[string]int {
	named := make(map[string]int, len(counts))
	for name, n := range counts {
		named[string(name)] = n
	}
	return named
}

// timeLayout is how JSON shows times: UTC, milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// stamp is a time as JSON shows it; empty for one that is not known.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

// Moment is a time; in JSON it is UTC with milliseconds, or empty when it is not known.
type Moment struct{ time.Time }

// MarshalJSON writes the time.
func (m Moment) MarshalJSON() ([]byte, error) { return json.Marshal(stamp(m.Time)) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Moment) UnmarshalJSON(text []byte) error {
	if string(text) == `""` {
		*m = Moment{}
		return nil
	}
	return m.Time.UnmarshalJSON(text)
}

// in is the time in a zone; empty when it is not known.
func (m Moment) in(zone *time.Location, layout string) string {
	if m.IsZero() {
		return ""
	}
	return m.In(zone).Format(layout)
}
