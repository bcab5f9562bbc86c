package decide

import (
	"encoding/hex"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/kustomer"
)

// TimeLayout is how messages show times: UTC, milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Format writes a time in [TimeLayout].
func Format(t time.Time) string { return t.UTC().Format(TimeLayout) }

// KeyOf names a conversation in the ledger.
func KeyOf(c kustomer.Conversation) store.Key { return KeyOfID(c.ID) }

// KeyOfID names a conversation by its id. Ids of 24 hex digits are the same in upper and lower case.
func KeyOfID(id string) store.Key {
	if key, ok := HexKey(id); ok {
		return key
	}
	return store.Key{Conversation: id}
}

// HexKey names a conversation by an id of 24 hex digits. For any other it is false, and the key that of the id
// in lower case, which still says what was meant.
func HexKey(id string) (store.Key, bool) {
	key := store.Key{Conversation: strings.ToLower(id)}
	var digits [24]byte
	if len(id) != len(digits) {
		return key, false
	}
	copy(digits[:], id)
	_, err := hex.Decode(digits[:], digits[:])
	return key, err == nil
}

// SameWithin is how far apart two times of one resolution may be: Kustomer tells it in several places, which
// need not agree, and nobody reopens a conversation and marks it done again within a second.
const SameWithin = time.Second

// SameResolution reports whether two times are of one resolution. It is no equivalence: each time is compared
// with the one that was written down first, so that times in a row do not merge without end.
func SameResolution(a, b time.Time) bool { return a.Sub(b).Abs() < SameWithin }

// CanonicalTime is that of the nearest entry of the same resolution, the earlier of two; else the time.
func CanonicalTime(resolved time.Time, entries ...store.Entry) time.Time {
	canonical, nearest := resolved, SameWithin
	for _, e := range entries {
		at := e.Record.Resolution
		off := at.Sub(resolved).Abs()
		if off < nearest || off == nearest && off < SameWithin && at.Before(canonical) {
			canonical, nearest = at, off
		}
	}
	return canonical
}

// SameKey reports whether two keys are one, or of one resolution.
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

// Key names what is asked about at most once: the conversation, or one resolution of it.
func (i SurveyPer) Key(c kustomer.Conversation) store.Key {
	key := KeyOf(c)
	if c.LastDone != nil {
		return i.KeyAt(key, c.LastDone.At)
	}
	return key
}

// KeyAt names what is asked about when a conversation was marked done at a time.
func (i SurveyPer) KeyAt(key store.Key, resolved time.Time) store.Key {
	key.Resolution = 0
	if store.Identity(i) == store.PerResolution && !resolved.IsZero() {
		key.Resolution = resolved.UnixMilli()
	}
	return key
}

// Effective is the strongest record that counts for a resolution. Keys of the other kind can be among the
// entries: imported, or from an older version.
func (i SurveyPer) Effective(key store.Key, resolved time.Time, entries []store.Entry) (known store.Record) {
	// Of records that are equally strong the key's own counts.
	for _, e := range entries {
		if e.Key == key {
			known = e.Record
		}
	}
	for _, e := range entries {
		if i.appliesTo(e, resolved) {
			known = Stronger(known, e.Record)
		}
	}
	return known
}

// appliesTo reports whether e counts for a resolution of its conversation.
func (i SurveyPer) appliesTo(e store.Entry, resolved time.Time) bool {
	its := e.Record.Resolution
	switch {
	// All that was known is gone: none of its resolutions is asked about.
	case e.Erased():
		return true
	// One survey a conversation: what was sent, or may have been, counts for all its resolutions.
	case e.Held() && store.Identity(i) != store.PerResolution:
		return true
	// Nobody can tell for which resolution this was sent: it counts for all up to the time that it has. A
	// rebuilt record has its time from Agent Connect's data, which do not tell the resolution.
	case e.Held() && (e.Key.Resolution == 0 || e.Reason == store.ReasonRebuilt):
		return !resolved.After(its) || SameResolution(resolved, its)
	}
	return SameResolution(resolved, its)
}

// Rank is how much a state says: 4 sent, or never to be, 3 perhaps sent, 2 to be sent, 1 skipped, 0 nothing.
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

// EffectiveRank is the rank of a record. A rejection without an attempt can be decided anew, like a skip.
func EffectiveRank(r store.Record) int {
	if r.State.Final() && !r.Settled() {
		return Rank(store.Skipped)
	}
	return Rank(r.State)
}

// Stronger is the record of two that says more; the first of equals.
func Stronger(a, b store.Record) store.Record {
	if EffectiveRank(b) > EffectiveRank(a) {
		return b
	}
	return a
}

// GroupByConversation sorts what the ledger knows by conversation: the survey requests, and the recoveries.
func GroupByConversation(
	known map[store.Key]store.Record,
) (surveys map[string][]store.Entry, recoveries map[string]store.Record) {
	surveys, recoveries = map[string][]store.Entry{}, map[string]store.Record{}
	for key, record := range known {
		if key.Recovery {
			recoveries[key.Conversation] = record
			continue
		}
		surveys[key.Conversation] = append(surveys[key.Conversation], store.Entry{Key: key, Record: record})
	}
	return surveys, recoveries
}

// FirstRequest is the survey request that a recovery follows up: the latest accepted one.
func FirstRequest(surveys []store.Entry) (first store.Record) {
	for _, e := range surveys {
		later := first.State == store.Unknown || e.Record.Resolution.After(first.Resolution)
		if e.State == store.Accepted && later {
			first = e.Record
		}
	}
	return first
}
