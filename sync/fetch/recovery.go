package fetch

import (
	"context"

	"acsync/store"
	"acsync/sync/decide"
)

// attachRecovery finds out whether a case is a recovery, and lets it go under a key of its own then. While the first request
// is under way or waits there is nothing to follow up, and the resolution that was asked about is not its own follow-up. A
// recovery without a first request stays under the conversation's key: it is not to be sent.
func (c *Fetcher) attachRecovery(ctx context.Context, each *decide.Case, first, recovery store.Record) error {
	if c.policy.Recovery == nil && !each.Key.Recovery {
		return nil
	}
	asked := first.State == store.Accepted && !each.Resolution().Before(first.Resolution.Add(decide.SameWithin))
	switch {
	case each.Key.Recovery:
	case decide.Rank(each.Known.State) == decide.Rank(store.InDoubt), each.Known.State.Waiting():
		return nil
	case asked && each.Conversation.LastDone != nil:
	case c.policy.FirstFilter(each.Candidate) != "":
		return nil
	}
	var err error
	if each.Tags, err = tagNames(ctx, c.tags, each.Conversation.TagIDs); err != nil {
		return err
	}
	f := decide.FollowUp{First: first}
	f.Applies, f.Trouble = c.policy.Recovers(each.Candidate)
	f.Lapsed = each.Key.Recovery && !f.Applies
	if !f.Applies && !f.Lapsed && f.Trouble == nil {
		return nil
	}
	if each.FollowUp = f; asked && !each.Key.Recovery {
		each.Key.Recovery = true
		each.Own, each.Known = recovery, recovery
	}
	return nil
}
