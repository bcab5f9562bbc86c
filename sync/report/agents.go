package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// unlisted names the agents without an active profile in Agent Connect, those with the most conversations first, by their
// ids in Kustomer: reports name nobody.
func unlisted(b *strings.Builder, p Pass, s Style) {
	if len(p.Unlisted) == 0 {
		return
	}
	agents := slices.SortedFunc(maps.Keys(p.Unlisted), func(x, y string) int {
		return cmp.Or(cmp.Compare(p.Unlisted[y], p.Unlisted[x]), cmp.Compare(x, y))
	})
	b.WriteString("agents without an active profile in Agent Connect\n")
	for _, agent := range agents[:min(len(agents), shownRows)] {
		line := fmt.Sprintf("  %-24s  %s", agent, conversations(p.Unlisted[agent]))
		b.WriteString(text.Snip(oneLine(line), s.Width, "…") + "\n")
	}
	if more := len(agents) - shownRows; more > 0 {
		fmt.Fprintf(b, "  and %d more; --json names them all\n", more)
	}
	b.WriteString("\n")
}

func conversations(n int) string {
	if n == 1 {
		return "1 conversation"
	}
	return fmt.Sprintf("%d conversations", n)
}
