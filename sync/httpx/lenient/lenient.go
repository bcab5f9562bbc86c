// Package lenient decodes JSON whose members may be null, missing, masked, or of another type than agreed.
// One odd value counts as not set and spoils nothing around it; where it matters, it can be told from one
// that is missing.
//
// A text is gone through once: what decodes a value reads it from the decoder of the whole text and leaves
// nothing for others to read again. What is kept are copies, in which equal short texts are one, so that none
// of them holds on to the text that it came from.
//
// The decoders never fail on valid JSON. Names match in either case. Where a name comes twice in an object,
// both values are decoded into one field: the last one gives its text, and what a value says of doubt stays.
package lenient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// rules are those of encoding/json: text that is no UTF-8 is mended, and names may come twice, and in either
// case.
var rules = json.JoinOptions(
	jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true),
	json.MatchCaseInsensitiveNames(true), jsonv1.MatchCaseSensitiveDelimiter(true),
)

// Unmarshal decodes a text, which must be one JSON value, into v. Of the text, errors quote one character at
// most.
func Unmarshal(text []byte, v any) error {
	err := json.Unmarshal(text, v, rules)
	if err == nil {
		return nil
	}
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		// The decoder's own words would quote the value.
		return errors.New("it is JSON of another shape than expected")
	}
	rest := text[min(int(syntax.ByteOffset), len(text)):]
	if errors.Is(syntax, io.ErrUnexpectedEOF) || len(rest) == 0 {
		return errors.New("unexpected end of JSON input")
	}
	character, _ := utf8.DecodeRune(rest)
	return fmt.Errorf("invalid character %q in JSON, after %d bytes", character, len(text)-len(rest))
}

// Of is a struct as a field: its zero value when the JSON is no object.
type Of[T any] struct{ Value T }

// UnmarshalJSONFrom never fails on valid JSON.
func (o *Of[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '{':
		o.Value = *new(T)
		return json.UnmarshalDecode(d, &o.Value)
	case 'n':
		o.Value = *new(T)
	}
	return d.SkipValue()
}

// Each calls read for every entry of the list that the decoder is at; read reads one value.
func Each(d *jsontext.Decoder, read func() error) error {
	_, err := d.ReadToken()
	// In JSON that is not well formed there is no kind; what reads it next says so.
	for err == nil && d.PeekKind() != ']' {
		err = read()
	}
	if err == nil {
		_, err = d.ReadToken()
	}
	return err
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

// UnmarshalJSONFrom never fails on valid JSON.
func (v *Value) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v.Text, v.Masked = "", false
	word, given := "", true
	var err error
	switch d.PeekKind() {
	case '"':
		err = json.UnmarshalDecode(d, &v.Text)
		word = strings.TrimSpace(v.Text)
	case '{':
		var mask Mask
		err = json.UnmarshalDecode(d, &mask)
		v.Masked, word = mask.Masked(), "{"
	case '[':
		err, word = d.SkipValue(), "["
	default:
		var token jsontext.Token
		if token, err = d.ReadToken(); err != nil {
			return err
		}
		word, given = token.String(), token.Kind() != 'n'
		if token.Kind() == '0' {
			v.Text = word
		}
	}
	v.Given = v.Given || given
	v.Present = v.Present || given && word != ""
	// Longer words are none of those that are told apart, and need not be copied in lower case.
	if len(word) <= len("false") {
		word = strings.ToLower(word)
	}
	v.True = word == "true" || word == "1"
	v.MaybeTrue = v.MaybeTrue || !slices.Contains([]string{"", "null", "false", "no", "0"}, word)
	return err
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

// UnmarshalJSONFrom never fails on valid JSON.
func (l *List) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = nil
	if d.PeekKind() != '[' {
		return l.add(d)
	}
	return Each(d, func() error { return l.add(d) })
}

// add reads an entry.
func (l *List) add(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '"':
		return l.addText(d)
	case '{':
		var object struct{ ID Value }
		err := json.UnmarshalDecode(d, &object)
		*l = append(*l, object.ID.Text)
		return err
	default:
		var value Value
		err := value.UnmarshalJSONFrom(d)
		if value.Present {
			*l = append(*l, value.Text)
		}
		return err
	}
}

// addText reads a text into the place that it has in the list: most entries are texts.
func (l *List) addText(d *jsontext.Decoder) error {
	place := len(*l)
	*l = append(*l, "")
	err := json.UnmarshalDecode(d, &(*l)[place])
	if strings.TrimSpace((*l)[place]) != "" {
		return err
	}
	if *l = (*l)[:place]; place == 0 {
		*l = nil
	}
	return err
}

// Known returns the entries that can be read; nil for none.
func (l List) Known() []string {
	if !slices.Contains(l, "") {
		return l
	}
	var known []string
	for _, entry := range l {
		if entry != "" {
			known = append(known, entry)
		}
	}
	return known
}

// Mask is the object that stands in place of a value that the key may not see. Embedded in a struct it tells
// whether that object came in the struct's place.
type Mask struct {
	IsMasked Value          `json:"isMasked"`
	Shown    jsontext.Value `json:"maskedPresentation"`
}

// Masked reports whether it is one.
func (m Mask) Masked() bool { return m.IsMasked.True || m.Shown != nil }

// Empty reports whether a value is null, a blank text, or the empty list that some programs write for an
// empty object.
func Empty(value jsontext.Value) bool {
	switch value.Kind() {
	case 'n':
		return true
	case '"':
		text, _ := jsontext.AppendUnquote(nil, value)
		return len(bytes.TrimSpace(text)) == 0
	case '[':
		return bytes.HasPrefix(bytes.TrimSpace(value[1:]), []byte("]"))
	default:
		return false
	}
}
