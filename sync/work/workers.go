package work

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// attempts are how often a back-fill is tried that could not work.
const attempts = 25

// unfinished are the states of a job that is still to be done, in full or in part.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning,
	rivertype.JobStateScheduled,
}

// passWorker makes passes.
type passWorker struct {
	river.WorkerDefaults[passJob]
	worker *Worker
}

// strangerPause is after how long at least, and twice that at most, another worker is to look at a pass that
// this one cannot make, and strangerTime how long they look.
const (
	strangerPause = time.Second
	strangerTime  = time.Minute
)

// Work makes a slice of a pass, and says when the next one is due.
func (w *passWorker) Work(ctx context.Context, job *river.Job[passJob]) error {
	// The files of workers are not changed at one moment, and some may serve other tenants.
	ledger, err := ledgerOf(w.worker, job.Args.Tenant)
	if err != nil || ledger == "" {
		if time.Since(job.CreatedAt) < strangerTime {
			return river.JobSnooze(strangerPause + rand.N(strangerPause))
		}
		return err
	}
	outcome := w.worker.options.Maker.Pass(ctx, job.Args.Tenant)
	if err := record(ctx, outcome); err != nil {
		return err
	}
	// It is noted also while the worker stops.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), spare)
	defer cancel()
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
	outcome := w.worker.options.Maker.Backfill(ctx, job.Args)
	if err := record(ctx, outcome); err != nil {
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

// record keeps with a job what came of it.
func record(ctx context.Context, o Outcome) error {
	if err := river.RecordOutput(ctx, map[string]any{"exit": o.Exit, "text": o.Text}); err != nil {
		return fmt.Errorf("record what came of the job: %w", err)
	}
	return nil
}

// ledgerOf is the ledger of a tenant; empty where it is gone.
func ledgerOf(w *Worker, tenant string) (string, error) {
	tenants, err := w.options.Maker.Tenants()
	for _, t := range tenants {
		if t.Name == tenant {
			return t.Ledger, nil
		}
	}
	return "", err
}
