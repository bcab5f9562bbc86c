package sync

import (
	"slices"

	"acsync/store"
)

// sightings remembers what a pass has lately disposed of, so that a conversation which a later window of the same pass
// holds too is not counted twice: that happens when Kustomer's search catches up with it between two calls. It forgets what
// was long ago, so that it does not grow with the pass.
type sightings struct {
	young, old map[store.Key]sighting
	outside    map[store.Key]sighting // what no pass reads, and any window may hold; it is never forgotten
}

// sighting is what became of a conversation.
type sighting struct {
	skip  Reason // empty unless it was skipped, or rejected by a rule
	agent string // id, of one without an active profile
	folio *folio // that it stands in
}

// memory is how many conversations one generation of sightings has.
const memory = 20_000

func (s *sightings) add(key store.Key, seen sighting) {
	if seen.skip == TimeOutOfRange {
		if s.outside == nil {
			s.outside = map[store.Key]sighting{}
		}
		s.outside[key] = seen
		return
	}
	delete(s.outside, key)
	if len(s.young) >= memory || s.young == nil {
		s.old, s.young = s.young, map[store.Key]sighting{}
	}
	s.young[key] = seen
}

func (s *sightings) find(key store.Key) (sighting, bool) {
	if seen, ok := s.young[key]; ok {
		return seen, true
	}
	if seen, ok := s.old[key]; ok {
		return seen, true
	}
	seen, ok := s.outside[key]
	return seen, ok
}

// repeated tells whether a case is counted already and stays as it is: because it was taken up from the ledger, or an
// earlier window held it. A case that the earlier window skipped and that is to be sent now is decided anew: its first
// disposition is taken back, when that is in the ledger.
func (p *pass) repeated(c Case, f *folio) bool {
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
	p.mu.Lock()
	defer p.mu.Unlock()
	p.result.Counts[seen.skip.state()]--
	p.result.Reasons.add(seen.skip.state(), seen.skip, -1)
	p.result.Refusals = slices.DeleteFunc(p.result.Refusals, func(r store.Refusal) bool { return r.Conversation == c.Key.Conversation })
	if seen.skip == AgentUnknown {
		p.result.unlisted(seen.agent, -1)
	}
	return false
}
