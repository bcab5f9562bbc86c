package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
)

// lookUp says what to do by hand about what is in doubt.
func (s Status) lookUp() string {
	if s.unnamed {
		return advise(doLookUpJSON, s.Here)
	}
	return advise(doLookUp, s.Here)
}

// whoAsks says which pass asks Agent Connect's data first: none does before these must show what has arrived
// (agent_connect.verify_after).
func (s Status) whoAsks() string {
	var first time.Time
	for _, e := range s.InDoubt {
		if e.State == store.InDoubt && (first.IsZero() || e.Due.Before(first)) {
			first = e.Due
		}
	}
	if first.After(s.Now) {
		return "passes ask Agent Connect from " + first.UTC().Format("15:04:05 UTC") + " on"
	}
	return "the next pass asks Agent Connect"
}

// urgent tells whether somebody has to settle by hand what is in doubt.
func (s Status) urgent() bool { return s.doubtLight().Level == LightAct }

// doubts names what is in doubt, at most so many.
func doubts(b *strings.Builder, s Status, style Style, most int) {
	if s.doubtful() == 0 || most == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", paint(style, text.FgRed, fmt.Sprintf("%d in doubt", s.doubtful())))
	shown := s.InDoubt[:min(len(s.InDoubt), most)]
	for _, entry := range shown {
		b.WriteString(doubtLine(entry, style) + "\n")
	}
	if more := s.doubtful() - len(shown); more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

// doubtLine names one that is in doubt; on a narrow screen its time stands without seconds, and below it where that is still too long.
func doubtLine(e store.Entry, style Style) string {
	const indent = 28
	full := fmt.Sprintf("  %-24s  %-17s  %s %s", printable(e.Conversation), printable(e.Reason), cmp.Or(e.Kind(), "done"), show(e.Record.Resolution))
	if len(full) <= style.Width {
		return full
	}
	line, when := fmt.Sprintf("  %-24s  %s%s", printable(e.Conversation), ofKind(e.Kind()), printable(e.Reason)), brief(e.Record.Resolution)
	if len(line)+2+len(when) > style.Width {
		return fmt.Sprintf("%s\n%*s%s", line, indent, "", when)
	}
	return line + "  " + when
}
