package simtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
	"acsync/sync/tenant"
)

// errDisk is what a disk answers that takes no more.
var errDisk = errors.New("no space left on device (simulated)")

// steps is the ledger of a process: each call is a step at which the process can be killed, before anything
// is written and after it is, and writes can fail, with and without having been carried out.
type steps struct {
	*tenant.Shared
	gate  *gate
	fails float64     // share of writes that fail
	stuck atomic.Bool // one has: the ledger takes no more, as after a commit that failed
	// is told of each intent that is given
	given func(key store.Key, number uint64)
}

// write makes one call that writes.
func (s *steps) write(step, about string, call func() error) error {
	if err := s.gate.pass(step, about); err != nil {
		return err
	}
	r := s.gate.dice.throw(s.gate.name+" disk "+step, about, s.gate.counts.next("disk "+step+" "+about))
	fails, applied := r.Float64() < s.fails, r.IntN(2) == 0
	if s.stuck.Load() {
		return errDisk
	}
	if fails && !applied {
		s.stuck.Store(true)
		s.gate.journal.meets("disk: " + step + " failed")
		s.gate.journal.note("%s: the disk fails: %s %s", s.gate.name, step, about)
		return errDisk
	}
	err := call()
	if fails && err == nil {
		s.stuck.Store(true)
		s.gate.journal.meets("disk: " + step + " failed, but applied")
		s.gate.journal.note("%s: the disk fails behind %s %s", s.gate.name, step, about)
		err = errDisk
	}
	if killed := s.gate.pass(step+" done", about); killed != nil {
		return killed
	}
	return err
}

// Lookup is a step of its own.
func (s *steps) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	if err := s.gate.pass("look up", fmt.Sprint(len(keys))); err != nil {
		return nil, err
	}
	return s.Shared.Lookup(keys)
}

// Begin gives an intent.
func (s *steps) Begin(key store.Key, resolution, now time.Time) (intent store.Intent, err error) {
	err = s.write("begin", key.Conversation, func() (err error) {
		if intent, err = s.Shared.Begin(key, resolution, now); err == nil {
			s.given(key, intent.Number)
		}
		return err
	})
	return intent, err
}

// Finish ends one.
func (s *steps) Finish(intent store.Intent, result store.Result) error {
	return s.write("finish", intent.Key.Conversation, func() error {
		s.gate.journal.note("%s: %s #%d is %s %s", s.gate.name, intent.Key.Conversation, intent.Number,
			result.State, result.Reason)
		return s.Shared.Finish(intent, result)
	})
}

// Settle ends a doubt.
func (s *steps) Settle(key store.Key, intent uint64, result store.Result) error {
	return s.write("settle", key.Conversation, func() error {
		s.gate.journal.note("%s: the doubt about %s is %s %s", s.gate.name, key.Conversation, result.State,
			result.Reason)
		return s.Shared.Settle(key, intent, result)
	})
}

// Recover puts open intents in doubt.
func (s *steps) Recover(now time.Time) (entries []store.Entry, err error) {
	err = s.write("recover", "", func() (err error) {
		entries, err = s.Shared.Recover(now)
		for _, e := range entries {
			s.gate.journal.note("%s: %s was open, and is in doubt", s.gate.name, e.Conversation)
		}
		return err
	})
	return entries, err
}

// Reopen takes up what was over.
func (s *steps) Reopen(entries []store.Entry, result store.Result) error {
	return s.write("reopen", fmt.Sprint(len(entries)), func() error { return s.Shared.Reopen(entries, result) })
}

// Commit writes what a window has brought, or a summary.
func (s *steps) Commit(batch store.Batch) error {
	about := fmt.Sprintf("%d, checkpoint %s", len(batch.Entries), batch.Checkpoint.Format(time.TimeOnly))
	return s.write("commit", about, func() error {
		for _, e := range batch.Entries {
			s.gate.journal.note("%s: %s is %s %s", s.gate.name, e.Conversation, e.State, e.Reason)
		}
		return s.Shared.Commit(batch)
	})
}

// Prune forgets.
func (s *steps) Prune(ctx context.Context, before time.Time) (n int, err error) {
	err = s.write("prune", "", func() (err error) {
		n, err = s.Shared.Prune(ctx, before)
		return err
	})
	return n, err
}

// source is Kustomer as a process calls it, each call a step.
type source struct {
	*kustomer.Client
	gate *gate
}

var (
	_ fetch.Source    = source{}
	_ fetch.Directory = source{}
)

// ServerTime is a step.
func (s source) ServerTime(ctx context.Context) (time.Time, error) {
	if err := s.gate.pass("ask", "the time"); err != nil {
		return time.Time{}, err
	}
	return s.Client.ServerTime(ctx)
}

// SearchConversations is a step.
func (s source) SearchConversations(
	ctx context.Context,
	q kustomer.Query,
) (kustomer.Page[kustomer.Conversation], error) {
	if err := s.gate.pass("search", fmt.Sprint(q)); err != nil {
		return kustomer.Page[kustomer.Conversation]{}, err
	}
	return s.Client.SearchConversations(ctx, q)
}

// SearchCustomers is a step.
func (s source) SearchCustomers(
	ctx context.Context,
	q kustomer.Query,
) (kustomer.Page[kustomer.Customer], error) {
	if err := s.gate.pass("search customers", fmt.Sprint(q)); err != nil {
		return kustomer.Page[kustomer.Customer]{}, err
	}
	return s.Client.SearchCustomers(ctx, q)
}

// Conversations is a step.
func (s source) Conversations(ctx context.Context, ids []string) ([]kustomer.Conversation, error) {
	if err := s.gate.pass("read", fmt.Sprint(ids)); err != nil {
		return nil, err
	}
	return s.Client.Conversations(ctx, ids)
}

// Customer is a step.
func (s source) Customer(ctx context.Context, id string) (kustomer.Customer, error) {
	if err := s.gate.pass("read", id); err != nil {
		return kustomer.Customer{}, err
	}
	return s.Client.Customer(ctx, id)
}

// Users is a step.
func (s source) Users(ctx context.Context) ([]kustomer.User, error) {
	if err := s.gate.pass("list", "users"); err != nil {
		return nil, err
	}
	return s.Client.Users(ctx)
}

// User is a step.
func (s source) User(ctx context.Context, id string) (kustomer.User, error) {
	if err := s.gate.pass("read", id); err != nil {
		return kustomer.User{}, err
	}
	return s.Client.User(ctx, id)
}

// Tags is a step.
func (s source) Tags(ctx context.Context) ([]kustomer.Tag, error) {
	if err := s.gate.pass("list", "tags"); err != nil {
		return nil, err
	}
	return s.Client.Tags(ctx)
}

// Tag is a step.
func (s source) Tag(ctx context.Context, id string) (kustomer.Tag, error) {
	if err := s.gate.pass("read", id); err != nil {
		return kustomer.Tag{}, err
	}
	return s.Client.Tag(ctx, id)
}

// sender is Agent Connect as a process calls it.
type sender struct {
	*agentconnect.Client
	gate *gate
}

var _ deliver.Sender = sender{}

// Ready is a step.
func (s sender) Ready(ctx context.Context) error {
	key, _ := deliver.KeyOf(ctx)
	if err := s.gate.pass("ready", key.Conversation); err != nil {
		return err
	}
	return s.Client.Ready(ctx)
}

// Create is a step.
func (s sender) Create(ctx context.Context, r agentconnect.Request) agentconnect.Answer {
	if err := s.gate.pass("create", r.ExtInteractionID); err != nil {
		return agentconnect.Answer{Err: context.Canceled}
	}
	return s.Client.Create(ctx, r)
}
