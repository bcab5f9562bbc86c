package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/sync/report/doc"
)

// show is a time in UTC, for people.
func show(t time.Time) string {
	if t.IsZero() {
		return "(unknown)"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// zoneName is the zone's own name, or of this machine's zone the one that holds at the time.
func zoneName(zone *time.Location, at time.Time) string {
	if zone == time.Local {
		return at.In(zone).Format("MST")
	}
	return zone.String()
}

// end is the end of a back-fill's range as the command line takes it.
func end(to time.Time) string {
	if to.IsZero() {
		return "now"
	}
	return stamp(to)
}

// since is how long ago a time was.
func since(now, then time.Time) string {
	switch d := now.Sub(then); {
	case d < -time.Minute:
		return "IN THE FUTURE, by " + span(d)
	case d < 0:
		return "just now"
	default:
		return span(d) + " ago"
	}
}

// after is how long something came after something else, roughly. By two clocks it can come before.
func after(earlier, later time.Time) string {
	if later.Before(earlier) {
		return span(later.Sub(earlier)) + " earlier"
	}
	return span(later.Sub(earlier)) + " later"
}

// span is a length of time, whatever its direction, in its greatest unit, or two where the first alone would
// be far off. Times from outside can be so far apart that no Duration tells it.
func span(d time.Duration) string {
	const most = 290 * 365 * 24 * time.Hour // a Duration ends at 292 years
	d = d.Abs().Round(time.Second)
	minutes := d.Round(time.Minute)
	switch hours := int(minutes.Hours()); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case minutes < time.Hour:
		return fmt.Sprintf("%d min", int(minutes.Minutes()))
	case d < 48*time.Hour && int(minutes.Minutes())%60 > 0:
		return fmt.Sprintf("%d h %d min", hours, int(minutes.Minutes())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", hours)
	case d < most:
		return fmt.Sprintf("%d days", int(d.Round(24*time.Hour).Hours()/24))
	}
	return "more than 290 years"
}

// short is a duration of whole units without the zeros behind them.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func seconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second)).Round(time.Second)
}

func thousands(n int) string { return doc.Thousands(n) }

func several(n int, one, many string) string { return doc.Several(n, one, many) }

// some is the same where there is one at all; else empty.
func some(n int, one, many string) string {
	if n <= 0 {
		return ""
	}
	return several(n, one, many)
}

func enumerate(parts ...string) string {
	said := slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	if len(said) == 0 {
		return ""
	}
	return strings.Join(said, "; ") + "."
}

func ratio(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func percent(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

// share is a ratio as percent; empty where there is none.
func share(n, of int) string {
	if of == 0 {
		return ""
	}
	return percent(ratio(n, of))
}

func capital(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// sentence begins with a capital letter and ends with a full stop; the words are this program's own.
func sentence(words string) string {
	if words == "" {
		return ""
	}
	return fullStop(capital(words))
}

// fullStop ends words that are followed by others; a question has its end.
func fullStop(words string) string {
	if strings.HasSuffix(words, "?") {
		return words
	}
	return words + "."
}

func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// ofKind marks what is no survey request, before a reason.
func ofKind(kind string) string {
	return strings.TrimPrefix(kind+": ", ": ")
}

// others says how many more of something a list leaves out, and where they are; empty for none.
func others(listed, all int, where string) string {
	if all <= listed {
		return ""
	}
	return "and " + thousands(all-listed) + " more" + where
}

// first are the first so many of a list.
func first[T any](list []T, n int) []T { return list[:min(len(list), n)] }
