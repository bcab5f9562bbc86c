package app

import (
	"strings"
	"time"

	"acsync/sync/config"
)

// The forms in which a point of time can be given without a zone, in the zone of sync.timezone.
var timeForms = []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02 15:04:05"}

// parseTime understands "now", a date, a time with or without a zone, and "24h ago".
func parseTime(flag, value string, zone *time.Location, now time.Time) (time.Time, error) {
	value = strings.TrimSpace(value)
	if value == "now" {
		return now, nil
	}
	if ago, ok := strings.CutSuffix(value, " ago"); ok {
		var span config.Duration
		if err := span.UnmarshalText([]byte(strings.TrimSpace(ago))); err == nil && span >= 0 {
			return now.Add(-time.Duration(span)), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t, nil
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, value, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usagef("--%s %q is no point of time; write now, 24h ago, 7d ago, 2026-11-22, 2026-11-22T15:04, or "+
		"with a zone 2026-11-22T15:04:05Z", flag, value)
}
