package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// TakeIn makes a ledger that has all of one that was kept elsewhere: its id, so that stamps stay its own, and
// its sequence. Nobody opens it until Trust. One that was taken in so is left as it is, so that what was
// stopped can be done again, or replaced where the original has gone on since; any other one with the name,
// or for the same accounts, is ErrExists. Of the options AllowAsyncStandby counts.
func (l Ledgers) TakeIn(
	ctx context.Context, name string, s store.Snapshot, entries iter.Seq2[store.Entry, error], o Options,
) error {
	return explain(name, l.takeIn(ctx, name, s, entries, o))
}

func (l Ledgers) takeIn(
	ctx context.Context, name string, s store.Snapshot, entries iter.Seq2[store.Entry, error], o Options,
) error {
	// On a server that no ledger opens on, the original would be given up for one that cannot be used.
	if err := l.usable(ctx, o); err != nil {
		return err
	}
	there, err := l.find(ctx, name)
	untouched := there.distrusted && there.epoch == 0 && there.changes == int64(s.Transaction)
	switch {
	case err == nil && there.id == s.ID && untouched:
		return nil
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	return l.inTransaction(ctx, func(conn *connection) error {
		b := &pgx.Batch{}
		b.Queue(begin)
		b.Queue(settings, before(longest))
		// An earlier copy that nobody could open: the original was used since, and only a new copy has all.
		b.Queue("delete from acsync.ledgers where encode(id, 'hex') = $1 and distrusted and epoch = 0", s.ID)
		if err := conn.send(ctx, b); err != nil {
			return err
		}
		var no int32
		sql, args, err := insertion(name, s, true)
		if err == nil {
			err = conn.QueryRow(ctx, sql+" returning no", args...).Scan(&no)
		}
		if errors.Is(err, pgx.ErrNoRows) {
			err = l.served(ctx, name, s.Tenant, s.Rehearsal, store.ErrExists)
		}
		if err != nil {
			return err
		}
		t := &txn{connection: conn, ctx: ctx, ledgerRow: ledgerRow{no: no}}
		counts, err := copyEntries(t, entries)
		if err != nil {
			return err
		}
		for state, n := range counts {
			if n != int64(s.Counts[store.State(state)]) {
				return damaged("%d keys came that are %s, and it counts %d", n, store.State(state),
					s.Counts[store.State(state)])
			}
		}
		for _, run := range s.Runs {
			if err := addRun(t, &run); err != nil {
				return err
			}
		}
		for _, b := range s.Backfills {
			putBackfill(t, b)
		}
		b = &pgx.Batch{}
		for _, s := range t.late {
			b.Queue(s.sql, s.args...)
		}
		b.Queue("update acsync.ledgers set counts = $2 where no = $1", no, counts)
		return conn.commit(ctx, b)
	})
}

// copyEntries writes entries into a ledger that has none, and counts them by state.
func copyEntries(t *txn, entries iter.Seq2[store.Entry, error]) (counts []int64, err error) {
	counts = make([]int64, store.Dropped+1)
	var part columns
	flush := func() error {
		if len(part.keys) == 0 {
			return nil
		}
		_, err := t.Exec(t.ctx, upsert, append([]any{t.no}, part.args()...)...)
		part = columns{}
		return err
	}
	for e, err := range entries {
		if err != nil {
			return nil, plain{err}
		}
		code, err := store.EncodeKey(e.Key)
		if err != nil {
			return nil, plain{err}
		}
		r, err := e.Normalize()
		if err != nil {
			return nil, plain{fmt.Errorf("%s: %w", e.Conversation, err)}
		}
		part.add(code, r)
		counts[r.State]++
		if len(part.keys) == importStride {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return counts, flush()
}

// Trust lets a ledger that was taken in be opened. One that was opened since stays as it is; one that is not
// there, or has another id, is ErrMissing.
func (l Ledgers) Trust(ctx context.Context, name, id string) error {
	n, err := l.exec(ctx, `update acsync.ledgers set distrusted = distrusted and epoch > 0
		where name = $1 and encode(id, 'hex') = $2`, name, id)
	if err == nil && n == 0 {
		err = store.ErrMissing
	}
	return explain(name, err)
}
