package simtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// trait is what is special about a conversation, its agent, or its customer.
type trait string

const (
	plain        trait = "plain"
	spam         trait = "spam"
	imported     trait = "imported"
	doNotSend    trait = "do not send"
	maskedFlag   trait = "do not send, masked"
	byMachine    trait = "agent is a machine"
	unassigned   trait = "no agent"
	mute         trait = "agent without an address"
	noEmail      trait = "customer without an address"
	maskedEmail  trait = "masked address"
	oddEmail     trait = "odd address"
	noCustomer   trait = "customer deleted"
	unreadable   trait = "record that Kustomer never gives"
	brokenRow    trait = "row that cannot be read"
	contradicted trait = "row that comes twice, and not the same"
	refused      trait = "refused by Agent Connect"
)

// sendable reports whether its customer is to be asked at all.
func (t trait) sendable() bool {
	return slices.Contains([]trait{plain, brokenRow, contradicted, refused}, t)
}

// version is a conversation from one instant on. Times are true ones: Kustomer's clock may differ.
type version struct {
	at       time.Time
	shown    time.Time // when the search has it
	status   string
	done     time.Time // when it was marked done last
	customer string
	gone     bool // deleted, or merged into another
}

// conversation is one with its whole life.
type conversation struct {
	id      string
	trait   trait
	created time.Time
	agent   string
	tags    []string
	late    bool // the search shows some of it later than any pass looks for it, but for the daily reading
	life    []version
}

// latest is how it is at a time, or how searches show it.
func (c *conversation) latest(now time.Time, shown bool) (v version, ok bool) {
	for _, each := range c.life {
		at := each.at
		if shown {
			at = each.shown
		}
		if !at.After(now) && !each.at.After(now) {
			v, ok = each, true
		}
	}
	return v, ok
}

// last is how it is in the end.
func (c *conversation) last() version { return c.life[len(c.life)-1] }

// society is all that a Kustomer holds.
type society struct {
	dice          dice
	conversations []*conversation
	byID          map[string]*conversation
	settle        time.Duration // the search shows nearly all within this
	overlap       time.Duration // and the rest within this
	reread        time.Duration // but for a few, within this; 0: none
}

// newSociety lets conversations be marked done from one time to another.
func newSociety(d dice, from, to time.Time, settle, overlap, reread time.Duration) *society {
	s := &society{dice: d, byID: map[string]*conversation{}, settle: settle, overlap: overlap, reread: reread}
	r := d.throw("society", "", 0)
	for range 3 + r.IntN(8) {
		at := from.Add(between(r, 0, to.Sub(from))).Truncate(time.Millisecond)
		switch r.IntN(5) {
		case 0: // a bulk job's instant
			created := at.Add(-time.Hour)
			for range 2 + r.IntN(9) {
				s.add(r, at, created)
				created = created.Add(time.Duration(r.IntN(3)) * time.Millisecond)
			}
		case 1: // a crowded second
			for range 2 + r.IntN(8) {
				s.add(r, at.Add(time.Duration(r.IntN(1000))*time.Millisecond), at.Add(-time.Minute))
			}
		default:
			s.add(r, at, at.Add(-between(r, time.Minute, 48*time.Hour)).Truncate(time.Millisecond))
		}
	}
	return s
}

func traitOf(r *rand.Rand) trait {
	if r.IntN(100) < 75 {
		return plain
	}
	return pick(r, spam, imported, doNotSend, maskedFlag, byMachine, unassigned, mute, noEmail, maskedEmail,
		oddEmail, noCustomer, unreadable, brokenRow, contradicted, refused, refused)
}

func (s *society) add(r *rand.Rand, at, created time.Time) {
	n := len(s.conversations)
	c := &conversation{
		id: fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", n), trait: traitOf(r), created: created,
		agent: pick(r, "agent-a", "agent-b", "agent-c", "agent-unlisted"),
	}
	switch c.trait {
	case byMachine:
		c.agent = "agent-machine"
	case unassigned:
		c.agent = ""
	case mute:
		c.agent = "agent-mute"
	case refused:
		c.agent = "agent-refused"
	}
	for range r.IntN(3) {
		c.tags = append(c.tags, fmt.Sprintf("tag-%d", r.IntN(5)))
	}
	customer := fmt.Sprintf("customer-%s-%d", kindOf(c.trait), r.IntN(1+n/2+1))
	v := version{at: at, status: "done", done: at, customer: customer}
	v.shown = at.Add(s.lag(r, c))
	c.life = append(c.life, v)
	for r.IntN(4) == 0 {
		at = at.Add(between(r, time.Second, 40*time.Minute)).Truncate(time.Millisecond)
		v.at, v.status, v.shown = at, "open", at.Add(s.lag(r, c))
		c.life = append(c.life, v)
		if r.IntN(4) == 0 {
			break
		}
		at = at.Add(between(r, time.Second, 40*time.Minute)).Truncate(time.Millisecond)
		v.at, v.status, v.done, v.shown = at, "done", at, at.Add(s.lag(r, c))
		c.life = append(c.life, v)
	}
	at = at.Add(between(r, time.Second, 3*time.Hour)).Truncate(time.Millisecond)
	switch r.IntN(30) {
	case 0, 1: // its customer is merged into another
		v.at, v.shown, v.customer = at, at.Add(s.lag(r, c)), v.customer+"-merged"
		c.life = append(c.life, v)
	case 2: // it is deleted, or merged into another
		v.at, v.shown, v.gone = at, at.Add(s.lag(r, c)), true
		c.life = append(c.life, v)
	}
	s.conversations = append(s.conversations, c)
	s.byID[c.id] = c
}

// kindOf is what of a trait the id of a customer bears.
func kindOf(t trait) string {
	switch t {
	case noEmail, maskedEmail, oddEmail, noCustomer:
		return map[trait]string{noEmail: "none", maskedEmail: "masked", oddEmail: "odd", noCustomer: "deleted"}[t]
	}
	return "plain"
}

// lag is how long the search needs to show a change.
func (s *society) lag(r *rand.Rand, c *conversation) time.Duration {
	switch n := r.IntN(20); {
	case n == 0 && s.reread > 0:
		c.late = true
		return between(r, s.overlap, s.reread)
	case n < 5:
		return between(r, 0, s.overlap)
	}
	return between(r, 0, s.settle)
}

// end is when the last conversation has changed for the last time, and the search shows it.
func (s *society) end() (end time.Time) {
	for _, c := range s.conversations {
		for _, v := range c.life {
			if v.shown.After(end) {
				end = v.shown
			}
		}
	}
	return end
}
