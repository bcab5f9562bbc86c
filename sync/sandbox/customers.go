package sandbox

import (
	"strconv"
	"strings"
	"time"
)

// Customer is a customer of the stand-in.
type Customer struct {
	ID           string
	Created      time.Time
	Name         any // a string, nil, or an object in place of a masked one
	Emails       []Email
	SharedEmails []Email
	Deleted      bool           // gone: not found by id nor by searches
	Attributes   map[string]any // laid over the attributes as rendered, whatever their shape
}

// Email is one address of a customer.
type Email struct {
	Address  any    `json:"email"` // a string, nil, or an object in place of a masked one
	Type     string `json:"type"`
	Verified bool   `json:"verified"`
}

const (
	regulars    = 60  // customers who return, in a season
	seasonHours = 720 // hours of a season: regulars change every 30 days
)

func season(hour int64) int64 { return hour / seasonHours }

// customerCreated is some days before the conversation, or at the season's start for a regular.
func (g *grid) customerCreated(p slot) time.Time {
	days := 1 + g.seed.hash(uint64(p.class), uint64(p.hour), uint64(p.index), 'd')%400
	hour := p.hour
	if p.class == classRegular {
		hour *= seasonHours
	}
	return hourStart(hour).Add(-time.Duration(days)*24*time.Hour - time.Duration(p.index)*time.Second)
}

func (g *grid) customerID(c class, hour int64, index int) string {
	p := slot{c, hour, index}
	return g.seed.id(p, g.customerCreated(p))
}

func (g *grid) regularID(season int64, n int) string { return g.customerID(classRegular, season, n) }

// customer makes the one that a slot stands for.
func (g *grid) customer(p slot) Customer {
	d := g.seed.dice(uint64(p.class), uint64(p.hour), uint64(p.index), 'p')
	first, last := firstNames[d.n(len(firstNames))], lastNames[d.n(len(lastNames))]
	number := strconv.FormatUint(d.next()%(36*36*36*36*36*36), 36)
	address := strings.ToLower(first + "." + last + "." + number + "@" + domains[d.n(len(domains))])
	c := Customer{
		ID: g.customerID(p.class, p.hour, p.index), Created: g.customerCreated(p), Name: first + " " + last,
		Emails: []Email{{Address: address, Type: "home", Verified: true}}, SharedEmails: []Email{},
	}
	switch {
	case p.class == classFormer:
		c.Deleted = true // merged away: what is found under the old id is unknown, so it is the harder case
	case p.class == classCustomer:
		if k := g.kind(p.hour, p.index); k.customer != nil {
			k.customer(&c)
		}
	}
	return c
}
