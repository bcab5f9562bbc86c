package sync

import (
	"math/rand/v2"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// habit is how the surveys of a world are timed and counted, and how Agent Connect takes them.
type habit struct {
	random *dice
	delay  time.Duration
	per    store.Identity
	fickle bool // what there is one survey for changes from pass to pass
	busy   bool // Agent Connect answers 429 now and then
}

// newHabit leaves every second world as it is by default.
func newHabit(seed uint64) *habit {
	c := &habit{random: &dice{random: rand.New(rand.NewPCG(seed, 2))}, per: store.PerConversation}
	if c.random.IntN(2) == 0 {
		return c
	}
	c.delay = []time.Duration{0, 7 * time.Minute, 50 * time.Minute, 80 * time.Hour}[c.random.IntN(4)]
	c.per = []store.Identity{store.PerConversation, store.PerResolution}[c.random.IntN(2)]
	c.fickle, c.busy = c.random.IntN(3) == 0, c.random.IntN(2) == 0
	return c
}

// change is what the operator may do to the configuration between two passes.
func (c *habit) change(o *Options, ledger *memoryLedger) {
	if c.fickle {
		c.per = []store.Identity{store.PerConversation, store.PerResolution}[c.random.IntN(2)]
		if !ledger.convert(c.per) {
			c.per = o.SurveyPer
		}
		o.SurveyPer = c.per
	}
}

func (c *habit) status() int {
	if c.busy && c.random.IntN(6) == 0 {
		return 429
	}
	return 200
}

// heard reports whether the ledger knows of a resolution, or, where that will do, of its conversation.
func (m *memoryLedger) heard(c *habit, row kustomer.Conversation) bool {
	for key := range m.records {
		if key.Conversation == row.ID && (c.fickle || key == decide.SurveyPer(c.per).Key(row)) {
			return true
		}
	}
	return false
}

// asked compares what was asked about a conversation with the truth: no resolution twice, where there is one survey a
// conversation that not twice, and what is done in the end at least once. As long as nothing changes, with one survey a
// resolution the last of them.
func (c *habit) asked(m *memoryLedger, row kustomer.Conversation) bool {
	sum, last := 0, m.accepted[decide.SurveyPer(store.PerResolution).Key(row)]
	for key, times := range m.accepted {
		if key.Conversation == row.ID {
			sum += times
			if times > 1 {
				return false
			}
		}
	}
	switch {
	case !c.fickle && c.per == store.PerConversation && sum > 1:
		return false
	case row.Status != "done":
		return true
	case !c.fickle && c.per == store.PerResolution:
		return last == 1
	}
	return sum > 0
}

// of is what the ledger has of a conversation.
func (m *memoryLedger) of(row kustomer.Conversation) map[store.Key]store.Record {
	known, _ := m.Lookup([]store.Key{decide.KeyOf(row)})
	return known
}
