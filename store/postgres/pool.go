package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// patience is how long a call of the database may take, at most: a commit that waits for a standby that is
// gone has no end of its own.
const patience = 30 * time.Second

// pool is the connections to a database, with a deadline for each call.
type pool struct{ *pgxpool.Pool }

// exec carries out a statement, and gives the number of rows that it has changed.
func (p pool) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tag, err := p.Pool.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// inTransaction gives fn a connection of its own. What fn has begun and not committed is rolled back.
func (p pool) inTransaction(ctx context.Context, fn func(*connection) error) error {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	// One that is in a transaction yet is closed and not used again.
	defer conn.Release()
	err = fn(&connection{conn})
	if err != nil && ctx.Err() == nil && !conn.Conn().IsClosed() {
		_, _ = conn.Exec(ctx, "rollback")
	}
	return err
}

// row gives what a statement that yields one row yields; pgx.ErrNoRows for none.
func row[T any](
	ctx context.Context, p pool, scan func(pgx.Row) (T, error), sql string, args ...any,
) (found T, err error) {
	err = p.view(ctx, func(b *pgx.Batch) {
		b.Queue(sql, args...).QueryRow(func(r pgx.Row) (err error) {
			found, err = scan(r)
			return err
		})
	})
	return found, err
}

// rows gives all that a statement yields.
func rows[T any](
	ctx context.Context, p pool, scan pgx.RowToFunc[T], sql string, args ...any,
) (list []T, err error) {
	err = p.view(ctx, func(b *pgx.Batch) {
		b.Queue(sql, args...).Query(func(r pgx.Rows) (err error) {
			list, err = pgx.AppendRows([]T(nil), r, scan)
			return err
		})
	})
	return list, err
}

const (
	view = "begin isolation level repeatable read read only"
	// What is read comes as text, and a role or a database may have been given other ways to write it.
	plainly = `select set_config('datestyle', 'ISO', true), set_config('timezone', 'UTC', true),
		set_config('bytea_output', 'hex', true), set_config('statement_timeout', $1, true)`
)

// view carries out statements that read, in a transaction of their own and in one message.
func (p pool) view(ctx context.Context, queue func(*pgx.Batch)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.inTransaction(ctx, func(conn *connection) error {
		b := &pgx.Batch{}
		b.Queue(view)
		b.Queue(plainly, before(patience))
		queue(b)
		b.Queue("commit")
		return conn.send(ctx, b)
	})
}

// before is the time-out of a statement, in milliseconds, by which the server gives up before a deadline.
func before(deadline time.Duration) string {
	return strconv.FormatInt((deadline - deadline/6).Milliseconds(), 10)
}

// connection is one that a transaction has to itself.
type connection struct{ *pgxpool.Conn }

// send sends statements together, and hears all that is answered.
func (c *connection) send(ctx context.Context, b *pgx.Batch) error {
	return c.SendBatch(ctx, b).Close()
}

// commit sends the last statements of a transaction, and its end.
func (c *connection) commit(ctx context.Context, b *pgx.Batch) error {
	b.Queue("commit")
	delete(c.Conn.Conn().PgConn().CustomData(), unsynced)
	if err := c.send(ctx, b); err != nil {
		return err
	}
	if c.Conn.Conn().PgConn().CustomData()[unsynced] != nil {
		return errUnsynced
	}
	return nil
}

// unsynced is where a connection notes that a commit was not waited for.
const unsynced = "unsynced"

// noteUnsynced hears that the server has given up waiting for a synchronous standby: it says that the commit
// was made all the same (documented), and a failover may forget it.
func noteUnsynced(conn *pgconn.PgConn, notice *pgconn.Notice) {
	// Its text is translated, where the server is set so; its code is that of no other warning of a commit.
	warning := notice.SeverityUnlocalized == "WARNING" || notice.Severity == "WARNING"
	if notice.Code == "01000" && warning {
		conn.CustomData()[unsynced] = true
	}
}
