package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
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

// MarshalJSON writes the object.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for pair := range slices.Chunk(o, 2) {
		if pair[len(pair)-1] == (omitted{}) {
			continue
		}
		value, err := json.Marshal(pair[len(pair)-1])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%q:%s", pair[0], value)
	}
	return fmt.Appendf(nil, "{%s}", bytes.TrimPrefix(b.Bytes(), []byte(","))), nil
}

// writeJSON writes an object on one line.
func writeJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

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
