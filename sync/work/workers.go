package work

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"acsync/store/postgres"
)

// attempts are how often a back-fill is tried that could not work.
const attempts = 25

// unfinished are the states of a job that is still to be done, in full or in part.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning,
	rivertype.JobStateScheduled,
}

// tickWorker asks who is due.
type tickWorker struct {
	river.WorkerDefaults[tickJob]
	worker *Worker
}

// Work makes a job of each pass that is due.
func (w *tickWorker) Work(ctx context.Context, _ *river.Job[tickJob]) error {
	o := w.worker.options
	tenants, err := o.Maker.Tenants(ctx)
	if err != nil {
		return err
	}
	slots, byLedger := make([]postgres.Slot, len(tenants)), make(map[string]string, len(tenants))
	for i, t := range tenants {
		slots[i] = postgres.Slot{Ledger: t.Ledger, Every: t.Every, Phase: t.phase()}
		byLedger[t.Ledger] = t.Name
	}
	return o.Database.TakeDue(ctx, slots, func(ctx context.Context, tx pgx.Tx, due []postgres.Due) error {
		jobs := make([]river.InsertManyParams, len(due))
		for i, each := range due {
			jobs[i] = river.InsertManyParams{
				Args: passJob{Tenant: byLedger[each.Ledger], Due: each.At},
				InsertOpts: &river.InsertOpts{
					Queue: queuePasses, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true},
				},
			}
		}
		_, err := w.worker.client.InsertManyTx(ctx, tx, jobs)
		return err
	})
}

// passWorker makes passes.
type passWorker struct {
	river.WorkerDefaults[passJob]
	worker *Worker
}

// Work makes a slice of a pass, and says when the next one is due.
func (w *passWorker) Work(ctx context.Context, job *river.Job[passJob]) error {
	outcome, err := do(ctx, w.worker, job.Args.Tenant, func() Outcome {
		return w.worker.options.Maker.Pass(ctx, job.Args.Tenant)
	})
	if err != nil {
		return err
	}
	// It is noted also while the worker stops.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spare)
	defer cancel()
	ledger, err := ledgerOf(ctx, w.worker, job.Args.Tenant)
	if err != nil || ledger == "" {
		return err
	}
	schedule := w.worker.options.Database.Schedule
	switch outcome.Next {
	case Usual:
		return schedule.Worked(ctx, ledger, false)
	case More:
		return schedule.Worked(ctx, ledger, true)
	case Soon:
		return schedule.Failed(ctx, ledger)
	}
	return nil
}

// backfillWorker makes back-fills.
type backfillWorker struct {
	river.WorkerDefaults[Backfill]
	worker *Worker
}

// heldPause is after how long a back-fill looks again whether the ledger is free.
const heldPause = time.Minute

// Work makes a slice of a back-fill; the same job goes on with the next one.
func (w *backfillWorker) Work(ctx context.Context, job *river.Job[Backfill]) error {
	outcome, err := do(ctx, w.worker, job.Args.Tenant, func() Outcome {
		return w.worker.options.Maker.Backfill(ctx, job.Args)
	})
	if err != nil {
		return err
	}
	switch outcome.Next {
	case More:
		return river.JobSnooze(0)
	case Held:
		return river.JobSnooze(heldPause)
	case Soon:
		return errors.New(outcome.Text)
	}
	return nil
}

// do carries a job out, and records what came of it.
func do(ctx context.Context, w *Worker, tenant string, job func() Outcome) (outcome Outcome, err error) {
	began := time.Now()
	outcome = job()
	if w.options.Ended != nil {
		w.options.Ended(tenant, outcome, time.Since(began))
	}
	err = river.RecordOutput(ctx, map[string]any{"exit": outcome.Exit, "text": outcome.Text})
	if err != nil {
		return outcome, fmt.Errorf("record what came of the job: %w", err)
	}
	return outcome, nil
}

// ledgerOf is the ledger of a tenant; empty where it is gone.
func ledgerOf(ctx context.Context, w *Worker, tenant string) (string, error) {
	tenants, err := w.options.Maker.Tenants(ctx)
	for _, t := range tenants {
		if t.Name == tenant {
			return t.Ledger, nil
		}
	}
	return "", err
}
