package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// core makes the changes of an open ledger, one after the other.
type core struct {
	pool
	name      string
	options   Options
	no        int32
	id        string
	rehearsal bool
	before    int64   // intents given before this opening
	now       history // of the database, when the ledger was opened
	epoch     int64
	token     []byte
	beat      heartbeat

	mu      sync.Mutex
	stuck   error // why no change is taken any more: one failed, or another process has the ledger
	doubted bool  // it is being repaired; see Adopt
	closed  atomic.Bool

	unwritten *store.Run // the summary of the pass, if it found no place
}

// update runs fn in a transaction that is durable when update returns; nothing of it is there if fn fails.
// The entries of keys are read beforehand. After a failure that is not fn's own, what the database holds is
// uncertain: no further change is taken until the ledger has been opened again.
func (c *core) update(keys []store.Key, fn func(*txn) error) error {
	return c.updateWithin(patience, keys, fn)
}

func (c *core) updateWithin(most time.Duration, keys []store.Key, fn func(*txn) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.over(); err != nil {
		return err
	}
	codes, err := codesOf(keys)
	if err != nil {
		return explain(c.name, plain{err})
	}
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	own := false
	err = c.inTransaction(ctx, func(conn *connection) error {
		t := &txn{connection: conn, of: c, ctx: ctx, slots: map[string]*slot{}}
		if err := t.open(most, codes); err != nil {
			return err
		}
		if err := fn(t); err != nil {
			own = !errors.As(err, new(broken))
			return err
		}
		return t.finish(ctx, &pgx.Batch{})
	})
	switch {
	case err == nil, errors.Is(err, errNothing):
		return nil
	case own && errors.Is(err, store.ErrRolledBack):
		return explain(c.name, err)
	case own:
		return explain(c.name, plain{err})
	}
	c.stuck = explain(c.name, err)
	return c.stuck
}

// stick ends the changes of a ledger that another process has.
func (c *core) stick(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stuck == nil {
		c.stuck = explain(c.name, err)
	}
}

// leave keeps a summary that found no place until the ledger is closed; nil leaves what is kept.
func (c *core) leave(run *store.Run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if run != nil {
		c.unwritten = run
	}
}

// shut ends all changes, and gives the summary that found no place. Again reports that it was shut before.
func (c *core) shut() (left *store.Run, stuck, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unwritten, c.stuck != nil, c.closed.Swap(true)
}

// ended gives why no change is taken any more; nil while changes are.
func (c *core) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over()
}

// over is ended for whoever has the lock.
func (c *core) over() error {
	switch {
	case c.closed.Load():
		return explain(c.name, errClosed)
	case c.options.ReadOnly:
		return explain(c.name, store.ErrReadOnly)
	}
	return c.stuck
}

// readable refuses to read a ledger that is closed: who has let go of it would take what others write for its
// own. It waits for no change.
func (c *core) readable() error {
	if c.closed.Load() {
		return explain(c.name, errClosed)
	}
	return nil
}

// list gives entries, chosen and sorted by the end of a statement.
func (c *core) list(where string, args ...any) ([]store.Entry, error) {
	if err := c.readable(); err != nil {
		return nil, err
	}
	list, err := rows(context.Background(), c.pool, scanEntry,
		"select "+entryColumns+" from acsync.keys where ledger = $1 "+where, append([]any{c.no}, args...)...)
	return list, explain(c.name, err)
}
