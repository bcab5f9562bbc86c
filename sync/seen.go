package sync

import (
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

const seenPerGeneration = 20_000

// seen remembers what a pass has lately disposed of, so that a conversation in two windows, because
// Kustomer's search caught up between them, is not counted twice. It does not grow with the pass.
type seen struct {
	surveyPer decide.SurveyPer
	tally     *tally

	// taken up from the ledger: a window that holds them too does not count them again
	taken map[store.Key]bool
	// the keys that a window gives to those, where they wait under a key of the other kind
	stood map[store.Key]bool

	// by key without its resolution: the second time it may be told a little otherwise
	young, old map[store.Key][]sighting
	size       int                    // of the young
	outside    map[store.Key]sighting // what no pass reads, and any window may hold; it is never forgotten
}

type sighting struct {
	key      store.Key
	resolved time.Time
	skip     decide.Reason   // empty unless it was skipped, or rejected by a rule
	agent    string          // id, of one without an active profile
	recorded <-chan struct{} // closed when it is in the ledger
}

func newSeen(per decide.SurveyPer, t *tally) *seen {
	return &seen{surveyPer: per, tally: t, taken: map[store.Key]bool{}, stood: map[store.Key]bool{}}
}

// take notes what is taken up from the ledger.
func (s *seen) take(entries []store.Entry) {
	for _, e := range entries {
		s.taken[e.Key] = true
		s.stood[s.surveyPer.KeyAt(e.Key, e.Record.Resolution)] = true
		// also of a recovery that is none any more
		s.taken[store.Key{Conversation: e.Conversation, Resolution: e.Key.Resolution}] = true
	}
	s.tally.edit(func(r *Result) {
		r.Found += len(entries)
		r.Due += len(entries)
	})
}

func (s *seen) add(seen sighting) {
	if seen.skip == decide.TimeOutOfRange {
		if s.outside == nil {
			s.outside = map[store.Key]sighting{}
		}
		s.outside[seen.key] = seen
		return
	}
	delete(s.outside, seen.key)
	if s.size >= seenPerGeneration || s.young == nil {
		s.old, s.young, s.size = s.young, map[store.Key][]sighting{}, 0
	}
	s.young[decide.WithoutResolution(seen.key)] = append(s.young[decide.WithoutResolution(seen.key)], seen)
	s.size++
}

// find is the latest sighting of a key, or of another of the same resolution.
func (s *seen) find(key store.Key) (sighting, bool) {
	for _, generation := range []map[store.Key][]sighting{s.young, s.old} {
		for _, seen := range slices.Backward(generation[decide.WithoutResolution(key)]) {
			if decide.SameKey(seen.key, key) {
				return seen, true
			}
		}
	}
	seen, ok := s.outside[key]
	return seen, ok
}

// already reports whether a case is counted and stays so: it was taken up from the ledger, or seen in an
// earlier window. One that was skipped there and is to be sent now is decided anew under the same key, after
// its first disposition is in the ledger, unless that is in the same commit.
func (s *seen) already(c *decide.Case, own <-chan struct{}) bool {
	earlier, ok := s.find(c.Key)
	switch {
	case s.taken[c.Key] || s.stood[c.Key]:
		return true
	case !ok:
		s.tally.found(1)
		return false
	case earlier.skip == "" || !c.Send():
		return true
	}
	if earlier.recorded != own {
		<-earlier.recorded
	}
	c.Canonicalize(s.surveyPer, earlier.resolved)
	s.tally.retract(c.Key, earlier.skip, earlier.agent)
	return false
}

// replaces takes up a resolution that took the place of another, unless the ledger or this pass has it
// already: its window may have been read before the ledger was converted, when it was no survey of its own.
func (s *seen) replaces(c decide.Case) bool {
	_, seen := s.find(c.Key)
	if seen || s.taken[c.Key] || decide.EffectiveRank(c.Known) > decide.Rank(store.Skipped) {
		return false
	}
	s.add(sighting{key: c.Key, resolved: c.Resolution()})
	s.tally.found(1)
	return true
}
