// Package lenient decodes JSON whose members may be null, missing, masked, or of another type than agreed.
// One odd value counts as not set and spoils nothing around it; where it matters, it can be told from one
// that is missing.
//
// The decoders never fail on valid JSON. Where a name comes twice in an object, encoding/json decodes both
// values into one field: the last one gives its text, and what a value says of doubt stays.
package lenient

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Decode returns the T in data, or the zero value when data is anything else.
func Decode[T any](data []byte) T {
	var of Of[T]
	_ = of.UnmarshalJSON(data)
	return of.Value
}

// Of is a T as a field: its zero value when the JSON is anything else.
type Of[T any] struct{ Value T }

// UnmarshalJSON never fails on valid JSON.
func (o *Of[T]) UnmarshalJSON(data []byte) error {
	var value T
	if json.Unmarshal(data, &value) == nil {
		o.Value = value
	}
	return nil
}

// Value is a text, a number or a boolean, whichever of them came.
type Value struct {
	Text      string // the text, or the number as it is written; otherwise empty
	Masked    bool   // an object in place of a value that the key may not see
	Given     bool   // anything but null
	Present   bool   // anything but null and a blank text
	True      bool   // true or 1, also as a text
	MaybeTrue bool   // anything but null, a blank text, false, no and 0
}

// UnmarshalJSON never fails on valid JSON.
func (v *Value) UnmarshalJSON(data []byte) error {
	v.Text, v.Masked = "", false
	word := string(data)
	switch data[0] {
	case '"':
		v.Text = text(data)
		word = v.Text
	case '{':
		v.Masked = Masked(data)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		v.Text = word
	}
	word = strings.ToLower(strings.TrimSpace(word))
	given := data[0] != 'n'
	v.Given = v.Given || given
	v.Present = v.Present || given && word != ""
	v.True = word == "true" || word == "1"
	v.MaybeTrue = v.MaybeTrue || !slices.Contains([]string{"", "null", "false", "no", "0"}, word)
	return nil
}

// text is the text in a JSON string.
func text(data []byte) string {
	// Most have nothing to decode, and a page of conversations has thousands of them.
	if bytes.IndexByte(data, '\\') < 0 && utf8.Valid(data) {
		return string(data[1 : len(data)-1])
	}
	return Decode[string](data)
}

// Opaque reports whether there is a value that cannot be read.
func (v Value) Opaque() bool { return v.Present && v.Text == "" }

// Int returns the whole number in the text, also when it is written with a fraction of zero or an exponent.
// It reports false for everything else, and for what a float64 cannot hold to the last digit.
func (v Value) Int() (int64, bool) {
	if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// Count is Int for numbers of things: it reports false, too, for what is negative or no int of this machine.
func (v Value) Count() (int, bool) {
	n, ok := v.Int()
	if !ok || n < 0 || int64(int(n)) != n {
		return 0, false
	}
	return int(n), true
}

// Time returns the time in the text, in UTC, in the first layout that fits; a layout without a zone is UTC.
// It is zero when none fits.
func (v Value) Time(layouts ...string) time.Time {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, v.Text); err == nil {
			return inCalendar(at)
		}
	}
	return time.Time{}
}

// Epoch returns the time that is so many milliseconds, or seconds, after the year 1970 began, in UTC; zero
// for none.
func (v Value) Epoch() time.Time {
	n, ok := v.Int()
	switch {
	case !ok || n <= 0:
		return time.Time{}
	case n < 1e11: // as milliseconds this would be before 1974
		return inCalendar(time.Unix(n, 0))
	}
	return inCalendar(time.UnixMilli(n))
}

// inCalendar takes a time that nobody can have meant, and that not every format can write, for none.
func inCalendar(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 2 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// List is a list of texts; a single one is a list of one, and an object stands for its id. Blank entries are
// left out. An entry that is there and cannot be read is empty, and keeps its place.
type List []string

// UnmarshalJSON never fails on valid JSON.
func (l *List) UnmarshalJSON(data []byte) error {
	*l = nil
	entries := []json.RawMessage{data}
	if data[0] == '[' {
		entries = Decode[[]json.RawMessage](data)
	}
	for _, entry := range entries {
		value := Decode[Value](entry)
		if entry[0] == '{' {
			value.Text = Decode[struct{ ID Value }](entry).ID.Text
		}
		if value.Present {
			*l = append(*l, value.Text)
		}
	}
	return nil
}

// Known returns the entries that can be read; nil for none.
func (l List) Known() []string {
	var known []string
	for _, entry := range l {
		if entry != "" {
			known = append(known, entry)
		}
	}
	return known
}

// Masked reports whether data is the object that stands in place of a value that the key may not see.
func Masked(data []byte) bool {
	object := Decode[struct {
		IsMasked Value           `json:"isMasked"`
		Shown    json.RawMessage `json:"maskedPresentation"`
	}](data)
	return object.IsMasked.True || object.Shown != nil
}

// Empty reports whether data is null, a blank text, or the empty list that some programs write for an empty
// object.
func Empty(data []byte) bool {
	if data[0] == '[' {
		return len(Decode[[]json.RawMessage](data)) == 0
	}
	return !Decode[Value](data).Present
}
