package decide

import (
	"cmp"
	"encoding/hex"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

// KeyOf names a conversation in the ledger. Ids of 24 hex digits are the same in upper and lower case.
func KeyOf(c kustomer.Conversation) store.Key {
	if key, ok := HexKey(c.ID); ok {
		return key
	}
	return store.Key{Conversation: c.ID}
}

// HexKey names a conversation by an id of 24 hex digits; false for any other.
func HexKey(id string) (store.Key, bool) {
	_, err := hex.DecodeString(id)
	return store.Key{Conversation: strings.ToLower(id)}, err == nil && len(id) == 24
}

// SameWithin is how far apart two times may be that tell one resolution of a conversation. Kustomer tells it
// in several places, which need not agree to the millisecond; nobody reopens a conversation and marks it done
// again within a second.
const SameWithin = time.Second

// SameResolution tells whether two times of a conversation are those of one resolution. It is no equivalence:
// times in a row must not merge without end, so that each is held against the one that was written down
// first, not against its neighbours.
func SameResolution(a, b time.Time) bool { return a.Sub(b).Abs() < SameWithin }

// CanonicalTime is how a time of resolution is written down already, in the nearest of the records that tell the
// same resolution, the earlier of two; else the time itself.
func CanonicalTime(resolved time.Time, records []store.Record) time.Time {
	spelled, nearest := resolved, SameWithin
	for _, r := range records {
		off := r.Resolution.Sub(resolved).Abs()
		if off < nearest || off == nearest && off < SameWithin && r.Resolution.Before(spelled) {
			spelled, nearest = r.Resolution, off
		}
	}
	return spelled
}

// Canonicalize writes the resolution of a case as it was written first, when both are the same, and the key too that
// was made of it. All that comes after may compare times and keys exactly.
func (c *Case) Canonicalize(i SurveyPer, first time.Time) {
	if c.Conversation.LastDone == nil || !SameResolution(c.Conversation.LastDone.At, first) {
		return
	}
	derived := c.Key == i.Key(c.Conversation)
	done := *c.Conversation.LastDone
	done.At = first
	c.Conversation.LastDone = &done
	if derived {
		c.Key = i.Key(c.Conversation)
	}
}

// SameKey tells whether two keys are one, or of one resolution.
func SameKey(a, b store.Key) bool {
	if WithoutResolution(a) != WithoutResolution(b) || a.Resolution == 0 || b.Resolution == 0 {
		return a == b
	}
	return SameResolution(time.UnixMilli(a.Resolution), time.UnixMilli(b.Resolution))
}

// WithoutResolution is a key without its resolution.
func WithoutResolution(key store.Key) store.Key {
	key.Resolution = 0
	return key
}

// SurveyPer is what there is one survey for.
type SurveyPer store.Identity

// Key names what is asked about at most once: the conversation, however often it is marked done, or one resolution of it.
func (i SurveyPer) Key(c kustomer.Conversation) store.Key {
	key := KeyOf(c)
	if c.LastDone != nil {
		return i.KeyAt(key, c.LastDone.At)
	}
	return key
}

// KeyAt names what is asked about when a conversation was marked done then.
func (i SurveyPer) KeyAt(key store.Key, resolved time.Time) store.Key {
	key.Resolution = 0
	if store.Identity(i) == store.PerResolution && !resolved.IsZero() {
		key.Resolution = resolved.UnixMilli()
	}
	return key
}

// Effective is what the ledger remembers that bears on a resolution: of all the records of its conversation the one that
// says most. Records that were made under the other identity count too, so that nobody is mailed twice for one resolution
// however often the setting changes.
func (i SurveyPer) Effective(key store.Key, resolved time.Time, family []store.Entry) (known store.Record) {
	for _, e := range family {
		if e.Key == key {
			known = e.Record
		}
	}
	for _, e := range family {
		if i.appliesTo(e, resolved) {
			known = Stronger(known, e.Record)
		}
	}
	return known
}

// appliesTo tells whether an entry of a conversation counts for one of its resolutions. One that was sent, or may have been,
// counts for all with one survey a conversation. With one a resolution, it counts for its own; under a key without a
// resolution, and when it was rebuilt from Agent Connect's data, which do not tell the resolution, for all up to the time
// that it bears. What was not sent counts for its own resolution alone.
func (i SurveyPer) appliesTo(e store.Entry, resolved time.Time) bool {
	its := e.Record.Resolution
	held := Settled(e.Record) || e.State == store.Sending || e.State == store.InDoubt
	switch {
	case held && store.Identity(i) != store.PerResolution:
		return true
	case held && (e.Key.Resolution == 0 || e.Reason == store.ReasonRebuilt):
		return !resolved.After(its) || SameResolution(resolved, its)
	}
	return SameResolution(resolved, its)
}

// Rank tells which of two records says more: that something was sent, may have been, will be, will not be.
func Rank(s store.State) int {
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

// EffectiveRank is the weight of a record. What was rejected without an attempt can be decided anew, like a skip.
func EffectiveRank(r store.Record) int {
	if r.State.Final() && !Settled(r) {
		return Rank(store.Skipped)
	}
	return Rank(r.State)
}

// Stronger is the one of two records that says more; the first of equals.
func Stronger(a, b store.Record) store.Record {
	if EffectiveRank(b) > EffectiveRank(a) {
		return b
	}
	return a
}

// SurveyPerOr is what the configuration wants there to be one survey for.
func SurveyPerOr(per store.Identity) store.Identity { return cmp.Or(per, store.PerConversation) }
