package sync

import (
	"context"
	"time"

	"acsync/store"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/verify"
)

// Ledger is what a pass needs of the ledger; each step declares the part that it uses.
type Ledger interface {
	fetch.Lookup      // before deciding
	deliver.IntentLog // around each POST
	verify.SettleLog  // of what is in doubt
	WindowStore       // at the beginning of a pass and the end of a window
	Pruner            // at the end of a pass
}

// WindowStore is the part of the ledger that a pass opens with, and writes windows into.
type WindowStore interface {
	Info() (store.Info, error)
	// Recover puts in doubt every intent that was left open.
	Recover(now time.Time) ([]store.Entry, error)
	// Waiting lists what is in one of the states, due or not, the earliest due first.
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	// Room reports whether there is space left to remember what is about to be sent.
	Room() error
	// Commit writes the dispositions of a window and the checkpoint, or the summary of a pass, in one
	// transaction.
	Commit(batch store.Batch) error
	// Runs gives the summaries of past passes, the newest first; a limit of 0 is none.
	Runs(limit int) ([]store.Run, error)
	// Backfill tells how far a back-fill has come; zero for one that was never begun.
	Backfill(from, to time.Time) (store.Backfill, error)
}

// Pruner is the part of the ledger that forgets.
type Pruner interface {
	// Prune forgets what is settled and was marked done before a time, raises the ledger's floor to it, and
	// gives the number of the forgotten keys. It stops between two transactions when the context ends.
	Prune(ctx context.Context, before time.Time) (int, error)
}
