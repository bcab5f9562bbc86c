package report

import (
	"math"
	"strings"
)

// limits are how much of the details a table shows.
type limits struct{ reasons, hands int }

// shorter are ever shorter forms of a table, the first without a limit to reasons. What was found, what became of it and
// what to do stands in each.
var shorter = []limits{
	{math.MaxInt - 1, shownRows},
	{math.MaxInt - 1, 4},
	{8, 4},
	{6, 3},
	{4, 3},
	{3, 2},
	{2, 2},
	{0, 2},
	{-1, 3}, // not even how many reasons there are
	{-1, 1},
	{-1, 0},
	{-2, 0}, // nor how many of those that were sent are recoveries or flagged
}

// fitted is the longest form of a table that one screen holds, with a line left for the next prompt; the shortest where
// none does.
func fitted(p Pass, s Style) string {
	var form string
	for _, most := range shorter {
		form = summary(p, s, most)
		if s.Height == 0 || strings.Count(form, "\n") < s.Height {
			break
		}
	}
	return form
}
