package postgres

import (
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// ledgerRow is the row of a ledger, as far as changes depend on it.
type ledgerRow struct {
	no        int32
	id        string // 16 hex digits
	name      string
	tenant    string // empty: not bound yet
	rehearsal bool
	identity  store.Identity

	created, start, floor, checkpoint, witnessed, knownFrom, acknowledged time.Time

	lateness                                          []byte
	counts                                            []int64 // by state
	changes, intents, accepted, others, life, excused int64
	credential                                        []byte
	credentialSince                                   int64
	distrusted                                        bool

	epoch       int64
	token       []byte // nil: nobody has it
	holder      *string
	unsureUntil *time.Time
	history     history // in which it was written last
	restored    *time.Time
}

const rowColumns = `no, encode(id, 'hex'), name, coalesce(tenant, ''), rehearsal, identity, created, start,
	floor, checkpoint, witnessed, known_from, acknowledged, lateness, counts, changes, intents, accepted, others,
	life, excused, credential, credential_since, distrusted, epoch, token, holder::text, unsure_until, system,
	timeline, restored`

// scanRow reads the columns of a row, and more that follow them.
func scanRow(from pgx.Row) (ledgerRow, error) { return scanRowAnd(from) }

func scanRowAnd(from pgx.Row, more ...any) (r ledgerRow, err error) {
	var floor, knownFrom, acknowledged *time.Time
	err = from.Scan(append([]any{
		&r.no, &r.id, &r.name, &r.tenant, &r.rehearsal, &r.identity, &r.created, &r.start, &floor, &r.checkpoint,
		&r.witnessed, &knownFrom, &acknowledged, &r.lateness, &r.counts, &r.changes, &r.intents, &r.accepted,
		&r.others, &r.life, &r.excused, &r.credential, &r.credentialSince, &r.distrusted, &r.epoch, &r.token,
		&r.holder, &r.unsureUntil, &r.history.system, &r.history.timeline, &r.restored,
	}, more...)...)
	if err != nil {
		return r, err
	}
	r.floor, r.knownFrom, r.acknowledged = given(floor), given(knownFrom), given(acknowledged)
	for _, at := range []*time.Time{&r.created, &r.start, &r.checkpoint, &r.witnessed} {
		*at = at.UTC()
	}
	if len(r.counts) != int(store.Dropped)+1 {
		return r, damaged("its counts are of %d states", len(r.counts))
	}
	return r, nil
}

// describe is what the ledger says of itself.
func (r ledgerRow) describe() (info store.Info, err error) {
	info = store.Info{
		ID: r.id, Format: wanted, Intents: uint64(r.intents), Transaction: uint64(r.changes), Tenant: r.tenant,
		Created: r.created, Start: r.start, Floor: r.floor, KnownFrom: r.knownFrom, Checkpoint: r.checkpoint,
		Identity: r.identity, BoundAt: uint64(r.credentialSince), Witnessed: r.witnessed,
		Acknowledged: r.acknowledged, Life: uint64(r.life), Excused: uint64(r.excused), Restored: given(r.restored),
		Unsure: given(r.unsureUntil), Counts: r.states(),
	}
	if info.Excused > 0 {
		info.ExcusedAt = store.LeapedAt(info.Excused)
	}
	info.Lateness, err = store.DecodeLateness(r.lateness)
	return info, err
}

// states are the counts of keys by state.
func (r ledgerRow) states() map[store.State]int {
	counts := map[store.State]int{}
	for state, n := range r.counts {
		if n != 0 {
			counts[store.State(state)] = int(n)
		}
	}
	return counts
}

// null is nothing for the zero time.
func null(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// given is the zero time for nothing.
func given(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// milli rounds a time down; zero stays zero, which lies on a millisecond.
func milli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// seconds is a duration as an interval of the server.
func seconds(d time.Duration) string {
	return "make_interval(secs => " + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + ")"
}

// history is which database it is that answers: it changes with a failover, a recovery and a restored dump.
type history struct {
	system   int64
	timeline int32
}

// historySQL gives the columns of a history. The control file tells the timeline only after the next
// checkpoint (observed); the name of the file that is being written tells it at once. A standby writes none,
// and its timeline is 0 here.
const historySQL = `(select system_identifier from pg_control_system()), case when pg_is_in_recovery() then 0
	else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer end`

// follows reports whether a database can be the one in which a history was written last.
func (h history) follows(last history) bool {
	return h.system == last.system && (h.timeline == last.timeline || h.timeline == 0)
}
