package app

import (
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/fetch"
)

// The forms in which a point of time can be given without a zone, in the zone of sync.timezone.
var timeForms = []string{
	"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
}

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
			return wallClock(flag, value, form, t)
		}
	}
	return time.Time{}, usagef("--%s %q is no point of time; write now, 24h ago, 7d ago, 2026-11-22, "+
		"2026-11-22T15:04, or with a zone 2026-11-22T15:04:05Z", flag, value)
}

// wallClock settles a time without a zone that the clocks of its zone show never, or twice, because they are
// changed there. A date is the first moment of its day; any other such time is refused, because it can be
// meant either way.
func wallClock(flag, value, form string, t time.Time) (time.Time, error) {
	zone := t.Location().String()
	// Skipped by the clocks: the two sides of the change enclose it.
	if t.Format(form) != value {
		if start, end := t.ZoneBounds(); form == time.DateOnly && t.Format(form) < value {
			return end, nil
		} else if form == time.DateOnly {
			return start, nil
		}
		return t, usagef("--%s %q: the clocks of %s skip that time; give it with a zone, such as "+
			"2026-11-22T15:04:05Z", flag, value, zone)
	}
	// The clocks of any zone are changed by half hours.
	for shift := -2 * time.Hour; shift <= 2*time.Hour; shift += 30 * time.Minute {
		other := t.Add(shift)
		if shift == 0 || other.Format(time.DateTime) != t.Format(time.DateTime) {
			continue
		}
		if form != time.DateOnly {
			return t, usagef("--%s %q: the clocks of %s show that time twice; give it with a zone, such as "+
				"2026-11-22T15:04:05Z", flag, value, zone)
		}
		if other.Before(t) {
			return other, nil
		}
	}
	return t, nil
}

func ends(c *cli.Context, zone *time.Location, now time.Time) (w fetch.Window, err error) {
	if w.From, err = parseTime(flagFrom, c.String(flagFrom), zone, now); err == nil {
		w.To, err = parseTime(flagTo, c.String(flagTo), zone, now)
	}
	return w, err
}

// overRange lets a pass go over the range of --from and --to, whatever its age. An end that is "now" is left
// open.
func overRange(s *session, o *surveysync.Options) error {
	zone, err := s.tenant.Config.Location()
	if err != nil {
		return err
	}
	from, to := strings.TrimSpace(s.c.String(flagFrom)), strings.TrimSpace(s.c.String(flagTo))
	if from == "" || to == "" {
		return usagef("a range needs both its ends: --%s TIME and --%s TIME, such as --%s 2026-10-01 "+
			"--%s 2026-11-01, or --%s now", flagFrom, flagTo, flagFrom, flagTo, flagTo)
	}
	w, err := ends(s.c, zone, s.clock())
	switch {
	case err != nil:
		return err
	case to == "now":
		w.To = time.Time{}
	case w.Empty():
		return usagef("--%s %s is not before --%s %s; nothing was read", flagFrom, from, flagTo, to)
	}
	o.Policy.MaxAge, o.Range = 0, w
	return nil
}
