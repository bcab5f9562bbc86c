package schedule

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// Every is the time from the beginning of one pass to the next. It divides an hour or a day: calendars say
// nothing else.
type Every time.Duration

const day = 24 * time.Hour

// ParseEvery checks that calendars can say a time between passes.
func ParseEvery(d time.Duration) (Every, error) {
	switch {
	case d >= time.Minute && d <= time.Hour && d%time.Minute == 0 && time.Hour%d == 0,
		d >= time.Hour && d <= day && d%time.Hour == 0 && day%d == 0:
		return Every(d), nil
	}
	return 0, fmt.Errorf("no calendar can say every %s: choose what divides an hour or a day, such as 5m, 15m, "+
		"30m, 1h, 6h or 24h", Every(d).flag())
}

func (e Every) minutes() int { return int(time.Duration(e) / time.Minute) }
func (e Every) hours() int   { return int(time.Duration(e) / time.Hour) }

// flag is the time as a flag takes it: 15m, not 15m0s.
func (e Every) flag() string {
	text := time.Duration(e).String()
	if short, cut := strings.CutSuffix(text, "m0s"); cut {
		text = short + "m"
	}
	if short, cut := strings.CutSuffix(text, "h0m"); cut {
		text = short + "h"
	}
	return text
}

// String is the time in words, behind "every".
func (e Every) String() string {
	switch minutes := e.minutes(); {
	case time.Duration(e) == day:
		return "day"
	case time.Duration(e) == time.Hour:
		return "hour"
	case minutes == 1:
		return "minute"
	case time.Duration(e) < time.Hour:
		return fmt.Sprintf("%d minutes", minutes)
	}
	return fmt.Sprintf("%d hours", e.hours())
}

// Cron is the time as the five fields of cron.
func (e Every) Cron() string {
	switch d := time.Duration(e); {
	case d == time.Minute:
		return "* * * * *"
	case d < time.Hour:
		return fmt.Sprintf("*/%d * * * *", e.minutes())
	case d == time.Hour:
		return "0 * * * *"
	case d < day:
		return fmt.Sprintf("0 */%d * * *", e.hours())
	}
	return "0 6 * * *"
}

// CronAt is Cron for one of many, each of which begins at a minute of its own, as its name has it.
func (e Every) CronAt(name string) string {
	minute := int(hashed(name) % uint64(min(e.minutes(), 60)))
	switch d := time.Duration(e); {
	case d == time.Minute:
		return e.Cron()
	case d < time.Hour:
		return fmt.Sprintf("%d-59/%d * * * *", minute, e.minutes())
	}
	_, rest, _ := strings.Cut(e.Cron(), " ")
	return fmt.Sprintf("%d %s", minute, rest)
}

func hashed(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

// Calendar is the time as systemd's OnCalendar takes it.
func (e Every) Calendar() string {
	switch d := time.Duration(e); {
	case d < time.Hour:
		return fmt.Sprintf("*:0/%d", e.minutes())
	case d == time.Hour:
		return "*:00"
	case d < day:
		return fmt.Sprintf("0/%d:00", e.hours())
	}
	return "06:00"
}
