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

// Preview decides real conversations by one policy or several, to compare them. It reads from Kustomer alone: what a
// ledger remembers does not count.
type Preview struct {
	Source    Source
	Directory Directory
	Policies  []decide.Policy // at least one
	Notice    func(string)    // hears what the operator should know
}

// Range decides what was marked done in a window, window by window, and gives each conversation to yield: one case for each
// policy, in their order.
func (p Preview) Range(ctx context.Context, w Window, yield func([]decide.Case)) error {
	judges, err := p.judges(ctx, w.From)
	if err != nil {
		return err
	}
	var failed error
	err = judges[0].Sweep(ctx, w, func(b Chunk) bool {
		failed = compare(ctx, judges[1:], kustomer.Query{From: b.From, To: b.To}, b.Cases, yield)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// IDs decides the conversations with these ids. One that Kustomer does not have is an error, after the others.
func (p Preview) IDs(ctx context.Context, ids []string, yield func([]decide.Case)) error {
	judges, err := p.judges(ctx, time.Time{})
	if err != nil {
		return err
	}
	rows, err := p.Source.Conversations(ctx, ids)
	if err != nil {
		return fmt.Errorf("read %d conversations: %w", len(ids), err)
	}
	cases, err := judges[0].Decide(ctx, kustomer.Query{}, judges[0].Candidates(rows))
	if err == nil {
		err = compare(ctx, judges[1:], kustomer.Query{}, cases, yield)
	}
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(rows, func(row kustomer.Conversation) bool { return strings.EqualFold(row.ID, id) }) {
			return fmt.Errorf("conversation %s: %w", id, kustomer.ErrNotFound)
		}
	}
	return nil
}

// judges are a collector for each policy. They share what they know of agents, tags and customers.
func (p Preview) judges(ctx context.Context, from time.Time) ([]*Fetcher, error) {
	now, err := p.Source.ServerTime(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask Kustomer for its clock: %w", err)
	}
	notice := func(format string, args ...any) { p.Notice(fmt.Sprintf(format, args...)) }
	shared := New(Options{
		Source: p.Source, Directory: p.Directory, Notice: notice,
		Unseen: func(n int) { notice("Kustomer counts %d conversations more than it shows to this API key", n) },
	})
	shared.Begin(now)
	shared.StartAt(from)
	judges := make([]*Fetcher, len(p.Policies))
	for i, policy := range p.Policies {
		judge := *shared
		judge.policy = policy
		judges[i] = &judge
	}
	return judges, nil
}

// compare lets the other judges decide what the first has decided.
func compare(ctx context.Context, others []*Fetcher, query kustomer.Query, first []decide.Case, yield func([]decide.Case)) error {
	rows := make([]kustomer.Conversation, len(first))
	judged := make(map[store.Key][]decide.Case, len(first))
	for i, c := range first {
		rows[i], judged[c.Key] = c.Conversation, []decide.Case{c}
	}
	for _, judge := range others {
		cases := judge.Candidates(rows)
		for i := range cases {
			cases[i].Before = first[i].Before
		}
		cases, err := judge.Decide(ctx, query, cases)
		if err != nil {
			return err
		}
		for _, c := range cases {
			judged[c.Key] = append(judged[c.Key], c)
		}
	}
	for _, c := range first {
		yield(judged[c.Key])
	}
	return nil
}
