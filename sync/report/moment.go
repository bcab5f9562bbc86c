package report

import (
	"encoding/json"
	"time"
)

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

// in is the time in a zone, UTC where there is none; empty when it is not known.
func (m Moment) in(zone *time.Location, layout string) string {
	if m.IsZero() {
		return ""
	}
	if zone == nil {
		zone = time.UTC
	}
	return m.In(zone).Format(layout)
}

// zoneName is what a reader knows the zone by: its own name, or of this machine's zone the one that
// holds at the time.
func zoneName(zone *time.Location, at time.Time) string {
	if zone == time.Local {
		return at.In(zone).Format("MST")
	}
	return zone.String()
}
