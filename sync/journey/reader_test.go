package journey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/fetch"
)

// yesterday is the range of these tests: from a day and a half to half a day ago.
func yesterday() fetch.Window {
	return fetch.Window{From: testNow.Add(-36 * time.Hour), To: testNow.Add(-12 * time.Hour)}
}

// tell writes a journey in a few words: in range or not, Kustomer's decision, the ledger's states, and how
// many interactions there are.
func tell(j Journey) string {
	words := []string{map[bool]string{true: "in range", false: "outside"}[j.InRange]}
	switch {
	case j.Facts == nil:
		words = append(words, "gone")
	case j.Facts.Skip != "":
		words = append(words, string(j.Facts.Skip))
	default:
		words = append(words, "send")
	}
	for _, e := range j.Entries {
		words = append(words, e.State.String())
	}
	return fmt.Sprintf("%s, %d there, %s", strings.Join(words, ", "), len(j.Interactions), j.Standing(true).Step)
}

// TestRange brings together what the three systems have of each conversation, whichever of them know it.
func TestRange(t *testing.T) {
	const day = 24 * time.Hour
	w := &world{}
	want := map[string]string{}
	expect := func(n int, told string) { want[id(n)] = told }

	w.mark(1, day)
	w.remember(1, store.Accepted, day)
	w.receive(1, day)
	expect(1, "in range, send, accepted, 1 there, asked")

	w.mark(2, day)
	expect(2, "in range, send, 0 there, eligible")

	w.mark(3, day).Spam = true
	expect(3, "in range, spam, 0 there, done")

	// Marked done again since: Kustomer's search of the range does not show it any more.
	w.mark(4, time.Hour)
	w.remember(4, store.Accepted, day)
	w.receive(4, day)
	expect(4, "in range, send, accepted, 1 there, asked")

	// Kustomer has forgotten it.
	w.remember(5, store.Rejected, day)
	expect(5, "in range, gone, rejected, 0 there, eligible")

	// Somebody else has asked, about a conversation of another time.
	w.mark(6, 10*day)
	w.receive(6, day).Intent = ""
	expect(6, "outside, send, 1 there, asked")

	// The service has lost the conversation's id, and changed a row meanwhile.
	w.mark(7, day)
	w.remember(7, store.Accepted, day)
	w.receive(7, day).ExtInteractionID = ""
	again := *w.receive(7, day)
	again.UUID, again.ExtInteractionID = w.interactions[len(w.interactions)-2].UUID, ""
	w.interactions[len(w.interactions)-1] = again
	expect(7, "in range, send, accepted, 1 there, asked")

	// Of another time: none of these belongs to the range.
	w.mark(8, 10*day)
	w.remember(9, store.Accepted, 10*day)
	w.mark(10, time.Hour)

	// A rebuilt record has the time of the reception in place of the resolution's.
	w.mark(11, 10*day)
	w.remember(11, store.Accepted, day).Reason = store.ReasonRebuilt
	expect(11, "outside, send, accepted, 0 there, asked")

	// Upper case in one place, lower in another, padded in a third.
	w.mark(0xabc, day).ID = strings.ToUpper(id(0xabc))
	w.remember(0xabc, store.Accepted, day)
	w.receive(0xabc, day).ExtInteractionID = " " + strings.ToUpper(id(0xabc)) + " "
	expect(0xabc, "in range, send, accepted, 1 there, asked")

	got := map[string]string{}
	for j, err := range w.reader().Range(t.Context(), yesterday()) {
		if err != nil {
			t.Fatal(err)
		}
		if got[j.Conversation] != "" {
			t.Errorf("%s comes twice", j.Conversation)
		}
		got[j.Conversation] = tell(j)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// TestRangeReadsWhatConcernsIt: what was asked about other conversations behind the end of a range is read,
// because it may be about one of the range, and costs no call to Kustomer. What nobody can tell a conversation
// of is about none.
func TestRangeReadsWhatConcernsIt(t *testing.T) {
	const day = 24 * time.Hour
	w := &world{}
	w.mark(1, 10*day)
	w.receive(1, time.Hour)
	w.mark(2, 10*day)
	w.remember(2, store.Accepted, 10*day)
	w.receive(2, 9*day)
	for range 2 {
		nameless := w.receive(3, day)
		nameless.ExtInteractionID, nameless.Intent = "", ""
	}
	for j, err := range w.reader().Range(t.Context(), yesterday()) {
		t.Errorf("%s, %v", tell(j), err)
	}
	if w.byID > 0 {
		t.Errorf("%d were read by their ids", w.byID)
	}
}

// TestRangeLeavesOutTheErased: what was erased from the ledger is not read as never heard of, by whichever of
// the systems it is known.
func TestRangeLeavesOutTheErased(t *testing.T) {
	const day = 24 * time.Hour
	w := &world{}
	w.mark(1, day)
	w.mark(2, day)
	w.receive(2, day)
	w.receive(3, day)
	w.mark(4, day)
	for n := 1; n <= 3; n++ {
		w.entries = append(w.entries, store.Entry{Key: store.ErasedKey(id(n)), Record: store.ErasedAt(testNow)})
	}
	var got []string
	for j, err := range w.reader().Range(t.Context(), yesterday()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, j.Conversation)
	}
	if !slices.Equal(got, []string{id(4)}) {
		t.Errorf("it gives %q, want that alone which was not erased", got)
	}
}

// TestRangeLongPast: what the ledger says was asked late is looked for as late; what others have asked late
// only where that is wanted.
func TestRangeLongPast(t *testing.T) {
	const day = 24 * time.Hour
	long := fetch.Window{From: testNow.Add(-61 * day), To: testNow.Add(-59 * day)}
	for _, toPresent := range []bool{false, true} {
		w := &world{}
		w.mark(1, 60*day)
		w.remember(1, store.Accepted, 60*day).At = testNow.Add(-30 * day)
		w.receive(1, 30*day)
		w.mark(2, 60*day)
		w.receive(2, 2*day).Intent = ""
		reader := w.reader()
		reader.ToPresent = toPresent
		got := map[string]int{}
		for j, err := range reader.Range(t.Context(), long) {
			if err != nil {
				t.Fatal(err)
			}
			got[j.Conversation] = len(j.Asked())
		}
		want := map[string]int{id(1): 1, id(2): map[bool]int{true: 1}[toPresent]}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("to the present: %v; want -, got +:\n%s", toPresent, diff)
		}
	}
}

// TestLedgerIsLentAtFirst: no service is called while the ledger is read, and the ledger not read again.
func TestLedgerIsLentAtFirst(t *testing.T) {
	w := &world{}
	w.mark(1, 24*time.Hour)
	w.remember(1, store.Accepted, 24*time.Hour)
	lent := &lentLedger{world: w}
	reader := w.reader()
	reader.Ledger = lent
	for _, err := range reader.Range(t.Context(), yesterday()) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if lent.times != 1 || lent.called {
		t.Errorf("it was read %d times, and services called before: %v", lent.times, lent.called)
	}
}

// TestRangeStops: when Kustomer fails, Agent Connect is not read for nothing.
func TestRangeStops(t *testing.T) {
	w := &world{}
	r := w.reader()
	broken := errors.New("Kustomer does not answer")
	r.Source = brokenSearch{w, broken}
	asked := false
	r.Receiver = receiverFunc(func() { asked = true })
	for _, err := range r.Range(t.Context(), yesterday()) {
		if !errors.Is(err, broken) {
			t.Errorf("it gave something, or failed with %v", err)
		}
	}
	if asked {
		t.Error("Agent Connect's data were read all the same")
	}
}

// TestRangeFails: what cannot be read is an error, and nothing that was read before it is taken for all.
func TestRangeFails(t *testing.T) {
	w := &world{failing: errors.New("the data break off")}
	w.mark(1, 24*time.Hour)
	w.receive(1, 24*time.Hour)
	given := 0
	var failed error
	for _, err := range w.reader().Range(t.Context(), yesterday()) {
		if failed = err; err == nil {
			given++
		}
	}
	if given > 0 || !errors.Is(failed, w.failing) {
		t.Errorf("%d were given, and the error is %v", given, failed)
	}
}

// TestRangeWithoutReceiver reads a range up to now, where Agent Connect's data are not asked, and ends as soon as
// nobody takes any more.
func TestRangeWithoutReceiver(t *testing.T) {
	w := &world{}
	for n := 1; n < 6; n++ {
		w.mark(n, time.Duration(n)*time.Hour)
	}
	r := w.reader()
	r.Receiver = nil
	var until time.Time
	r.Progress = func(at time.Time, _ int) { until = at }
	given := 0
	for _, err := range r.Range(t.Context(), fetch.Window{From: testNow.Add(-24 * time.Hour), To: testNow.Add(24 * time.Hour)}) {
		if err != nil {
			t.Fatal(err)
		}
		if given++; given == 2 {
			break
		}
	}
	if given != 2 || !until.Equal(testNow) {
		t.Errorf("%d were given, read to %s", given, until)
	}
}

// brokenLedger fails to be read, at once or in the middle.
type brokenLedger struct {
	*world
	info, each error
}

func (b brokenLedger) Info() (store.Info, error) {
	info, _ := b.world.Info()
	return info, b.info
}

func (b brokenLedger) Each(fn func(store.Entry) error) error {
	return errors.Join(b.world.Each(fn), b.each)
}

// clockless is a Kustomer that does not tell its time.
type clockless struct {
	*world
	err error
}

func (c clockless) ServerTime(context.Context) (time.Time, error) { return time.Time{}, c.err }

// TestRangeNeedsAll gives nothing where the ledger, or Kustomer's clock, cannot be read: whoever was asked would
// look as if nobody had asked them.
func TestRangeNeedsAll(t *testing.T) {
	broken := errors.New("broken")
	for name, breaks := range map[string]func(*testing.T, *Reader, *world){
		"the ledger":        func(_ *testing.T, r *Reader, w *world) { r.Ledger = brokenLedger{world: w, info: broken} },
		"half of it":        func(_ *testing.T, r *Reader, w *world) { r.Ledger = brokenLedger{world: w, each: broken} },
		"Kustomer's clock":  func(_ *testing.T, r *Reader, w *world) { r.Source = clockless{w, broken} },
		"room for the rest": func(t *testing.T, _ *Reader, _ *world) { t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone")) },
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{}
			// Enough for a file where there is to be one.
			for n := range 1500 {
				w.remember(n, store.Accepted, 24*time.Hour).Reason = strings.Repeat("long", 500)
			}
			r := w.reader()
			breaks(t, &r, w)
			given, failures := 0, 0
			for _, err := range r.Range(t.Context(), yesterday()) {
				if err == nil {
					given++
				} else if failures++; name != "room for the rest" && !errors.Is(err, broken) {
					t.Error(err)
				}
			}
			if given != 0 || failures != 1 {
				t.Errorf("%d were given, %d failures", given, failures)
			}
		})
	}
}
