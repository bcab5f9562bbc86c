package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"acsync/store"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
	"acsync/sync/manual"
)

var errTrouble = errors.New("trouble")

// scripted is a Kustomer whose searches are answered one after the other; the last one again and again.
type scripted struct {
	Source
	pages   []page
	fails   int // the how manieth search fails; 0: none
	queries []kustomer.Query
	asked   []string
	byID    []kustomer.Conversation // what is read by ids
	stop    func()                  // called by the first search
}

func (s *scripted) SearchConversations(_ context.Context, q kustomer.Query) (page, error) {
	s.queries = append(s.queries, q)
	if s.stop != nil {
		s.stop()
	}
	if len(s.queries) == s.fails {
		return page{}, errTrouble
	}
	return s.pages[min(len(s.queries), len(s.pages))-1], nil
}

func (s *scripted) Conversations(_ context.Context, ids []string) ([]kustomer.Conversation, error) {
	s.asked = append(s.asked, ids...)
	return s.byID, nil
}

// readerOf is a reader of a small search, which holds at most 10 rows on 5 pages of 2.
func readerOf(s *scripted, told *[]string) *reader {
	return &reader{clock: &serverClock{began: testNow}, Options: Options{
		Source: s, Limits: PageLimits{Page: 2, Target: 2, Rows: 10, Pages: 5},
		Notice: func(format string, args ...any) { *told = append(*told, fmt.Sprintf(format, args...)) },
		Unread: func(n int) { *told = append(*told, fmt.Sprint("unread ", n)) },
		Unseen: func(n int) { *told = append(*told, fmt.Sprint("unseen ", n)) },
	}}
}

// sheet is a page of rows by their ids, marked done at one instant; of total rows on pages.
func sheet(total, pages int, ids ...string) page {
	p := page{Total: total, TotalPages: pages}
	for _, id := range ids {
		p.Items = append(p.Items, kustomer.Conversation{ID: id, LastDone: &kustomer.Done{At: testNow.Add(-time.Hour)}})
	}
	return p
}

func broken(p page, ids ...string) page {
	p.Broken = ids
	return p
}

func idsOf(rows []kustomer.Conversation) string {
	var ids []string
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// TestAllOfAQuery reads each row of a query that cannot be cut, whatever its pages do meanwhile; what does not add
// up ends in an error, and never in fewer rows.
func TestAllOfAQuery(t *testing.T) {
	for name, tt := range map[string]struct {
		pages    []page // the first is at hand
		rows     string
		unseen   int
		searches int // besides the first
		err      string
	}{
		"one page":                   {[]page{sheet(2, 1, "a", "b")}, "a b", 0, 0, ""},
		"one page of more than told": {[]page{sheet(1, 1, "a", "b")}, "a b", 0, 0, ""},
		"three pages":                {[]page{sheet(5, 3, "a", "b"), sheet(5, 3, "c", "d"), sheet(5, 3, "e")}, "a b c d e", 0, 2, ""},
		"hidden, told twice":         {[]page{sheet(2, 1, "a")}, "a", 1, 1, ""},
		"hidden at first":            {[]page{sheet(2, 1, "a"), sheet(2, 1, "a", "b")}, "a b", 0, 1, ""},
		"hidden, then less is told":  {[]page{sheet(2, 1, "a"), sheet(1, 1, "a")}, "a", 0, 1, ""},
		"another one each time":      {[]page{sheet(2, 1, "a"), sheet(2, 1, "b"), sheet(2, 1, "b")}, "", 0, 5, "did not add up"},
		"rows change places": {
			[]page{sheet(4, 2, "a", "b"), sheet(4, 2, "b", "c"), sheet(4, 2, "d", "a"), sheet(4, 2, "b", "a")}, "a b c d", 0, 3, "",
		},
		"the count changes": {[]page{sheet(4, 2, "a", "b"), sheet(3, 2, "c"), sheet(3, 2, "a", "b"), sheet(3, 2, "c")}, "a b c", 0, 3, ""},
		"a page brings nothing": {
			[]page{sheet(4, 2, "a", "b"), sheet(4, 2, "a", "b"), sheet(4, 2, "a", "b"), sheet(4, 2, "c", "d")}, "a b c d", 0, 3, "",
		},
		"broken, told twice": {
			[]page{broken(sheet(4, 2, "a"), ""), sheet(4, 2, "c", "d"), broken(sheet(4, 2, "a"), ""), sheet(4, 2, "c", "d")}, "a c d", 1, 3, "",
		},
		"one row twice": {[]page{sheet(2, 1, "a", "a")}, "a", 0, 0, ""},
		"of two readings": {
			[]page{sheet(5, 2, "a", "b"), sheet(5, 2, "a", "b"), sheet(5, 2, "c", "d"), sheet(5, 2, "c", "e")}, "a b c d e", 0, 3, "",
		},
		"one has left meanwhile": {
			[]page{sheet(3, 2, "a", "x"), sheet(4, 2, "c"), sheet(3, 2, "a", "b"), sheet(3, 2, "c")}, "a b c", 0, 3, "",
		},
		"shown little by little": {[]page{sheet(3, 1, "a"), sheet(3, 1, "a", "b"), sheet(3, 1, "a", "b", "c")}, "a b c", 0, 2, ""},
		"a page of broken ones": {
			[]page{
				sheet(4, 3, "a"), broken(sheet(4, 3), "", ""), sheet(4, 3, "d"), sheet(4, 3, "a"), broken(sheet(4, 3), "", ""), sheet(4, 3, "d"),
			}, "a d", 2, 5, "",
		},
		"missed on several pages":  {[]page{sheet(4, 2, "a", "b"), sheet(4, 2, "c")}, "", 0, 9, "did not add up"},
		"as many as a search has":  {[]page{sheet(10, 5, "a", "b")}, "", 0, 0, "at least 10 conversations"},
		"one fewer":                {[]page{sheet(9, 5, "a", "b"), sheet(9, 5, "c", "d"), sheet(9, 5, "e", "f"), sheet(9, 5, "g", "h"), sheet(9, 5, "i")}, "a b c d e f g h i", 0, 4, ""},
		"more pages than a search": {[]page{sheet(9, 6, "a", "b")}, "", 0, 0, "at least 9 conversations"},
		"more pages than rows":     {[]page{sheet(2, 6, "a", "b")}, "", 0, 0, "did not add up"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var told []string
			s := &scripted{pages: tt.pages[min(1, len(tt.pages)-1):]}
			rows, unseen, err := readerOf(s, &told).all(t.Context(), kustomer.Query{From: testNow, To: testNow}, tt.pages[0])
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%s: %v", name, err)
				}
			case err != nil || idsOf(rows) != tt.rows || unseen != tt.unseen || len(s.queries) != tt.searches:
				t.Errorf("%s: got %s, %d unseen, after %d searches, %v", name, idsOf(rows), unseen, len(s.queries), err)
			}
		})
	}
}

// TestAllFails fails where any of the searches that it takes does, or the pass is stopped between two.
func TestAllFails(t *testing.T) {
	for fails := 1; fails <= 3; fails++ {
		synctest.Test(t, func(t *testing.T) {
			var told []string
			s := &scripted{pages: []page{sheet(4, 2, "b"), sheet(4, 2, "a", "b"), sheet(4, 2, "c")}, fails: fails}
			rows, _, err := readerOf(s, &told).all(t.Context(), kustomer.Query{}, sheet(4, 2, "a", "b"))
			if !errors.Is(err, errTrouble) || len(rows) > 0 {
				t.Errorf("the search %d fails: %s, %v", fails, idsOf(rows), err)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTrouble)
	var told []string
	if _, _, err := readerOf(&scripted{}, &told).all(ctx, kustomer.Query{}, sheet(2, 1, "a")); !errors.Is(err, errTrouble) {
		t.Errorf("stopped: %v", err)
	}
}

// TestMended has broken rows read by their ids, in whichever case, and takes none whose id no ledger keeps.
func TestMended(t *testing.T) {
	long, longest := strings.Repeat("x", store.MaxID+1), strings.Repeat("y", store.MaxID)
	var told []string
	s := &scripted{byID: sheet(0, 0, "B", longest).Items}
	p := broken(sheet(9, 1, "a", long), "", "b", "c", longest, long)
	got, err := readerOf(s, &told).mended(t.Context(), p)
	slices.Sort(got.Broken)
	if err != nil || idsOf(got.Items) != "B a "+longest || !slices.Equal(got.Broken, []string{"", "c", long, long}) {
		t.Errorf("got %.40q, broken %.40q, %v", idsOf(got.Items), got.Broken, err)
	}
	if !slices.Equal(s.asked, []string{"b", "c", longest}) {
		t.Errorf("asked for %.40q", s.asked)
	}
}

// TestUpTo leaves to a later window what was marked done again behind this one's end, and keeps what only tells its
// time a little otherwise, or one that no window will come to; each once, in order.
func TestUpTo(t *testing.T) {
	row := func(id string, off time.Duration) kustomer.Conversation {
		return kustomer.Conversation{ID: id, LastDone: &kustomer.Done{At: testNow.Add(off)}}
	}
	upper := "6716500FA1B2C3D4E5F60001"
	rows := []kustomer.Conversation{
		row("e", -time.Second), row("d", 0), row("c", time.Second), row("b", 999*time.Millisecond),
		row("a", 90*365*24*time.Hour),
		{ID: "unread"},
		row(upper, -1), row(strings.ToLower(upper), -1),
	}
	var told []string
	var got []string
	for _, each := range readerOf(&scripted{}, &told).upTo(testNow, rows) {
		got = append(got, strings.ToLower(each.ID))
	}
	if want := []string{strings.ToLower(upper), "a", "b", "d", "e", "unread"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSweepStops says that it was stopped, also where a search failed for another reason just then, and what that was.
func TestSweepStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var told []string
	s := &scripted{pages: []page{sheet(1, 1, "a")}, fails: 1, stop: cancel}
	r := readerOf(s, &told)
	err := r.sweep(ctx, newSplitter(hourOf(), r.Limits), func(lot) error { return nil })
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errTrouble) {
		t.Errorf("got %v", err)
	}
	s = &scripted{fails: 1}
	err = readerOf(s, &told).sweep(t.Context(), newSplitter(hourOf(), r.Limits), func(lot) error { return nil })
	if !errors.Is(err, errTrouble) || strings.Contains(err.Error(), "after") {
		t.Errorf("not stopped: %v", err)
	}
}

// TestSweepTellsWhatWasTaken tells of hidden and broken rows once the window that has them is taken, and not of one
// that nobody took: that is read again.
func TestSweepTellsWhatWasTaken(t *testing.T) {
	for _, taken := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var told []string
			s := &scripted{pages: []page{broken(sheet(3, 1, "a"), "", strings.Repeat("x", store.MaxID+1))}}
			r := readerOf(s, &told)
			r.Limits.Page = 9
			err := r.sweep(t.Context(), newSplitter(Window{testNow, testNow.Add(time.Millisecond)}, r.Limits), func(lot) error {
				if taken {
					return nil
				}
				return errEnough
			})
			if taken != (err == nil) {
				t.Fatal(err)
			}
			all := strings.Join(told, ", ")
			if taken != strings.Contains(all, "unread 2") || taken != strings.Contains(all, "unseen 2") || taken != strings.Contains(all, "no ledger keeps") {
				t.Errorf("taken %t: told %q", taken, told)
			}
		})
	}
}

// TestSweepGivesUp ends where a window is narrowed over and over, and nothing comes of it.
func TestSweepGivesUp(t *testing.T) {
	var told []string
	s := &scripted{pages: []page{sheet(9, 5, "a", "b")}}
	r := readerOf(s, &told)
	windows := newSplitter(hourOf(), r.Limits)
	windows.shrunk = mostShrinks + 1
	var unsteady *UnsteadyError
	if err := r.sweep(t.Context(), windows, func(lot) error { return nil }); !errors.As(err, &unsteady) || len(s.queries) > 0 {
		t.Errorf("got %v after %d searches", err, len(s.queries))
	}
	windows = newSplitter(hourOf(), r.Limits)
	windows.shrunk = mostShrinks
	if err := r.sweep(t.Context(), windows, func(lot) error { return errTrouble }); !errors.As(err, &unsteady) || len(s.queries) == 0 {
		t.Errorf("got %v after %d searches", err, len(s.queries))
	}
}

// TestEstimateOfTooMuch asks for less where Kustomer does not answer, and says so when it never does.
func TestEstimateOfTooMuch(t *testing.T) {
	const day = 24 * time.Hour
	month := Window{testNow, testNow.Add(30 * day)}
	counts := func(answers map[time.Duration]int) func(context.Context, Window) (int, error) {
		return func(_ context.Context, w Window) (int, error) {
			if n, ok := answers[w.To.Sub(w.From)]; ok {
				return n, nil
			}
			return 0, fmt.Errorf("504: %w", kustomer.ErrUnanswered)
		}
	}
	for name, tt := range map[string]struct {
		w       Window
		answers map[time.Duration]int
		want    Estimate
	}{
		"nothing to count":          {Window{testNow, testNow}, nil, Estimate{}},
		"no answer at all":          {month, nil, Estimate{More: true}},
		"a week of the month":       {month, map[time.Duration]int{30 * day: 100, 7 * day: 70}, Estimate{Conversations: 300, Rough: true}},
		"a day, for want of a week": {month, map[time.Duration]int{30 * day: 100, day: 9}, Estimate{Conversations: 270, Rough: true}},
		"no part is answered":       {month, map[time.Duration]int{30 * day: 100}, Estimate{Conversations: 100, More: true}},
		"no fewer than counted":     {month, map[time.Duration]int{30 * day: 100, 7 * day: 1}, Estimate{Conversations: 100, Rough: true}},
		"just long enough":          {Window{testNow, testNow.Add(14 * day)}, map[time.Duration]int{14 * day: 100, 7 * day: 70}, Estimate{Conversations: 140, Rough: true}},
	} {
		got, err := estimate(t.Context(), tt.w, 100, counts(tt.answers))
		if err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	// The sample is from the middle.
	var sampled Window
	_, _ = estimate(t.Context(), month, 1, func(_ context.Context, w Window) (int, error) {
		sampled = w
		return 1, nil
	})
	middle := sampled.From.Add(sampled.To.Sub(sampled.From) / 2)
	if off := middle.Sub(testNow.Add(15 * day)).Abs(); off > day {
		t.Errorf("the last sample is %s", sampled)
	}
}

// TestReadingErrorsSayWhatToDo names the instant that holds too many, and lets what did not add up be tried again.
func TestReadingErrorsSayWhatToDo(t *testing.T) {
	overflow := &OverflowError{At: testNow, Rows: 10_000}
	for _, want := range []string{"10000 conversations", "2026-11-22T20:00:00.000Z", "the checkpoint stays there", "smaller lots"} {
		if !strings.Contains(overflow.Error(), want) {
			t.Errorf("it says %q, want %q in it", overflow, want)
		}
	}
	if _, known := manual.Lookup(overflow.Topic()); !known {
		t.Errorf("there is no page %q", overflow.Topic())
	}
	unsteady := &UnsteadyError{Window: hourOf()}
	if code := exit.Or(error(unsteady), exit.Failed); code != exit.Temporary || !strings.Contains(unsteady.Error(), hourOf().String()) {
		t.Errorf("it ends with %d: %v", code, unsteady)
	}
}

// TestOverflows believes either count of a search that there is more than the page at hand.
func TestOverflows(t *testing.T) {
	var told []string
	r := readerOf(&scripted{}, &told) // two rows a page
	for _, tt := range []struct {
		total, pages int
		want         bool
	}{{2, 1, false}, {2, 0, false}, {3, 0, true}, {3, 1, true}, {2, 2, true}, {3, 2, true}} {
		if got := r.overflows(sheet(tt.total, tt.pages)); got != tt.want {
			t.Errorf("%d rows on %d pages: %t", tt.total, tt.pages, got)
		}
	}
}

// TestTellNamesLongIDs names what no ledger keeps, and nothing else of what is broken.
func TestTellNamesLongIDs(t *testing.T) {
	for length, want := range map[int]int{store.MaxID: 1, store.MaxID + 1: 2} {
		var told []string
		r := readerOf(&scripted{}, &told)
		r.tell(kustomer.Query{}, []string{strings.Repeat("x", length)})
		if r.release(nil); len(told) != want {
			t.Errorf("of %d bytes: told %.60q", length, told)
		}
	}
}

// TestCrowdedInstant reads more conversations of one instant than a search counts, by when they were created, and
// fails where any search of those fails: none of them is passed over.
func TestCrowdedInstant(t *testing.T) {
	for _, together := range []int{1, 3, 7} {
		b := newFixture(60)
		b.limits = PageLimits{Page: 5, Target: 4, Rows: 30, Pages: 6}
		b.bulk(testNow.Add(-2*time.Hour), together)
		if got := b.mustSweep(t); len(got) != 60 {
			t.Errorf("created by %d at once: %d of 60 were found", together, len(got))
		}
		for n := 1; n <= b.calls["search"]; n += 1 + b.calls["search"]/20 {
			searches, broken := 0, newFixture(60)
			broken.limits = b.limits
			broken.bulk(testNow.Add(-2*time.Hour), together)
			broken.fail = func(call string) error {
				if call == "search" {
					searches++
				}
				if call == "search" && searches == n {
					return errTrouble
				}
				return nil
			}
			if _, err := broken.sweep(t); !errors.Is(err, errTrouble) {
				t.Errorf("created by %d at once: search %d fails, and the end is %v", together, n, err)
			}
		}
	}
}

// TestTriesInTrouble asks once and not twice within a window that was not answered: what fails there fails again.
func TestTriesInTrouble(t *testing.T) {
	b := newFixture(30)
	inside := map[int]int{}
	b.source = ailing{b.fakeKustomer, func(q kustomer.Query, _, _ []kustomer.Conversation) bool {
		width := q.To.Sub(q.From)
		if width > time.Minute && width < time.Hour {
			inside[q.Failures]++
		}
		return width > 20*time.Minute
	}}
	if got := b.mustSweep(t); len(got) != 30 {
		t.Errorf("%d of 30 were found", len(got))
	}
	if inside[triesInside] == 0 {
		t.Errorf("tries: %v", inside)
	}
}

// TestCrowdedInstantOfNoCreation reads an instant page by page where a conversation does not tell when it was created,
// and fails where any of the searches does.
func TestCrowdedInstantOfNoCreation(t *testing.T) {
	crowd := func() *fixture {
		b := newFixture(20)
		b.limits = PageLimits{Page: 5, Target: 4, Rows: 30, Pages: 6}
		b.bulk(testNow.Add(-2*time.Hour), 1)
		for i := range b.conversations {
			b.conversations[i].CreatedAt = time.Time{}
		}
		return b
	}
	b := crowd()
	if got := b.mustSweep(t); len(got) != 20 {
		t.Errorf("%d of 20 were found", len(got))
	}
	for n := 1; n <= b.calls["search"]; n++ {
		searches, broken := 0, crowd()
		broken.fail = func(call string) error {
			if call == "search" {
				searches++
			}
			if call == "search" && searches == n {
				return errTrouble
			}
			return nil
		}
		if _, err := broken.sweep(t); !errors.Is(err, errTrouble) {
			t.Errorf("search %d fails, and the end is %v", n, err)
		}
	}
}
