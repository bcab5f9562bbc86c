package sandbox

import (
	"slices"
	"time"
)

// version is a conversation since a time.
type version struct {
	since time.Time
	Conversation
}

// history are the versions of one conversation, oldest first.
type history []version

// at is the version that the database has at a time; ok is false before its creation.
func (h history) at(now time.Time) (c Conversation, ok bool) {
	for i := range slices.Backward(h) {
		if v := &h[i]; !v.since.After(now) || i == 0 && !v.Created.After(now) {
			return v.Conversation, true
		}
	}
	return Conversation{}, false
}

// indexed is the version that an index with a lag has at a time; nil for none.
func (h history) indexed(now time.Time, l lag) *Conversation {
	for i := range slices.Backward(h) {
		v := &h[i]
		since := v.since
		// Added ahead of its time.
		if v.Resolved.After(since) {
			since = v.Resolved
		}
		if !since.Add(l.of(v)).After(now) {
			return &v.Conversation
		}
	}
	return nil
}

// lag says how long an index takes to see a version. The zero value is an index without one.
type lag struct {
	seed          seed
	fixed, jitter time.Duration
}

// of is the lag of one version: the same whenever it is asked for.
func (l lag) of(v *version) time.Duration {
	if l.jitter <= 0 {
		return l.fixed
	}
	h := l.seed.hashText(v.ID) ^ l.seed.hash(uint64(v.since.UnixMilli()))
	return l.fixed + time.Duration(h%uint64(l.jitter))
}
