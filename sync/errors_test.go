package sync

import (
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/manual"
)

// TestErrorsSayWhatToDo has each error that refuses a pass say the times that it is about and what to do next, end
// as a misuse or for a later run to try, and name a page of the manual that there is.
func TestErrorsSayWhatToDo(t *testing.T) {
	from, to := testNow.Add(-time.Hour), testNow
	said, latest := decide.Format(from), decide.Format(to)
	for _, tt := range []struct {
		err  error
		says []string
		code exit.Code
	}{
		{&TooOldError{From: from, Limit: to}, []string{said, latest, "begin at that time or later", "--start"}, exit.Usage},
		{&FloorError{From: from, Floor: to}, []string{said, latest, "begin at that time or later"}, exit.Usage},
		{&RangeError{Range: fetch.Window{From: from}, Latest: to}, []string{said, latest}, exit.Usage},
		{&RangeError{Range: fetch.Window{From: from, To: from}, Latest: to}, []string{said, "ends before it begins"}, exit.Usage},
		{&RangeError{Range: fetch.Window{From: from, To: to.Add(time.Hour)}, Latest: to}, []string{said, latest, "the latest possible end"}, exit.Usage},
		{&UnconfirmedError{Planned: 300}, []string{"300 survey requests", "--confirm-first-run 300"}, exit.Usage},
		{&UnconfirmedError{Planned: 300, Confirmed: 200}, []string{"more than the 200", "--confirm-first-run 300"}, exit.Usage},
		{&AheadError{Checkpoint: to, Now: from}, []string{said, latest, "leave the ledger as it is"}, exit.LedgerDamaged},
		{&AheadError{Checkpoint: to, Now: from, Overlap: 2 * time.Hour}, []string{said, latest, "nothing has to be done"}, exit.Temporary},
		{&IdentityError{Ledger: store.PerConversation, Configured: store.PerResolution}, []string{"conversation", "ledger convert --survey-per resolution"}, exit.Usage},
	} {
		text := tt.err.Error()
		for _, want := range tt.says {
			if !strings.Contains(text, want) {
				t.Errorf("%T says %q, want %q in it", tt.err, text, want)
			}
		}
		told := tt.err.(interface {
			Todo() string
			Topic() string
		})
		if !strings.Contains(text, told.Todo()) {
			t.Errorf("%T does not say what to do: %q", tt.err, text)
		}
		if _, known := manual.Lookup(told.Topic()); !known {
			t.Errorf("%T names the page %q, which there is not", tt.err, told.Topic())
		}
		if code := exit.Or(tt.err, exit.Failed); code != tt.code {
			t.Errorf("%T ends with %d, want %d", tt.err, code, tt.code)
		}
	}
}
