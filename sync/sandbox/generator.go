package sandbox

import (
	"iter"
	"strconv"
	"strings"
	"time"
)

const (
	// maxLife is the longest time from the creation of a generated conversation to its resolution.
	maxLife = 6 * 24 * time.Hour
	// trickleHours: before the busy time, one conversation in so many hours is found by searches.
	trickleHours = 4
	// regulars are the customers who return, in a season.
	regulars = 60
	// seasonHours are the hours of a season: regulars change every 30 days.
	seasonHours = 720
)

// generator makes the data: slots in time, each with one conversation.
type generator struct {
	seed     seed
	perHour  int
	stride   int       // position p of the hour's mix lies in slot p*stride + offset(hour)
	unstride int       // the inverse of stride, modulo perHour
	busyFrom time.Time // searches find everything since, and a trickle before
}

func newGenerator(s seed, perHour int, busyFrom time.Time) *generator {
	stride, unstride := strides(perHour)
	return &generator{seed: s, perHour: perHour, stride: stride, unstride: unstride, busyFrom: busyFrom}
}

// strides gives a stride near the golden section that has no common divisor with n, and its inverse modulo n:
// kinds that lie together in the mix come to lie evenly over the hour.
func strides(n int) (stride, unstride int) {
	stride = max(1, n*618/1000)
	for gcd(stride, n) != 1 {
		stride++
	}
	for unstride = 1; n > 1 && stride*unstride%n != 1; unstride++ {
		continue
	}
	return stride, unstride
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (g *generator) offset(hour int64) int {
	return int(g.seed.hash(uint64(hour), 'o') % uint64(g.perHour))
}

// kind is that of the conversation in a slot. An hour with more conversations than the mix has as many of
// each kind as the mix, and beside them plain ones: oddities do not grow with the traffic.
func (g *generator) kind(hour int64, index int) *kind {
	position := (index + g.perHour - g.offset(hour)) * g.unstride % g.perHour
	if g.perHour < len(mix) {
		return mix[(int(hour)*g.perHour+position)%len(mix)]
	}
	at := position * len(mix) / g.perHour
	// Of the positions that share a place in the mix only the first is of its kind.
	if position > 0 && (position-1)*len(mix)/g.perHour == at {
		return mix[0]
	}
	return mix[at]
}

// resolved is the time at which the conversation in a slot was marked done.
func (g *generator) resolved(hour int64, index int) time.Time {
	const ms = int64(time.Hour / time.Millisecond)
	from, to := int64(index)*ms/int64(g.perHour), int64(index+1)*ms/int64(g.perHour)
	within := int64(g.seed.hash(uint64(hour), uint64(index), 'r') % uint64(max(1, to-from)))
	return time.UnixMilli(hour*ms + from + within).UTC()
}

// slots are those with a resolution in [from, to), in order of time, without the ones that the trickle leaves
// out.
func (g *generator) slots(from, to time.Time) iter.Seq[slot] {
	return func(yield func(slot) bool) {
		for hour := hourOf(from); !hourStart(hour).After(to); hour++ {
			first, last := g.span(hour, from, to)
			for index := first; index <= last; index++ {
				at := g.resolved(hour, index)
				idle := at.Before(g.busyFrom) && index != g.trickle(hour)
				if at.Before(from) || !at.Before(to) || idle {
					continue
				}
				if !yield(slot{classConversation, hour, index}) {
					return
				}
			}
		}
	}
}

// span is the first and last slot of an hour that can have a resolution in [from, to).
func (g *generator) span(hour int64, from, to time.Time) (first, last int) {
	start := hourStart(hour)
	first, last = 0, g.perHour-1
	if d := from.Sub(start); d > 0 {
		first = int(d.Seconds()*float64(g.perHour)/3600) - 1
	}
	if d := to.Sub(start); d < time.Hour {
		last = int(d.Seconds()*float64(g.perHour)/3600) + 1
	}
	// Before the busy time at most one slot counts: the others need not be walked.
	if start.Add(time.Hour).Before(g.busyFrom) {
		i := g.trickle(hour)
		first, last = max(first, i), min(last, i)
	}
	return max(first, 0), min(last, g.perHour-1)
}

// trickle is the slot of an hour that searches find however old it is, or -1. It is the first of the mix,
// which is a plain one.
func (g *generator) trickle(hour int64) int {
	if hour%trickleHours != 0 {
		return -1
	}
	return g.offset(hour)
}

// conversation makes the one in a slot.
func (g *generator) conversation(p slot) Conversation {
	r := g.seed.rng(uint64(p.hour), uint64(p.index), 'c')
	k := g.kind(p.hour, p.index)
	resolved := g.resolved(p.hour, p.index)
	c := Conversation{Kind: k.name, Expect: k.expect, Resolved: resolved, Created: resolved.Add(-life(&r))}
	c.ID = g.seed.id(p, c.Created)
	c.Name = subjects[r.n(len(subjects))]
	agent := RegularAgents[r.n(len(RegularAgents))]
	c.assign(agent.ID, r.n(len(teams)))
	c.Tags = someTags(&r)
	c.Custom = map[string]any{
		"orderNumberStr":    orderNumber(&r),
		"contactReasonTree": reasons[r.n(len(reasons))],
	}
	c.Channels = []string{"email"}
	c.CustomerID = g.customerID(slot{classCustomer, p.hour, p.index})
	if k.plain && r.oneIn(7) {
		c.CustomerID = g.customerID(slot{classRegular, p.hour / seasonHours, r.n(regulars)})
	}
	if k.shape != nil {
		k.shape(&c, &r)
	}
	if c.Kind == kindMerged {
		c.IndexCustomerID = g.customerID(slot{classFormer, p.hour, p.index})
	}
	return c
}

// life is how long a conversation was open: minutes mostly, days sometimes.
func life(r *rng) time.Duration {
	limits := []time.Duration{
		20 * time.Minute, 20 * time.Minute, 2 * time.Hour, 2 * time.Hour, 9 * time.Hour, maxLife - time.Hour,
	}
	limit := limits[r.n(len(limits))]
	return 40*time.Second + time.Duration(r.n(int(limit/time.Millisecond)))*time.Millisecond
}

func orderNumber(r *rng) string {
	digits := make([]byte, 6)
	for i := range digits {
		digits[i] = '0' + byte(r.n(10))
	}
	return string(digits)
}

// customer makes the one that a slot stands for.
func (g *generator) customer(p slot) Customer {
	r := g.seed.rng(uint64(p.class), uint64(p.hour), uint64(p.index), 'p')
	first, last := firstNames[r.n(len(firstNames))], lastNames[r.n(len(lastNames))]
	number := strconv.FormatUint(r.next()%(36*36*36*36*36*36), 36)
	address := strings.ToLower(first + "." + last + "." + number + "@" + domains[r.n(len(domains))])
	c := Customer{
		ID: g.customerID(p), Created: g.customerCreated(p), Name: first + " " + last,
		Emails: []Email{{Address: address, Type: "home", Verified: true}}, SharedEmails: []Email{},
	}
	switch {
	case p.class == classFormer:
		// Merged away. What is found under the old id is unknown, so it is the harder case.
		c.Deleted = true
	case p.class == classCustomer:
		if k := g.kind(p.hour, p.index); k.customer != nil {
			k.customer(&c)
		}
	}
	return c
}

func (g *generator) customerID(p slot) string { return g.seed.id(p, g.customerCreated(p)) }

// customerCreated is some days before the conversation, or before the season's start for a regular.
func (g *generator) customerCreated(p slot) time.Time {
	days := 1 + g.seed.hash(uint64(p.class), uint64(p.hour), uint64(p.index), 'd')%400
	hour := p.hour
	if p.class == classRegular {
		hour *= seasonHours
	}
	return hourStart(hour).Add(-time.Duration(days)*24*time.Hour - time.Duration(p.index)*time.Second)
}

func hourOf(t time.Time) int64       { return t.Unix() / 3600 }
func hourStart(hour int64) time.Time { return time.Unix(hour*3600, 0).UTC() }

var (
	domains    = strings.Fields("example.com example.net example.org")
	firstNames = strings.Fields(
		`Ada Ben Cleo Dan Eva Finn Gwen Hugo Ines Jack Kira Liam Mona Nils Opal Paul Rosa Sam Tess Uma
		Vera Will Yara Zeno`)
	lastNames = strings.Fields(
		`Archer Baker Carver Draper Fisher Glover Hooper Ironside Joiner Keller Lister Mason Nailer
		Ostler Potter Roper Sawyer Tanner Usher Weaver`)
	subjects = []string{
		"Where is my order?", "Wrong size delivered", "Cannot sign in", "Refund not received",
		"Change of address",
		"Question about my invoice", "Cancel my subscription", "Damaged on arrival",
		"Discount code does not work",
		"Thank you!",
	}
	reasons = strings.Fields("orders.delivery.late orders.returns account.access billing.refund other")
)
