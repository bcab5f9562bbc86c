package kustomer

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// lenient decodes a T, and takes anything that is none as the zero value, so that one odd attribute cannot spoil a page.
type lenient[T any] struct{ value T }

// UnmarshalJSON never fails on valid JSON.
func (l *lenient[T]) UnmarshalJSON(data []byte) error {
	var value T
	if json.Unmarshal(data, &value) == nil {
		l.value = value
	}
	return nil
}

// text is a string, or what stands for one: a number, or the object of a masked value.
type text Text

// UnmarshalJSON never fails on valid JSON.
func (t *text) UnmarshalJSON(data []byte) error {
	*t = text{}
	switch data[0] {
	case '"':
		return json.Unmarshal(data, &t.Value)
	case '{':
		t.Masked = isMasked(data)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.Value = string(data)
	}
	return nil
}

// isMasked tells the object that stands in place of a masked value.
func isMasked(data []byte) bool {
	var object lenient[struct {
		IsMasked flag            `json:"isMasked"`
		Shown    json.RawMessage `json:"maskedPresentation"`
	}]
	_ = json.Unmarshal(data, &object) // lenient does not fail
	return bool(object.value.IsMasked) || object.value.Shown != nil
}

// texts is a list of strings; a single string is a list of one. Entries that are objects count with their id (inferred),
// empty and other ones are left out.
type texts []string

// UnmarshalJSON never fails on valid JSON.
func (l *texts) UnmarshalJSON(data []byte) error {
	*l = nil
	if data[0] != '[' {
		data = append(append([]byte{'['}, data...), ']')
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		return err
	}
	for _, entry := range entries {
		if value := entryText(entry); value != "" {
			*l = append(*l, value)
		}
	}
	return nil
}

func entryText(entry json.RawMessage) string {
	if bytes.HasPrefix(entry, []byte("{")) {
		var object lenient[struct{ ID text }]
		_ = json.Unmarshal(entry, &object) // lenient does not fail
		return object.value.ID.Value
	}
	var value text
	_ = json.Unmarshal(entry, &value) // text does not fail
	return value.Value
}

// people is a list of users' ids, like texts. Of one that is there and cannot be read an empty id keeps the
// place, so that nobody else is taken for the first.
type people []string

// UnmarshalJSON never fails on valid JSON.
func (l *people) UnmarshalJSON(data []byte) error {
	*l = nil
	if isBlank(data) {
		return nil
	}
	var entries lenient[[]json.RawMessage]
	if _ = json.Unmarshal(data, &entries); data[0] != '[' { // lenient does not fail
		entries.value = []json.RawMessage{data}
	}
	for _, entry := range entries.value {
		if !isBlank(entry) {
			*l = append(*l, entryText(entry))
		}
	}
	return nil
}

// label is a word, or tells that there is one that cannot be read.
type label struct {
	value  string
	opaque bool
}

// UnmarshalJSON never fails on valid JSON.
func (l *label) UnmarshalJSON(data []byte) error {
	var value text
	_ = json.Unmarshal(data, &value) // text does not fail
	*l = label{value: value.Value, opaque: value.Value == "" && !isBlank(data)}
	return nil
}

// moment is an instant, or tells that there is one that cannot be read.
type moment struct {
	at    time.Time
	there bool
}

// UnmarshalJSON never fails on valid JSON.
func (m *moment) UnmarshalJSON(data []byte) error {
	var at instant
	_ = json.Unmarshal(data, &at) // instant does not fail
	*m = moment{time.Time(at), m.there || !isBlank(data)}
	return nil
}

// instant is a time: ISO 8601, or an epoch in milliseconds or seconds.
type instant time.Time

// The forms that times are read in; one without a zone is UTC.
var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700", time.DateTime, time.DateOnly}

// UnmarshalJSON never fails on valid JSON.
func (i *instant) UnmarshalJSON(data []byte) error {
	*i = instant{}
	var value text
	_ = json.Unmarshal(data, &value) // text does not fail
	for _, form := range timeForms {
		if at, err := time.Parse(form, value.Value); err == nil {
			*i = inCalendar(milliseconds(at))
			return nil
		}
	}
	if n, ok := wholeNumber(value.Value); ok && n > 0 {
		if n < 1e11 { // seconds; as milliseconds this would be before 1974
			n *= 1000
		}
		*i = inCalendar(time.UnixMilli(n).UTC())
	}
	return nil
}

// inCalendar takes a time that nobody can have meant, and that not every format can write, as none.
func inCalendar(t time.Time) instant {
	if t.Year() < 2 || t.Year() > 9999 {
		return instant{}
	}
	return instant(t)
}

// milliseconds is t as all times are kept here.
func milliseconds(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// count is a whole number, also when it comes as a string or with a fraction of zero.
type count int

// UnmarshalJSON never fails on valid JSON.
func (c *count) UnmarshalJSON(data []byte) error {
	var value text
	_ = json.Unmarshal(data, &value) // text does not fail
	n, _ := wholeNumber(value.Value)
	*c = count(n)
	return nil
}

// tally is a count that something depends on: null and missing are told from 0, and from both what is no
// count.
type tally struct {
	n    int
	told bool
	odd  bool // it is there, and is no whole number from 0 on
}

// UnmarshalJSON never fails on valid JSON.
func (t *tally) UnmarshalJSON(data []byte) error {
	var value text
	_ = json.Unmarshal(data, &value) // text does not fail
	n, whole := wholeNumber(value.Value)
	fine := whole && n >= 0 && !fractional(value.Value)
	*t = tally{told: fine, odd: !fine && string(data) != "null"}
	if fine {
		t.n = int(n)
	}
	return nil
}

func fractional(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	return err != nil || f != math.Trunc(f)
}

// link is an address, or tells that there is one that cannot be read.
type link struct {
	value string
	there bool
}

// UnmarshalJSON never fails on valid JSON.
func (l *link) UnmarshalJSON(data []byte) error {
	var value text
	_ = json.Unmarshal(data, &value) // text does not fail
	*l = link{value.Value, !isBlank(data) && string(data) != "false"}
	return nil
}

// wholeNumber reads a number of which a float64 holds every digit.
func wholeNumber(s string) (int64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// flag is a boolean, also when it comes as a string or a number.
type flag bool

// UnmarshalJSON never fails on valid JSON.
func (f *flag) UnmarshalJSON(data []byte) error {
	switch strings.Trim(strings.ToLower(string(data)), `" `) {
	case "true", "1":
		*f = true
	default:
		*f = false
	}
	return nil
}

// suspicion is a boolean for which nobody is to be asked when it is true: also when it is there and no
// boolean.
type suspicion bool

// UnmarshalJSON never fails on valid JSON.
func (s *suspicion) UnmarshalJSON(data []byte) error {
	switch strings.Trim(strings.ToLower(string(data)), `" `) {
	case "", "null", "false", "no", "0": // of a member that is there twice the other one counts too
	default:
		*s = true
	}
	return nil
}
