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

	"acsync/sync/kustomer"
)

// ailing is a Kustomer whose searches are not answered when they ask for the wrong thing. Its pages are in the order of
// the ids.
type ailing struct {
	*fakeKustomer
	ails func(q kustomer.Query, rows, page []kustomer.Conversation) bool
}

func (a ailing) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	a.searched = append(a.searched, q)
	rows := a.match(q)
	slices.SortFunc(rows, func(x, y kustomer.Conversation) int { return strings.Compare(x.ID, y.ID) })
	size := q.PageSize
	page := kustomer.Page[kustomer.Conversation]{Total: len(rows), TotalPages: (len(rows) + size - 1) / size, At: a.now}
	from := min((max(q.Page, 1)-1)*size, len(rows))
	page.Items = slices.Clone(rows[from:min(from+size, len(rows))])
	if err := a.call("search"); err != nil {
		return page, err
	}
	if a.ails(q, rows, page.Items) {
		return kustomer.Page[kustomer.Conversation]{}, fmt.Errorf("500: %w", kustomer.ErrUnanswered)
	}
	return page, nil
}

// among reports whether one of the rows is that of a number.
func (d *fakeKustomer) among(rows []kustomer.Conversation, numbers ...int) bool {
	return slices.ContainsFunc(rows, func(row kustomer.Conversation) bool {
		return slices.ContainsFunc(numbers, func(n int) bool { return d.conversations[n].ID == row.ID })
	})
}

// TestNarrowing: what Kustomer does not answer is narrowed until it does, and only what it never shows is not asked
// about. All others are, and the range is read to its end, in no more searches than told.
func TestNarrowing(t *testing.T) {
	type rows = []kustomer.Conversation
	instant := testNow.Add(-2 * time.Hour)
	tests := []struct {
		name          string
		conversations int
		together      int // created in the same millisecond, of a bulk job; 0: no bulk job
		ails          func(d *fakeKustomer, q kustomer.Query, found, page rows) bool
		unseen        int
		most          int // searches
	}{
		{"nothing", 900, 0, func(*fakeKustomer, kustomer.Query, rows, rows) bool { return false }, 0, 40},
		{"windows of more than a minute", 900, 0, func(_ *fakeKustomer, q kustomer.Query, _, _ rows) bool {
			return q.To.Sub(q.From) > time.Minute
		}, 0, 2400},
		{"pages of more than forty", 900, 0, func(_ *fakeKustomer, _ kustomer.Query, _, page rows) bool {
			return len(page) > 40
		}, 0, 150},
		{"queries of more than forty", 900, 0, func(_ *fakeKustomer, _ kustomer.Query, found, _ rows) bool {
			return len(found) > 40
		}, 0, 150},
		{"a row, whoever asks for its time", 900, 0, func(d *fakeKustomer, _ kustomer.Query, found, _ rows) bool {
			return d.among(found, 333)
		}, 1, 250},
		{"a row, on its page", 900, 0, func(d *fakeKustomer, _ kustomer.Query, _, page rows) bool {
			return d.among(page, 333)
		}, 1, 130},
		{"the first row of the range, and its neighbour", 900, 0, func(d *fakeKustomer, _ kustomer.Query, found, _ rows) bool {
			return d.among(found, 899, 898)
		}, 2, 450},
		{"thirty rows here and there", 900, 0, func(d *fakeKustomer, _ kustomer.Query, _, page rows) bool {
			return slices.ContainsFunc(page, func(c kustomer.Conversation) bool { return strings.HasSuffix(c.ID, "7") && c.ID[len(c.ID)-2]%2 == 0 })
		}, 28, 2600},
		{"a row of a bulk job", 1200, 1, func(d *fakeKustomer, _ kustomer.Query, _, page rows) bool {
			return d.among(page, 700)
		}, 1, 250},
		{"a row of a bulk job, whoever asks for its time", 1200, 1, func(d *fakeKustomer, _ kustomer.Query, found, _ rows) bool {
			return d.among(found, 700)
		}, 1, 300},
		{"two rows of a small bulk job created together", 80, 80, func(d *fakeKustomer, _ kustomer.Query, _, page rows) bool {
			return d.among(page, 0, 41)
		}, 2, 200},
		// Kustomer has no more than a hundred pages: of so many rows one by itself cannot be had.
		{"a row of a bulk job created together", 1200, 1200, func(d *fakeKustomer, _ kustomer.Query, _, page rows) bool {
			return d.among(page, 700)
		}, 25, 300},
		{"all pages of a bulk job but small ones", 1200, 1200, func(_ *fakeKustomer, _ kustomer.Query, _, page rows) bool {
			return len(page) > 130
		}, 0, 250},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newFixture(test.conversations)
				if test.together > 0 {
					b.bulk(instant, test.together)
					// And somebody else, to be shown all the time.
					b.conversations[5].LastDone.At = instant.Add(-5 * time.Hour)
				}
				b.source = ailing{b.fakeKustomer, func(q kustomer.Query, found, page rows) bool {
					return test.ails(b.fakeKustomer, q, found, page)
				}}
				got := b.mustSweep(t)
				if len(got) != test.conversations-test.unseen || b.unseen != test.unseen {
					t.Errorf("%d of %d are sent, %d unseen; want %d unseen", len(got), test.conversations, b.unseen, test.unseen)
				}
				if b.calls["search"] > test.most {
					t.Errorf("%d searches, want at most %d", b.calls["search"], test.most)
				}
				if (len(b.notices) > 0) != (test.unseen > 0) || len(b.notices) > test.unseen {
					t.Errorf("notices %q", b.notices)
				}
			})
		})
	}
}

// TestServiceIsDown: nobody is given up when it may be Kustomer that fails, and the pass ends soon.
func TestServiceIsDown(t *testing.T) {
	for name, ails := range map[string]func(q kustomer.Query, n int, rows []kustomer.Conversation) bool{
		"all of it":          func(_ kustomer.Query, n int, _ []kustomer.Conversation) bool { return n > 3 },
		"whatever has a row": func(_ kustomer.Query, n int, rows []kustomer.Conversation) bool { return n > 3 && len(rows) > 0 },
		"whatever is new": func(q kustomer.Query, _ int, rows []kustomer.Conversation) bool {
			return len(rows) > 0 && q.To.After(testNow.Add(-5*time.Hour))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newFixture(900)
				b.source = ailing{b.fakeKustomer, func(q kustomer.Query, rows, _ []kustomer.Conversation) bool {
					return ails(q, b.calls["search"], rows)
				}}
				got, err := b.sweep(t)
				if !errors.Is(err, kustomer.ErrUnanswered) || len(got) == 900 || b.unseen > mostInARow {
					t.Errorf("error %v, %d are sent, %d unseen", err, len(got), b.unseen)
				}
				if most := 170 * (1 + b.unseen); b.calls["search"] > most {
					t.Errorf("%d searches, want at most %d", b.calls["search"], most)
				}
			})
		})
	}
}

// TestNextPass: a pass that begins where another has met a broken row meets it again, and goes on.
func TestNextPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newFixture(900)
		b.source = ailing{b.fakeKustomer, func(_ kustomer.Query, rows, _ []kustomer.Conversation) bool {
			return b.among(rows, 3, 4)
		}}
		for pass := range 3 {
			b.unseen = 0
			if got := b.mustSweep(t); len(got) != 898 || b.unseen != 2 {
				t.Fatalf("pass %d: %d are sent, %d unseen", pass, len(got), b.unseen)
			}
		}
	})
}

// TestLyingSearch: a search that contradicts itself, or that never ends, ends in an error after a bounded number of
// requests, and nothing is taken for read.
func TestLyingSearch(t *testing.T) {
	type result = kustomer.Page[kustomer.Conversation]
	row := func(at time.Time, n int) kustomer.Conversation {
		c := plain()
		c.ID, c.LastDone = fmt.Sprintf("%024x", n), &kustomer.Done{At: at}
		c.CreatedAt = at.Add(-time.Duration(n) * time.Hour)
		return c
	}
	for name, test := range map[string]struct {
		search func(q kustomer.Query, n int) (result, error)
		most   int
		words  string
	}{
		"only a millisecond is answered": {func(q kustomer.Query, _ int) (result, error) {
			if q.To.Sub(q.From) > time.Millisecond {
				return result{}, kustomer.ErrUnanswered
			}
			return result{}, nil
		}, 2000, "less than a second at a time"},
		"thousands, and none in a millisecond": {func(q kustomer.Query, _ int) (result, error) {
			if q.To.Sub(q.From) > time.Millisecond {
				return result{Total: 10_000, TotalPages: 20}, nil
			}
			return result{}, nil
		}, 5000, "less than a second at a time"},
		"another total each time": {func(q kustomer.Query, n int) (result, error) {
			return result{Total: 600 + n, TotalPages: 2, Items: []kustomer.Conversation{row(q.From, 1)}}, nil
		}, 500, "did not add up"},
		"the same page for ever": {func(q kustomer.Query, _ int) (result, error) {
			return result{Total: 9_000, TotalPages: 18, Items: []kustomer.Conversation{row(q.From, 1), row(q.From, 2)}}, nil
		}, 500, "did not add up"},
		"pages over the limit": {func(q kustomer.Query, _ int) (result, error) {
			return result{Total: 3, TotalPages: 101, Items: []kustomer.Conversation{row(q.From, 1)}}, nil
		}, 500, "did not add up"},
		"more behind the last row, wherever it is cut": {func(q kustomer.Query, _ int) (result, error) {
			return result{Total: 501, TotalPages: 2, Items: []kustomer.Conversation{row(q.To.Add(-time.Millisecond), 1)}}, nil
		}, 500, "did not add up"},
		"new ones in the middle of what is cut": {func(q kustomer.Query, n int) (result, error) {
			_, younger, _ := halves(q)
			c := row(q.From, n)
			c.CreatedAt = younger.CreatedFrom
			return result{Total: 501, TotalPages: 2, Items: []kustomer.Conversation{c}}, nil
		}, 500, "did not add up"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newFixture(0)
				source := &lying{fakeKustomer: b.fakeKustomer, search: test.search}
				b.source = source
				var complete int
				f := b.fetcher()
				err := f.Sweep(t.Context(), Window{testNow.Add(-24 * time.Hour), testNow}, func(c Chunk) bool {
					if c.Complete && len(c.Cases) > 0 {
						complete++
					}
					return true
				})
				if err == nil || complete > 0 || source.n > test.most {
					t.Errorf("error %v after %d searches, %d windows read; want at most %d", err, source.n, complete, test.most)
				}
				if test.words != "" && !strings.Contains(err.Error(), test.words) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

type lying struct {
	*fakeKustomer
	search func(q kustomer.Query, n int) (kustomer.Page[kustomer.Conversation], error)
	n      int
}

func (l *lying) SearchConversations(_ context.Context, q kustomer.Query) (kustomer.Page[kustomer.Conversation], error) {
	l.n++
	return l.search(q, l.n)
}

// TestLongID: an id that no ledger keeps is counted, and named so that it can be looked up. It holds up nobody, also
// where it stands among more rows than a page holds.
func TestLongID(t *testing.T) {
	for _, conversations := range []int{20, 1200} {
		synctest.Test(t, func(t *testing.T) {
			b := newFixture(conversations)
			if conversations > 500 {
				b.bulk(testNow.Add(-2*time.Hour), conversations)
			}
			b.conversations[3].ID = "\x1b]0;title" + strings.Repeat("é", 600)
			b.conversations[7].ID = strings.Repeat("x", 1024)
			if got := b.mustSweep(t); len(got) != conversations-1 || b.unseen != 1 {
				t.Errorf("%d of %d are sent, %d unseen", len(got), conversations, b.unseen)
			}
			if len(b.notices) != 1 || !strings.Contains(b.notices[0], `"\x1b]0;titleé`) || len(b.notices[0]) > 400 {
				t.Errorf("notices %q", b.notices)
			}
		})
	}
}

// TestBrokenRowsOfABulkJob: broken rows among more than a page holds are counted, and hold up nobody.
func TestBrokenRowsOfABulkJob(t *testing.T) {
	for _, together := range []int{1, 1200} {
		synctest.Test(t, func(t *testing.T) {
			b := newFixture(1200)
			b.bulk(testNow.Add(-2*time.Hour), together)
			broken := brokenRows{b.fakeKustomer, map[string]string{}}
			for i, how := range []string{"known", "", "unreadable"} {
				broken.rows[b.conversations[i*500].ID] = how
			}
			b.source = broken
			if got := b.mustSweep(t); len(got) != 1198 || b.unseen != 2 {
				t.Errorf("%d of 1,200 are sent, %d unseen", len(got), b.unseen)
			}
		})
	}
}

// TestJoinNotAnswered: customers whom no search gives are fetched one by one, in all windows once it has failed for
// several.
func TestJoinNotAnswered(t *testing.T) {
	b := newFixture(1400)
	for i := range b.conversations {
		b.conversations[i].LastDone.At = testNow.Add(-time.Hour - time.Duration(i)*20*time.Second)
	}
	b.fail = func(call string) error {
		if call == "search customers" {
			return fmt.Errorf("504: %w", kustomer.ErrUnanswered)
		}
		return nil
	}
	if got := len(b.mustSweep(t)); got != 1400 || b.calls["search customers"] != failedJoins || b.calls["customer"] != 1400 || b.calls["conversations"] > 0 {
		t.Errorf("got %d, calls %v", got, b.calls)
	}
	if len(b.notices) != 1 {
		t.Errorf("notices %q", b.notices)
	}
}
