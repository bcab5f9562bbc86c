package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/kustomer"
)

// mostReceived is for how many conversations one inquiry reads Agent Connect's data: each takes some of the
// few calls that it answers in a minute.
const mostReceived = 20

// Inquiry explains one conversation after the other, and asks once what is the same for all. It is not for
// several goroutines.
type Inquiry struct {
	of      Explainer
	began   bool
	now     time.Time // Kustomer's clock where that was asked, else this machine's
	unasked error     // why Kustomer could not be asked for anything

	rows   map[string]kustomer.Conversation // that it has, by their ids as the ledger has them
	failed map[string]error                 // why it does not give one

	memory   *memory // nil: the ledger was not read
	fetcher  *fetch.Fetcher
	policy   decide.Policy
	unlisted error // why the active profiles could not be listed
	received int   // conversations for which Agent Connect's data were read
}

// idOf is an id as the ledger has it.
func idOf(id string) string { return decide.KeyOfID(id).Conversation }

// Remember reads at once what a ledger has of conversations. It is not needed after that: no pass waits while
// services are asked.
func (q *Inquiry) Remember(ledger Ledger, ids ...string) (err error) {
	m := &memory{records: map[string]map[store.Key]store.Record{}}
	if m.info, err = ledger.Info(); err != nil {
		return err
	}
	for _, id := range ids {
		id = idOf(id)
		if m.records[id], err = ledger.Lookup([]store.Key{{Conversation: id}}); err != nil {
			return fmt.Errorf("look up conversation %s in the ledger: %w", id, err)
		}
	}
	if m.runs, err = ledger.Runs(0); err != nil {
		return fmt.Errorf("read the past passes: %w", err)
	}
	q.memory = m
	return nil
}

// memory is what a ledger had when it was read.
type memory struct {
	info    store.Info
	runs    []store.Run
	records map[string]map[store.Key]store.Record // by conversation
}

// Lookup finds what it had of the conversations that keys name, as the ledger does.
func (m *memory) Lookup(keys []store.Key) (map[store.Key]store.Record, error) {
	found := map[store.Key]store.Record{}
	for _, key := range keys {
		maps.Copy(found, m.records[key.Conversation])
	}
	return found, nil
}

// Read reads conversations from Kustomer, as they are now, and in as few calls as that takes.
func (q *Inquiry) Read(ctx context.Context, ids ...string) {
	if !q.begin(ctx) || len(ids) == 0 {
		return
	}
	rows, err := q.of.Source.Conversations(ctx, ids)
	unreadable, some := errors.AsType[*kustomer.UnreadableError](err)
	for _, row := range rows {
		q.rows[idOf(row.ID)] = row
	}
	for _, id := range ids {
		_, read := q.rows[idOf(id)]
		if err != nil && !read && (!some || slices.ContainsFunc(unreadable.IDs, sameID(id))) {
			q.failed[idOf(id)] = fmt.Errorf("read conversation %s: %w", idOf(id), err)
		}
	}
}

func sameID(id string) func(string) bool {
	return func(other string) bool { return idOf(other) == idOf(id) }
}

// begin asks Kustomer for its clock, and reports whether it can be asked for more.
func (q *Inquiry) begin(ctx context.Context) bool {
	if q.of.Source == nil {
		return false
	}
	if !q.began {
		q.began = true
		now, err := q.of.Source.ServerTime(ctx)
		if err != nil {
			q.unasked = fmt.Errorf("ask Kustomer for its clock: %w", err)
		} else {
			q.now = now
		}
	}
	return q.unasked == nil
}

// Customer finds a customer by an id.
func (q *Inquiry) Customer(ctx context.Context, id string) (Customer, error) {
	return q.customer(ctx, func(from People) (kustomer.Customer, error) { return from.Customer(ctx, id) })
}

// CustomerByEmail finds a customer by an address, which is in no error.
func (q *Inquiry) CustomerByEmail(ctx context.Context, email string) (Customer, error) {
	return q.customer(ctx, func(from People) (kustomer.Customer, error) {
		return from.CustomerByEmail(ctx, email)
	})
}

func (q *Inquiry) customer(
	ctx context.Context, find func(People) (kustomer.Customer, error),
) (found Customer, err error) {
	if !q.begin(ctx) {
		return found, q.unasked
	}
	if found.Customer, err = find(q.of.People); err != nil {
		return found, fmt.Errorf("look up the customer: %w", nobody(err))
	}
	rows, err := q.of.People.CustomerConversations(ctx, found.ID)
	if found.More = errors.Is(err, kustomer.ErrMore); err != nil && !found.More {
		return found, fmt.Errorf("list the conversations of customer %s: %w", found.ID, err)
	}
	for _, row := range rows {
		if len(found.Conversations) == mostOfCustomer {
			found.Left++
			continue
		}
		found.Conversations = append(found.Conversations, idOf(row.ID))
	}
	return found, nil
}

// Has reports whether Kustomer has a conversation that was read.
func (q *Inquiry) Has(id string) bool {
	_, read := q.rows[idOf(id)]
	return read
}

// Explain explains a conversation that was read. An error is the end of the context; what the services do not
// tell is noted.
func (q *Inquiry) Explain(ctx context.Context, id string) (Explanation, error) {
	e := q.of
	x := Explanation{ID: idOf(id), Now: q.now, Asked: e.Source != nil, Remembered: q.memory != nil}
	q.recall(&x)
	if x.Asked {
		x.Unread = q.decide(ctx, &x)
	}
	q.findFirstRun(&x)
	if e.Receiver != nil && slices.ContainsFunc(x.Entries, tried) {
		if q.received++; q.received > mostReceived {
			x.Skimmed = true
		} else {
			x.Interactions, x.ReceiverErr = readReceiver(ctx, e, x)
			x.ReceiverRead = x.ReceiverErr == nil
		}
	}
	if ctx.Err() != nil {
		return x, context.Cause(ctx)
	}
	f := forecaster{Explainer: e}
	if q.memory != nil {
		f.ledger = q.memory.info
	}
	x.Forecast = withEnding(x, f.forecast(x))
	return x, nil
}

// recall tells what the ledger had.
func (q *Inquiry) recall(x *Explanation) {
	if q.memory == nil {
		return
	}
	for key, record := range q.memory.records[x.ID] {
		x.Entries = append(x.Entries, store.Entry{Key: key, Record: record})
	}
	slices.SortFunc(x.Entries, func(a, b store.Entry) int {
		recovery := map[bool]int{true: 1}
		return cmp.Or(
			a.Record.Resolution.Compare(b.Record.Resolution), recovery[a.Recovery]-recovery[b.Recovery],
			cmp.Compare(a.Key.Resolution, b.Key.Resolution))
	})
	info := q.memory.info
	x.Ledger = info.ID
	// No pass goes on with another identity unconfirmed.
	have, want := info.Identity.OrDefault(), q.of.Options.SurveyPer.OrDefault()
	if have != want && len(info.Counts) > 0 {
		x.Kept = have
	}
}

// decide decides a conversation as Kustomer has it. The error is why that could not be read.
func (q *Inquiry) decide(ctx context.Context, x *Explanation) error {
	if !q.begin(ctx) {
		return q.unasked
	}
	x.Now = q.now
	row, there := q.rows[x.ID]
	if !there {
		return q.failed[x.ID]
	}
	f := q.joiner(ctx)
	x.Unlisted = q.unlisted
	var err error
	if x.Case, err = f.DecideOne(ctx, x.Entries, []kustomer.Conversation{row}); err != nil {
		return err
	}
	x.Found = true
	x.Channels, x.Facts = x.Case.Conversation.Channels, decide.DetailsOf(x.Case, time.Time{})
	whole := f.Whole(ctx, x.Case)
	_, x.Steps = q.policy.Trace(whole)
	x.Forbids, x.Values = q.policy.Forbidding(whole), q.policy.Values(whole)
	x.markUnknown()
	if done := x.Case.Conversation.LastDone; done != nil {
		x.Closer, err = f.Agent(ctx, done.By)
	}
	return err
}

// joiner joins conversations with what decides of them. It keeps what it has read for the next one.
func (q *Inquiry) joiner(ctx context.Context) *fetch.Fetcher {
	if q.fetcher != nil {
		return q.fetcher
	}
	e := q.of
	q.policy = e.Options.Policy
	if e.Profiles != nil {
		q.policy.Profiles, q.unlisted = decide.NewProfiles(e.Profiles.Employees(ctx))
	}
	quiet := func(string, ...any) {}
	o := fetch.Options{
		Source: e.Source, Directory: e.Directory, Policy: q.policy,
		SurveyPer: decide.SurveyPer(e.Options.SurveyPer), Notice: quiet, Unseen: func(int) {},
	}
	if q.memory != nil {
		o.Ledger = q.memory
	}
	q.fetcher = fetch.New(o)
	q.fetcher.Begin(q.now)
	return q.fetcher
}

// findFirstRun finds the first run that read the time of the resolution, unless the ledger knew it before:
// then a back-fill, an apply or a rebuild has found it, whose summaries do not tell how much they have read.
func (q *Inquiry) findFirstRun(x *Explanation) {
	if len(x.Entries) == 0 {
		return
	}
	resolved := x.Entries[len(x.Entries)-1].Record.Resolution
	if x.Found {
		resolved = x.Case.Resolution()
	}
	for _, run := range slices.Backward(q.memory.runs) {
		window := fetch.Window{From: run.From, To: run.To}
		// Behind its checkpoint a run may have stopped before it came to the resolution.
		if run.Mode == "run" && !run.Killed && window.Contains(resolved) && run.Checkpoint.After(resolved) {
			if !x.heldBefore(resolved, run.Started) {
				x.First = &run
			}
			return
		}
	}
}

// tried reports whether a request of an entry may have been sent.
func tried(e store.Entry) bool { return e.Attempts > 0 || e.Status != 0 }
