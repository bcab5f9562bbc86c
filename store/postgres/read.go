package postgres

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// Reader reads a ledger. Nothing that it does waits for a pass, nor a pass for it.
type Reader struct{ *core }

// Info tells what the ledger says of itself.
func (r Reader) Info() (store.Info, error) {
	if err := r.readable(); err != nil {
		return store.Info{}, err
	}
	var now history
	var clock time.Time
	found, err := row(context.Background(), r.pool, func(from pgx.Row) (ledgerRow, error) {
		return scanRowAnd(from, &now.system, &now.timeline, &clock)
	}, "select "+rowColumns+", "+historySQL+", clock_timestamp() from acsync.ledgers where no = $1", r.no)
	if err != nil {
		return store.Info{}, explain(r.name, err)
	}
	info, err := found.describe()
	info.Path = r.name
	// Whoever opens it for writing next will note it.
	if info.Restored.IsZero() && !now.follows(found.history) {
		info.Restored = milli(clock)
	}
	return info, explain(r.name, err)
}

// Placement tells that the ledger has no place on this machine.
func (r Reader) Placement() store.Placement { return store.Placement{Shared: true} }

// Room gives why no change is taken any more. A server whose disk is full says so when the intent is written:
// then nothing is sent. Whether there is room for the outcome it cannot tell.
func (r Reader) Room() error { return r.ended() }

// Lookup finds what the ledger holds of the conversations that keys name, all as of one moment: the records
// of the keys, and those of other keys of the same conversations, with and without a resolution, and of their
// recovery. Keys of which the ledger has never heard are absent from the map; the others are there as they
// were given. Of a conversation that was erased there is one record, without a resolution.
func (r Reader) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	if err := r.readable(); err != nil {
		return nil, err
	}
	l, err := newLookup(keys)
	if err != nil {
		return nil, err
	}
	list, err := rows(context.Background(), r.pool, scanEntry, lookupSQL, l.args(r.no)...)
	if err != nil {
		return nil, explain(r.name, err)
	}
	return l.found(list), nil
}

// lookup asks for whole conversations.
type lookup struct {
	ids       []string // each once
	exact     [][]byte
	low, high [][]byte // between these lie the keys with a resolution, and others
}

const lookupSQL = exact + `
	union all
	select k.* from unnest($3::bytea[], $4::bytea[]) as stem (low, high) cross join lateral (
		select ` + entryColumns + ` from acsync.keys where ledger = $1 and key >= low and key < high
		order by key limit 1000000) as k`

func newLookup(keys []store.Key) (l lookup, err error) {
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k.Conversation] {
			continue
		}
		seen[k.Conversation] = true
		l.ids = append(l.ids, k.Conversation)
		for _, each := range []store.Key{
			store.ErasedKey(k.Conversation),
			{Conversation: k.Conversation},
			{Conversation: k.Conversation, Recovery: true},
		} {
			code, err := store.EncodeKey(each)
			if err != nil {
				return l, err
			}
			l.exact = append(l.exact, code)
		}
		stem, err := store.ResolutionPrefix(k.Conversation)
		if err != nil {
			return l, err
		}
		l.low, l.high = append(l.low, stem), append(l.high, behind(stem))
	}
	return l, nil
}

// behind is the first text behind all that begin with a stem.
func behind(stem []byte) []byte {
	b := bytes.Clone(stem)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			return b[:i+1]
		}
	}
	// Of an id of nothing but the greatest bytes: no key is so long.
	return bytes.Repeat([]byte{0xff}, store.MaxID+16)
}

func (l lookup) args(ledger int32) []any { return []any{ledger, l.exact, l.low, l.high} }

// found gives what was asked for of all that lies where that can be.
func (l lookup) found(list []store.Entry) map[store.Key]store.Record {
	by := map[string][]store.Entry{}
	for _, e := range list {
		id := strings.ToLower(e.Conversation)
		by[id] = append(by[id], e)
	}
	found := make(map[store.Key]store.Record, len(l.ids))
	for _, id := range l.ids {
		if marks := by[store.ErasedKey(id).Conversation]; len(marks) > 0 {
			found[store.Key{Conversation: id}] = marks[0].Record
			continue
		}
		for _, e := range by[strings.ToLower(id)] {
			// Of ids that are no hex, upper and lower case are two.
			asked := e.Key
			asked.Conversation = id
			code, err := store.EncodeKey(asked)
			own, unknown := store.EncodeKey(e.Key)
			if err == nil && unknown == nil && bytes.Equal(code, own) {
				found[asked] = e.Record
			}
		}
	}
	return found
}

// limited is a limit, where 0 or less is none.
func limited(limit int) *int {
	if limit <= 0 {
		return nil
	}
	return &limit
}

// Due gives what is to be taken up again by now: scheduled, retry and in-doubt keys, the longest due first. A
// limit of 0 or less is none.
func (r Reader) Due(now time.Time, limit int) ([]store.Entry, error) {
	return r.list("and state in (1, 5, 6) and due <= $2 order by due, key limit $3", now, limited(limit))
}

// Waiting gives what waits in any of the states, whether due or not, the first due first; without states, all
// that waits. A limit of 0 or less is none.
func (r Reader) Waiting(limit int, states ...store.State) ([]store.Entry, error) {
	in := make([]int16, 0, len(states))
	for _, s := range states {
		in = append(in, int16(s))
	}
	if len(states) == 0 {
		in = []int16{int16(store.Scheduled), int16(store.Retry), int16(store.InDoubt)}
	}
	return r.list("and state in (1, 5, 6) and state = any ($2) order by due, key limit $3", in, limited(limit))
}

// Runs gives the summaries of past passes, the newest first. A limit of 0 or less is none.
func (r Reader) Runs(limit int) ([]store.Run, error) {
	if err := r.readable(); err != nil {
		return nil, err
	}
	list, err := rows(context.Background(), r.pool, scanRun,
		"select summary::text from acsync.runs where ledger = $1 order by number desc limit $2", r.no,
		limited(limit))
	return list, explain(r.name, err)
}

// Backfill tells how far the back-fill of a range has come; zero for one that was never begun.
func (r Reader) Backfill(from, to time.Time) (b store.Backfill, err error) {
	list, err := rows(context.Background(), r.pool, scanBackfill,
		backfillSQL+" and begins = $2 and ends = $3::text::timestamptz", r.no, milli(from), pgInfinity(to))
	if err == nil && len(list) > 0 {
		b = list[0]
	}
	return b, explain(r.name, err)
}

// Backfills gives all back-fills, by the beginning of their ranges, of several with one beginning the open
// one first.
func (r Reader) Backfills() ([]store.Backfill, error) {
	list, err := rows(context.Background(), r.pool, scanBackfill,
		backfillSQL+" order by begins, isfinite(ends), ends", r.no)
	return list, explain(r.name, err)
}

// stride is how many entries Each reads at once.
const stride = 1000

// Each calls fn with every entry but those of what was erased: ids of text first, then hex ids by the
// creation of the conversation. Fn may use the ledger; what it changes is seen where it lies ahead. An error
// of fn ends the walk and is given back.
func (r Reader) Each(fn func(store.Entry) error) error {
	return r.every(func(e coded) error {
		if e.Erased() {
			return nil
		}
		return fn(e.Entry)
	})
}

// Erased gives what the ledger keeps of conversations that were erased: entries that name none of them.
func (r Reader) Erased() ([]store.Entry, error) {
	prefix := store.ErasedCodePrefix()
	return r.list("and key >= $2 and key < $3 and state = 8 and reason = '"+store.ReasonErased+"' order by key",
		prefix, behind(prefix))
}

// every calls fn with every entry, what is left of erased ones included.
func (r Reader) every(fn func(coded) error) error {
	for last, more := []byte{}, true; more; {
		list, err := rows(context.Background(), r.pool, scanCoded, "select "+entryColumns+
			" from acsync.keys where ledger = $1 and key > $2 order by key limit $3", r.no, last, stride)
		if err != nil {
			return explain(r.name, err)
		}
		if more = len(list) == stride; more {
			last = list[stride-1].code
		}
		for _, e := range list {
			if err := fn(e); err != nil {
				return err
			}
		}
	}
	return nil
}
