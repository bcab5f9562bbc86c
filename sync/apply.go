package sync

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// apply is the stage that carries out a plan: each of its conversations is read and decided again, and sent
// if that comes to the same request. What is otherwise by now is told and not noted: whatever waits in the
// ledger goes on to wait, and the passes from the checkpoint find the rest by themselves.
type apply struct {
	ledger    Ledger
	cursor    *planned
	doubts    *doubts
	recheck   recheck
	commits   *committer
	deliverer *deliver.Deliverer
	tally     *tally
	differing int // not sent, because they are not as planned any more
}

// Run does it.
func (a *apply) Run(ctx context.Context) error {
	left, err := a.takeUp()
	w := a.commits.open(fetch.Window{}, false)
	for err == nil && len(left) > 0 {
		chunk := left[:min(recheckAtOnce, len(left))]
		if err = halted(ctx, a.deliverer); err == nil {
			err = a.commits.room()
		}
		if err == nil {
			err = a.carryOut(ctx, w, chunk)
		}
		if err == nil {
			left = left[len(chunk):]
		}
	}
	w.sending.Wait()
	a.pause(left)
	a.noticeDiffering()
	if err == nil {
		err = halted(ctx, a.deliverer) // also what ended the last requests
	}
	return err
}

// takeUp finds out what the ledger knows of the plan's conversations, settles those that are in doubt, and
// gives those that may be sent, by the time of resolution, so that one search finds the customers of those
// that are read together.
func (a *apply) takeUp() (cases []decide.Case, err error) {
	known, err := a.ledger.Lookup(a.cursor.keys())
	if err != nil {
		return nil, fmt.Errorf("look up the plan in the ledger: %w", err)
	}
	a.cursor.canonicalize(a.recheck.seen.surveyPer, known)
	var free, doubtful []store.Entry
	due := 0
	for key := range a.cursor.byKey {
		entry := store.Entry{Key: key, Record: known[key]}
		if entry.State.Waiting() {
			due++
		}
		if entry.State == store.InDoubt {
			doubtful = append(doubtful, entry)
		} else {
			free = append(free, entry)
		}
	}
	n := len(a.cursor.byKey)
	a.tally.edit(func(r *Result) { r.Found, r.Due = r.Found+n, r.Due+due })
	a.tally.observe(Estimated{fetch.Estimate{Conversations: n}})
	a.tally.started()
	again, err := a.doubts.settle(doubtful)
	free = append(free, again...)
	if err == nil {
		free, err = a.commits.giveUp(free, a.recheck.clock())
	}
	for _, entry := range free {
		cases = append(cases, a.cursor.caseOf(entry))
	}
	slices.SortFunc(cases, func(x, y decide.Case) int {
		return cmp.Or(a.cursor.byKey[x.Key].Resolution.Compare(a.cursor.byKey[y.Key].Resolution),
			strings.Compare(x.Key.Conversation, y.Key.Conversation))
	})
	return cases, err
}

// pause tells what the pass did not come to.
func (a *apply) pause(left []decide.Case) {
	for _, c := range left {
		if c.Own.Settled() {
			a.differ(c, decide.AlreadySent)
		} else {
			row := Row{
				Key: c.Key, Resolution: c.Known.Resolution, State: store.Scheduled,
				Reason: decide.Paused,
			}
			a.tally.disposed(row)
		}
	}
}

// carryOut reads conversations of the plan again, and hands over those that are still to be sent. It returns
// an error before it has told anything of any of them.
func (a *apply) carryOut(ctx context.Context, w *windowCommit, cases []decide.Case) error {
	read, err := a.recheck.fetcher.Recheck(ctx, cases)
	if err != nil {
		return err
	}
	var send []decide.Case
	for _, c := range read {
		if !c.Replacement && a.stands(c) {
			send = append(send, c)
		}
	}
	first, last := a.cursor.byKey[cases[0].Key].Resolution, a.cursor.byKey[cases[len(cases)-1].Key].Resolution
	a.tally.observe(
		WindowRead{Window: fetch.Window{From: first, To: last}, Found: len(cases), Send: len(send)})
	for _, c := range send {
		a.deliverer.Send(ctx, c, &w.sending, w.delivered)
	}
	return nil
}

// stands reports whether a conversation that was read again is to be sent as planned, and tells what becomes
// of it if it is not.
func (a *apply) stands(c decide.Case) bool {
	// a recovery by now: the survey request that was planned has been sent
	if _, known := a.cursor.byKey[c.Key]; !known {
		a.differ(c, decide.AlreadySent)
		return false
	}
	switch action := decide.Triage(c, a.recheck.clock(), decide.FromLedger); {
	case action.Verb == decide.Keep:
		a.tally.disposed(rowOf(c, asKept(action.Record)))
	case action.Reason != "":
		a.differ(c, action.Reason)
	case action.Verb == decide.Wait, !a.cursor.same(c):
		a.differ(c, decide.PlanChanged)
	default:
		return true
	}
	return false
}

// differ tells that a conversation is not sent, because it is not as it was planned.
func (a *apply) differ(c decide.Case, why decide.Reason) {
	if _, known := a.cursor.byKey[c.Key]; !known {
		c.Key.Recovery = false
	}
	if c.Own.Settled() { // whatever became of the conversation since
		why = decide.AlreadySent
	}
	if why != decide.AlreadySent {
		a.differing++
	}
	c.Skip = why
	a.tally.disposed(rowOf(c, deliver.Outcome{State: why.State(), Reason: why, Message: c.Trouble}))
}

func (a *apply) noticeDiffering() {
	if a.differing == 0 {
		return
	}
	anew := "a new plan or the next run decides about them anew"
	if a.cursor.plan.Backfill {
		anew = "a new plan of this range, or its back-fill, decides about them anew; a run reads what was " +
			"marked done since the checkpoint"
	}
	a.tally.notice(
		"not as planned any more, and not sent: %d of %d; %s", a.differing, len(a.cursor.byKey), anew)
}
