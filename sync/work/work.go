package work

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"acsync/store/postgres"
	"acsync/sync/exit"
)

// schema is where River's tables are.
const schema = "river"

// Tenant is one whose passes are made.
type Tenant struct {
	Name   string
	Ledger string        // the name of its ledger in the database
	Every  time.Duration // between two passes
}

// phase spreads the passes of many tenants over the time between two: all 64 bits of the hash count, because
// fewer bunch them.
func (t Tenant) phase() time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.Name)) // never fails (documented)
	return time.Duration(h.Sum64() % uint64(max(t.Every, 1)))
}

// Outcome is what came of a job.
type Outcome struct {
	Next Next
	Exit int    // the code that a command line would have ended with
	Text string // in one line, without people
}

// Next is what follows on a job.
type Next int

// What follows.
const (
	Usual Next = iota // the next pass when it is due
	More              // at once: its time was up, and there is more to do
	Soon              // after a short while, a longer one each time
	Held              // another process has the ledger, or the tenant is paused: nothing was done
)

// Maker makes what jobs are about. A context that ends lets what has begun be finished.
type Maker interface {
	// Tenants are those that there are now. It is asked before each look, and before each pass.
	Tenants() ([]Tenant, error)
	// Review is called before each look at the schedule: whoever is due again by then gets a turn.
	Review(ctx context.Context)
	// Pass makes a slice of a pass.
	Pass(ctx context.Context, tenant string) Outcome
	// Backfill makes a slice of a back-fill.
	Backfill(ctx context.Context, b Backfill) Outcome
}

// Options say how jobs are worked on.
type Options struct {
	Database *postgres.Database
	Maker    Maker
	Workers  int           // jobs at once
	Tick     time.Duration // between two looks at the schedule; 0: two seconds
	Slice    time.Duration // how long a job goes on for, at most; the maker ends it
	Drain    time.Duration // how long what has begun may go on when the context has ended
	Log      *slog.Logger
}

const (
	usualTick = 2 * time.Second
	// spare is how much longer than its slice a job may last: what is in flight is finished, and the ledger
	// closed.
	spare = 5 * time.Minute
	// rescue is how much longer than that before it counts as left behind.
	rescue = time.Minute
)

// Migrate makes River's tables, or brings them up to date, as the role that owns them.
func Migrate(ctx context.Context, d *postgres.Database, grantTo ...string) error {
	if _, err := d.Pool().Exec(ctx, "create schema if not exists "+schema); err != nil {
		return postgres.Explain(fmt.Errorf("make the schema %s: %w", schema, err))
	}
	m, err := rivermigrate.New(riverpgxv5.New(d.Pool()), &rivermigrate.Config{
		Schema: schema, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return postgres.Explain(fmt.Errorf("bring the tables of the schema %s up to date: %w", schema, err))
	}
	for _, role := range grantTo {
		to := pgx.Identifier{role}.Sanitize()
		for _, grant := range []string{
			"grant usage on schema " + schema + " to " + to,
			"grant select, insert, update, delete on all tables in schema " + schema + " to " + to,
			"grant usage on all sequences in schema " + schema + " to " + to,
		} {
			if _, err := d.Pool().Exec(ctx, grant); err != nil {
				return postgres.Explain(fmt.Errorf("let the role %s work on jobs: %w", to, err))
			}
		}
	}
	return nil
}

// Worker works on jobs.
type Worker struct {
	options Options
	client  *river.Client[pgx.Tx]
}

// New makes a worker, which does nothing yet.
func New(o Options) (*Worker, error) {
	if o.Tick == 0 {
		o.Tick = usualTick
	}
	w := &Worker{options: o}
	kinds := river.NewWorkers()
	river.AddWorker(kinds, &passWorker{worker: w})
	river.AddWorker(kinds, &backfillWorker{worker: w})
	// Two that look for jobs in step would always come in the same order: the second one never has its turn.
	poll := min(time.Second, o.Tick)
	poll += rand.N(poll / 2)
	var err error
	w.client, err = river.NewClient(riverpgxv5.New(o.Database.Pool()), &river.Config{
		Schema: schema, Workers: kinds, Logger: slog.New(quiet{o.Log.Handler()}),
		Queues:     map[string]river.QueueConfig{queue: {MaxWorkers: max(o.Workers, 1)}},
		JobTimeout: o.Slice + spare, RescueStuckJobsAfter: o.Slice + spare + rescue,
		CompletedJobRetentionPeriod: 24 * time.Hour, DiscardedJobRetentionPeriod: 7 * 24 * time.Hour,
		SoftStopTimeout: o.Drain,
		// A pooler in between hears of no notification, and a second is soon enough.
		PollOnly: true, FetchPollInterval: poll,
	})
	return w, err
}

// quiet leaves out what River says of its own life.
type quiet struct{ slog.Handler }

// Enabled reports whether something is to be said that somebody has to know.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// Run works until the context ends, and then for as long as what has begun may go on.
func (w *Worker) Run(ctx context.Context) error {
	// River's own way to stop lets jobs finish; their contexts end with this one, so that passes drain.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	if err := w.client.Start(work); err != nil {
		return postgres.Explain(fmt.Errorf("begin to work on jobs: %w", err))
	}
	w.lookUntil(ctx)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.options.Drain+spare)
	defer cancel()
	if err := w.client.StopAndCancel(drain); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("stop to work on jobs: %w", err)
	}
	return nil
}

// lookUntil looks at the schedule again and again, until the context ends. Every worker does so by itself: if
// one alone did it for all, nobody would have a turn from its death until the others notice.
func (w *Worker) lookUntil(ctx context.Context) {
	tick := time.NewTicker(w.options.Tick)
	defer tick.Stop()
	failed := false
	for {
		err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			w.options.Log.Error("the schedule cannot be looked at; it is tried again and again", "because", err)
		case err == nil && failed:
			w.options.Log.Info("the schedule is looked at again")
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look makes a job of each pass that is due.
func (w *Worker) look(ctx context.Context) error {
	tenants, err := w.options.Maker.Tenants()
	if err != nil {
		return err
	}
	w.options.Maker.Review(ctx)
	slots, byLedger := make([]postgres.Slot, len(tenants)), make(map[string]string, len(tenants))
	for i, t := range tenants {
		slots[i] = postgres.Slot{Ledger: t.Ledger, Every: t.Every, Phase: t.phase()}
		byLedger[t.Ledger] = t.Name
	}
	return w.options.Database.TakeDue(ctx, slots, func(ctx context.Context, tx pgx.Tx, due []postgres.Due) error {
		jobs := make([]river.InsertManyParams, len(due))
		for i, each := range due {
			jobs[i] = river.InsertManyParams{
				Args: passJob{Tenant: byLedger[each.Ledger], Due: each.At},
				InsertOpts: &river.InsertOpts{
					Queue: queue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true},
				},
			}
		}
		_, err := w.client.InsertManyTx(ctx, tx, jobs)
		return err
	})
}

// Tick is the time between two looks at the schedule.
func (w *Worker) Tick() time.Duration { return w.options.Tick }

// lookAgain is the pause between two looks whether all is done.
const lookAgain = 500 * time.Millisecond

// RunOnce works until nobody is due any more and no job is left but for later, or the context ends.
func (w *Worker) RunOnce(ctx context.Context) error {
	began := time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(lookAgain):
			}
			at, ago, err := w.options.Database.LastTick(ctx)
			if err != nil || at.IsZero() || time.Since(began) < ago+w.options.Tick {
				continue // nobody has looked at the schedule since
			}
			// What is to be tried again later, as a back-fill whose ledger is held, would keep it here for
			// ever.
			left := 0
			err = w.options.Database.Pool().QueryRow(ctx, "select count(*) from "+schema+`.river_job
				where queue = $1 and (state in ('available', 'pending', 'running') or
					state in ('scheduled', 'retryable') and scheduled_at <= clock_timestamp())`,
				queue).Scan(&left)
			if err == nil && left == 0 {
				return
			}
		}
	}()
	return w.Run(ctx)
}

// ErrUnmigrated is a database without the tables of jobs.
var ErrUnmigrated = exit.Advise(
	exit.New(exit.Usage, "the database has no tables for jobs, or older ones"),
	"run acsync ledger migrate, as the role that owns the tables", "organisations")

// Ready reports whether there is all that workers need; ErrUnmigrated where the tables are not there.
func Ready(ctx context.Context, d *postgres.Database) error {
	there := false
	err := d.Pool().QueryRow(ctx, "select to_regclass($1) is not null", schema+".river_job").Scan(&there)
	if err == nil && !there {
		return ErrUnmigrated
	}
	return postgres.Explain(err)
}

// Enqueue lets some worker make a back-fill; it reports whether it was not enqueued before.
func Enqueue(ctx context.Context, d *postgres.Database, b Backfill) (fresh bool, err error) {
	client, err := river.NewClient(riverpgxv5.New(d.Pool()), &river.Config{
		Schema: schema, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return false, err
	}
	inserted, err := client.Insert(ctx, b, &river.InsertOpts{
		Queue: queue, MaxAttempts: attempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished},
	})
	if err != nil {
		return false, postgres.Explain(fmt.Errorf("enqueue the back-fill: %w", err))
	}
	return !inserted.UniqueSkippedAsDuplicate, nil
}
