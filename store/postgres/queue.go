package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// waiterStale is how old the word of a waiter may be, which says it anew with each try: older, it is gone. In
// seconds.
const waiterStale = "10"

// Queue is this process's place among those that wait for a ledger, for whoever holds it and can let go in
// between. It has no say in who gets the lease: who cannot say that it waits waits all the same. A Queue is
// for one goroutine.
type Queue struct {
	pool pool
	name string
	own  store.Waiter
}

// Queues are those that wait for the ledgers of a database.
type Queues struct{ pool }

// NewQueue is the place of a process that has not said yet that it waits. Mode is the name of its command.
func (q Queues) NewQueue(name, mode string) *Queue {
	return &Queue{q.pool, name, store.Waiter{PID: os.Getpid(), Host: store.HostName(), Mode: mode, Place: rand.Text()}}
}

// Waiters tells who waits for a ledger, by their own word, those who came first before the others.
func (q Queues) Waiters(ctx context.Context, name string) ([]store.Waiter, error) {
	list, err := rows(ctx, q.pool, func(row pgx.CollectableRow) (w store.Waiter, err error) {
		var text string
		if err = row.Scan(&text, &w.Since, &w.At); err == nil {
			since, at := w.Since.UTC(), w.At.UTC()
			err = json.Unmarshal([]byte(text), &w)
			w.Since, w.At = since, at
		}
		return w, err
	}, `select waiter::text, since, at from acsync.waiters
		where ledger = $1 and at > clock_timestamp() - make_interval(secs => `+waiterStale+`)
		order by since, place`, name)
	return list, explain(name, err)
}

// Other reports whether another process says that it waits, and did so first.
func (q *Queue) Other() bool {
	list, err := (Queues{q.pool}).Waiters(context.Background(), q.name)
	return err == nil && len(list) > 0 && list[0].Place != q.own.Place
}

// Wait says that this process waits. It is to be repeated every few seconds. What cannot be said takes
// nothing from the waiting.
func (q *Queue) Wait() {
	text, err := json.Marshal(q.own)
	if err != nil {
		return
	}
	_, _ = q.pool.exec(context.Background(), `insert into acsync.waiters (place, ledger, waiter, since, at)
		values ($1, $2, $3::text::json, clock_timestamp(), clock_timestamp())
		on conflict (place) do update set at = excluded.at`, q.own.Place, q.name, string(text))
	q.own.Since = time.Now()
}

// Leave takes the word back: the process has got the ledger, or waits no more. It may be called at any time.
// What others have left behind long ago goes with it.
func (q *Queue) Leave() {
	if q.own.Since.IsZero() {
		return
	}
	q.own.Since = time.Time{}
	_, _ = q.pool.exec(context.Background(),
		"delete from acsync.waiters where place = $1 or at < clock_timestamp() - interval '1 hour'", q.own.Place)
}
