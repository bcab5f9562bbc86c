package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
)

var testNow = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

var errTrouble = errors.New("trouble")

// fakeLedger is a ledger in memory. It refuses what the real one refuses.
type fakeLedger struct {
	info    store.Info
	records map[store.Key]store.Record
}

func (m *fakeLedger) Info() (store.Info, error) { return m.info, nil }

// Lookup gives all records of the conversations of keys.
func (m *fakeLedger) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	found := map[store.Key]store.Record{}
	for key, record := range m.records {
		if slices.ContainsFunc(keys, func(k store.Key) bool { return k.Conversation == key.Conversation }) {
			found[key] = record
		}
	}
	return found, nil
}

func (m *fakeLedger) Waiting(_ int, states ...store.State) ([]store.Entry, error) {
	var entries []store.Entry
	for key, record := range m.records {
		if slices.Contains(states, record.State) {
			entries = append(entries, store.Entry{Key: key, Record: record})
		}
	}
	slices.SortFunc(entries, func(a, b store.Entry) int { return strings.Compare(a.Conversation, b.Conversation) })
	return entries, nil
}

func (m *fakeLedger) Recover(now time.Time) ([]store.Entry, error) {
	open, _ := m.Waiting(0, store.Sending)
	for _, e := range open {
		e.State, e.Reason, e.At, e.Doubt = store.InDoubt, string(decide.Interrupted), now, m.info.Intents
		m.records[e.Key] = e.Record
	}
	return open, nil
}

func (m *fakeLedger) Settle(key store.Key, intent uint64, result store.Result) error {
	record := m.records[key]
	if record.State != store.InDoubt || record.Intent != intent {
		return fmt.Errorf("%w: %s is %s", store.ErrRefused, key.Conversation, record.State)
	}
	m.records[key] = record.After(result)
	return nil
}

func (m *fakeLedger) Each(fn func(store.Entry) error) error {
	all, _ := m.Waiting(0, store.States()...)
	for _, e := range all {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

func (m *fakeLedger) Reopen(entries []store.Entry, x store.Result) error {
	for _, e := range entries {
		if err := store.MayReopen(e, m.records[e.Key], x.State); err != nil {
			return err
		}
	}
	for _, e := range entries {
		m.records[e.Key] = e.Reopened(x)
	}
	return nil
}

func (m *fakeLedger) Commit(batch store.Batch) error {
	for _, e := range batch.Entries {
		if known := m.records[e.Key].State; known.Final() || known == store.Sending || known == store.InDoubt {
			return fmt.Errorf("%w: %s is %s", store.ErrRefused, e.Conversation, known)
		}
		m.records[e.Key] = e.Record
	}
	return nil
}

// fakeReceiver are interactions that the data show, and how they end.
type fakeReceiver struct {
	rows  []agentconnect.Interaction
	err   error
	asked []time.Time
}

func (s *fakeReceiver) Since(_ context.Context, since time.Time) iter.Seq2[agentconnect.Interaction, error] {
	s.asked = append(s.asked, since)
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, row := range s.rows {
			if !yield(row, nil) {
				return
			}
		}
		if s.err != nil {
			yield(agentconnect.Interaction{}, s.err)
		}
	}
}

// Between shows what lies between, and fails as Since does.
func (s *fakeReceiver) Between(_ context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error] {
	return func(yield func(agentconnect.Interaction, error) bool) {
		for _, row := range s.rows {
			if !row.CreatedAt.Before(since) && !row.CreatedAt.After(until) && !yield(row, nil) {
				return
			}
		}
		if s.err != nil {
			yield(agentconnect.Interaction{}, s.err)
		}
	}
}
