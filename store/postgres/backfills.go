package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// move moves the position of a back-fill.
func move(t *txn, next store.Backfill) error {
	ends := pgInfinity(next.To)
	found, err := ask(t, scanBackfill, backfillSQL+" and begins = $2 and ends = $3::text::timestamptz", t.no,
		milli(next.From), ends)
	if err != nil {
		return err
	}
	var old store.Backfill
	if len(found) > 0 {
		old = found[0]
	}
	if err := store.MayMove(old, next); err != nil {
		return err
	}
	putBackfill(t, next)
	return nil
}

// putBackfill writes how far a back-fill has come.
func putBackfill(t *txn, b store.Backfill) {
	t.later(`insert into acsync.backfills (ledger, begins, ends, position, begun, finished)
		values ($1, $2, $3::text::timestamptz, $4, $5, $6)
		on conflict (ledger, begins, ends) do update set position = excluded.position, begun = excluded.begun,
			finished = excluded.finished`, t.no, milli(b.From), pgInfinity(b.To), milli(b.Position),
		milli(b.Begun), null(milli(b.Finished)))
}

// pgInfinity is how the server is told the end of a back-fill; zero is one that is not fixed.
func pgInfinity(end time.Time) string {
	if end.IsZero() {
		return "infinity"
	}
	return milli(end).Format(time.RFC3339Nano)
}

const backfillSQL = `select begins, case when isfinite(ends) then ends end, position, begun, finished
	from acsync.backfills where ledger = $1`

func scanBackfill(row pgx.CollectableRow) (b store.Backfill, err error) {
	var ends, finished *time.Time
	if err := row.Scan(&b.From, &ends, &b.Position, &b.Begun, &finished); err != nil {
		return b, err
	}
	b.From, b.Position, b.Begun = b.From.UTC(), b.Position.UTC(), b.Begun.UTC()
	b.To, b.Finished = given(ends), given(finished)
	return b, nil
}
