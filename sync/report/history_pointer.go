package report

import (
	"strings"
)

// pointer says what a form of the table has left out, and what shows it; empty for nothing.
func (h History) pointer(s Style, most historyLimits) string {
	missing := h.leftOut(most)
	if len(missing) == 0 {
		return ""
	}
	return hanging("Not shown: "+strings.Join(missing, ", ")+". A taller window shows more, --report FILE all.", max(min(s.Width, widest), 40), 0) + "\n"
}

// leftOut names what a form leaves out of the table, in the order in which it would stand there.
func (h History) leftOut(most historyLimits) []string {
	fuses := 0
	for _, p := range h.Passes {
		if p.Fuse != "" {
			fuses++
		}
	}
	var names []string
	for _, part := range []struct {
		name    string
		missing bool
	}{
		{"what to do", most.brief && len(h.remedies()) > 0},
		{"days", most.stretches == 0},
		{"earlier days", most.stretches > 0 && len(h.Trend) > most.stretches},
		{"dispositions", most.reasons < 0},
		{"reasons", most.reasons <= 0 && len(h.Reasons) > 0},
		{"more reasons", most.reasons > 0 && len(h.Reasons) > most.reasons+1},
		{"fuses", most.fuses == 0 && fuses > 0},
		{"more fuses", most.fuses > 0 && fuses > most.fuses},
		{"rejected", most.rejections == 0 && len(h.Rejections) > 0},
		{"more rejected", most.rejections > 0 && len(h.Rejections) > most.rejections},
	} {
		if part.missing {
			names = append(names, part.name)
		}
	}
	return names
}
