package postgres

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

const entryColumns = "key, state, reason, resolution, at, due, first, attempts, status, intent, doubt"

// coded is an entry with the code of its key.
type coded struct {
	code []byte
	store.Entry
}

func scanCoded(row pgx.CollectableRow) (c coded, err error) {
	var state int16
	var resolution, due, first *time.Time
	var intent, doubt int64
	err = row.Scan(&c.code, &state, &c.Reason, &resolution, &c.At, &due, &first, &c.Attempts, &c.Status, &intent,
		&doubt)
	if err != nil {
		return c, err
	}
	c.State, c.At, c.Intent, c.Doubt = store.State(state), c.At.UTC(), uint64(intent), uint64(doubt)
	c.Record.Resolution, c.Due, c.First = given(resolution), given(due), given(first)
	c.Key, err = store.DecodeKey(c.code)
	return c, err
}

func scanEntry(row pgx.CollectableRow) (store.Entry, error) {
	c, err := scanCoded(row)
	return c.Entry, err
}

// storable refuses what no column can hold.
func storable(r store.Record) error {
	if strings.ContainsRune(r.Reason, 0) {
		return errors.New("the reason of a record cannot have a zero character")
	}
	if r.Intent > math.MaxInt64 {
		return fmt.Errorf("a record cannot have the intent %d", r.Intent)
	}
	return nil
}

// columns are entries that are written with one statement.
type columns struct {
	keys                           [][]byte
	states                         []int16
	reasons                        []string
	resolutions, ats, dues, firsts []*time.Time
	attempts, statuses             []int32
	intents, doubts                []int64
}

func (c *columns) add(code []byte, r store.Record) {
	c.keys, c.states = append(c.keys, code), append(c.states, int16(r.State))
	c.reasons = append(c.reasons, r.Reason)
	c.resolutions, c.ats = append(c.resolutions, null(r.Resolution)), append(c.ats, null(r.At))
	c.dues, c.firsts = append(c.dues, null(r.Due)), append(c.firsts, null(r.First))
	c.attempts, c.statuses = append(c.attempts, int32(r.Attempts)), append(c.statuses, int32(r.Status))
	c.intents, c.doubts = append(c.intents, int64(r.Intent)), append(c.doubts, int64(r.Doubt))
}

func (c *columns) args() []any {
	return []any{
		c.keys, c.states, c.reasons, c.resolutions, c.ats, c.dues, c.firsts, c.attempts, c.statuses, c.intents,
		c.doubts,
	}
}

// exact gives the entries of keys, of an array of codes. A limit for each lets the server find each by the
// index, whatever it knows of a table that has grown lately: otherwise it reads all of that.
const exact = `select k.* from unnest($2::bytea[]) as asked (code) cross join lateral (
	select ` + entryColumns + ` from acsync.keys where ledger = $1 and key = asked.code limit 1) as k`

// upsert writes columns.
const upsert = `insert into acsync.keys (ledger, ` + entryColumns + `)
	select $1, * from unnest($2::bytea[], $3::smallint[], $4::text[], $5::timestamptz[], $6::timestamptz[],
		$7::timestamptz[], $8::timestamptz[], $9::integer[], $10::integer[], $11::bigint[], $12::bigint[])
	on conflict (ledger, key) do update set state = excluded.state, reason = excluded.reason,
		resolution = excluded.resolution, at = excluded.at, due = excluded.due, first = excluded.first,
		attempts = excluded.attempts, status = excluded.status, intent = excluded.intent, doubt = excluded.doubt`
