package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// mayOpen refuses a ledger to whom it is not for, or may not be opened as the options say.
func mayOpen(o Options, r ledgerRow) error {
	onlyRehearsed := r.credential != nil && o.TestCredential != "" && o.Credential != "" &&
		o.TestCredential != o.Credential && r.credentialSince == 0 &&
		bytes.Equal(r.credential, store.HashCredential(r.id, o.TestCredential))
	otherKey := r.credential != nil && o.Credential != "" &&
		!bytes.Equal(r.credential, store.HashCredential(r.id, o.Credential))
	switch {
	case r.rehearsal && !o.Rehearsal:
		return store.ErrRehearsal
	case !r.rehearsal && o.Rehearsal:
		return store.ErrNoRehearsal
	case r.distrusted && !o.AcceptFence:
		return errDistrusted
	case !o.AcceptTenant && o.Tenant != "" && r.tenant != "" && r.tenant != o.Tenant:
		return fmt.Errorf("%w: it is that of %s, this configuration names %s", store.ErrOtherTenant, r.tenant,
			o.Tenant)
	case onlyRehearsed:
		return errOnlyRehearsed
	case otherKey && !o.AcceptCredential:
		return store.ErrOtherCredential
	}
	return nil
}

// takeInTime takes the lease, as soon as that is free, within the time of the options.
func takeInTime(ctx context.Context, c *core) error {
	wait := c.options.Timeout
	if wait == 0 {
		wait = 2 * time.Second
	}
	const again = 100 * time.Millisecond
	for until := time.Now().Add(wait); ; {
		err := take(ctx, c)
		if err == store.ErrLocked { //nolint:errorlint // whoever is named is so already
			err = named(ctx, c)
		}
		if !errors.Is(err, store.ErrLocked) || !time.Now().Add(again).Before(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(again):
		}
	}
}

// take takes the lease: nobody has it, or it has run out, or its holder is certainly gone. What a holder that
// has not let go was in the middle of becomes the summary of its pass.
func take(ctx context.Context, c *core) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.token = make([]byte, 16)
	rand.Read(c.token) // never fails (documented)
	return c.inTransaction(ctx, func(conn *connection) error {
		t := &txn{connection: conn, of: c, ctx: ctx, slots: map[string]*slot{}}
		held, clock := false, time.Time{}
		b := &pgx.Batch{}
		b.Queue(begin)
		b.Queue(settings, before(patience))
		// Who finds it locked need not wait: somebody is writing to it.
		b.Queue("select "+rowColumns+", "+historySQL+", "+heldColumn+", clock_timestamp() from acsync.ledgers "+
			"where name = $1 for update nowait", c.name).
			QueryRow(func(r pgx.Row) (err error) {
				t.ledgerRow, err = scanRowAnd(r, &t.now.system, &t.now.timeline, &held, &clock)
				return err
			})
		if err := conn.send(ctx, b); isCode(err, lockNotAvailable) {
			return store.ErrLocked
		} else if err != nil {
			return err
		}
		c.no, c.id, c.rehearsal, c.before, c.now = t.no, t.id, t.rehearsal, t.intents, t.now
		if err := mayOpen(c.options, t.ledgerRow); err != nil {
			return err
		}
		last, known := lastHolder(t.ledgerRow)
		gone := known && certainlyGone(last)
		if held && !gone {
			return heldBy(last, known)
		}
		c.doubted = c.options.AcceptFence && (t.distrusted || t.restored != nil || t.now != t.history)
		bind(t)
		if t.now != t.history && t.restored == nil {
			t.restored = new(milli(clock))
		}
		// Whoever has let go has nothing under way any more; nor has a process of this very machine that is
		// gone.
		if t.token != nil && !gone {
			t.set(fmt.Sprintf("unsure_until = greatest(unsure_until, clock_timestamp() + %s)",
				seconds(c.options.quarantine())))
		}
		if known {
			if err := adoptRun(t, last.Left()); err != nil {
				return err
			}
		}
		c.beat.holder = newHolder(uint64(t.accepted))
		c.epoch = t.epoch + 1
		b = &pgx.Batch{}
		b.Queue("update acsync.ledgers set epoch = $2, token = $3, held_until = clock_timestamp() + "+
			seconds(c.options.lease())+", holder = $4::json where no = $1", t.no, c.epoch, c.token, c.beat.text())
		t.changes++
		err := t.finish(ctx, b)
		if isCode(err, uniqueViolation) {
			return fmt.Errorf("%w: another ledger of this database serves %s", store.ErrOtherTenant, t.tenant)
		}
		return err
	})
}

// certainlyGone reports whether a holder is no more for certain. Two machines that go on from one image of
// memory take themselves for the same system, until one is started anew: so their names must agree too.
func certainlyGone(h store.Holder) bool { return h.Host == store.HostName() && gone(h) }

// named is ErrLocked, with who has the lease, as far as that can be told.
func named(ctx context.Context, c *core) error {
	r, err := row(ctx, c.pool, scanRow, "select "+rowColumns+" from acsync.ledgers where name = $1", c.name)
	if err != nil || r.token == nil {
		return store.ErrLocked
	}
	return heldBy(lastHolder(r))
}

// heldColumn tells whether somebody has the lease.
const heldColumn = "token is not null and coalesce(held_until > clock_timestamp(), false)"

// heldBy is ErrLocked, with who has the lease.
func heldBy(h store.Holder, known bool) error {
	if !known {
		return store.ErrLocked
	}
	return fmt.Errorf("%w: %v", store.ErrLocked, h)
}
