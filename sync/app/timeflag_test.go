package app

import (
	"testing"
	"time"

	"acsync/sync/exit"
)

// TestParseTime reads points of time in zones whose clocks are changed, on leap days, and relative to now.
func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const refused = ""
	tests := []struct{ name, zone, value, want string }{
		{"now", "UTC", "now", "2026-11-22T12:00:00Z"},
		{"some while ago", "Europe/Berlin", "36h ago", "2026-11-21T00:00:00Z"},
		{"days ago are 24 hours each", "Europe/Berlin", "30d ago", "2026-10-23T12:00:00Z"},
		{"a date in winter", "Europe/Berlin", "2026-01-15", "2026-01-14T23:00:00Z"},
		{"a date in summer", "Europe/Berlin", "2026-07-15", "2026-07-14T22:00:00Z"},
		{"the short day", "Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"the day after it", "Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z"},
		{"the long day", "Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"},
		{"the day after that", "Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"},
		{"a time that is skipped", "Europe/Berlin", "2026-03-29T02:30", refused},
		{"a time that comes twice", "Europe/Berlin", "2026-10-25 02:30", refused},
		{"the same with a zone", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"},
		{"just before it is skipped", "Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"},
		{"just after", "Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z"},
		{"half an hour that comes twice", "Australia/Lord_Howe", "2026-04-05T01:45", refused},
		{"a day without midnight", "America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"},
		{"a day with two midnights", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},
		{"a leap day", "UTC", "2024-02-29", "2024-02-29T00:00:00Z"},
		{"no leap day", "UTC", "2026-02-29", refused},
		{"in the future, to be judged elsewhere", "UTC", "2090-01-01", "2090-01-01T00:00:00Z"},
		{"some while ahead", "UTC", "-3h ago", refused},
		{"nonsense", "UTC", "yesterdayish", refused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Skip(err)
			}
			got, err := times{now: now, zone: zone}.parse(flagFrom, test.value)
			switch {
			case test.want == refused && exitCode(err) != exit.Usage:
				t.Errorf("got %s, %v; want a refusal", got, err)
			case test.want != refused && (err != nil || got.UTC().Format(time.RFC3339) != test.want):
				t.Errorf("got %s, %v; want %s", got.UTC(), err, test.want)
			}
		})
	}
}
