package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/exit"
)

// RestoredError is a ledger whose database was put back: some of what it had noted may be missing, and
// nothing is sent before Agent Connect's data have told. Where they cannot be asked it is
// store.ErrRolledBack.
type RestoredError struct {
	Since time.Time // when that was found
	// from when on Agent Connect's data are asked: before they need not show what is missing; zero: they cannot
	// be asked
	Until time.Time
}

// Error says what happened and what to do.
func (e *RestoredError) Error() string {
	what := fmt.Sprintf("the database of the ledger was restored from a backup, or has failed over to a copy: "+
		"found at %s. Whoever was asked last may be missing in it, so that nothing was sent",
		decide.Format(e.Since))
	if e.Until.IsZero() {
		what += "; without the API secret, and requests that are stamped, nothing tells who was asked"
	}
	return exit.Told(what, e.Todo())
}

// Todo is what to do.
func (e *RestoredError) Todo() string {
	if e.Until.IsZero() {
		return "set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET, then run acsync ledger rebuild, " +
			"which learns from Agent Connect who was asked. To take the ledger as it is, which asks again " +
			"whoever is missing: acsync ledger check --accept-restored"
	}
	return fmt.Sprintf("nothing has to be done: passes ask Agent Connect's data from %s on, and go on by "+
		"themselves if these show nobody who is missing", decide.Format(e.Until))
}

// Topic is the one of the manual that tells more.
func (*RestoredError) Topic() string { return "restore" }

// Unwrap makes it store.ErrRolledBack where nothing but a repair helps.
func (e *RestoredError) Unwrap() error {
	if e.Until.IsZero() {
		return store.ErrRolledBack
	}
	return nil
}

// ExitClass is that of a ledger that needs a repair, or that a later run helps.
func (e *RestoredError) ExitClass() exit.Code {
	if e.Until.IsZero() {
		return exit.LedgerDamaged
	}
	return exit.Temporary
}

// Restored is the error of a ledger whose database was put back; nil for any other. It tells from when on
// Agent Connect's data can settle that.
func (v Verification) Restored(info store.Info) *RestoredError {
	switch {
	case info.Restored.IsZero():
		return nil
	case v.Receiver == nil || !v.Stamped || info.ID == "":
		return &RestoredError{Since: info.Restored}
	}
	return &RestoredError{Since: info.Restored, Until: info.Restored.Add(v.After)}
}

// Readmitter is what trusting a ledger again needs of it.
type Readmitter interface {
	Lookup
	Info() (store.Info, error)
	Commit(batch store.Batch) error
}

// Readmit asks Agent Connect's data whether a ledger whose database was put back lacks anything, and trusts
// it again if not. Nothing is written before. The error is a *RestoredError as long as they are not to be
// asked, store.ErrRolledBack where something is missing, and a *WitnessError where they cannot be read.
func Readmit(ctx context.Context, ledger Readmitter, info store.Info, v Verification) (store.Info, error) {
	switch held := v.Restored(info); {
	case held == nil:
		return info, nil
	case held.Until.IsZero(), time.Now().Before(held.Until):
		return info, held
	}
	err := NewMatcher(info, nil, v).Read(ctx, ledger)
	switch {
	case errors.Is(err, store.ErrRolledBack), err != nil && ctx.Err() != nil:
		return info, err
	case err != nil:
		return info, &WitnessError{Err: err}
	}
	if err := ledger.Commit(store.Batch{Settled: true}); err != nil {
		return info, &store.WriteError{Err: fmt.Errorf("note that the ledger lacks nothing: %w; nothing was "+
			"sent", err)}
	}
	// The numbers of intents go on elsewhere now.
	if info, err = ledger.Info(); err != nil {
		return info, fmt.Errorf("read the ledger: %w", err)
	}
	return info, nil
}
