package sync

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	stdsync "sync"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// memoryLedger is a ledger in memory, for tests that make thousands of passes. It refuses what the real one refuses.
type memoryLedger struct {
	mu      stdsync.Mutex
	info    store.Info
	last    *store.Run // the summary of the last pass
	records map[store.Key]store.Record
	intents uint64
	runs    int

	accepted  map[store.Key]int // by conversation and resolution, whatever the key
	backfills map[fetch.Window]store.Backfill
}

func newMemoryLedger(start time.Time) *memoryLedger {
	return &memoryLedger{
		info: store.Info{ID: "memory", Start: start, Checkpoint: start, Witnessed: start}, records: map[store.Key]store.Record{},
		accepted: map[store.Key]int{}, backfills: map[fetch.Window]store.Backfill{},
	}
}

func (m *memoryLedger) Info() (store.Info, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	info := m.info
	info.Intents = m.intents
	return info, nil
}

func (m *memoryLedger) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[store.Key]store.Record{}
	asked := map[string]bool{}
	for _, key := range keys {
		asked[key.Conversation] = true
	}
	for key, record := range m.records {
		if asked[key.Conversation] {
			found[key] = record
		}
	}
	return found, nil
}

func (m *memoryLedger) list(take func(store.Record) bool) []store.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []store.Entry
	for key, record := range m.records {
		if take(record) {
			entries = append(entries, store.Entry{Key: key, Record: record})
		}
	}
	slices.SortFunc(entries, func(a, b store.Entry) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Conversation, b.Conversation))
	})
	return entries
}

func (m *memoryLedger) Waiting(_ int, states ...store.State) ([]store.Entry, error) {
	return m.list(func(r store.Record) bool { return slices.Contains(states, r.State) }), nil
}

func (m *memoryLedger) Recover(time.Time) ([]store.Entry, error) {
	open := m.list(func(r store.Record) bool { return r.State == store.Sending })
	for _, entry := range open {
		entry.State, entry.Reason, entry.Doubt = store.InDoubt, string(decide.Interrupted), m.intents
		m.records[entry.Key] = entry.Record
	}
	return open, nil
}

func (m *memoryLedger) Begin(key store.Key, resolution, now time.Time) (store.Intent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	record := m.records[key]
	if err := store.MayBegin(key, record); err != nil {
		return store.Intent{}, err
	}
	m.intents++
	intent := store.Intent{Key: key, Number: m.intents, Ledger: m.info.ID, Attempt: record.Attempts + 1, Before: record}
	m.records[key] = record.Sending(intent, resolution, now)
	return intent, nil
}

func (m *memoryLedger) Finish(intent store.Intent, result store.Result) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	record := m.records[intent.Key]
	if err := store.MayFinish(intent, m.info.ID, record, result.State); err != nil {
		return err
	}
	record = record.Finished(intent, result)
	if record.State == store.InDoubt {
		record.Doubt = m.intents
	}
	if m.records[intent.Key] = record; record.State == store.Unknown {
		delete(m.records, intent.Key)
	}
	if record.State == store.Accepted {
		m.accepted[decide.SurveyPer(store.PerResolution).KeyAt(intent.Key, record.Resolution)]++
	}
	return nil
}

func (m *memoryLedger) Room() error { return nil }

func (m *memoryLedger) Reopen(entries []store.Entry, result store.Result) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, entry := range entries {
		if err := store.MayReopen(entry, m.records[entry.Key], result.State); err != nil {
			return err
		}
		m.records[entry.Key] = entry.Reopened(result)
	}
	return nil
}

func (m *memoryLedger) Prune(_ context.Context, before time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	removed := 0
	for key, record := range m.records {
		if (record.State.Final() || record.State == store.Skipped) && record.Resolution.Before(before) && record.At.Before(before) {
			delete(m.records, key)
			removed++
		}
	}
	if before.After(m.info.Floor) {
		m.info.Floor = before
	}
	return removed, nil
}

func (m *memoryLedger) Commit(batch store.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, entry := range batch.Entries {
		if err := store.MayCommit(entry, m.records[entry.Key]); err != nil {
			return err
		}
		m.records[entry.Key] = entry.Record
	}
	if batch.Run != nil {
		m.last = batch.Run
	}
	if batch.Checkpoint.Before(m.info.Checkpoint) && !batch.Checkpoint.IsZero() {
		return fmt.Errorf("%w: the checkpoint would move back", store.ErrRefused)
	}
	if !batch.Checkpoint.IsZero() {
		m.info.Checkpoint = batch.Checkpoint
	}
	if batch.Witnessed.After(m.info.Witnessed) {
		m.info.Witnessed = batch.Witnessed
	}
	if batch.Identity != "" {
		m.info.Identity = batch.Identity
	}
	if b := batch.Backfill; b != nil {
		old := m.backfills[fetch.Window{From: b.From, To: b.To}]
		if b.Begun.Before(old.Begun) || b.Begun.Equal(old.Begun) && b.Position.Before(old.Position) {
			return fmt.Errorf("%w: the back-fill would move back", store.ErrRefused)
		}
		m.backfills[fetch.Window{From: b.From, To: b.To}] = *b
	}
	if batch.Run != nil {
		m.runs++
	}
	return nil
}

func (m *memoryLedger) Runs(int) ([]store.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last == nil {
		return nil, nil
	}
	return []store.Run{*m.last}, nil
}

func (m *memoryLedger) Settle(key store.Key, intent uint64, result store.Result) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	record := m.records[key]
	if err := store.MaySettle(key, intent, record, result.State); err != nil {
		return err
	}
	m.records[key] = record.After(result)
	return nil
}

func (m *memoryLedger) Backfill(from, to time.Time) (store.Backfill, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.backfills[fetch.Window{From: from, To: to}], nil
}

// convert is refused while something is in doubt.
func (m *memoryLedger) convert(to store.Identity) bool {
	counts := map[store.State]int{}
	for _, r := range m.records {
		counts[r.State]++
	}
	from := m.info.Identity.OrDefault()
	if from == to {
		return true
	}
	if store.MayConvert(from, to, counts) != nil {
		return false
	}
	converted := map[store.Key]store.Record{}
	for key, record := range m.records {
		key = to.Key(store.Entry{Key: key, Record: record})
		if other, ok := converted[key]; ok {
			record = store.Merge(other, record)
		}
		converted[key] = record
	}
	m.records, m.info.Identity = converted, to
	return true
}
