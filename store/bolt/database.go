package bolt

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"go.etcd.io/bbolt"

	"acsync/store"
)

// txn is one transaction with its buckets at hand.
type txn struct {
	meta      *meta
	records   records
	runs      runs
	backfills backfills

	// The ledger's own number of the last change, or of this one in a transaction that writes: bbolt's begins
	// anew in a compacted file.
	id      uint64
	foreign uint64 // accepted in this one, and not asked for by this ledger
}

func beginTxn(tx *bbolt.Tx) (*txn, error) {
	m, err := openMeta(tx)
	if err != nil {
		return nil, err
	}
	there := buckets
	if m.format() < backfillFormat {
		there = buckets[:len(buckets)-1]
	}
	for _, name := range there {
		if _, err := bucketOf(tx, name); err != nil {
			return nil, err
		}
	}
	plain := m.format() < checksumFormat
	t := &txn{
		meta:      m,
		runs:      runs{summed{tx.Bucket(bucketRuns), plain}},
		backfills: backfills{summed{tx.Bucket(bucketBackfills), plain}},
		id:        m.number(metaTransaction),
		records: records{
			keys: tx.Bucket(bucketKeys), intents: tx.Bucket(bucketIntents), due: tx.Bucket(bucketDue),
			reasons:  reasons{summed: summed{tx.Bucket(bucketReasons), plain}},
			counts:   m.counts(),
			accepted: m.number(metaAccepted),
		},
	}
	t.records.keys.FillPercent = fill
	if tx.Writable() {
		t.id++
	}
	return t, m.err
}

func (t *txn) finish(doubted bool) error {
	t.meta.putNumber(metaTransaction, t.id)
	if doubted {
		// Half a repair must not pass for a whole one.
		t.meta.put(metaDistrusted, []byte{1})
	}
	if t.foreign > 0 {
		t.meta.putNumber(metaForeign, t.meta.optional(metaForeign)+t.foreign)
	}
	if t.records.changed {
		t.meta.putNumber(metaAccepted, t.records.accepted)
		t.meta.put(metaCounts, t.records.counts.encode())
	}
	return t.meta.err
}

func (t *txn) describe(info *store.Info) error {
	t.meta.describe(info)
	info.Transaction, info.Intents = t.id, t.records.intents.Sequence()
	info.Counts = t.records.counts
	if info.Witnessed.IsZero() {
		// The ledger is of an older format, and open for reading.
		info.Witnessed = t.runs.lastBegun(info.Created)
	}
	return t.meta.err
}

// checkHistory makes sure that reasons, summaries and back-fills can be read; see runs.check for deep.
func (t *txn) checkHistory(deep bool) error {
	if err := t.records.reasons.load(); err != nil {
		return err
	}
	if found := t.runs.check(deep); found != nil {
		return found[0]
	}
	_, err := t.backfills.all()
	return err
}

func (t *txn) self() (s self, err error) {
	m := t.meta
	s.fence = fence{
		Ledger: m.id(), Transaction: t.id, Accepted: t.records.accepted, Foreign: m.optional(metaForeign),
		Intents: t.records.intents.Sequence(), Opening: hex.EncodeToString(m.get(metaOpening)),
	}
	s.over, s.distrusted = hex.EncodeToString(m.get(metaOpenedOver)), m.get(metaDistrusted) != nil
	s.copied, s.restored = m.time(metaCopied), bytes.Clone(m.get(metaRestored))
	return s, m.err
}

// database runs the transactions of an open ledger, one after the other.
type database struct {
	file
	readOnly bool
	id       string
	// it is one of rehearsals
	rehearsal bool
	binding   binding
	place     placed

	mu    sync.Mutex
	dead  error // why nothing works any more: closed or damaged
	stuck error // why no change is taken any more: a commit failed
	begun int   // bbolt's number of the last transaction that was to write

	unwritten *store.Run // the summary of the pass, if it found no place

	reserve reserve
	fenced  fence // what the fence says
	doubted bool  // its fence does not hold for it, or a repair has begun; see Adopt
}

// recoverFaults runs fn and turns a panic, or a fault on a page of the file that is not there, into
// ErrDamaged. Faulted reports that bbolt was interrupted in the middle and may hold locks of its own: it must
// not be entered again.
func recoverFaults(fn func() error) (faulted bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			faulted, err = true, damaged("reading it failed: %v", p)
		}
	}()
	return false, fn()
}

// locked runs fn alone. After a fault the ledger answers with that error for good.
func (d *database) locked(fn func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead != nil {
		return explain(d.path, d.dead)
	}
	faulted, err := recoverFaults(fn)
	if faulted {
		d.dead, d.faulted = err, true
	}
	return explain(d.path, err)
}

// view runs fn in a transaction that reads, for whoever has the ledger alone. What fn keeps must be copied.
func (d *database) view(fn func(*txn) error) error {
	return d.db.View(func(tx *bbolt.Tx) error {
		t, err := beginTxn(tx)
		if err == nil {
			err = fn(t)
		}
		if err == nil {
			err = t.meta.err
		}
		return err
	})
}

// read gives what fn reads in one transaction.
func read[T any](d *database, fn func(*txn) (T, error)) (value T, err error) {
	err = d.locked(func() error {
		return d.view(func(t *txn) (err error) {
			value, err = fn(t)
			return err
		})
	})
	return value, err
}

// errNothing ends a transaction that turns out to have nothing to write.
var errNothing = errors.New("nothing to write")

// update runs fn in a transaction that writes and is on the disk when update returns; nothing of it is there
// if fn fails, or if the disk is full: then smaller changes may still find a place. After a commit that
// failed otherwise, what the disk holds is uncertain, and a later sync may succeed without meaning it: no
// further write is taken until the ledger has been opened again.
func (d *database) update(fn func(*txn) error) error {
	return d.locked(func() error {
		switch {
		case d.readOnly:
			return store.ErrReadOnly
		case d.stuck != nil:
			return d.stuck
		}
		own, err := d.write(fn)
		if err != nil && !own {
			err = fmt.Errorf("a change could not be written: %w; make sure that the disk has space and is "+
				"sound, then run again", err)
			if !isFull(err) || !d.unchanged() {
				d.stuck = err
			}
		}
		return err
	})
}

// leave keeps a summary that found no place until the ledger is closed; nil leaves what is kept.
func (d *database) leave(run *store.Run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if run != nil {
		d.unwritten = run
	}
}

// unchanged reports whether the ledger is still what it was before the last transaction that failed: its
// meta page, which is written last of all, may have been too large for a full disk in part only.
func (d *database) unchanged() bool {
	now := 0
	err := d.db.View(func(tx *bbolt.Tx) error {
		now = tx.ID()
		return nil
	})
	return err == nil && now < d.begun
}

// write runs fn in a transaction that writes. Own reports that the error is fn's: nothing was written.
func (d *database) write(fn func(*txn) error) (own bool, err error) {
	err = d.db.Update(func(tx *bbolt.Tx) error {
		d.begun = tx.ID()
		t, err := beginTxn(tx)
		if err == nil {
			err = fn(t)
		}
		if err == nil {
			err = t.finish(d.doubted)
		}
		own = err != nil
		return err
	})
	if errors.Is(err, errNothing) {
		return false, nil
	}
	return own, err
}

// load makes sure that whatever is not read record by record can be read.
func (d *database) load() error {
	return d.view(func(t *txn) error {
		d.id, d.rehearsal = t.meta.id(), t.meta.get(metaRehearsal) != nil
		d.binding.before = t.records.intents.Sequence()
		if err := t.checkHistory(false); err != nil {
			return err
		}
		return t.describe(new(store.Info))
	})
}

func (d *database) self() (now self, err error) {
	err = d.view(func(t *txn) error {
		now, err = t.self()
		return err
	})
	return now, err
}

// writeFence brings the fence and the witness up to date, while the ledger goes on to be open or not. It does
// nothing where that is so already, nor after a commit that failed: the fence must never promise what the disk
// may not hold. Nor for a ledger that is doubted: its fence is what keeps others from it.
func (d *database) writeFence(open bool) error {
	if d.readOnly || d.stuck != nil || d.doubted {
		return nil
	}
	now, err := d.self()
	now.Open = open
	if err != nil {
		return err
	}
	if now.fence != d.fenced {
		if err := now.write(d.path); err != nil {
			return err
		}
		d.fenced = now.fence
	}
	return d.place.witness.write(now.fence)
}

func (d *database) updateFence() error {
	return d.locked(func() error { return d.writeFence(true) })
}

// reopen commits a fresh number for this opening. That of the fence counts too until it has been replaced.
func (d *database) reopen(fenced fence, change func(*txn) error) error {
	number := make([]byte, openingBytes)
	rand.Read(number) // never fails (documented)
	now, err := d.self()
	if err == nil {
		err = d.place.witness.begin(now.fence)
	}
	if err != nil {
		return err
	}
	_, err = d.write(func(t *txn) error {
		if err := change(t); err != nil {
			return err
		}
		d.binding.bind(t)
		d.place.bind(t.meta, number)
		t.meta.put(metaOpening, number)
		if over, err := hex.DecodeString(fenced.Opening); err == nil && len(over) > 0 {
			t.meta.put(metaOpenedOver, over)
		} else {
			t.meta.delete(metaOpenedOver)
		}
		return nil
	})
	return err
}
