package sync

import (
	"context"
	"time"

	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// recheckAtOnce is how many conversations one call reads again.
const recheckAtOnce = 50

// recheck reads conversations once more, just before they are sent, and decides them as they are now.
type recheck struct {
	fetcher *fetch.Fetcher
	seen    *seen
}

// clock is what a triage at this moment goes by.
func (r recheck) clock() decide.Clock {
	return decide.Clock{Kustomer: r.fetcher.Started(), Own: time.Now()}
}

// again returns those that are still to be sent, and disposes of the others.
func (r recheck) again(ctx context.Context, w *windowCommit, cases []decide.Case) (
	send []decide.Case, err error,
) {
	read, err := r.fetcher.Recheck(ctx, cases)
	if err != nil {
		return nil, err
	}
	for _, c := range read {
		if c.Replacement && !r.seen.replaces(c) {
			continue
		}
		if action := decide.Triage(c, r.clock(), decide.FromLedger); action.Verb == decide.Send {
			send = append(send, c)
		} else {
			w.dispose(c, action)
		}
	}
	return send, nil
}
