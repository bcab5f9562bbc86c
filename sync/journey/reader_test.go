package journey

import (
	"errors"
	"fmt"
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
