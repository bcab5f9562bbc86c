package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// idBytes are those of the random id of a ledger.
const idBytes = 8

// Ledgers are the ledgers of a database.
type Ledgers struct{ pool }

// Create makes a ledger; start is where the first window begins. One with the name, or for the same accounts,
// is ErrExists. Of the options Tenant, Identity, Rehearsal and Distrusted count.
func (l Ledgers) Create(ctx context.Context, name string, start time.Time, o Options) error {
	return explain(name, l.create(ctx, name, start, o))
}

func (l Ledgers) create(ctx context.Context, name string, start time.Time, o Options) error {
	if y := start.Year(); y < 2 || y > 9999 {
		return errors.New(
			"the start of the first window is not set; give the time from which conversations count")
	}
	if name == "" {
		return errors.New("it has no name; set ledger.name, or kustomer.org")
	}
	if err := l.usable(ctx, o); err != nil {
		return err
	}
	id := make([]byte, idBytes)
	rand.Read(id) // never fails (documented)
	return l.insert(ctx, name, store.Snapshot{
		Info: store.Info{
			ID: hex.EncodeToString(id), Tenant: o.Tenant, Created: time.Now(), Start: start, Checkpoint: start,
			Witnessed: time.Now(), Identity: o.Identity.OrDefault(), Transaction: 1,
		},
		Rehearsal: o.Rehearsal,
	}, o.Distrusted)
}

// Usable is nil where the tables are those that this program knows, and the server is one that a ledger can
// rely on; otherwise it is the same for all ledgers of the database. Of the options ReadOnly and
// AllowAsyncStandby count.
func (l Ledgers) Usable(ctx context.Context, o Options) error { return explain("", l.usable(ctx, o)) }

func (l Ledgers) usable(ctx context.Context, o Options) error {
	if err := Schema(l).check(ctx); err != nil {
		return err
	}
	return sound(ctx, l.pool, o)
}

// insert makes the row of a ledger.
func (l Ledgers) insert(ctx context.Context, name string, s store.Snapshot, distrusted bool) error {
	sql, args, err := insertion(name, s, distrusted)
	if err != nil {
		return err
	}
	n, err := l.exec(ctx, sql, args...)
	if err == nil && n == 0 {
		err = l.served(ctx, name, s.Tenant, s.Rehearsal, store.ErrExists)
	}
	return err
}

// served adds to what is wrong with the name of a ledger that its accounts have one of another name.
func (l Ledgers) served(ctx context.Context, name, tenant string, rehearsal bool, wrong error) error {
	other, err := row(ctx, l.pool, func(r pgx.Row) (other string, err error) { return other, r.Scan(&other) },
		"select name from acsync.ledgers where tenant = $1 and rehearsal = $2 and name <> $3", tenant, rehearsal, name)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return wrong
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: %w: %s", wrong, errServed, other)
}

// insertion is the statement that makes the row of a ledger without entries, unless there is one.
func insertion(name string, s store.Snapshot, distrusted bool) (sql string, args []any, err error) {
	id, err := hex.DecodeString(s.ID)
	if err != nil || len(id) != idBytes {
		return "", nil, fmt.Errorf("a ledger cannot have the id %.20q", s.ID)
	}
	sql = `insert into acsync.ledgers (id, name, tenant, rehearsal, identity, created, start, floor, checkpoint,
			witnessed, known_from, acknowledged, lateness, counts, changes, intents, accepted, others, life, excused,
			credential, credential_since, distrusted, system, timeline)
		values ($1, $2, nullif($3, ''), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
			$20, $21, $22, $23, ` + historySQL + `) on conflict do nothing`
	args = []any{
		id, name, s.Tenant, s.Rehearsal, string(s.Identity.OrDefault()), milli(s.Created), milli(s.Start),
		null(milli(s.Floor)), milli(s.Checkpoint), milli(s.Witnessed), null(milli(s.KnownFrom)),
		null(milli(s.Acknowledged)), s.Lateness.Encode(), make([]int64, store.Dropped+1), int64(s.Transaction),
		int64(s.Intents), int64(s.Accepted), int64(s.Foreign), int64(s.Life), int64(s.Excused), s.Credential,
		int64(s.BoundAt), distrusted,
	}
	return sql, args, nil
}

// Discard takes a ledger of rehearsals away, whoever it is bound to: nobody real was asked, so that nothing
// is lost. Any other ledger, and one that another process holds, stays.
func (l Ledgers) Discard(ctx context.Context, name string, o Options) error {
	o.Rehearsal, o.ReadOnly = true, false
	o.AcceptFence, o.AcceptTenant, o.AcceptCredential = true, true, true
	o.Tenant, o.Credential = "", "" // it is bound to nobody any more
	opened, err := l.Open(ctx, name, o)
	if err != nil {
		return err
	}
	defer opened.Close() //nolint:errcheck // it is gone
	_, err = l.exec(ctx, "delete from acsync.ledgers where no = $1 and token = $2", opened.no, opened.token)
	return explain(name, err)
}

// Open opens a ledger and takes its lease, unless it is to be read alone. It never creates one: one that is
// not there is ErrMissing, one that another process holds ErrLocked, one that serves others ErrOtherTenant,
// one that is bound to another credential ErrOtherCredential, one of rehearsals ErrRehearsal, any other one
// where one of rehearsals is wanted ErrNoRehearsal, and one whose repair has not come to its end
// ErrRolledBack. One whose database has another history opens, and tells so in Info.Restored: Begin refuses
// until that is settled.
func (l Ledgers) Open(ctx context.Context, name string, o Options) (*Ledger, error) {
	c, err := l.open(ctx, name, o)
	if errors.Is(err, pgx.ErrNoRows) {
		err = l.served(ctx, name, o.Tenant, o.Rehearsal, store.ErrMissing)
	}
	if err != nil {
		return nil, explain(name, err)
	}
	return newLedger(c), nil
}

func (l Ledgers) open(ctx context.Context, name string, o Options) (*core, error) {
	if err := l.usable(ctx, o); err != nil {
		return nil, err
	}
	c := &core{pool: l.pool, name: name, options: o}
	if o.ReadOnly {
		r, err := l.find(ctx, name)
		if err == nil {
			err = mayOpen(o, r)
		}
		c.no, c.id, c.rehearsal = r.no, r.id, r.rehearsal
		return c, err
	}
	if err := takeInTime(ctx, c); err != nil {
		return nil, err
	}
	c.beat.start(c)
	return c, nil
}

// find reads the row of a ledger.
func (l Ledgers) find(ctx context.Context, name string) (ledgerRow, error) {
	return row(ctx, l.pool, scanRow, "select "+rowColumns+" from acsync.ledgers where name = $1", name)
}

// Exists reports whether there is a ledger with a name.
func (l Ledgers) Exists(ctx context.Context, name string) (bool, error) {
	there, err := row(ctx, l.pool, func(r pgx.Row) (there bool, err error) { return there, r.Scan(&there) },
		"select exists (select from acsync.ledgers where name = $1)", name)
	return there, explain(name, err)
}

// Holder tells who has a ledger, or had it last and has not let go of it; fs.ErrNotExist is nobody. Holds
// reports whether its lease is not over, and it is not known to be gone: the next one need not wait for it.
func (l Ledgers) Holder(ctx context.Context, name string) (h store.Holder, holds bool, err error) {
	type found struct {
		text  *string
		holds bool
	}
	f, err := row(ctx, l.pool, func(r pgx.Row) (f found, err error) { return f, r.Scan(&f.text, &f.holds) },
		"select holder::text, "+heldColumn+" from acsync.ledgers where name = $1", name)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && f.text == nil:
		return h, false, errNobody
	case err != nil:
		return h, false, explain(name, fmt.Errorf("read who holds the ledger: %w", err))
	}
	h, err = decodeHolder(*f.text)
	return h, f.holds && !certainlyGone(h), explain(name, err)
}

// Paused is the mark that unattended passes are not to be made, as SetPaused was given it; nil where there is
// none, and where there is no such ledger.
func (l Ledgers) Paused(ctx context.Context, name string) ([]byte, error) {
	mark, err := row(ctx, l.pool, func(r pgx.Row) (mark *string, err error) { return mark, r.Scan(&mark) },
		"select paused::text from acsync.ledgers where name = $1", name)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && mark == nil:
		return nil, nil
	case err != nil:
		return nil, explain(name, fmt.Errorf("read whether it is paused: %w", err))
	}
	return []byte(*mark), nil
}

// SetPaused leaves a mark, which is JSON, or takes it away where it is nil. It needs no lease, so that a pass
// under way goes on. A ledger that is not there is ErrMissing.
func (l Ledgers) SetPaused(ctx context.Context, name string, mark []byte) error {
	var text *string
	if mark != nil {
		text = new(string(mark))
	}
	n, err := l.exec(ctx, `update acsync.ledgers set paused = $2::text::json,
		failures = case when $2::text is null then 0 else failures end,
		next_pass = case when $2::text is null and paused is not null then clock_timestamp() else next_pass end
		where name = $1`, name, text)
	if err == nil && n == 0 {
		err = store.ErrMissing
	}
	return explain(name, err)
}
