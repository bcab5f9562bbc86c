package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/verify"
)

// Ledger is what is read of a ledger: all at once at the beginning, so that it need not be held while the
// services are read.
type Ledger interface {
	Info() (store.Info, error)
	// Each gives every entry, and what is left of each that was erased.
	Each(fn func(store.Entry) error) error
}

// Receiver tells what Agent Connect has taken, from its own data.
type Receiver interface {
	// Between gives what was created from since to until. It ends with an error unless it has given all.
	Between(ctx context.Context, since, until time.Time) iter.Seq2[agentconnect.Interaction, error]
}

// Reader reads a range of time from the three systems.
type Reader struct {
	Source    fetch.Source
	Directory fetch.Directory
	Policy    decide.Policy
	SurveyPer decide.SurveyPer
	Ledger    Ledger   // nil: there is none, or none yet
	Receiver  Receiver // nil: Agent Connect's data are not asked
	// Agent Connect's data are read to the present, however long the range is past: nobody then counts as not
	// asked who was asked late.
	ToPresent bool
	Notice    func(string) // hears what the operator should know
	// Progress hears up to when Kustomer was read, and then how many requests Agent Connect has told of; nil:
	// nobody does.
	Progress func(until time.Time, requests int)
}

// lateRequests is how long after the end of a range its requests are looked for, and after what the ledger
// tells of them: delays, retries and outages later than the delay that rules may set.
const lateRequests = 7 * 24 * time.Hour

// idsAtOnce is how many conversations are read by one call.
const idsAtOnce = 50

// Range gives each conversation that was marked done in a window, and each that Agent Connect has taken a
// request of in it, once, in no order. Its end may lie in the future. An error is the last thing it yields.
//
// What Kustomer shows under that window comes by its search. What the ledger has of the window and the search
// does not show was marked done again since, or is gone: it is read by its id, and counts for the window by
// the ledger's word. What was erased from the ledger is left out: nothing of it is held against anybody.
func (r Reader) Range(ctx context.Context, w fetch.Window) iter.Seq2[Journey, error] {
	return func(yield func(Journey, error) bool) {
		reading := reading{Reader: r, window: w}
		err := errors.Join(reading.run(ctx, yield), reading.sides.Close())
		if err != nil && !errors.Is(err, errEnough) {
			yield(Journey{}, err)
		}
	}
}

// errEnough ends the reading because nobody takes any more; it is no failure.
var errEnough = errors.New("nobody takes any more")

// side is what one system says of a conversation.
type side struct {
	Conversation string
	Facts        *Facts                    // of Kustomer
	Interaction  *agentconnect.Interaction // of Agent Connect
	Entry        *store.Entry              // of the ledger
}

type reading struct {
	Reader
	window   fetch.Window
	fetcher  *fetch.Fetcher
	sides    Partitions[side]
	ledgerID string
	erased   map[store.Key]bool                    // what is left of them
	latest   time.Time                             // what the ledger tells last of the range
	nameless map[uint64][]agentconnect.Interaction // those without a conversation, by their number
}

func (r *reading) run(ctx context.Context, yield func(Journey, error) bool) error {
	// First, and at once: while it is read no pass can begin.
	if err := r.readLedger(); err != nil {
		return err
	}
	now, err := r.Source.ServerTime(ctx)
	if err != nil {
		return fmt.Errorf("ask Kustomer for its clock: %w", err)
	}
	if r.window.To.After(now) {
		r.window.To = now
	}
	r.Policy.MaxAge = 0
	notice := func(format string, args ...any) { r.Notice(fmt.Sprintf(format, args...)) }
	r.fetcher = fetch.New(fetch.Options{
		Source: r.Source, Directory: r.Directory, Policy: r.Policy, SurveyPer: r.SurveyPer, Notice: notice,
		Unseen: func(n int) {
			notice("Kustomer counts more conversations than it shows to this API key, or can show, by %d", n)
		},
	})
	r.fetcher.Begin(now)
	r.fetcher.StartAt(r.window.From)
	if err := r.readKustomer(ctx); err != nil {
		return err
	}
	if err := r.readReceiver(ctx, now); err != nil {
		return err
	}
	if err := r.findNameless(); err != nil {
		return err
	}
	return r.sides.Each(func(sides []side) error { return r.join(ctx, sides, yield) })
}

// readLedger keeps all that the ledger has: what it remembers of a conversation may be of any time.
func (r *reading) readLedger() error {
	if r.Ledger == nil {
		return nil
	}
	info, err := r.Ledger.Info()
	if err != nil {
		return err
	}
	r.ledgerID, r.erased = info.ID, map[store.Key]bool{}
	return r.Ledger.Each(func(e store.Entry) error {
		if e.Erased() {
			r.erased[e.Key] = true
			return nil
		}
		if r.window.Contains(e.Record.Resolution) && e.At.After(r.latest) {
			r.latest = e.At
		}
		return r.sides.Put(e.Conversation, side{Conversation: e.Conversation, Entry: &e})
	})
}

func (r *reading) readKustomer(ctx context.Context) error {
	var failed error
	err := r.fetcher.Sweep(ctx, r.window, func(chunk fetch.Chunk) bool {
		r.tell(chunk.To, 0)
		for _, c := range chunk.Cases {
			facts := factsOf(c)
			failed = r.sides.Put(c.Key.Conversation, side{Conversation: c.Key.Conversation, Facts: &facts})
			if failed != nil {
				return false
			}
		}
		return true
	})
	return cmp.Or(failed, err)
}

func (r *reading) tell(until time.Time, requests int) {
	if r.Progress != nil {
		r.Progress(until, requests)
	}
}

func (r *reading) readReceiver(ctx context.Context, now time.Time) error {
	r.nameless = map[uint64][]agentconnect.Interaction{}
	if r.Receiver == nil {
		return nil
	}
	until := r.window.To
	if r.latest.After(until) {
		until = r.latest
	}
	until = until.Add(lateRequests + r.Policy.LongestDelay())
	if until.After(now) || r.ToPresent {
		until = time.Time{}
	}
	requests := 0
	for i, err := range r.Receiver.Between(ctx, r.window.From.Add(-verify.Skew), until) {
		if err != nil {
			return fmt.Errorf("read Agent Connect's data: %w", err)
		}
		requests++
		r.tell(r.window.To, requests)
		conversation := Canonical(i.ExtInteractionID)
		if number, own := verify.OwnStamp(r.ledgerID, i.Intent); conversation == "" && own {
			r.nameless[number] = append(r.nameless[number], i)
		}
		// Of others it asks about something else than a conversation, as by hand in Agent Connect.
		if conversation == "" {
			continue
		}
		if err := r.sides.Put(conversation, side{Conversation: conversation, Interaction: &i}); err != nil {
			return err
		}
	}
	return nil
}

// findNameless finds in the ledger, by the numbers of their stamps, those interactions that have lost their
// conversations.
func (r *reading) findNameless() error {
	if r.Ledger == nil || len(r.nameless) == 0 {
		return nil
	}
	return r.Ledger.Each(func(e store.Entry) error {
		for _, i := range r.nameless[e.Intent] {
			if err := r.sides.Put(e.Conversation, side{Conversation: e.Conversation, Interaction: &i}); err != nil {
				return err
			}
		}
		delete(r.nameless, e.Intent)
		return nil
	})
}

// join puts together what was read of some conversations.
func (r *reading) join(ctx context.Context, sides []side, yield func(Journey, error) bool) error {
	found := map[string]*Journey{}
	for _, s := range sides {
		if r.concerns(s) && !r.erased[store.ErasedKey(s.Conversation)] {
			found[s.Conversation] = &Journey{Conversation: s.Conversation}
		}
	}
	for _, s := range sides {
		j := found[s.Conversation]
		switch {
		case j == nil:
		case s.Facts != nil && (j.Facts == nil || s.Facts.Resolved.After(j.Facts.Resolved)):
			j.Facts = s.Facts
		case s.Interaction != nil:
			j.take(*s.Interaction)
		case s.Entry != nil:
			j.Entries = append(j.Entries, *s.Entry)
		}
	}
	if err := r.readAgain(ctx, found); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		j := found[id]
		j.place(r.window)
		if !yield(*j, nil) {
			return errEnough
		}
	}
	return nil
}

// concerns reports whether a side makes its conversation one of the range. All others are there because they
// may say more about one that is.
func (r *reading) concerns(s side) bool {
	switch {
	case s.Entry != nil:
		return r.window.Contains(s.Entry.Record.Resolution)
	case s.Interaction != nil:
		return r.window.Contains(s.Interaction.CreatedAt)
	}
	return true
}

// readAgain reads what only the ledger or Agent Connect has told of.
func (r *reading) readAgain(ctx context.Context, found map[string]*Journey) error {
	var ids []string
	for id, j := range found {
		if _, hex := decide.HexKey(id); j.Facts == nil && hex {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for some := range slices.Chunk(ids, idsAtOnce) {
		cases, err := r.fetcher.DecideIDs(ctx, some)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if j := found[c.Key.Conversation]; j != nil {
				facts := factsOf(c)
				j.Facts = &facts
			}
		}
	}
	return nil
}
