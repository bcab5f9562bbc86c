package fetch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
)

const (
	shortWindow = time.Second // an honest search fills a shorter window, or needs none so short
	mostBarren  = 500         // searches for so little time in a row that bring next to nothing
	// mostInARow is how many instants in a row, no other between them, may have conversations that cannot
	// be read. It is not theirs, then: a part of the service is down.
	mostInARow = 10
)

// trial finds out whether a search failed by its own fault, and bounds how long a pass looks for the
// reason.
type trial struct {
	source Source
	clock  *serverClock
	notice func(format string, args ...any)
	unread func(int)
	few    int // rows that a search should bring at least

	answered bool // the search before this one was

	shown  time.Time // an instant of this pass at which a conversation was shown
	barren int

	convicted time.Time // the last instant with conversations that cannot be read
	inARow    int
}

// ofQuery takes in how a search has ended, and reports whether it failed by its own fault: Kustomer answers
// others, the one before it or one for next to nothing. Else the service is down, and err says so.
func (t *trial) ofQuery(ctx context.Context, q kustomer.Query, err error) bool {
	known := t.answered
	t.answered = err == nil
	if known || !errors.Is(err, kustomer.ErrUnanswered) {
		return errors.Is(err, kustomer.ErrUnanswered)
	}
	// What is wrong may lie in one of the two.
	before := kustomer.Query{From: q.From.Add(-time.Millisecond), To: q.From, PageSize: 1}
	after := kustomer.Query{From: q.To, To: q.To.Add(time.Millisecond), PageSize: 1, Failures: triesInside}
	if _, err := t.source.SearchConversations(ctx, before); err == nil {
		return true
	}
	_, err = t.source.SearchConversations(ctx, after)
	return err == nil
}

// saw takes in that a window was answered.
func (t *trial) saw(w Window, first page) {
	for _, at := range t.clock.resolutions(first.Items) {
		if w.Contains(at) {
			t.shown = at
			return
		}
	}
}

// shows reports whether Kustomer shows any conversation of another time than the query's. If it answers
// only what finds none, nothing can be said against a single one.
func (t *trial) shows(ctx context.Context, q kustomer.Query) bool {
	const day = 24 * time.Hour
	around := []Window{{t.shown, t.shown.Add(time.Millisecond)}}
	// Apart from each other, since there may be more like it.
	near := time.Duration(0)
	for _, far := range []time.Duration{time.Minute, time.Hour, day, 30 * day} {
		around = append(around,
			Window{q.From.Add(-far), q.From.Add(-near)}, Window{q.To.Add(near), q.To.Add(far)})
		near = far
	}
	for _, w := range around {
		if w.From.IsZero() || w.Contains(q.From) {
			continue
		}
		some := kustomer.Query{From: w.From, To: w.To, PageSize: 1, Failures: tries}
		found, err := t.source.SearchConversations(ctx, some)
		if err == nil && len(found.Items) > 0 {
			t.saw(w, found)
			return true
		}
	}
	return false
}

// bear counts searches for very little time that bring next to nothing: Kustomer may answer no others, or
// count what it does not show. An error ends the pass, which has moved the checkpoint up to there.
func (t *trial) bear(w Window, rows int) error {
	if rows > 0 {
		t.inARow = 0
	}
	switch {
	case rows >= max(t.few, 1) || w.To.Sub(w.From) >= shortWindow:
		t.barren = 0
	case t.barren >= mostBarren:
		return &FutileError{At: w.From}
	default:
		t.barren++
	}
	return nil
}

// convict says where conversations are that cannot be read: a search that holds them fails with err, while
// others show some. It returns err when that is more likely the service's fault.
func (t *trial) convict(q kustomer.Query, rows int, where string, err error) error {
	if t.barren = 0; !t.convicted.Equal(q.From) {
		t.convicted = q.From
		t.inARow++
	}
	if t.inARow > mostInARow {
		return err
	}
	t.unread(rows)
	t.notice("not asked about: %d of the conversations marked done at %s%s: every search that holds them "+
		"fails, and others do not (%v). Find them in Kustomer by that time; once it shows them, a back-fill "+
		"of that time asks about them", rows, decide.Format(q.From), where, err)
	return nil
}

// FutileError tells that searches do not get on: everything before an instant is done.
type FutileError struct{ At time.Time }

// Error says what happened and what to do.
func (e *FutileError) Error() string {
	return exit.Told(fmt.Sprintf("Kustomer's search answers for less than a second at a time, or counts "+
		"conversations that it does not show: %d searches in a row brought next to nothing. Everything marked "+
		"done before %s is done, the checkpoint stays there, and the next pass goes on", mostBarren,
		decide.Format(e.At)), e.Todo())
}

// Todo is what to do.
func (*FutileError) Todo() string {
	return "if the next pass ends in the same way, ask Kustomer's support about their search"
}

// Topic is the one of the manual that tells more.
func (*FutileError) Topic() string { return "troubleshooting" }

// ExitClass returns the code that the process ends with.
func (*FutileError) ExitClass() exit.Code { return exit.Temporary }
