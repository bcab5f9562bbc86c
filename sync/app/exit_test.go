package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/deliver"
	"acsync/sync/exit"
	"acsync/sync/fetch"
	"acsync/sync/httpx"
	"acsync/sync/plan"
	"acsync/sync/verify"
)

// TestExitCode holds which code each error ends the process with, however it is wrapped.
func TestExitCode(t *testing.T) {
	refused := &httpx.Error{Kind: httpx.Credentials, Status: 401}
	down := &httpx.Error{Kind: httpx.Server, Status: 500}
	odd := &httpx.Error{Kind: httpx.Unreadable}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	ahead := func(by time.Duration) error {
		return &surveysync.AheadError{Checkpoint: now.Add(by), Now: now, Overlap: time.Hour}
	}
	for want, list := range map[exit.Code][]error{
		exit.Done:          {nil},
		exit.Failed:        {errors.New("x"), odd, surveysync.ErrAccounting, &store.WriteError{Err: os.ErrClosed}},
		exit.Credentials:   {refused, deliver.ErrRefused, &verify.WitnessError{Err: refused}},
		exit.LedgerMissing: {store.ErrMissing},
		exit.Locked:        {store.ErrLocked},
		exit.Usage: {
			usagef("x"),
			config.Faults{{}},
			store.ErrExists, &plan.Error{}, &surveysync.RangeError{}, &surveysync.TooOldError{},
			&surveysync.FloorError{}, &surveysync.UnconfirmedError{}, &surveysync.IdentityError{},
		},
		exit.LedgerDamaged: {
			store.ErrDamaged, store.ErrRolledBack, store.ErrOtherTenant, store.ErrOtherCredential, ahead(24 * time.Hour),
			&verify.StrangerError{}, &verify.WitnessError{Err: store.ErrDamaged}, &store.WriteError{Err: store.ErrRolledBack},
		},
		exit.Temporary: {
			down, &httpx.Error{Kind: httpx.Stopped, Err: context.Canceled}, &fetch.UnsteadyError{},
			timeUp{},
			ahead(time.Minute),
			&verify.WitnessError{Err: odd}, &verify.WitnessError{Err: os.ErrClosed},
			unplanned{timeUp{}},
		},
		exit.Terminated: {
			interrupted{syscall.SIGTERM},
			&httpx.Error{Kind: httpx.Stopped, Err: interrupted{syscall.SIGTERM}},
			&verify.WitnessError{Err: interrupted{syscall.SIGTERM}},
		},
		exit.HungUp:      {interrupted{syscall.SIGHUP}},
		exit.Interrupted: {interrupted{os.Interrupt}},
		exit.Quit:        {interrupted{syscall.SIGQUIT}},
		exit.Fuse:        {ended{exit.Fuse, refused}},
	} {
		for _, err := range list {
			if err != nil {
				err = errors.Join(fmt.Errorf("wrapped: %w", err), errors.New("and then the file could not be closed"))
			}
			if got := exitCode(err); got != want {
				t.Errorf("%v: exit code %d, want %d", err, got, want)
			}
		}
	}
}
