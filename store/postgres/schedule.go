package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// Schedule says when the passes of ledgers are due. It may be lost whole: at worst passes are late.
type Schedule struct{ pool }

// Slot is a ledger in a schedule: its passes are made at a phase of every interval.
type Slot struct {
	Ledger string
	Every  time.Duration
	Phase  time.Duration // less than Every
}

// Due is a pass that is due.
type Due struct {
	Ledger string
	At     time.Time // when it was due; UTC
}

// TakeDue gives the passes that are due to a function, and moves the next one of each on, in one transaction:
// what the function does in it happens if and only if that does. A ledger that nobody has scheduled yet is
// due at once, and so is one whose lease has run out, because its pass was cut off: it is given with the end
// of that lease, again and again until somebody takes it, and its next pass stays. One that is paused is not
// due. Several may call it at once; each pass is given to one of them.
func (s Schedule) TakeDue(
	ctx context.Context, slots []Slot, take func(ctx context.Context, tx pgx.Tx, due []Due) error,
) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	names, every, phases := make([]string, len(slots)), make([]float64, len(slots)), make([]float64, len(slots))
	for i, slot := range slots {
		names[i], every[i], phases[i] = slot.Ledger, slot.Every.Seconds(), slot.Phase.Seconds()
	}
	return explain("", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, settings, before(patience)); err != nil {
			return err
		}
		// The next moment of the phase that lies behind now: what was missed is made up for once.
		rows, err := tx.Query(ctx, `with slots as (
				select * from unnest($1::text[], $2::float8[], $3::float8[]) as s (name, every, phase)
			), due as (
				select l.no, coalesce(l.next_pass <= clock_timestamp(), true) as turn, l.held_until,
					coalesce(l.next_pass, clock_timestamp()) as next_pass, to_timestamp(s.phase + s.every *
					(1 + floor((extract(epoch from clock_timestamp()) - s.phase) / s.every))) as next
				from acsync.ledgers l join slots s on l.name = s.name
				where l.paused is null and (l.next_pass is null or l.next_pass <= clock_timestamp()
					or l.token is not null and l.held_until <= clock_timestamp())
				for update of l skip locked
			)
			update acsync.ledgers l set next_pass = case when due.turn then due.next else l.next_pass end
			from due where l.no = due.no
			returning l.name, case when due.turn then due.next_pass else due.held_until end`, names, every, phases)
		if err != nil {
			return err
		}
		due, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (d Due, err error) {
			err = r.Scan(&d.Ledger, &d.At)
			d.At = d.At.UTC()
			return d, err
		})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into acsync.ticks (at) values (clock_timestamp())
			on conflict (one) do update set at = excluded.at`); err != nil {
			return err
		}
		if len(due) == 0 {
			return nil
		}
		return take(ctx, tx, due)
	}))
}

// LastTick is when the schedule was last looked at, by the database's clock, and how long ago that is; zero
// for never.
func (s Schedule) LastTick(ctx context.Context) (at time.Time, ago time.Duration, err error) {
	var seconds float64
	at, err = row(ctx, s.pool, func(r pgx.Row) (at time.Time, err error) { return at, r.Scan(&at, &seconds) },
		"select at, extract(epoch from clock_timestamp() - at)::float8 from acsync.ticks")
	if errors.Is(err, pgx.ErrNoRows) {
		return at, 0, nil
	}
	return at.UTC(), time.Duration(seconds * float64(time.Second)), explain("", err)
}

// Worked notes that a pass could work: the next one is made when it is due, or at once where there is more to
// do.
func (s Schedule) Worked(ctx context.Context, ledger string, more bool) error {
	_, err := s.exec(ctx, `update acsync.ledgers set failures = 0,
		next_pass = case when $2 then least(next_pass, clock_timestamp()) else next_pass end where name = $1`,
		ledger, more)
	return explain(ledger, err)
}

// mostSoon is the longest pause before a pass that could not work is tried again.
const mostSoon = 15 * time.Minute

// Failed notes that a pass could not work: it is tried again after one minute, two, four, and so on to
// fifteen, unless the next one is due before.
func (s Schedule) Failed(ctx context.Context, ledger string) error {
	_, err := s.exec(ctx, `update acsync.ledgers set failures = failures + 1, next_pass = least(next_pass,
		clock_timestamp() + least(interval '1 minute' * (2 ^ least(failures, 10)), `+seconds(mostSoon)+`))
		where name = $1`, ledger)
	return explain(ledger, err)
}

// Standing is where a ledger stands, for those who watch many.
type Standing struct {
	Ledger     string
	Checkpoint time.Time
	NextPass   time.Time // zero where nobody has scheduled it yet
	Failures   int       // passes in a row that could not work
	Paused     bool
	Held       bool // a process has the lease
	Restored   bool // it is not settled yet what its database has lost
	Counts     map[store.State]int
}

// Standings tells where all ledgers of the database stand, but those of rehearsals.
func (s Schedule) Standings(ctx context.Context) ([]Standing, error) {
	list, err := rows(ctx, s.pool, func(row pgx.CollectableRow) (st Standing, err error) {
		var next *time.Time
		var counts []int64
		err = row.Scan(&st.Ledger, &st.Checkpoint, &next, &st.Failures, &st.Paused, &st.Held, &st.Restored, &counts)
		st.Checkpoint, st.NextPass = st.Checkpoint.UTC(), given(next)
		st.Counts = ledgerRow{counts: counts}.states()
		return st, err
	}, `select name, checkpoint, next_pass, failures, paused is not null, `+heldColumn+` is true,
		restored is not null, counts from acsync.ledgers where not rehearsal order by name`)
	return list, explain("", err)
}
