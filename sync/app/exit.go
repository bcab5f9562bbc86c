package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/fetch"
	"acsync/sync/httpx"
	"acsync/sync/plan"
	"acsync/sync/verify"
)

// The exit codes. Two is left to Go's own panics.
const (
	exitDone          = 0
	exitFailed        = 1
	exitNeedsHand     = 3
	exitCredentials   = 4
	exitTemporary     = 5
	exitLedgerMissing = 10
	exitLocked        = 11
	exitUsage         = 12
	exitFuse          = 13
	exitLedgerDamaged = 14
	exitWouldSend     = 20
	exitHungUp        = 129
	exitInterrupted   = 130
	exitTerminated    = 143
)

// exits lists every exit code with its meaning, for the help; the README has the same list.
var exits = []struct {
	code    int
	meaning string
}{
	{exitDone, "all accounted for"},
	{exitFailed, "failed"},
	{exitNeedsHand, "done, but some are rejected, parked or in doubt"},
	{exitCredentials, "credentials refused"},
	{exitTemporary, "temporary, the next run will help"},
	{exitLedgerMissing, "ledger missing"},
	{exitLocked, "another pass holds the lock"},
	{exitUsage, "configuration or usage"},
	{exitFuse, "a fuse blew"},
	{exitLedgerDamaged, "ledger damaged, rolled back, far ahead of the clock, or of another tenant or key"},
	{exitWouldSend, "only with plan --detailed-exitcode: there is something to send"},
	{exitHungUp, "stopped by SIGHUP after a clean drain"},
	{exitInterrupted, "stopped by SIGINT after a clean drain"},
	{exitTerminated, "stopped by SIGTERM after a clean drain"},
}

func exitCodes() string {
	lines := make([]string, len(exits))
	for i, exit := range exits {
		lines[i] = fmt.Sprintf("%3d  %s", exit.code, exit.meaning)
	}
	return strings.Join(lines, "\n")
}

// usageError is a command line that cannot be carried out.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// ended is the end of a pass that reported its exit code.
type ended struct {
	code int
	err  error // nil: the report says it all
}

func (e ended) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e ended) Unwrap() error { return e.err }

// exitCode is the one place that turns an error into an exit code.
func exitCode(err error) int {
	var (
		faults config.Faults
		usage  usageError
		pass   ended
		signal Interrupted
		api    *httpx.Error
		old    *surveysync.TooOldError
		floor  *surveysync.FloorError
		ahead  *surveysync.AheadError
		moving *fetch.UnsteadyError
		ledger *store.WriteError
		counts *surveysync.IdentityError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &pass):
		return pass.code
	case errors.As(err, new(*surveysync.RangeError)), errors.As(err, new(*surveysync.UnconfirmedError)), errors.As(err, new(*plan.Error)):
		return exitUsage
	case errors.As(err, &usage), errors.As(err, &faults), errors.As(err, &old), errors.As(err, &floor), errors.As(err, &counts),
		errors.Is(err, store.ErrExists),
		errors.As(err, new(cli.ExitCoder)): // cli's own complaints
		return exitUsage
	case errors.Is(err, store.ErrMissing):
		return exitLedgerMissing
	case errors.Is(err, store.ErrLocked):
		return exitLocked
	case errors.As(err, &ahead) && ahead.Heals():
		return exitTemporary
	case errors.Is(err, store.ErrDamaged), errors.Is(err, store.ErrRolledBack), errors.Is(err, store.ErrOtherTenant), errors.Is(err, store.ErrOtherCredential),
		errors.As(err, &ahead):
		return exitLedgerDamaged
	case errors.Is(err, surveysync.ErrAccounting), errors.As(err, &ledger):
		return exitFailed
	case errors.As(err, &signal):
		return signal.exitCode()
	case errors.As(err, &moving), errors.As(err, new(timeUp)):
		return exitTemporary
	case errors.As(err, new(*verify.WitnessError)) && !refused(err):
		return exitTemporary
	case errors.As(err, &api):
		return apiExitCode(api.Kind)
	}
	return exitFailed
}

// refused tells whether a service did not take the credentials.
func refused(err error) bool {
	api, ok := errors.AsType[*httpx.Error](err)
	return ok && api.Kind == httpx.Credentials
}

func apiExitCode(kind httpx.Kind) int {
	switch kind {
	case httpx.Credentials:
		return exitCredentials
	case httpx.Limited, httpx.Server, httpx.Network, httpx.Stopped:
		return exitTemporary
	}
	return exitFailed
}

// verdict is the exit code of a pass: what ended it, else what it left behind.
func verdict(r surveysync.Result, err error) int {
	switch {
	case r.Refused:
		return exitCredentials
	case err != nil:
		return exitCode(err)
	case r.Fuse != "":
		return exitFuse
	case r.Counts[store.Rejected]+r.Counts[store.InDoubt]+r.Unseen > 0:
		return exitNeedsHand
	case r.Down != "" || r.Counts[store.Retry] > 0:
		return exitTemporary
	}
	return exitDone
}

// endedBy names what ended a pass before its end, for programs that read the report; empty for what the report's counts and
// fuse tell by themselves.
func endedBy(r surveysync.Result, err error) string {
	if r.Refused {
		return "credentials"
	}
	switch code := exitCode(err); {
	case err == nil:
		return ""
	case errors.As(err, new(timeUp)):
		return flagMaxDuration
	default:
		return endings[code]
	}
}

// endings are the names of what ends a pass, by exit code.
var endings = map[int]string{
	exitFailed: "failure", exitCredentials: "credentials", exitTemporary: "temporary", exitUsage: "refused",
	exitLedgerDamaged: "ledger", exitHungUp: "SIGHUP", exitInterrupted: "SIGINT", exitTerminated: "SIGTERM",
}
