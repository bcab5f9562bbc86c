package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/kustomer"
)

const (
	listed      = 5                // conversations that are read by one list of ids
	compared    = 5                // customers that are read singly, to be compared with what a search shows
	joined      = 100              // conversations, at most, over which customers are searched
	lagWindow   = 10 * time.Minute // in which conversations are looked for that show late
	capRows     = 10_000           // of one search (observed)
	searchYears = 729 * day        // a search reaches two years back (documented)
)

// tenantFacts makes the probes of what is true of this tenant and could only be inferred from documents and
// from other tenants.
type tenantFacts struct {
	*kustomerSide
	lateness *store.Lateness // what passes have seen; nil: not known
	settle   time.Duration
	overlap  time.Duration
	calls    func() int // to Kustomer, so far

	early  map[string]bool // what the search showed at the first look
	looked time.Time       // when that was, by Kustomer's clock
	newest time.Time       // the newest of those
}

func (t *tenantFacts) probes() []Probe {
	about := after("This tenant", func() string { return t.down })
	return []Probe{
		about("done times", t.doneTimes),
		about("order", t.order),
		about("pages", t.pages),
		about("most rows", t.mostRows),
		about("customer join", t.join),
		about("lists of ids", t.lists),
		about("index lag", t.lag),
	}
}

// byUpdate reports whether the search is not asked for done times, so that it tells nothing of itself.
func (t *tenantFacts) byUpdate() bool { return t.settings.Kustomer.SearchBy == config.SearchUpdated }

const byUpdated = "kustomer.search_by is \"updated_at\", and passes do without"

const unsearched = "the search could not be read"

// lookFirst notes what the search shows at once, so that a later look can tell what has shown late.
func (t *tenantFacts) lookFirst(ctx context.Context) error {
	page, err := t.recent(ctx)
	if err != nil {
		return err
	}
	t.looked, t.early = t.at, map[string]bool{}
	for _, c := range page.Items {
		t.early[c.ID] = true
		if c.LastDone != nil && c.LastDone.At.After(t.newest) {
			t.newest = c.LastDone.At
		}
	}
	return nil
}

func (t *tenantFacts) recent(ctx context.Context) (kustomer.Page[kustomer.Conversation], error) {
	return t.client.SearchConversations(ctx, kustomer.Query{
		From: t.at.Add(-lagWindow), To: t.at, PageSize: pageSize, Failures: 1,
	})
}

// doneTimes sees whether the search knows when a conversation was marked done. It is documented; that it can
// be searched for in each organisation is inferred.
func (t *tenantFacts) doneTimes(ctx context.Context) Result {
	const todo = `set kustomer.search_by = "updated_at": it finds the same by when conversations were changed`
	switch {
	case errors.Is(t.unread, kustomer.ErrInvalid):
		return failed(exit.Usage, todo, "Kustomer does not search by when a conversation was marked done")
	case t.unread != nil:
		return notRun("%s", unsearched)
	}
	if err := t.lookFirst(ctx); err != nil {
		return failure(err)
	}
	if t.byUpdate() {
		return ok("not needed: kustomer.search_by is %q, and finds %d conversations in the last 24 hours",
			config.SearchUpdated, t.day.Total)
	}
	outside := 0
	for _, c := range t.day.Items {
		// The search may lag: what was reopened since is no proof against it.
		if c.LastDone != nil &&
			(c.LastDone.At.Before(t.at.Add(-day)) || c.LastDone.At.After(t.at.Add(time.Minute))) {
			outside++
		}
	}
	switch n := len(t.day.Items); {
	case n == 0:
		return look("was there none? Otherwise "+todo,
			"no conversation was found that was marked done in the last 24 hours")
	case outside*2 > n:
		return failed(exit.Usage, todo,
			"%d of %d conversations were marked done outside of the day that was searched for", outside, n)
	}
	return ok("can be searched for: %d conversations in the last 24 hours, %d of them on the first page",
		t.day.Total, len(t.day.Items))
}

// order sees whether rows come sorted; passes do not rely on it.
func (t *tenantFacts) order(context.Context) Result {
	switch {
	case t.byUpdate():
		return notRun(byUpdated)
	case len(t.day.Items) < 2:
		return notRun("too few conversations to tell")
	}
	sorted := slices.IsSortedFunc(t.day.Items, func(a, b kustomer.Conversation) int {
		if a.LastDone == nil || b.LastDone == nil {
			return 0
		}
		return a.LastDone.At.Compare(b.LastDone.At)
	})
	if !sorted {
		return ok("the search does not sort by it; passes do not rely on that")
	}
	return ok("the search sorts by it; passes do not rely on that")
}

// pages sees how many rows a page has, and whether there is a second one.
func (t *tenantFacts) pages(ctx context.Context) Result {
	n, total := len(t.day.Items), t.day.Total
	switch {
	case t.byUpdate():
		return notRun(byUpdated)
	case n < 2:
		return notRun("too few conversations to tell")
	case total > n && n < pageSize:
		return ok("the search gives %d rows a page, although %d were asked for: passes cut their windows by that",
			n, pageSize)
	}
	half := (n + 1) / 2
	page, err := t.client.SearchConversations(ctx, kustomer.Query{
		From: t.at.Add(-day), To: t.at, Page: 2, PageSize: half, Failures: 1,
	})
	switch {
	case err != nil:
		return failure(err)
	case len(page.Items) == 0:
		return look("please report it: what is marked done in one instant could not all be read",
			"the search shows no second page, although it counts %d rows", total)
	}
	return ok("the search gives up to %d rows a page, and second pages", max(n, half))
}

// mostRows sees how far the search counts.
func (t *tenantFacts) mostRows(ctx context.Context) Result {
	switch {
	case t.byUpdate():
		return notRun(byUpdated)
	case t.unread != nil:
		return notRun("%s", unsearched)
	}
	page, err := t.client.SearchConversations(ctx, kustomer.Query{
		From: t.at.Add(-searchYears), To: t.at, PageSize: 1, Failures: 1,
	})
	switch {
	case err != nil:
		return look("", "it does not count what was marked done in two years; passes search less at once (%s)",
			failure(err).Text)
	case page.Total < capRows:
		return notRun("only %d conversations in two years: less than any search could show", page.Total)
	case page.Total == capRows:
		return ok("the search counts up to 10,000 rows, as inferred")
	}
	return ok("the search counts beyond 10,000 rows (%d)", page.Total)
}

// join compares the customers that one search shows with those that are read singly.
func (t *tenantFacts) join(ctx context.Context) Result {
	switch {
	case t.byUpdate():
		return notRun(byUpdated)
	case t.barred[customers]:
		return notRun("customers could not be read")
	}
	from, ids := t.joinable()
	if len(ids) == 0 {
		return notRun("no conversation with a customer to compare")
	}
	page, err := t.client.SearchCustomers(ctx,
		kustomer.Query{From: from, To: t.at, PageSize: pageSize, Failures: 1})
	const slower = "passes work, and read each customer by itself: one call more for each"
	if err != nil {
		return look(slower, "customers cannot be searched by their conversations: %s", failure(err).Text)
	}
	found := map[string]kustomer.Customer{}
	for _, c := range page.Items {
		found[c.ID] = c
	}
	missing, differing, read := 0, 0, 0
	// First those that are not shown: they may be gone.
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(rank(found, a), rank(found, b)) })
	for _, id := range ids {
		row, shown := found[id]
		if read == compared {
			if !shown {
				missing++
			}
			continue
		}
		read++
		single, err := t.client.Customer(ctx, id)
		switch {
		case errors.Is(err, kustomer.ErrNotFound):
		case err != nil:
			return failure(err)
		case !shown:
			missing++
		case !slices.Equal(row.Emails, single.Emails):
			differing++
		}
	}
	switch {
	case missing > 0:
		return look(slower, "one search shows %d of %d customers", len(ids)-missing, len(ids))
	case differing > 0:
		return look("please report it: the address that is asked may be an old one",
			"%d of %d customers have other addresses in the search than by themselves", differing, read)
	}
	return ok("one search shows all of %d customers; %d read singly were the same", len(ids), read)
}

// rank puts what was not found before what was.
func rank(found map[string]kustomer.Customer, id string) int {
	if _, shown := found[id]; shown {
		return 1
	}
	return 0
}

// joinable are the customers of the newest conversations, and the earliest time at which one of these was
// marked done: all that were since then are among them.
func (t *tenantFacts) joinable() (from time.Time, ids []string) {
	rows := slices.DeleteFunc(slices.Clone(t.day.Items),
		func(c kustomer.Conversation) bool { return c.LastDone == nil })
	slices.SortFunc(rows, func(a, b kustomer.Conversation) int { return b.LastDone.At.Compare(a.LastDone.At) })
	for _, c := range rows[:min(joined, len(rows))] {
		from = c.LastDone.At
		if c.CustomerID != "" && !slices.Contains(ids, c.CustomerID) {
			ids = append(ids, c.CustomerID)
		}
	}
	return from, ids
}

// lists sees whether several conversations can be had by one call.
func (t *tenantFacts) lists(ctx context.Context) Result {
	ids := t.sampled(listed)
	switch {
	case t.barred[conversations]:
		return notRun("conversations could not be read")
	case len(ids) < 2:
		return notRun("too few conversations to tell")
	}
	before := t.calls()
	found, err := t.client.Conversations(ctx, ids)
	calls := t.calls() - before
	switch {
	case err != nil:
		return failure(err)
	case calls == 1 && len(found) == len(ids):
		return ok("%d conversations come by one call", len(ids))
	}
	return look("passes work, and read again what waits one by one",
		"%d of %d conversations came, by %d calls: lists of ids are not taken", len(found), len(ids), calls)
}

// lag looks once more at the time of the first look: what it did not show then has come late.
func (t *tenantFacts) lag(ctx context.Context) Result {
	if t.early == nil {
		return notRun("%s", unsearched)
	}
	page, err := t.recent(ctx)
	if err != nil {
		return failure(err)
	}
	now := page.At
	if now.IsZero() {
		now = t.now()
	}
	var late time.Duration
	for _, c := range page.Items {
		if !t.early[c.ID] && c.LastDone != nil && c.LastDone.At.Before(t.looked) {
			late = max(late, now.Sub(c.LastDone.At))
		}
	}
	var parts []string
	if !t.newest.IsZero() {
		parts = append(parts,
			fmt.Sprintf("at the first look the newest was %s old", rounded(t.looked.Sub(t.newest))))
	}
	if late > 0 {
		parts = append(parts,
			fmt.Sprintf("a second one, %s later, showed one of %s before", rounded(now.Sub(t.looked)), rounded(late)))
	} else {
		parts = append(parts,
			fmt.Sprintf("a second one, %s later, showed nothing late", rounded(now.Sub(t.looked))))
	}
	if l := t.lateness; l != nil && l.Count > 0 {
		late = max(late, l.Greatest)
		parts = append(parts, fmt.Sprintf("passes have seen %s after their window at most", rounded(l.Greatest)))
	}
	text := strings.Join(parts, "; ")
	if late > t.settle+t.overlap*8/10 {
		return look("lengthen sync.overlap: what comes later waits for the look back of each day (sync.reread)",
			"%s", text)
	}
	return ok("%s; sync.settle and sync.overlap wait %s", text, rounded(t.settle+t.overlap))
}

func rounded(d time.Duration) string {
	if d = d.Round(time.Second); d < time.Second {
		return "less than 1s"
	}
	text := d.String()
	text = strings.TrimSuffix(text, "0s")
	if text == "" || !strings.HasSuffix(text, "m") {
		return d.String()
	}
	if short, found := strings.CutSuffix(text, "h0m"); found {
		return short + "h"
	}
	return text
}
