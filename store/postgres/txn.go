package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

const (
	begin = "begin isolation level read committed read write"
	// A pooler may give each transaction another connection to the server: all that matters is set in each.
	settings = `select set_config('synchronous_commit',
			case current_setting('synchronous_commit') when 'remote_apply' then 'remote_apply' else 'on' end, true),
		set_config('lock_timeout', '20s', true), set_config('idle_in_transaction_session_timeout', '15s', true),
		set_config('statement_timeout', $1, true), set_config('datestyle', 'ISO', true),
		set_config('timezone', 'UTC', true), set_config('bytea_output', 'hex', true)`
	// fence proves the token, renews the lease, and locks the row until the transaction ends.
	fence = `update acsync.ledgers set changes = changes + 1, held_until = clock_timestamp() + `
	mine  = ` where no = $1 and epoch = $2 and token = $3 returning ` + rowColumns + `, ` + historySQL
)

// txn is one transaction that has the row of the ledger.
type txn struct {
	*connection
	ledgerRow
	of    *core
	ctx   context.Context
	now   history
	slots map[string]*slot // what was read of keys, by their codes
	sets  []string         // what changes in the row besides
	late  []statement      // what is written besides
}

type statement struct {
	sql  string
	args []any
}

// slot is a key with what the ledger holds for it; its state is Unknown where there is nothing.
type slot struct {
	code []byte
	store.Entry
	changed bool
}

// open proves that the ledger is this process's, and reads what keys hold, in one message.
func (t *txn) open(most time.Duration, codes [][]byte) error {
	b := &pgx.Batch{}
	b.Queue(begin)
	b.Queue(settings, before(most))
	b.Queue(fence+seconds(t.of.options.lease())+mine, t.of.no, t.of.epoch, t.of.token).
		QueryRow(func(r pgx.Row) (err error) {
			t.ledgerRow, err = scanRowAnd(r, &t.now.system, &t.now.timeline)
			return err
		})
	t.queueLoad(b, codes)
	err := t.send(t.ctx, b)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return store.ErrFenced
	case err != nil:
		return err
	case t.now != t.of.now:
		return errRestored
	}
	return nil
}

// queueLoad reads the entries of keys.
func (t *txn) queueLoad(b *pgx.Batch, codes [][]byte) {
	if len(codes) == 0 {
		return
	}
	for _, code := range codes {
		t.slots[string(code)] = &slot{code: code}
	}
	b.Queue(exact, t.of.no, codes).
		Query(func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, scanCoded)
			for _, each := range list {
				t.slots[string(each.code)].Entry = each.Entry
			}
			return err
		})
}

// codesOf are the codes of keys, and those under which it stands that their conversations were erased.
func codesOf(keys []store.Key) (codes [][]byte, err error) {
	seen := map[string]bool{}
	for _, k := range keys {
		for _, each := range []store.Key{k, store.ErasedKey(k.Conversation)} {
			code, err := store.EncodeKey(each)
			if err != nil {
				return nil, err
			}
			if !seen[string(code)] {
				seen[string(code)] = true
				codes = append(codes, code)
			}
		}
	}
	return codes, nil
}

// read reads what the ledger holds of keys, of all of them at once.
func (t *txn) read(keys []store.Key) error {
	codes, err := codesOf(keys)
	if err != nil {
		return err
	}
	codes = slices.DeleteFunc(codes, func(code []byte) bool { return t.slots[string(code)] != nil })
	if len(codes) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	t.queueLoad(b, codes)
	if err := t.send(t.ctx, b); err != nil {
		return broken{err}
	}
	return nil
}

// load finds what the ledger holds of a key. Of a conversation that was erased each key has the record that
// says so; nothing is ever written in its place, as all rules of package store refuse that.
func (t *txn) load(k store.Key) (*slot, error) {
	code, err := store.EncodeKey(k)
	if err != nil {
		return nil, err
	}
	if err := t.read([]store.Key{k}); err != nil {
		return nil, err
	}
	s := t.slots[string(code)]
	s.Key = k
	if s.State != store.Unknown {
		return s, nil
	}
	erased, err := store.EncodeKey(store.ErasedKey(k.Conversation))
	if err != nil {
		return nil, err
	}
	if mark := t.slots[string(erased)]; mark != nil && mark.State != store.Unknown {
		return &slot{code: code, Entry: store.Entry{Key: k, Record: mark.Record}}, nil
	}
	return s, nil
}

// noteForeign counts what is accepted without a request of this ledger, so that a repair does not look for
// that.
func (t *txn) noteForeign(x store.Result, keys int) {
	if x.State == store.Accepted && x.Foreign {
		t.others += int64(keys)
	}
}

// put puts a record in the place of what a slot held, with all that hangs on it.
func (t *txn) put(s *slot, next store.Record) error {
	next, err := next.Dated(s.Record, uint64(t.intents)).Normalize()
	if err == nil {
		err = storable(next)
	}
	if err != nil {
		return err
	}
	if err := t.count(s.State, next.State); err != nil {
		return err
	}
	if next.State == store.Accepted && s.State != store.Accepted {
		t.accepted++
	}
	s.Record, s.changed = next, true
	return nil
}

// remove deletes what a slot holds.
func (t *txn) remove(s *slot) error {
	if err := t.count(s.State, store.Unknown); err != nil {
		return err
	}
	s.Record, s.changed = store.Record{}, true
	return nil
}

// count moves a key from one state to another; unknown stands for a key that is not there.
func (t *txn) count(from, to store.State) error {
	if from != store.Unknown {
		if t.counts[from] <= 0 {
			return broken{damaged("a key is %s, but the counts know of none", from)}
		}
		t.counts[from]--
	}
	if to != store.Unknown {
		t.counts[to]++
	}
	return nil
}

// set sets a column of the row besides.
func (t *txn) set(column string) { t.sets = append(t.sets, column) }

// later carries out a statement before the transaction ends.
func (t *txn) later(sql string, args ...any) { t.late = append(t.late, statement{sql, args}) }

// ask carries out a statement that reads, at once.
func ask[T any](t *txn, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := t.Query(t.ctx, sql, args...)
	if err != nil {
		return nil, broken{err}
	}
	list, err := pgx.AppendRows([]T(nil), rows, scan)
	if err != nil {
		return nil, broken{err}
	}
	return list, nil
}

// finish writes what has changed, and commits, in one message.
func (t *txn) finish(ctx context.Context, b *pgx.Batch) error {
	if t.of.doubted {
		// Half a repair must not pass for a whole one.
		t.distrusted = true
	}
	t.queueSlots(b)
	for _, s := range t.late {
		b.Queue(s.sql, s.args...)
	}
	more := ""
	for _, s := range t.sets {
		more += ", " + s
	}
	b.Queue(`update acsync.ledgers set changes = $2, intents = $3, accepted = $4, others = $5, counts = $6,
			lateness = $7, checkpoint = $8, floor = $9, witnessed = $10, acknowledged = $11, known_from = $12,
			identity = $13, life = $14, excused = $15, credential = $16, credential_since = $17, distrusted = $18,
			tenant = nullif($19, ''), system = $20, timeline = $21, restored = $22`+more+` where no = $1`,
		t.no, t.changes, t.intents, t.accepted, t.others, t.counts, t.lateness, t.checkpoint,
		null(t.floor), t.witnessed, null(t.acknowledged), null(t.knownFrom), string(t.identity), t.life, t.excused,
		t.credential, t.credentialSince, t.distrusted, t.tenant, t.history.system, t.history.timeline, t.restored)
	return t.commit(ctx, b)
}

// queueSlots writes all entries that have changed with one statement, and removes others with another.
func (t *txn) queueSlots(b *pgx.Batch) {
	var put columns
	var gone [][]byte
	for _, s := range t.slots {
		switch {
		case !s.changed:
		case s.State == store.Unknown:
			gone = append(gone, s.code)
		default:
			put.add(s.code, s.Record)
		}
	}
	if len(gone) > 0 {
		b.Queue("delete from acsync.keys where ledger = $1 and key = any ($2)", t.no, gone)
	}
	if len(put.keys) > 0 {
		b.Queue(upsert, append([]any{t.no}, put.args()...)...)
	}
}

// loadAll reads all that the ledger holds.
func (t *txn) loadAll() error {
	list, err := ask(t, scanCoded, "select "+entryColumns+" from acsync.keys where ledger = $1", t.no)
	for _, each := range list {
		// What was changed in this transaction already stays so.
		if t.slots[string(each.code)] == nil {
			t.slots[string(each.code)] = &slot{code: each.code, Entry: each.Entry}
		}
	}
	return err
}
