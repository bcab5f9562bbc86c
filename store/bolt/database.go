package bolt

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	id uint64
	// accepted in this one, and not known to be asked for by this ledger; when it is finished, of all
	foreign uint64
}

func beginTxn(tx *bbolt.Tx) (*txn, error) {
	m, err := openMeta(tx)
	if err != nil {
		return nil, err
	}
	open := func(name []byte) (b *bbolt.Bucket) {
		if err == nil {
			b, err = bucketOf(tx, name)
		}
		return b
	}
	plain := m.format() < checksumFormat
	t := &txn{
		meta:      m,
		runs:      runs{summed{open(bucketRuns), plain}},
		backfills: backfills{summed{plain: plain}},
		id:        m.number(metaTransaction),
		records: records{
			keys: open(bucketKeys), intents: open(bucketIntents), due: open(bucketDue),
			reasons:  reasons{summed: summed{open(bucketReasons), plain}},
			counts:   m.counts(),
			accepted: m.number(metaAccepted),
		},
	}
	if m.format() >= backfillFormat {
		t.backfills.Bucket = open(bucketBackfills)
	}
	if err != nil {
		return nil, err
	}
	t.records.keys.FillPercent = fill
	if tx.Writable() {
		t.id++
	}
	return t, m.err
}

// noteForeign counts what is accepted without a request of this ledger, so that a repair does not look for
// that.
func (t *txn) noteForeign(x store.Result) {
	if x.State == store.Accepted && x.Foreign {
		t.foreign++
	}
}

func (t *txn) finish(doubted bool) error {
	t.meta.putNumber(metaTransaction, t.id)
	if doubted {
		// Half a repair must not pass for a whole one.
		t.meta.put(metaDistrusted, []byte{1})
	}
	if t.foreign > 0 {
		t.foreign += t.meta.optional(metaForeign)
		t.meta.putNumber(metaForeign, t.foreign)
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

// database runs the transactions of an open ledger. Changes have their turns, one after the other; whoever
// only reads does so beside them.
type database struct {
	file
	readOnly bool
	id       string
	// it is one of rehearsals
	rehearsal bool
	binding   binding
	place     placed

	turns turns[action]
	// What follows is read and changed by whoever has the turn.
	stuck error // why no change is taken any more: a commit failed
	begun int   // bbolt's number of the last transaction that was to write

	fenced  fence // what the fence says
	doubted bool  // its fence does not hold for it, or a repair has begun; see Adopt
	reserve reserve

	onCommit func(committed bool) error // see OnCommit

	// inside is held to read by whoever has a transaction, and to write by whoever must be alone.
	inside sync.RWMutex
	// entry is held while a transaction begins: a fault in that moment leaves locks of bbolt held for good, and
	// nobody may wait for those; see end. It guards what follows, and faulted.
	entry     sync.Mutex
	dead      error      // why nothing works any more: closed or damaged
	unwritten *store.Run // the summary of the pass, if it found no place

	interrupted chan struct{} // closed by a fault as a transaction began
	foreign     atomic.Uint64 // of the accepted; see fence
}

// action is what a change does in a transaction that writes.
type action func(*txn) error

// recoverFaults runs fn and turns a panic, or a fault on a page of the file that is not there, into
// ErrDamaged. Faulted reports that bbolt was interrupted in the middle and may hold locks of its own: it must
// not be entered again.
func recoverFaults(fn func() error) (faulted bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			faulted, err = true, damaged("reading it failed: %v", p)
			if _, memory := p.(interface{ Addr() uintptr }); memory {
				err = damaged("a part of the file is not there any more: was it cut off, or replaced in place?")
			}
		}
	}()
	return false, fn()
}

// locked runs fn in a turn of its own, while nobody reads either. After a fault the ledger answers with that
// error for good.
func (d *database) locked(fn func() error) error {
	turn := d.turns.take()
	defer d.turns.pass(turn, 0)
	d.inside.Lock()
	defer d.inside.Unlock()
	return d.guarded(fn)
}

// beside runs fn, which only reads, whoever is changing the ledger meanwhile.
func (d *database) beside(fn func() error) error {
	d.inside.RLock()
	defer d.inside.RUnlock()
	return d.guarded(fn)
}

func (d *database) guarded(fn func() error) error {
	d.entry.Lock()
	err := d.dead
	d.entry.Unlock()
	if err != nil {
		return explain(d.path, err)
	}
	faulted, err := recoverFaults(fn)
	if faulted {
		d.die(err, true)
	}
	return explain(d.path, err)
}

// die ends the ledger, unless it has ended already.
func (d *database) die(err error, faulted bool) {
	d.entry.Lock()
	defer d.entry.Unlock()
	d.dead = cmp.Or(d.dead, err)
	d.faulted = d.faulted || faulted
}

// begin begins one of bbolt's transactions.
func (d *database) begin(writable bool) (tx *bbolt.Tx, err error) {
	d.entry.Lock()
	defer d.entry.Unlock()
	if d.dead != nil {
		return nil, d.dead
	}
	faulted, err := recoverFaults(func() (err error) {
		tx, err = d.db.Begin(writable)
		return err
	})
	if faulted {
		d.dead, d.faulted = err, true
		close(d.interrupted)
	}
	return tx, err
}

// end ends one that reads. After a fault as another began, bbolt would wait for its own lock for good. Nor may
// this one wait for another that begins: that waits for a commit which maps the file anew, and that for this one.
func (d *database) end(tx *bbolt.Tx) {
	if d.entry.TryLock() {
		defer d.entry.Unlock()
		select {
		case <-d.interrupted:
		default:
			_ = tx.Rollback()
		}
		return
	}
	ended := make(chan struct{})
	go func() {
		_ = tx.Rollback()
		close(ended)
	}()
	select {
	case <-ended:
	case <-d.interrupted:
	}
}

// view runs fn in a transaction that reads. What fn keeps must be copied. A change that is being committed is
// seen whole or not at all, and may be seen a moment before its caller is told of it.
func (d *database) view(fn func(*txn) error) error {
	tx, err := d.begin(false)
	if err != nil {
		return err
	}
	defer d.end(tx)
	t, err := beginTxn(tx)
	if err == nil {
		err = fn(t)
	}
	if err == nil {
		err = t.meta.err
	}
	dropPages(tx)
	return err
}

// read gives what fn reads in one transaction.
func read[T any](d *database, fn func(*txn) (T, error)) (value T, err error) {
	err = d.beside(func() error {
		return d.view(func(t *txn) (err error) {
			value, err = fn(t)
			return err
		})
	})
	return value, err
}

// errNothing ends a transaction that turns out to have nothing to write.
var errNothing = errors.New("nothing to write")

// update runs fn in a transaction of its own that writes and is on the disk when update returns; nothing of
// it is there if fn fails, or if the disk is full: then smaller changes may still find a place. After a
// commit that failed otherwise, what the disk holds is uncertain, and a later sync may succeed without
// meaning it: no further write is taken until the ledger has been opened again.
func (d *database) update(fn func(*txn) error) error { return d.submit(newChange[action](true, fn)) }

// share is update in a transaction that fn may share with others that are in flight: what fn refuses is left
// out, and the others are written. Whoever came before is there for fn to see, and is written with it, or
// none of them is. So fn may run several times, and must leave nothing behind but what it sets each time.
func (d *database) share(fn func(*txn) error) error { return d.submit(newChange[action](false, fn)) }

// submit has a change written, by this caller or by one that leads.
func (d *database) submit(c *change[action]) error {
	if !d.turns.join(c) {
		return c.err
	}
	group := d.turns.gather()
	from := time.Now()
	err := d.tell(false)
	if err == nil {
		err = d.carryOut(group)
	}
	if err == nil {
		err = d.tell(true)
	}
	if err != nil {
		for _, each := range group {
			each.err = err
		}
	}
	d.turns.pass(group, time.Since(from))
	return c.err
}

// tell tells a test how far a group has come.
func (d *database) tell(committed bool) error {
	if d.onCommit == nil {
		return nil
	}
	err := d.onCommit(committed)
	if err != nil {
		d.die(err, false)
	}
	return explain(d.path, err)
}

// carryOut writes a group, and leaves each of it with its error; or returns one for all.
func (d *database) carryOut(group []*change[action]) error {
	return d.beside(func() error {
		full := d.write(group)
		// Alone, what is smaller may find a place.
		if full && len(group) > 1 {
			for i := range group {
				d.write(group[i : i+1])
			}
		}
		for _, c := range group {
			c.err = explain(d.path, c.err)
		}
		return nil
	})
}

// write writes changes in one transaction, without those that fail by themselves. Nobody is answered before
// the others are on the disk: who is refused may be so because of one of them. Full reports that the disk is,
// and that nothing has changed.
func (d *database) write(group []*change[action]) (full bool) {
	var err error
	switch {
	case d.readOnly:
		err = store.ErrReadOnly
	case d.stuck != nil:
		err = d.stuck
	default:
		full, err = d.writeFit(slices.Clone(group))
	}
	if err != nil {
		for _, c := range group {
			c.err = err
		}
	}
	return full
}

func (d *database) writeFit(left []*change[action]) (full bool, err error) {
	for len(left) > 0 {
		unfit := -1
		own, err := d.transact(func(t *txn) error {
			for i, c := range left {
				if c.err = c.fn(t); c.err == nil {
					c.err = t.meta.err
				}
				if c.err != nil {
					unfit = i
					return c.err
				}
			}
			return nil
		})
		switch {
		case unfit >= 0 && errors.Is(left[unfit].err, errNothing):
			left[unfit].err = nil
		case unfit >= 0:
		case err == nil, own:
			return false, err
		default:
			err = fmt.Errorf("a change could not be written: %w; make sure that the disk has space and is "+
				"sound, then run again", err)
			full = isFull(err) && d.unchanged()
			if !full {
				d.stuck = err
			}
			return full, err
		}
		// It may have changed something before it failed: the others begin anew.
		left = slices.Delete(left, unfit, unfit+1)
	}
	return false, nil
}

// leave keeps a summary that found no place until the ledger is closed; nil leaves what is kept.
func (d *database) leave(run *store.Run) {
	d.entry.Lock()
	defer d.entry.Unlock()
	if run != nil {
		d.unwritten = run
	}
}

// unchanged reports whether the ledger is still what it was before the last transaction that failed: its
// meta page, which is written last of all, may have been too large for a full disk in part only.
func (d *database) unchanged() bool {
	tx, err := d.begin(false)
	if err != nil {
		return false
	}
	defer d.end(tx)
	return tx.ID() < d.begun
}

// transact runs fn in a transaction that writes. Own reports that the error is fn's: nothing was written.
func (d *database) transact(fn func(*txn) error) (own bool, err error) {
	tx, err := d.begin(true)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // does nothing after a commit
	d.begun = tx.ID()
	t, err := beginTxn(tx)
	if err == nil {
		err = fn(t)
	}
	if err == nil {
		err = t.finish(d.doubted)
	}
	switch {
	case errors.Is(err, errNothing):
		return false, nil
	case err != nil:
		return true, err
	}
	dropPages(tx)
	err = tx.Commit()
	if err == nil && t.foreign > 0 {
		d.foreign.Store(t.foreign)
	}
	return false, err
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

// keepReserve makes sure of the reserve, and of so many bytes beside it. Only who finds too little waits
// until no commit is under way, which may make the file longer itself.
func (d *database) keepReserve(beside int64) error {
	// There bbolt itself makes the file as large as what it maps, with its blocks.
	if runtime.GOOS == "windows" {
		return nil
	}
	lacking := false
	err := d.beside(func() error {
		used, err := d.used()
		lacking = err == nil && d.reserve.need(&d.file, used, beside) > d.reserve.end.Load()
		return err
	})
	if err != nil || !lacking {
		return err
	}
	return d.locked(func() error {
		used, err := d.used()
		if err != nil {
			return err
		}
		return d.reserve.keep(&d.file, used, beside)
	})
}

// used is how far the pages go within the file, in bytes.
func (d *database) used() (int64, error) {
	tx, err := d.begin(false)
	if err != nil {
		return 0, err
	}
	defer d.end(tx)
	return tx.Size(), nil
}

func (d *database) self() (now self, err error) {
	err = d.view(func(t *txn) error {
		now, err = t.self()
		return err
	})
	return now, err
}

// writeFence brings the fence and the witness up to date, while the ledger goes on to be open or not. It does
// nothing where that is so already, nor after a commit that failed: the fence must never promise what the
// disk may not hold. Nor for a ledger that is doubted: its fence is what keeps others from it.
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
	_, err = d.transact(func(t *txn) error {
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
