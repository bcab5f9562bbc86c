package fetch

import (
	"slices"
	"testing"
	"time"

	"acsync/sync/kustomer"
)

// hourOf is a window of an hour.
func hourOf() Window { return Window{testNow, testNow.Add(time.Hour)} }

// at are times in seconds after testNow.
func at(seconds ...int) (times []time.Time) {
	for _, s := range seconds {
		times = append(times, testNow.Add(time.Duration(s)*time.Second))
	}
	return times
}

// TestReaches takes a resolution for one of a window whose search found it, though it tells its time a little
// otherwise.
func TestReaches(t *testing.T) {
	w := hourOf()
	for off, want := range map[time.Duration]bool{
		-time.Second: false, -999 * time.Millisecond: true, 0: true, 30 * time.Minute: true,
		time.Hour: true, time.Hour + 999*time.Millisecond: true, time.Hour + time.Second: false,
	} {
		if got := w.Reaches(testNow.Add(off)); got != want {
			t.Errorf("%s from its beginning: %t", off, got)
		}
	}
}

// TestWiden lets a window hold what it is widened by, and as little else as can be.
func TestWiden(t *testing.T) {
	var w Window
	for _, tt := range []struct{ add, from, to time.Duration }{
		{0, 0, time.Millisecond},
		{time.Hour, 0, time.Hour + time.Millisecond},
		{time.Minute, 0, time.Hour + time.Millisecond},
		{-time.Minute, -time.Minute, time.Hour + time.Millisecond},
	} {
		w = w.Widen(testNow.Add(tt.add))
		if want := (Window{testNow.Add(tt.from), testNow.Add(tt.to)}); w != want || !w.Contains(testNow.Add(tt.add)) {
			t.Errorf("with %s: %s, want %s", tt.add, w, want)
		}
	}
	if got := hourOf().String(); got != "2026-11-22T20:00:00.000Z to 2026-11-22T21:00:00.000Z" {
		t.Errorf("got %s", got)
	}
}

// TestWidthFollowsDensity makes the next window as wide as the rows of the last ask for, within bounds.
func TestWidthFollowsDensity(t *testing.T) {
	for rows, want := range map[int]time.Duration{
		0: 8 * time.Hour, 1: 8 * time.Hour, 50: 8 * time.Hour, 100: 4 * time.Hour, 400: time.Hour, 800: 30 * time.Minute,
		10_000_000: time.Second,
	} {
		s := newSplitter(Window{testNow, testNow.AddDate(1, 0, 0)}, kustomerLimits)
		w, _ := s.next()
		if s.observe(w, rows); s.learnt() != want {
			t.Errorf("after %d rows in an hour: %s, want %s", rows, s.learnt(), want)
		}
	}
	s := newSplitter(Window{testNow, testNow.AddDate(1, 0, 0)}, kustomerLimits)
	for range 9 {
		w, _ := s.next()
		s.observe(w, 0)
	}
	if s.learnt() != widestRange {
		t.Errorf("the widest is %s", s.learnt())
	}
}

// TestNarrowedAfterFailures has no window wider than half of one that was not answered, until as many were read,
// and twice as many each time that the wider one fails again.
func TestNarrowedAfterFailures(t *testing.T) {
	s := newSplitter(Window{testNow, testNow.AddDate(1, 0, 0)}, kustomerLimits)
	read := func(want time.Duration, times int) {
		t.Helper()
		for n := range times {
			w, _ := s.next()
			if got := w.To.Sub(w.From); got != want {
				t.Fatalf("window %d of %d is %s wide, want %s", n, times, got, want)
			}
			s.observe(w, 0)
		}
	}
	first, _ := s.next()
	if !s.halve(first) || !s.troubled(first) {
		t.Fatal("it is not halved")
	}
	read(time.Hour/2, firstCalm)
	wider, _ := s.next()
	if wider.To.Sub(wider.From) != time.Hour || s.troubled(wider) {
		t.Fatalf("after %d windows one is %s", firstCalm, wider)
	}
	s.halve(wider)
	read(time.Hour/2, 2*firstCalm)
	read(time.Hour, 2*firstCalm)
	read(2*time.Hour, 1)
	// Half of what was troubled is no proof that the ceiling was too high.
	again, _ := s.next()
	s.halve(again)
	inside, _ := s.next()
	s.halve(inside)
	read(30*time.Minute, 4*firstCalm)
	read(time.Hour, 1)
	if (&splitter{}).halve(Window{testNow, testNow.Add(time.Millisecond)}) {
		t.Error("a millisecond is halved")
	}
}

// TestNarrowersDoNotProve counts only windows at the ceiling for calm: a window at the end of the range, or a dense
// one, is narrower for another reason.
func TestNarrowersDoNotProve(t *testing.T) {
	s := newSplitter(Window{testNow, testNow.AddDate(1, 0, 0)}, kustomerLimits)
	first, _ := s.next()
	s.halve(first)
	for range 3 * firstCalm {
		w, _ := s.next()
		s.observe(Window{w.From, w.From.Add(time.Minute)}, 0)
	}
	if s.ceiling != time.Hour/2 {
		t.Errorf("the ceiling is %s", s.ceiling)
	}
}

// TestShrinkSeesBulkJobs narrows a window of more than a page by its rows: evenly by their share, or so that what
// lies before a bulk job, the job, or its instant, is read by itself.
func TestShrinkSeesBulkJobs(t *testing.T) {
	even := make([]time.Time, 500)
	for i := range even {
		even[i] = testNow.Add(time.Duration(i) * 7200 * time.Millisecond)
	}
	bulk := func(from, seconds int) []time.Time {
		times := make([]time.Time, 500)
		for i := range times {
			times[i] = testNow.Add(time.Duration(from)*time.Second + time.Duration(seconds)*time.Second*time.Duration(i)/500)
		}
		return times
	}
	for name, tt := range map[string]struct {
		times []time.Time
		total int
		want  time.Duration
	}{
		"even":                    {even, 1000, 24 * time.Minute},
		"none at hand":            {nil, 1000, 24 * time.Minute},
		"before a job":            {bulk(1800, 60), 600, 30 * time.Minute},
		"a job at once":           {bulk(0, 60), 800, 29_940 * time.Millisecond},
		"an instant":              {slices.Repeat(at(0), 500), 600, time.Millisecond},
		"before an instant":       {slices.Repeat(at(600), 500), 600, 10 * time.Minute},
		"an instant of very many": {slices.Repeat(at(0), 500), 10_000, time.Millisecond},
		// Of so many those at hand may be some of the first alone.
		"too many to tell":      {bulk(1800, 20), 10_000, time.Hour / 25},
		"little more than even": {bulk(0, 902), 500, 48 * time.Minute},
	} {
		s := newSplitter(hourOf(), kustomerLimits)
		w, _ := s.next()
		if !s.shrink(w, tt.times, tt.total) {
			t.Errorf("%s: it is not narrowed", name)
			continue
		}
		if next, _ := s.next(); next.To.Sub(next.From) != tt.want || !next.From.Equal(w.From) {
			t.Errorf("%s: the next is %s wide, want %s", name, next.To.Sub(next.From), tt.want)
		}
	}
	// However little there is to gain, it is narrower than before, and never empty.
	s := newSplitter(Window{testNow, testNow.Add(2 * time.Millisecond)}, kustomerLimits)
	w, _ := s.next()
	s.shrink(w, nil, 1)
	if next, _ := s.next(); next.To.Sub(next.From) != time.Millisecond {
		t.Errorf("the next is %s", next)
	}
}

// TestQuantiles cuts a list into equal parts, at different values, and never at the first.
func TestQuantiles(t *testing.T) {
	for name, tt := range map[string]struct {
		sorted []int
		n      int
		want   []int
	}{
		"two": {[]int{1, 2, 3, 4}, 2, []int{3}}, "four": {[]int{1, 2, 3, 4}, 4, []int{2, 3, 4}},
		"more than there are": {[]int{1, 2}, 4, []int{2}}, "one part": {[]int{1, 2}, 1, nil}, "nothing": {nil, 3, nil},
		"uneven": {[]int{1, 2, 3, 4, 5}, 2, []int{3}},
	} {
		if got := quantiles(at(tt.sorted...), tt.n); !slices.Equal(got, at(tt.want...)) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// TestSplitByCreation cuts one instant at times of creation into parts without a gap, and never into one part.
func TestSplitByCreation(t *testing.T) {
	q := kustomer.Query{From: testNow, To: testNow.Add(time.Millisecond), PageSize: 500}
	created := func(seconds ...int) (rows []kustomer.Conversation) {
		for _, each := range at(seconds...) {
			rows = append(rows, kustomer.Conversation{CreatedAt: each})
		}
		return rows
	}
	bounds := func(q kustomer.Query, rows []kustomer.Conversation, total int) (list []time.Time) {
		first := page{Items: rows, Total: total}
		parts := splitByCreation(q, first, 400)
		for i, part := range parts {
			if !part.From.Equal(q.From) || !part.To.Equal(q.To) || part.PageSize != q.PageSize {
				t.Errorf("a part is about something else: %+v", part)
			}
			if i > 0 && !part.CreatedFrom.Equal(parts[i-1].CreatedTo) {
				t.Errorf("part %d begins at %s, the one before ends at %s", i, part.CreatedFrom, parts[i-1].CreatedTo)
			}
			if i > 0 {
				list = append(list, part.CreatedFrom)
			}
		}
		if n := len(parts); n > 0 && (!parts[0].CreatedFrom.Equal(q.CreatedFrom) || !parts[n-1].CreatedTo.Equal(q.CreatedTo)) {
			t.Errorf("the parts go from %s to %s", parts[0].CreatedFrom, parts[n-1].CreatedTo)
		}
		return list
	}
	inner := q
	inner.CreatedFrom, inner.CreatedTo = at(2)[0], at(4)[0]
	old := created(1, 2, 3, 4)
	old[0].CreatedAt = time.Unix(0, 0)
	far := created(1, 2, 3)
	far[2].CreatedAt = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	unknown := created(1, 2, 3)
	unknown[1].CreatedAt = time.Time{}
	for name, tt := range map[string]struct {
		q     kustomer.Query
		rows  []kustomer.Conversation
		total int
		want  []time.Time
	}{
		"two parts, in any order": {q, created(3, 1, 4, 2), 800, at(3)},
		"as many as it takes":     {q, created(1, 2, 3, 4), 1200, at(2, 3)},
		"the same again":          {q, created(1, 1, 1, 1, 2), 800, at(2)},
		"one instant":             {q, created(5, 5, 5), 800, []time.Time{at(5)[0], at(5)[0].Add(time.Millisecond)}},
		"within bounds":           {inner, created(2, 3, 3), 800, at(3)},
		"only on the bounds":      {inner, created(2, 2, 4), 800, nil},
		"the epoch is no bound":   {q, old, 1200, at(3, 4)},
		"nor is the last year":    {q, far, 1200, at(2)},
		"one tells no time":       {q, unknown, 800, nil},
		"no more than a part":     {q, created(1, 2, 3, 4), 400, nil},
		"one more than a part":    {q, created(1, 2, 3, 4), 401, at(3)},
	} {
		if got := bounds(tt.q, tt.rows, tt.total); !slices.Equal(got, tt.want) {
			t.Errorf("%s: cut at %v, want %v", name, got, tt.want)
		}
	}
}
