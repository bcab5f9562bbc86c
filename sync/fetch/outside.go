package fetch

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// ahead is how far in the future of Kustomer's clock a conversation may claim to have been marked done: a
// later window, of this pass or the next, will come to it. What claims more would be waited for in vain.
const ahead = 24 * time.Hour

// clock is Kustomer's clock at this moment.
func (c *Fetcher) clock() time.Time {
	if c.asked.IsZero() {
		return c.Now
	}
	return c.Now.Add(time.Since(c.asked))
}

// plausible tells whether a conversation can have been marked done then.
func (c *Fetcher) plausible(at time.Time) bool {
	return at.Unix() >= 0 && !at.After(c.clock().Add(ahead))
}

// outside tells whether a conversation claims to have been marked done at a time that no pass can read.
func (c *Fetcher) outside(row kustomer.Conversation) bool {
	if row.LastDone == nil {
		return row.DoneUnread
	}
	return !c.plausible(row.LastDone.At)
}

// found are the rows of a search as cases. Some may claim to have been marked done before the pass begins: no
// later window will have them.
func (c *Fetcher) found(rows []kustomer.Conversation) []decide.Case {
	cases := c.Candidates(rows)
	for i := range cases {
		done := cases[i].Conversation.LastDone
		cases[i].Before = done != nil && done.At.Before(c.from) && !decide.SameResolution(done.At, c.from)
	}
	return cases
}

// settled tells whether a case is before the pass begins, and an earlier pass has dealt with it.
func settled(c decide.Case) bool { return c.Before && c.Known.State != store.Unknown }
