package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store/postgres"
	"acsync/store/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// prepare makes all tables, as their owner, for the plain role.
func prepare(url string) error {
	ctx := context.Background()
	d, err := postgres.Connect(ctx, url, postgres.Pool{})
	if err != nil {
		return err
	}
	defer d.Close()
	return errors.Join(d.Migrate(ctx, pgtest.Plain), Migrate(ctx, d, pgtest.Plain))
}

// fleet is a number of tenants, whose passes do nothing but take the ledger, and tell.
type fleet struct {
	db    *postgres.Database
	every time.Duration

	mu      sync.Mutex
	names   []string
	passes  map[string]int
	fills   []Backfill
	held    int // passes that found the ledger taken
	answer  func(tenant string, n int) Outcome
	tenants error
}

// seldom is so long between two passes that none is due by itself while a test counts them: when in that time a tenant
// has its turn is always the same, and once in an hour a test came upon it.
const seldom = 10_000 * time.Hour

func newFleet(t *testing.T, n int, every time.Duration) *fleet {
	t.Helper()
	c := pgtest.Shared(t)
	url := c.URL(pgtest.Plain, c.Fresh(t, prepare))
	db, err := postgres.Connect(t.Context(), url, postgres.Pool{Most: 20})
	must(t, err)
	t.Cleanup(db.Close)
	f := &fleet{db: db, every: every, passes: map[string]int{}}
	for i := range n {
		name := fmt.Sprintf("tenant-%d", i)
		must(t, db.Create(t.Context(), name, time.Now(), postgres.Options{}))
		f.names = append(f.names, name)
	}
	return f
}

func (f *fleet) Review(context.Context) {}

func (f *fleet) Tenants() (list []Tenant, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range f.names {
		list = append(list, Tenant{Name: name, Ledger: name, Every: f.every})
	}
	return list, f.tenants
}

func (f *fleet) Pass(ctx context.Context, tenant string) Outcome {
	l, err := f.db.Open(ctx, tenant, postgres.Options{Timeout: -1})
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.held++
		return Outcome{Next: Held, Text: err.Error()}
	}
	defer l.Close()
	f.passes[tenant]++
	if f.answer != nil {
		return f.answer(tenant, f.passes[tenant])
	}
	return Outcome{}
}

func (f *fleet) Backfill(_ context.Context, b Backfill) Outcome {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fills = append(f.fills, b)
	if len(f.fills) < 3 {
		return Outcome{Next: More}
	}
	return Outcome{}
}

// worked lets workers work until something is so.
func (f *fleet) worked(t *testing.T, workers int, until func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range workers {
		w, err := New(Options{
			Database: f.db, Maker: f, Workers: 4, Tick: time.Second, Slice: time.Minute, Drain: 5 * time.Second,
			Log: slog.New(slog.DiscardHandler),
		})
		must(t, err)
		all.Go(func() {
			if err := w.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for end := time.Now().Add(time.Minute); !f.is(until); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("it has not come to that")
			break
		}
	}
	stop()
	all.Wait()
}

func (f *fleet) is(so func() bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return so()
}

// TestEverybodysTurn lets two workers make the passes of many: each tenant has its turn again and again.
func TestEverybodysTurn(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 12, time.Second)
	f.worked(t, 2, func() bool {
		for _, name := range f.names {
			if f.passes[name] < 3 {
				return false
			}
		}
		return true
	})
	list, err := f.db.Standings(t.Context())
	must(t, err)
	phases := map[string]bool{}
	for _, s := range list {
		if s.NextPass.IsZero() || s.Failures != 0 || s.Paused {
			t.Errorf("%+v", s)
		}
		phases[s.NextPass.Format(".000000")] = true
	}
	if len(phases) < 10 {
		t.Errorf("the passes of %d tenants are bunched: %v", len(f.names), phases)
	}
}

// TestWhatFollows: a slice whose time is up goes on at once; who could not work is tried again soon, and not at once; who is
// paused has no turn until he is resumed.
func TestWhatFollows(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3, seldom)
	ctx := t.Context()
	for _, name := range f.names {
		must(t, f.db.TakeDue(ctx, []postgres.Slot{{Ledger: name, Every: seldom}}, func(context.Context, pgx.Tx, []postgres.Due) error {
			return nil // scheduled
		}))
		must(t, f.db.SetPaused(ctx, name, []byte(`{"reason":"test"}`)))
		if name != "tenant-2" {
			must(t, f.db.SetPaused(ctx, name, nil)) // due at once
		}
	}
	f.answer = func(tenant string, n int) Outcome {
		switch {
		case tenant == "tenant-1":
			return Outcome{Next: Soon}
		case n < 4:
			return Outcome{Next: More}
		}
		return Outcome{}
	}
	f.worked(t, 1, func() bool { return f.passes["tenant-0"] == 4 && f.passes["tenant-1"] == 1 })
	if f.passes["tenant-0"] != 4 || f.passes["tenant-1"] != 1 || f.passes["tenant-2"] != 0 {
		t.Errorf("passes %v", f.passes)
	}
	list, err := f.db.Standings(ctx)
	must(t, err)
	for _, s := range list {
		soon := time.Until(s.NextPass) < 5*time.Minute
		if want := map[string][3]bool{
			"tenant-0": {false, false, false}, "tenant-1": {true, true, false}, "tenant-2": {false, false, true},
		}[s.Ledger]; s.Ledger != "tenant-2" && [3]bool{soon, s.Failures == 1, s.Paused} != want || s.Paused != want[2] {
			t.Errorf("%+v", s)
		}
	}
}

// TestBackfillInSlices: a back-fill is one job, whatever the number of its slices, and is enqueued once.
func TestBackfillInSlices(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, seldom)
	b := Backfill{Tenant: "tenant-0", From: "2026-10-01", To: "2026-11-01", Max: 7}
	for _, want := range []bool{true, false} {
		if fresh, err := Enqueue(t.Context(), f.db, b); fresh != want || err != nil {
			t.Errorf("enqueued anew: %v (%v)", fresh, err)
		}
	}
	f.worked(t, 2, func() bool { return len(f.fills) == 3 })
	for _, each := range f.fills {
		if each != b {
			t.Errorf("got %+v", each)
		}
	}
}

// TestStateMayBeLost drops all that River keeps: passes go on, and nothing is missed but time.
func TestStateMayBeLost(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2, time.Second)
	done := func() bool { return f.passes["tenant-0"] > 1 && f.passes["tenant-1"] > 1 }
	f.worked(t, 1, done)
	_, err := f.db.Pool().Exec(t.Context(), "delete from river.river_job")
	must(t, err)
	f.mu.Lock()
	clear(f.passes)
	f.mu.Unlock()
	f.worked(t, 1, done)
}

// TestNobodyWaitsForTheDead: a worker that was killed counts as River's leader for a while, and everybody has their turn all
// the same.
func TestNobodyWaitsForTheDead(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2, time.Second)
	_, err := f.db.Pool().Exec(t.Context(), `insert into river.river_leader (elected_at, expires_at, leader_id)
		values (now(), now() + interval '1 hour', 'dead')`)
	must(t, err)
	f.worked(t, 1, func() bool { return f.passes["tenant-0"] > 1 && f.passes["tenant-1"] > 1 })
}

// TestCutOffPass: the pass of a worker that was killed is made again as soon as its lease is over, once, and the next one when
// it is due.
func TestCutOffPass(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, seldom)
	_, err := f.db.Pool().Exec(t.Context(), `update acsync.ledgers set token = decode(repeat('01', 16), 'hex'),
		held_until = now() + interval '2 seconds', next_pass = '2199-01-01'`)
	must(t, err)
	f.worked(t, 2, func() bool { return f.passes["tenant-0"] == 1 })
	list, err := f.db.Standings(t.Context())
	must(t, err)
	if list[0].Held || list[0].NextPass.Year() != 2199 || f.held > 0 {
		t.Errorf("%+v, %d passes found it taken", list[0], f.held)
	}
	jobs := 0
	must(t, f.db.Pool().QueryRow(t.Context(), "select count(*) from river.river_job").Scan(&jobs))
	if jobs != 1 {
		t.Errorf("%d jobs were made", jobs)
	}
}

// TestOfOthers: a pass of a tenant that a worker does not know, whose files may be older, is made by one that does.
func TestOfOthers(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4, seldom)
	knows := &fleet{db: f.db, every: f.every, names: f.names, passes: map[string]int{}}
	f.names = f.names[:1]
	work := func(ctx context.Context, m Maker) (stop func()) {
		ctx, cancel := context.WithCancel(ctx)
		w, err := New(Options{
			Database: f.db, Maker: m, Workers: 4, Tick: time.Second, Slice: time.Minute, Drain: 5 * time.Second,
			Log: slog.New(slog.DiscardHandler),
		})
		must(t, err)
		var running sync.WaitGroup
		running.Go(func() {
			if err := w.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		return func() { cancel(); running.Wait() }
	}
	// The jobs are there before anybody who can do them.
	w, err := New(Options{Database: f.db, Maker: knows, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	must(t, w.look(t.Context()))
	stop := work(t.Context(), f)
	defer stop()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		tried := 0
		must(t, f.db.Pool().QueryRow(t.Context(),
			"select count(*) from river.river_job where kind = 'pass' and metadata ? 'snoozes'").Scan(&tried))
		if tried == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d passes are left to others", tried)
		}
	}
	knows.worked(t, 1, func() bool { return len(knows.passes)+len(f.passes) >= 4 })
	for _, name := range []string{"tenant-1", "tenant-2", "tenant-3"} {
		if knows.passes[name] != 1 || f.passes[name] != 0 {
			t.Errorf("%s: %d passes, and %d by whom does not know it", name, knows.passes[name], f.passes[name])
		}
	}
}

// TestOnceEnds: who works until nobody is due waits for no back-fill whose turn is later.
func TestOnceEnds(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, seldom)
	_, err := Enqueue(t.Context(), f.db, Backfill{Tenant: "tenant-0", From: "2026-10-01", To: "2026-11-01"})
	must(t, err)
	w, err := New(Options{
		Database: f.db, Maker: standingStill{f}, Workers: 4, Tick: time.Second, Slice: time.Minute,
		Drain: 5 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	must(t, w.RunOnce(ctx))
	if ctx.Err() != nil {
		t.Error("it waits for a back-fill whose ledger is held")
	}
	if f.passes["tenant-0"] != 1 {
		t.Errorf("passes %v", f.passes)
	}
}

// standingStill makes passes, and no back-fill: the ledger is held whenever it tries.
type standingStill struct{ *fleet }

func (standingStill) Backfill(context.Context, Backfill) Outcome { return Outcome{Next: Held} }
