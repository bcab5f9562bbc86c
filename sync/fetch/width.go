package fetch

import (
	"slices"
	"time"

	"acsync/sync/kustomer"
)

const (
	firstWidth  = time.Hour // before anything is known of the density
	widestRange = 30 * 24 * time.Hour
	maxGrowth   = 8 // a window is at most so many times as wide as the one before
	// mostShrinks is how often a window is taken back in a row. Halves come from the widest to a
	// millisecond in 32.
	mostShrinks = 100
	// firstCalm is how many windows in a row must be read at the ceiling before it is doubled for the first
	// time.
	firstCalm = 8
	mostParts = 32 // parts that an instant is cut into at once
)

// splitter cuts a range into windows, each as wide as the density seen so far lets one page hold, and no
// wider than those that Kustomer answers.
type splitter struct {
	limits PageLimits
	rest   Window
	width  time.Duration
	shrunk int // how often the window at rest.From was taken back

	ceiling time.Duration // of the width, since windows failed; 0: none
	calm    int           // windows read at the ceiling in a row
	wanted  int           // how many there must be before it is doubled
	failed  []failedWindow
}

// failedWindow is a window that was not answered, and the ceiling that it had.
type failedWindow struct {
	Window
	ceiling time.Duration
}

func newSplitter(whole Window, limits PageLimits) *splitter {
	return &splitter{limits: limits, rest: whole, width: firstWidth, wanted: firstCalm}
}

// learnt is how wide a window may be where others have not been tried yet.
func (s *splitter) learnt() time.Duration {
	if s.ceiling > 0 {
		return min(s.width, s.ceiling)
	}
	return s.width
}

func (s *splitter) next() (Window, bool) {
	if s.rest.Empty() {
		return Window{}, false
	}
	window := Window{s.rest.From, s.rest.From.Add(s.learnt())}
	if window.To.After(s.rest.To) {
		window.To = s.rest.To
	}
	s.rest.From = window.To
	return window, true
}

func (s *splitter) observe(w Window, rows int) {
	width := w.To.Sub(w.From)
	ideal := width * maxGrowth
	if rows > 0 {
		ideal = min(ideal, time.Duration(float64(width)*float64(s.limits.Target)/float64(rows)))
	}
	s.width = max(min(ideal, widestRange), time.Second).Truncate(time.Millisecond)
	s.shrunk = 0
	// What was read to its end blames nothing any more.
	s.failed = slices.DeleteFunc(s.failed, func(f failedWindow) bool { return !f.To.After(w.To) })
	if s.ceiling == 0 || width < s.ceiling {
		return
	}
	if s.calm++; s.calm >= s.wanted {
		s.ceiling, s.calm = min(2*s.ceiling, widestRange), 0
	}
}

// halve takes back a window that was not answered: neither the next nor those after it are wider than half
// of it, until many were read. It returns false for one millisecond.
func (s *splitter) halve(w Window) bool {
	width := w.To.Sub(w.From)
	if width <= time.Millisecond {
		return false
	}
	// Each time that a doubled ceiling proves too high costs a search that fails: the next one waits
	// longer.
	if s.ceiling > 0 && !s.troubled(w) {
		s.wanted *= 2
	}
	s.failed = append(s.failed, failedWindow{w, s.ceiling})
	s.ceiling, s.calm = max((width/2).Truncate(time.Millisecond), time.Millisecond), 0
	s.takeBack(w)
	return true
}

// troubled reports whether a window begins in one that was not answered.
func (s *splitter) troubled(w Window) bool {
	return slices.ContainsFunc(s.failed, func(f failedWindow) bool { return f.Contains(w.From) })
}

// blame says that what an instant holds is why the windows around it were not answered: they say nothing
// about the width of others.
func (s *splitter) blame(instant time.Time) {
	for i, f := range s.failed {
		if f.Contains(instant) {
			s.ceiling, s.failed = f.ceiling, s.failed[:i]
			return
		}
	}
}

func (s *splitter) takeBack(w Window) {
	s.rest.From = w.From
	s.shrunk++
}

// shrink takes back a window of more than a page, and makes the next one narrower, by the count and the times
// at hand, which are those of some rows in no certain order. It returns false for one millisecond, which is
// as fine as times are.
func (s *splitter) shrink(w Window, times []time.Time, total int) bool {
	width := w.To.Sub(w.From)
	if width <= time.Millisecond {
		return false
	}
	share := float64(s.limits.Target) / float64(max(total, s.limits.Page))
	next := time.Duration(float64(width) * share)
	if len(times) > 0 {
		first, last := slices.MinFunc(times, time.Time.Compare), slices.MaxFunc(times, time.Time.Compare)
		spread := last.Sub(first) + time.Millisecond
		// Evenly spread rows fill at least their share of the window, in whichever order the search has them.
		even := float64(width) * float64(len(times)) / float64(total)
		bulk := float64(spread) < even/4 && total < s.limits.Rows || spread == time.Millisecond
		switch {
		// All before the bulk job.
		case bulk && first.After(w.From):
			next = first.Sub(w.From)
		// The beginning of the bulk job, or its one instant.
		case bulk:
			next = time.Duration(float64(spread) * share)
		}
	}
	s.takeBack(w)
	s.width = max(min(next, width-time.Millisecond).Truncate(time.Millisecond), time.Millisecond)
	return true
}

// splitByCreation cuts a query for one instant at times of creation, so that no part has all of the rows at
// hand; nil when that does not go.
func splitByCreation(q kustomer.Query, first page, target int) []kustomer.Query {
	var created []time.Time
	for _, row := range first.Items {
		// Criteria for the creation would leave such rows out.
		if row.CreatedAt.IsZero() {
			return nil
		}
		// A bound must be a time that a search takes. Before the first and behind the last there is none.
		if at := row.CreatedAt.Truncate(time.Millisecond); at.Unix() > 0 && at.Year() < 9999 {
			created = append(created, at)
		}
	}
	slices.SortFunc(created, time.Time.Compare)
	created = slices.CompactFunc(created, time.Time.Equal)
	cuts := quantiles(created, min((first.Total+target-1)/target, mostParts))
	// One instant: by itself, and what lies before and after it.
	if len(created) == 1 {
		cuts = []time.Time{created[0], created[0].Add(time.Millisecond)}
	}
	bounds := []time.Time{q.CreatedFrom}
	for _, cut := range cuts {
		if cut.After(q.CreatedFrom) && (q.CreatedTo.IsZero() || cut.Before(q.CreatedTo)) {
			bounds = append(bounds, cut)
		}
	}
	if len(bounds) == 1 {
		return nil
	}
	bounds = append(bounds, q.CreatedTo)
	parts := make([]kustomer.Query, len(bounds)-1)
	for i := range parts {
		parts[i] = q
		parts[i].CreatedFrom, parts[i].CreatedTo = bounds[i], bounds[i+1]
	}
	return parts
}

// quantiles are the values at which a sorted list falls into n equal parts; never the first.
func quantiles(sorted []time.Time, n int) []time.Time {
	var cuts []time.Time
	for i := 1; i < n; i++ {
		if at := i * len(sorted) / n; at > 0 && (len(cuts) == 0 || sorted[at].After(cuts[len(cuts)-1])) {
			cuts = append(cuts, sorted[at])
		}
	}
	return cuts
}
