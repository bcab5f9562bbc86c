// Package fetch reads conversations from Kustomer, window by window or by their ids, joins them with what a
// decision needs, and has them decided.
package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// Fetcher turns windows and ids into decided cases.
type Fetcher struct {
	reader  reader
	decider decider
	clock   *serverClock
	from    time.Time // where the pass begins: what was marked done before is not its business

	width time.Duration // of the next sweep's first window, as the sweep before has learnt it; 0: none was
}

// Options are what conversations are read and decided with.
type Options struct {
	Source    Source
	Directory Directory
	Ledger    Lookup // nil: nothing is remembered
	Policy    decide.Policy
	SurveyPer decide.SurveyPer
	Notice    func(format string, args ...any)
	Unseen    func(int) // hears of conversations that Kustomer counts and does not show, or that are broken
	Unread    func(int) // hears of those that are broken, and may be read later; nil: nobody asks

	Limits PageLimits // of a search; zero: Kustomer's
}

// New makes a Fetcher. [Fetcher.Begin] starts its clock.
func New(o Options) *Fetcher {
	o.Limits = cmp.Or(o.Limits, kustomerLimits)
	if o.Unread == nil {
		o.Unread = func(int) {}
	}
	clock, customers := &serverClock{}, &customers{source: o.Source, notice: o.Notice}
	return &Fetcher{
		reader:  reader{Options: o, clock: clock},
		decider: decider{o, newDirectory(o.Directory, o.Notice), customers, clock},
		clock:   clock,
	}
}

// Begin takes in Kustomer's clock, which was just asked.
func (f *Fetcher) Begin(now time.Time) { f.clock.began, f.clock.asked = now, time.Now() }

// Started is Kustomer's clock when the pass began.
func (f *Fetcher) Started() time.Time { return f.clock.began }

// StartAt says where the pass begins: what was marked done before is not its business.
func (f *Fetcher) StartAt(from time.Time) { f.from = from }

// RequireProfiles lets no agent be asked about who has no active profile.
func (f *Fetcher) RequireProfiles(profiles *decide.Profiles) { f.decider.Policy.Profiles = profiles }

// Agent is the user with an id; nil when there is none, or Kustomer does not give it.
func (f *Fetcher) Agent(ctx context.Context, id string) (*kustomer.User, error) {
	user, err := f.decider.directory.agents.find(ctx, id)
	if errors.Is(err, errUnread) {
		return nil, nil
	}
	return user, err
}

// Estimate counts the conversations of a window.
func (f *Fetcher) Estimate(ctx context.Context, w Window) (Estimate, error) {
	return estimate(ctx, w, f.reader.Limits.Rows, f.reader.count)
}

// Within reports whether a window certainly holds no more than so many conversations, as Kustomer counts
// them. What one search cannot count is counted in halves.
func (f *Fetcher) Within(ctx context.Context, w Window, most int) (bool, error) {
	n, err := countTo(ctx, w, f.reader.Limits.Rows, most, f.reader.count)
	if errors.Is(err, kustomer.ErrUnanswered) {
		return false, nil
	}
	return n <= most, err
}

// Chunk is what one search returned, decided: a window, or a part of one that cannot be cut by time.
type Chunk struct {
	Window
	Cases    []decide.Case
	Complete bool      // with this chunk the window is read to its end
	Read     time.Time // this machine's clock when it was read
}

// errEnough ends the reading because nobody takes any more; it is no failure.
var errEnough = errors.New("nobody takes any more")

// Missed is Sweep for a range that earlier passes have read: it gives what the ledger does not know.
func (f *Fetcher) Missed(ctx context.Context, w Window, yield func(Chunk) bool) error {
	return f.sweep(ctx, w, yield, func(rows []kustomer.Conversation) ([]decide.Case, error) {
		// Others have been told of already.
		own := slices.DeleteFunc(rows, func(row kustomer.Conversation) bool {
			return row.LastDone == nil || !w.Reaches(row.LastDone.At)
		})
		return f.decider.unknown(f.decider.candidates(own))
	})
}

// Sweep gives each window of a range, decided, to yield, in the order of time, until that returns false.
func (f *Fetcher) Sweep(ctx context.Context, w Window, yield func(Chunk) bool) error {
	return f.sweep(ctx, w, yield, func(rows []kustomer.Conversation) ([]decide.Case, error) {
		return f.found(rows), nil
	})
}

func (f *Fetcher) sweep(
	ctx context.Context, w Window, yield func(Chunk) bool,
	found func([]kustomer.Conversation) ([]decide.Case, error),
) error {
	split := newSplitter(w, f.reader.Limits)
	split.width = cmp.Or(f.width, split.width)
	defer func() { f.width = split.learnt() }()
	err := f.reader.sweep(ctx, split, func(l lot) error {
		chunk := Chunk{Window: Window{l.query.From, l.query.To}, Complete: l.complete, Read: time.Now()}
		cases, err := found(l.rows)
		if err != nil {
			return err
		}
		if chunk.Cases, err = f.decider.decide(ctx, l.query, cases); err != nil {
			return err
		}
		// An earlier pass has dealt with what it knows of the time before this one begins.
		chunk.Cases = slices.DeleteFunc(chunk.Cases, func(c decide.Case) bool {
			return c.Before && c.Known.State != store.Unknown
		})
		if !yield(chunk) {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// found are rows of a search as cases. No later window has those that were done before the pass begins.
func (f *Fetcher) found(rows []kustomer.Conversation) []decide.Case {
	cases := f.decider.candidates(rows)
	for i := range cases {
		done := cases[i].Conversation.LastDone
		cases[i].Before = done != nil && done.At.Before(f.from) && !decide.SameResolution(done.At, f.from)
	}
	return cases
}

// Recheck gives cases as they are now: what is not decided again says so in Case.Reread. Behind them come the
// resolutions that took the place of those that are over.
func (f *Fetcher) Recheck(ctx context.Context, cases []decide.Case) ([]decide.Case, error) {
	ids := make([]string, len(cases))
	for i, each := range cases {
		ids[i] = each.Key.Conversation
	}
	slices.Sort(ids)
	rows, err := f.reader.Source.Conversations(ctx, slices.Compact(ids))
	unread, err := unreadOf(err)
	if err != nil {
		return nil, fmt.Errorf("read conversations (%d) again before sending: %w", len(ids), err)
	}
	over, asked := recheck(f.decider.SurveyPer, f.clock, cases, rows)
	for i, each := range over {
		if each.Reread == decide.Missing && slices.Contains(unread, each.Key.Conversation) {
			over[i].Reread = decide.Withheld
		}
	}
	decided, err := f.decider.decide(ctx, around(f.clock.resolutions(rows)), asked)
	if err != nil {
		return nil, err
	}
	// Replacements come last: another case may come to the same resolution.
	slices.SortStableFunc(decided, func(a, b decide.Case) int {
		last := map[bool]int{true: 1}
		return last[a.Replacement] - last[b.Replacement]
	})
	return append(over, decided...), nil
}

// unreadOf are the conversations that Kustomer does not give, in lower case, where err says no more than
// that.
func unreadOf(err error) ([]string, error) {
	unreadable, ok := errors.AsType[*kustomer.UnreadableError](err)
	if !ok {
		return nil, err
	}
	unread := make([]string, len(unreadable.IDs))
	for i, id := range unreadable.IDs {
		unread[i] = decide.KeyOfID(id).Conversation
	}
	return unread, nil
}

// around is the narrowest query that finds conversations by their resolutions, to join their customers.
func around(resolutions []time.Time) kustomer.Query {
	if len(resolutions) == 0 {
		return kustomer.Query{}
	}
	return kustomer.Query{
		From: slices.MinFunc(resolutions, time.Time.Compare),
		To:   slices.MaxFunc(resolutions, time.Time.Compare).Add(time.Millisecond),
	}
}

// DecideOne decides a conversation as a pass would: what waits of it in the ledger, else as it is now.
func (f *Fetcher) DecideOne(
	ctx context.Context, entries []store.Entry, rows []kustomer.Conversation,
) (decide.Case, error) {
	var waiting []decide.Case
	for _, entry := range entries {
		if entry.State == store.Scheduled || entry.State == store.Retry {
			waiting = append(waiting, decide.WaitingCase(entry))
		}
	}
	slices.SortStableFunc(waiting, func(a, b decide.Case) int { return a.Own.Due.Compare(b.Own.Due) })
	_, asked := recheck(f.decider.SurveyPer, f.clock, waiting, rows)
	if len(asked) == 0 {
		asked = f.decider.candidates(rows)
	}
	cases, err := f.decider.decide(ctx, kustomer.Query{}, asked[:1])
	if err != nil {
		return decide.Case{}, err
	}
	return cases[0], nil
}

// Whole is a decided case with what its decision did without: the names of its tags and its customer, whom it
// has as a deleted one where there is none. What cannot be read is still missing.
func (f *Fetcher) Whole(ctx context.Context, c decide.Case) decide.Candidate {
	whole, id := c.Candidate, c.Conversation.CustomerID
	if len(whole.Tags) == 0 {
		whole.Tags, _ = f.decider.directory.tagNames(ctx, whole.Conversation.TagIDs)
	}
	if whole.Customer != nil || id == "" {
		return whole
	}
	known := found{}
	if f.decider.customers.fetch(ctx, map[string]bool{id: true}, known) == nil {
		if customer, read := known[id]; read && customer != nil {
			whole.Customer = customer
		} else if read {
			whole.Customer = &kustomer.Customer{ID: id, Deleted: true}
		}
	}
	return whole
}

// DecideIDs decides conversations as they are now. Those that do not exist, or that Kustomer does not give,
// are left out.
func (f *Fetcher) DecideIDs(ctx context.Context, ids []string) ([]decide.Case, error) {
	rows, err := f.reader.Source.Conversations(ctx, ids)
	if _, err := unreadOf(err); err != nil {
		return nil, fmt.Errorf("read conversations (%d): %w", len(ids), err)
	}
	return f.decider.decide(ctx, kustomer.Query{}, f.decider.candidates(rows))
}

// recheck compares cases with what their conversations are now: over, or asked for a decision, among those
// the ones that take the place of what is over.
func recheck(
	per decide.SurveyPer, clock *serverClock, cases []decide.Case, rows []kustomer.Conversation,
) (over, asked []decide.Case) {
	now := make(map[string]kustomer.Conversation, len(rows))
	for _, row := range rows {
		now[decide.KeyOf(row).Conversation] = row
	}
	end := func(c decide.Case, as decide.Reread) {
		c.Reread = as
		over = append(over, c)
	}
	claimed := map[string]bool{} // by conversation
	for _, each := range cases {
		row, there := now[each.Key.Conversation]
		fresh := decide.Case{Key: each.Key, Candidate: decide.Candidate{Conversation: row}, Own: each.Own}
		fresh.Canonicalize(per, each.Resolution())
		switch {
		case !there:
			end(each, decide.Missing)
		// A recovery is for all resolutions to come.
		case each.Key.Recovery:
			asked = append(asked, fresh)
		// It has no resolution now with which the case could be compared.
		case row.Status != "done" || row.LastDone == nil || clock.outside(row):
			asked = append(asked, fresh)
		case !stillAbout(per, each, row):
			end(each, decide.Superseded)
		// An older version may have left one resolution under two keys, each as Kustomer told its time then.
		case claimed[each.Key.Conversation]:
			end(each, decide.Duplicate)
		default:
			claimed[each.Key.Conversation] = true
			asked = append(asked, fresh)
		}
	}
	// Last, so that a resolution which is itself among the cases comes for itself.
	for _, each := range over {
		row := now[each.Key.Conversation]
		if each.Reread == decide.Superseded && !claimed[each.Key.Conversation] {
			claimed[each.Key.Conversation] = true
			fresh := decide.Candidate{Conversation: row}
			asked = append(asked, decide.Case{Key: per.Key(row), Candidate: fresh, Replacement: true})
		}
	}
	return over, asked
}

// stillAbout reports whether a case is about the resolution of a row, or about all of its conversation.
func stillAbout(per decide.SurveyPer, c decide.Case, row kustomer.Conversation) bool {
	return c.Key == per.Key(row) || row.LastDone != nil &&
		decide.SameResolution(c.Resolution(), row.LastDone.At)
}
