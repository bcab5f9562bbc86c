package app

import (
	"slices"

	"acsync/store"
	"acsync/store/bolt"
)

// leftBehind is who had the ledger last, when that process was killed: one that ends takes its word away
// before it gives up the lock. It is asked while the lock is held, so that it is nobody's who is at work.
// Nil: nobody was.
func leftBehind(path string) *store.Holder {
	holder, err := bolt.ReadHolder(path)
	// There is none, or it tells nothing.
	if err != nil {
		return nil
	}
	return &holder
}

// withKilled adds a pass that was killed, and that no process has entered into the ledger since.
func withKilled(holder *store.Holder, runs []store.Run) []store.Run {
	if holder == nil {
		return runs
	}
	killed := holder.Killed()
	if killed == nil || slices.ContainsFunc(runs, func(run store.Run) bool { return run.Pass == killed.Pass }) {
		return runs
	}
	return append([]store.Run{*killed}, runs...)
}
