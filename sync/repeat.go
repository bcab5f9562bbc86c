package sync

import (
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// seen remembers what a pass has lately disposed of, so that a conversation which a later window of the same pass
// holds too is not counted twice: that happens when Kustomer's search catches up with it between two calls. It forgets what
// was long ago, so that it does not grow with the pass.
type seen struct {
	young, old map[store.Key][]sighting // by key without its resolution: the second time it may be told a little otherwise
	size       int                      // of the young
	outside    map[store.Key]sighting   // what no pass reads, and any window may hold; it is never forgotten
}

// sighting is what became of a conversation.
type sighting struct {
	key      store.Key
	resolved time.Time
	skip     decide.Reason // empty unless it was skipped, or rejected by a rule
	agent    string        // id, of one without an active profile
	folio    *windowCommit // that it stands in
}

// memory is how many conversations one generation of sightings has.
const memory = 20_000

func (s *seen) add(seen sighting) {
	if seen.skip == decide.TimeOutOfRange {
		if s.outside == nil {
			s.outside = map[store.Key]sighting{}
		}
		s.outside[seen.key] = seen
		return
	}
	delete(s.outside, seen.key)
	if s.size >= memory || s.young == nil {
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

// repeated tells whether a case is counted already and stays as it is: because it was taken up from the
// ledger, or an earlier window held it. A case that the earlier window skipped and that is to be sent now is
// decided anew, under the same key: its first disposition is taken back, when that is in the ledger.
func (p *pass) repeated(c *decide.Case, f *windowCommit) bool {
	seen, ok := p.sightings.find(c.Key)
	switch {
	case p.taken[c.Key] || p.stood[c.Key]:
		return true
	case !ok:
		p.found(1)
		return false
	case seen.skip == "" || !c.Send():
		return true
	}
	if seen.folio != f {
		<-seen.folio.recorded
	}
	c.Canonicalize(p.identity, seen.resolved)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Counts[seen.skip.State()]--
	p.result.Reasons.add(seen.skip.State(), seen.skip, -1)
	p.result.Refusals = slices.DeleteFunc(p.result.Refusals, func(r store.Refusal) bool { return r.Conversation == c.Key.Conversation })
	if seen.skip == decide.AgentUnknown {
		p.result.unlisted(seen.agent, -1)
	}
	return false
}
