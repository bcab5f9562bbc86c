package sync

import (
	"fmt"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

// ahead is how far in the future of Kustomer's clock a conversation may claim to have been marked done: a
// later window, of this pass or the next, will come to it. What claims more would be waited for in vain.
const ahead = 24 * time.Hour

// mostNamed is how many of the conversations that no pass reads are named to the operator.
const mostNamed = 5

// clock is Kustomer's clock at this moment.
func (c *collector) clock() time.Time {
	if c.asked.IsZero() {
		return c.now
	}
	return c.now.Add(time.Since(c.asked))
}

// plausible tells whether a conversation can have been marked done then.
func (c *collector) plausible(at time.Time) bool {
	return at.Unix() >= 0 && !at.After(c.clock().Add(ahead))
}

// outside tells whether a conversation claims to have been marked done at a time that no pass can read.
func (c *collector) outside(row kustomer.Conversation) bool {
	if row.LastDone == nil {
		return row.DoneUnread
	}
	return !c.plausible(row.LastDone.At)
}

// found are the rows of a search as cases. Some may claim to have been marked done before the pass begins: no
// later window will have them.
func (c *collector) found(rows []kustomer.Conversation) []Case {
	cases := c.cases(rows)
	for i := range cases {
		done := cases[i].Conversation.LastDone
		cases[i].before = done != nil && done.At.Before(c.from) && !SameResolution(done.At, c.from)
	}
	return cases
}

// settled tells whether a case is before the pass begins, and an earlier pass has dealt with it.
func settled(c Case) bool { return c.before && c.Known.State != store.Unknown }

// claim is the time at which a conversation claims to have been marked done.
func (c Candidate) claim() string {
	if c.Conversation.LastDone == nil {
		return "lastDone.createdAt cannot be read"
	}
	return "lastDone.createdAt is " + c.Conversation.LastDone.At.UTC().Format(timeLayout)
}

// name keeps what the operator is to look for.
func (p *pass) name(row Row) {
	if row.Reason == TimeOutOfRange && len(p.outside) < mostNamed {
		p.outside = append(p.outside, fmt.Sprintf("%q (%s)", row.Key.Conversation, row.Message))
	}
}

func (p *pass) noticeOutside() {
	if n := p.result.Reasons[store.Skipped][TimeOutOfRange]; n > 0 {
		p.notice("not asked about, because no pass reads the time at which they claim to have been marked done: %d, such as %s; look "+
			"them up in Kustomer", n, strings.Join(p.outside, ", "))
	}
}
