package sync

import (
	"context"
	"fmt"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// Turns is the same ledger as that of the engine, which others may have in between. A back-fill lets go of
// it between two windows, for whoever says that he waits, and goes on when that one has had his turn: one
// pass, one report, one accounting. What holds over a turn:
//
//   - It begins where a window is recorded and nothing is in flight: no intent of the pass is open while
//     another process has the ledger. What was read ahead is thrown away before anything of it is counted,
//     because what the ledger knew of it may have changed; it is read again.
//   - A summary as if the pass had been killed is in the ledger before it lets go. Whatever ends the pass
//     then loses nothing: each survey request has its outcome there, and the back-fill its position.
//   - The ledger that comes back must have come from the one that was let go: the same id, no fewer
//     changes and intents, and that summary in it. Otherwise it was put back from a copy meanwhile, and
//     nothing more is sent. With that, what Agent Connect's data said of the ledger when the pass began
//     still holds, and they are not asked again: all that is new in it was begun by passes that have asked
//     them. Its fence may have been put back along with it, and fit it: it is made one that the next pass
//     refuses as well.
//   - What a killed process left open meanwhile is put in doubt, as at the beginning of every pass, and
//     left to the next one: doubts are settled when a pass begins, and this pass keeps none in mind after
//     that.
//   - What is known of the ledger is read again: its identity, its floor, the checkpoint, how far the
//     back-fill has come (the same one may have had the turn), the pass before, and what waits and was put
//     off to the end. What the pass has counted, and its limits and fuses, go on as they were.
type Turns interface {
	// Wanted reports whether somebody waits for the ledger.
	Wanted() bool
	// Yield lets go of the ledger until whoever waits has had it, and takes it again, however long that
	// takes. With an error the ledger may be closed.
	Yield(ctx context.Context) error
	// Distrust makes the ledger that came back one that every pass refuses until it is repaired.
	Distrust() error
}

// errRepaired ends a pass whose ledger was restored or rebuilt meanwhile: the next one begins with what that
// knows.
var errRepaired = exit.New(exit.Temporary, "the ledger was restored or rebuilt while the back-fill let others "+
	"have it, and nothing more was sent; the same back-fill goes on from what the ledger knows now")

// sameLedger refuses a ledger that has not come from the one that was let go.
func sameLedger(before, now store.Info) error {
	// A copy was put there, which has learnt from Agent Connect who was asked since: nothing is amiss.
	if now.ID == before.ID && now.Life > before.Life && now.Excused == before.Excused {
		return errRepaired
	}
	if now.ID == before.ID && now.Transaction >= before.Transaction && now.Intents >= before.Intents {
		// A copy that was put there and repaired can have come further than this pass knows.
		if now.Life != before.Life {
			return errRepaired
		}
		return nil
	}
	return fmt.Errorf("%w: the back-fill let others have it, and what came back is ledger %s with %d changes "+
		"and %d intents, not ledger %s with %d and %d or more. %s",
		store.ErrRolledBack, now.ID, now.Transaction, now.Intents, before.ID, before.Transaction,
		before.Intents, afterReplaced)
}

// afterReplaced says what to do about a ledger that was put back from a copy during a turn.
const afterReplaced = "Nothing more was sent, because whoever it does not know of any more would be asked " +
	"again. Leave the fence where it is. Where there is a newer copy, run acsync ledger restore FILE, and " +
	"otherwise acsync ledger rebuild: both learn from Agent Connect who was asked since"

// fewPasses are those that have ended in a turn, nearly always; 0 stands for all.
const fewPasses = 50

// remembers refuses a ledger without the last that the pass has written before it let go, however far others
// have come with it since: its fence may have been put back along with it.
func remembers(ledger Ledger, letGo store.Run) error {
	for _, most := range []int{fewPasses, 0} {
		runs, err := ledger.Runs(most)
		if err != nil {
			return fmt.Errorf("read the past passes: %w", err)
		}
		for _, run := range runs {
			if run.Pass == letGo.Pass && run.Ended.Equal(letGo.Ended) {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: the back-fill let others have it, and what came back knows nothing of what the "+
		"back-fill had written last, at %s: it was put back from a copy or a snapshot meanwhile, and others "+
		"have gone on with that. %s",
		store.ErrRolledBack, decide.Format(letGo.Ended), afterReplaced)
}

// wasPutBack reports whether a ledger that is not what was let go is an earlier state of it. One that was
// repaired since is not: whoever did that has learnt, or taken upon himself, what it does not know.
func wasPutBack(before, now store.Info) bool { return now.ID == before.ID && now.Life == before.Life }

// distrust makes a ledger that was found to be put back one that every pass refuses, and adds to what was
// found whether that could be written.
func distrust(t Turns, found error) error {
	if err := t.Distrust(); err != nil {
		return fmt.Errorf("%w. Let no other pass run before: the ledger itself could not be marked as put "+
			"back (%w)", found, err)
	}
	return fmt.Errorf("%w. Until then every pass refuses it", found)
}

// turns are those of one pass; the zero turns are none.
type turns struct {
	wanted func() bool                 // reports whether somebody waits for the ledger; nil: nobody does
	yield  func(context.Context) error // lets that one have it, and returns when the pass can go on
}

// give gives a turn where one is wanted, and reports whether it has.
func (t turns) give(ctx context.Context) (given bool, err error) {
	if t.wanted == nil || !t.wanted() {
		return false, nil
	}
	return true, t.yield(ctx)
}
