package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// reach is how far back Start lies: past the 72 h after which a conversation is too old for a survey by default.
const reach = 80 * time.Hour

// Start is where a first window begins to show everything: on the hour, about 80 hours before the sandbox was made, so
// that some conversations are too old. Nearly all lie in the last three hours.
func (s *Sandbox) Start() time.Time {
	return s.started.Add(-max(reach, s.options.Busy+reach-defaultBusy)).Truncate(time.Hour)
}

// Earlier is a conversation that an earlier pass has already sent.
type Earlier struct {
	ID         string
	Resolution time.Time
}

// Earlier are a few conversations, in the window from Start, that a demonstration's ledger should know as accepted.
// Agent Connect has them, too.
func (s *Sandbox) Earlier() []Earlier {
	var all []Earlier
	var last time.Time
	for p := range s.world.slots(s.world.grid.busyFrom, s.started.Add(-busyGrid)) {
		at := s.world.grid.resolved(p.hour, p.index)
		if !s.world.grid.kind(p.hour, p.index).plain || at.Sub(last) < s.options.Busy/6 {
			continue
		}
		last = at
		all = append(all, Earlier{s.world.grid.conversation(p.hour, p.index).ID, at})
	}
	return all
}

// Conversations are all that were resolved in [from, to) and not after now, whether or not the index has caught up, in
// order of resolution. They are as the database has them now.
func (s *Sandbox) Conversations(from, to time.Time) []Conversation {
	now := s.now()
	if limit := now.Add(time.Millisecond); to.After(limit) {
		to = limit
	}
	if oldest := now.Add(-horizon); from.Before(oldest) {
		from = oldest
	}
	var all []Conversation
	for c := range s.world.indexed(from, to, now, lag{}) {
		current, ok := s.world.conversation(c.ID, now)
		if ok && !current.Resolved.Before(from) && current.Resolved.Before(to) {
			all = append(all, current)
		}
	}
	slices.SortFunc(all, func(a, b Conversation) int {
		return cmp.Or(a.Resolved.Compare(b.Resolved), strings.Compare(a.ID, b.ID))
	})
	return all
}
