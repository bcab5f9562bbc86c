package sync

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

// keyOf names a conversation in the ledger. Ids of 24 hex digits are the same in upper and lower case.
func keyOf(c kustomer.Conversation) store.Key {
	if key, ok := hexKey(c.ID); ok {
		return key
	}
	return store.Key{Conversation: c.ID}
}

// hexKey names a conversation by an id of 24 hex digits; false for any other.
func hexKey(id string) (store.Key, bool) {
	_, err := hex.DecodeString(id)
	return store.Key{Conversation: strings.ToLower(id)}, err == nil && len(id) == 24
}

// sameWithin is how far apart two times may be that tell one resolution of a conversation. Kustomer tells it
// in several places, which need not agree to the millisecond; nobody reopens a conversation and marks it done
// again within a second.
const sameWithin = time.Second

// SameResolution tells whether two times of a conversation are those of one resolution. It is no equivalence:
// times in a row must not merge without end, so that each is held against the one that was written down
// first, not against its neighbours.
func SameResolution(a, b time.Time) bool { return a.Sub(b).Abs() < sameWithin }

// spelling is how a time of resolution is written down already, in the nearest of the records that tell the
// same resolution, the earlier of two; else the time itself.
func spelling(resolved time.Time, records []store.Record) time.Time {
	spelled, nearest := resolved, sameWithin
	for _, r := range records {
		off := r.Resolution.Sub(resolved).Abs()
		if off < nearest || off == nearest && off < sameWithin && r.Resolution.Before(spelled) {
			spelled, nearest = r.Resolution, off
		}
	}
	return spelled
}

// spell writes the resolution of a case as it was written first, when both are the same, and the key too that
// was made of it. All that comes after may compare times and keys exactly.
func (c *Case) spell(i identity, first time.Time) {
	if c.Conversation.LastDone == nil || !SameResolution(c.Conversation.LastDone.At, first) {
		return
	}
	derived := c.Key == i.key(c.Conversation)
	done := *c.Conversation.LastDone
	done.At = first
	c.Conversation.LastDone = &done
	if derived {
		c.Key = i.key(c.Conversation)
	}
}

// near tells whether two keys are one, or of one resolution.
func near(a, b store.Key) bool {
	if bare(a) != bare(b) || a.Resolution == 0 || b.Resolution == 0 {
		return a == b
	}
	return SameResolution(time.UnixMilli(a.Resolution), time.UnixMilli(b.Resolution))
}

// bare is a key without its resolution.
func bare(key store.Key) store.Key {
	key.Resolution = 0
	return key
}

// identity is what there is one survey for.
type identity store.Identity

// key names what is asked about at most once: the conversation, however often it is marked done, or one resolution of it.
func (i identity) key(c kustomer.Conversation) store.Key {
	key := keyOf(c)
	if c.LastDone != nil {
		return i.at(key, c.LastDone.At)
	}
	return key
}

// at names what is asked about when a conversation was marked done then.
func (i identity) at(key store.Key, resolved time.Time) store.Key {
	key.Resolution = 0
	if store.Identity(i) == store.PerResolution && !resolved.IsZero() {
		key.Resolution = resolved.UnixMilli()
	}
	return key
}

// recall is what the ledger remembers that bears on a resolution: of all the records of its conversation the one that
// says most. Records that were made under the other identity count too, so that nobody is mailed twice for one resolution
// however often the setting changes.
func (i identity) recall(key store.Key, resolved time.Time, family []store.Entry) (known store.Record) {
	for _, e := range family {
		if e.Key == key {
			known = e.Record
		}
	}
	for _, e := range family {
		if i.bears(e, resolved) {
			known = stronger(known, e.Record)
		}
	}
	return known
}

// bears tells whether an entry of a conversation counts for one of its resolutions. One that was sent, or may have been,
// counts for all with one survey a conversation. With one a resolution, it counts for its own; under a key without a
// resolution, and when it was rebuilt from Agent Connect's data, which do not tell the resolution, for all up to the time
// that it bears. What was not sent counts for its own resolution alone.
func (i identity) bears(e store.Entry, resolved time.Time) bool {
	its := e.Record.Resolution
	held := closed(e.Record) || e.State == store.Sending || e.State == store.InDoubt
	switch {
	case held && store.Identity(i) != store.PerResolution:
		return true
	case held && (e.Key.Resolution == 0 || e.Reason == store.ReasonRebuilt):
		return !resolved.After(its) || SameResolution(resolved, its)
	}
	return SameResolution(resolved, its)
}

// weight tells which of two records says more: that something was sent, may have been, will be, will not be.
func weight(s store.State) int {
	switch {
	case s.Final():
		return 4
	case s == store.Sending, s == store.InDoubt:
		return 3
	case s.Waiting():
		return 2
	case s == store.Skipped:
		return 1
	}
	return 0
}

// standing is the weight of a record. What was rejected without an attempt can be decided anew, like a skip.
func standing(r store.Record) int {
	if r.State.Final() && !closed(r) {
		return weight(store.Skipped)
	}
	return weight(r.State)
}

// stronger is the one of two records that says more; the first of equals.
func stronger(a, b store.Record) store.Record {
	if standing(b) > standing(a) {
		return b
	}
	return a
}

// IdentityError tells that the configuration counts surveys otherwise than the ledger did so far.
type IdentityError struct{ Ledger, Configured store.Identity }

// Error says what the change would mean and how to confirm it.
func (e *IdentityError) Error() string {
	meaning := "a conversation that was asked about and is marked done again would be asked about again, those among them that a " +
		"pass finds in its overlap with the last one or in a back-fill"
	if e.Configured == store.PerConversation {
		meaning = "a conversation that was asked about once would never be asked about again, however often it is marked done"
	}
	return fmt.Sprintf("sync.survey_per is %q, but this ledger was kept with %q: nothing was read or sent. With the change %s; "+
		"nobody is asked twice about one and the same resolution. Set it back, or confirm the change once with "+
		"--accept-identity-change, which with --dry-run shows what it would do", string(e.Configured), string(e.Ledger), meaning)
}

// identityOf is what the configuration wants there to be one survey for.
func identityOf(per store.Identity) store.Identity { return cmp.Or(per, store.PerConversation) }

// checkIdentity refuses a change of identity that nobody has confirmed, on a ledger in use.
func (p *pass) checkIdentity(info store.Info) error {
	have, want := cmp.Or(info.Identity, store.PerConversation), identityOf(p.options.SurveyPer)
	if have == want {
		return nil
	}
	if len(info.Counts) > 0 && !p.options.AcceptIdentity {
		return &IdentityError{Ledger: have, Configured: want}
	}
	p.adopt = want
	return nil
}

// adoptIdentity writes down a change of identity, before anything is decided under it.
func (p *pass) adoptIdentity() error {
	if p.adopt == "" {
		return nil
	}
	if err := p.ledger.Commit(store.Batch{Identity: p.adopt}); err != nil {
		return &LedgerError{err: fmt.Errorf("write down the change of sync.survey_per: %w; nothing was sent", err)}
	}
	return nil
}
