package postgres

import (
	"context"
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
func row[T any](ctx context.Context, p pool, scan func(pgx.Row) (T, error), sql string, args ...any) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return scan(p.QueryRow(ctx, sql, args...))
}

// rows gives all that a statement yields.
func rows[T any](
	ctx context.Context, p pool, scan pgx.RowToFunc[T], sql string, args ...any,
) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	list, err := p.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]T(nil), list, scan)
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
	if notice.Code == "01000" && (notice.SeverityUnlocalized == "WARNING" || notice.Severity == "WARNING") {
		conn.CustomData()[unsynced] = true
	}
}
