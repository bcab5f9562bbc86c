// Package dryrun has the stand-ins of a dry run: a sender and a ledger that send and write nothing.
package dryrun

import (
	"context"
	"slices"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
)

// Sender stands in for Agent Connect in a dry run: it is always ready and sends nothing.
type Sender struct{}

// Ready is at once.
func (Sender) Ready(ctx context.Context) error { return ctx.Err() }

// Create sends nothing.
func (Sender) Create(context.Context, agentconnect.Request) agentconnect.Answer {
	return agentconnect.Answer{Err: deliver.ErrDryRun}
}

// ReadLedger is the part of a ledger that a dry run reads.
type ReadLedger interface {
	Lookup(keys []store.Key) (map[store.Key]store.Record, error)
	Info() (store.Info, error)
	Waiting(limit int, states ...store.State) ([]store.Entry, error)
	OpenIntents() ([]store.Entry, error)
	Backfill(from, to time.Time) (store.Backfill, error)
	// Runs gives the summaries of past passes, the newest first; a limit of 0 is none.
	Runs(limit int) ([]store.Run, error)
}

// Ledger lets what is read of a ledger pass, and swallows what would be written. What would be settled or
// sent of what waits is remembered, so that the rest of the dry run goes on from that.
type Ledger struct {
	ReadLedger

	mu      stdsync.Mutex
	settled map[store.Key]settled
	open    map[store.Key]bool // that Lookup has found, and that may still be sent
}

type settled struct {
	store.Result
	resolution time.Time // about which it would be sent; zero where it was settled
}

// Lookup shows open intents and settled keys as Recover and Settle would have left them.
func (d *Ledger) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	records, err := d.ReadLedger.Lookup(keys)
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, record := range records {
		if record.State == store.Sending {
			record = interrupted(record)
		}
		if !record.Settled() {
			if d.open == nil {
				d.open = map[store.Key]bool{}
			}
			d.open[key] = true
		}
		if result, ok := d.settled[key]; ok {
			record = record.After(result.Result)
			if !result.resolution.IsZero() {
				record.Resolution = result.resolution
			}
		}
		records[key] = record
	}
	return records, err
}

// Waiting reads. Open intents are among those in doubt, as they would be after Recover.
func (d *Ledger) Waiting(limit int, states ...store.State) ([]store.Entry, error) {
	entries, err := d.ReadLedger.Waiting(limit, states...)
	if err != nil || !slices.Contains(states, store.InDoubt) {
		return entries, err
	}
	open, err := d.OpenIntents()
	for _, entry := range open {
		entry.Record = interrupted(entry.Record)
		entries = append(entries, entry)
	}
	return entries, err
}

// interrupted is an open intent as Recover would leave it.
func interrupted(r store.Record) store.Record {
	now := time.Now()
	r.State, r.Reason, r.At, r.Due = store.InDoubt, string(decide.Interrupted), now, now
	return r
}

// Recover writes nothing: Lookup and Waiting show open intents as it would have left them.
func (d *Ledger) Recover(time.Time) ([]store.Entry, error) { return nil, nil }

// Begin remembers that a known key was sent: another may wait for the same resolution. Others are met once.
// Whatever is sent was looked up before.
func (d *Ledger) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	d.mu.Lock()
	known := d.open[key]
	d.mu.Unlock()
	if known {
		d.note(key, settled{store.Result{State: store.Accepted, At: now}, resolution})
	}
	return store.Intent{Key: key}, nil
}

// Finish writes nothing.
func (d *Ledger) Finish(store.Intent, store.Result) error { return nil }

// Settle writes nothing: it remembers the result for Lookup.
func (d *Ledger) Settle(key store.Key, _ uint64, result store.Result) error {
	d.note(key, settled{Result: result})
	return nil
}

func (d *Ledger) note(key store.Key, result settled) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settled == nil {
		d.settled = map[store.Key]settled{}
	}
	d.settled[key] = result
}

// Reopen writes nothing.
func (d *Ledger) Reopen([]store.Entry, store.Result) error { return nil }

// Room is enough for nothing.
func (d *Ledger) Room() error { return nil }

// Commit writes nothing.
func (d *Ledger) Commit(store.Batch) error { return nil }

// Prune forgets nothing.
func (d *Ledger) Prune(context.Context, time.Time) (int, error) { return 0, nil }

// None stands in for a ledger that does not exist yet, for a dry run.
type None struct {
	Start time.Time     // where its first window would begin
	Known []store.Entry // what it would hold; usually nothing
}

// Info tells where the first window would begin.
func (n None) Info() (store.Info, error) {
	return store.Info{Start: n.Start, Checkpoint: n.Start}, nil
}

// Lookup finds what the ledger would hold.
func (n None) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	found := map[store.Key]store.Record{}
	for _, entry := range n.Known {
		if slices.ContainsFunc(keys, func(k store.Key) bool { return k.Conversation == entry.Conversation }) {
			found[entry.Key] = entry.Record
		}
	}
	return found, nil
}

// Runs are none.
func (None) Runs(int) ([]store.Run, error) { return nil, nil }

// Backfill is none.
func (None) Backfill(_, _ time.Time) (store.Backfill, error) { return store.Backfill{}, nil }

// Waiting is empty.
func (None) Waiting(int, ...store.State) ([]store.Entry, error) { return nil, nil }

// OpenIntents is empty.
func (None) OpenIntents() ([]store.Entry, error) { return nil, nil }
