package fetch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// Preview decides real conversations by several policies, to compare them, whatever a ledger remembers.
type Preview struct {
	Source    Source
	Directory Directory
	Policies  []decide.Policy // at least one
	Notice    func(string)    // hears what the operator should know
	Partial   bool            // of named conversations those that Kustomer does not have are left out
}

// Range gives each conversation of a window to yield: one case for each policy, in their order.
func (p Preview) Range(ctx context.Context, w Window, yield func([]decide.Case)) error {
	all, err := p.fetchers(ctx, w.From)
	if err != nil {
		return err
	}
	var failed error
	err = all[0].Sweep(ctx, w, func(b Chunk) bool {
		failed = compare(ctx, all[1:], kustomer.Query{From: b.From, To: b.To}, b.Cases, yield)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// IDs decides these conversations. One that Kustomer does not have is an error, after the others.
func (p Preview) IDs(ctx context.Context, ids []string, yield func([]decide.Case)) error {
	all, err := p.fetchers(ctx, time.Time{})
	if err != nil {
		return err
	}
	rows, unread := p.Source.Conversations(ctx, ids)
	if _, err := unreadOf(unread); err != nil {
		return fmt.Errorf("read conversations (%d): %w", len(ids), err)
	}
	cases, err := all[0].decider.decide(ctx, kustomer.Query{}, all[0].decider.candidates(rows))
	if err == nil {
		err = compare(ctx, all[1:], kustomer.Query{}, cases, yield)
	}
	if err != nil {
		return err
	}
	if unread != nil || p.Partial {
		return unread
	}
	for _, id := range ids {
		has := func(row kustomer.Conversation) bool { return strings.EqualFold(row.ID, id) }
		if !slices.ContainsFunc(rows, has) {
			return fmt.Errorf("conversation %s: %w", id, kustomer.ErrNotFound)
		}
	}
	return nil
}

// fetchers are one for each policy. They share what they know of agents, tags and customers.
func (p Preview) fetchers(ctx context.Context, from time.Time) ([]*Fetcher, error) {
	now, err := p.Source.ServerTime(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask Kustomer for its clock: %w", err)
	}
	notice := func(format string, args ...any) { p.Notice(fmt.Sprintf(format, args...)) }
	shared := New(Options{
		Source: p.Source, Directory: p.Directory, Notice: notice,
		Unseen: func(n int) {
			notice("Kustomer counts more conversations than it shows to this API key, or can show, by %d", n)
		},
	})
	shared.Begin(now)
	shared.StartAt(from)
	all := make([]*Fetcher, len(p.Policies))
	for i, policy := range p.Policies {
		one := *shared
		one.decider.Policy = policy
		all[i] = &one
	}
	return all, nil
}

// compare lets the other Fetchers decide what the first has decided.
func compare(
	ctx context.Context, others []*Fetcher, query kustomer.Query, first []decide.Case,
	yield func([]decide.Case),
) error {
	rows := make([]kustomer.Conversation, len(first))
	decided := make(map[store.Key][]decide.Case, len(first))
	for i, c := range first {
		rows[i], decided[c.Key] = c.Conversation, []decide.Case{c}
	}
	for _, other := range others {
		cases := other.decider.candidates(rows)
		for i := range cases {
			cases[i].Before = first[i].Before
		}
		cases, err := other.decider.decide(ctx, query, cases)
		if err != nil {
			return err
		}
		for _, c := range cases {
			decided[c.Key] = append(decided[c.Key], c)
		}
	}
	for _, c := range first {
		yield(decided[c.Key])
	}
	return nil
}
