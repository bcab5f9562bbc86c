package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/sync/agentconnect"
	"acsync/sync/journey"
	"acsync/sync/verify"
)

// RangeCounter counts conversations as they come, and keeps none: it needs memory for a number for each
// group, and for the customers a part at a time. Close it.
type RangeCounter struct {
	RangeTerms

	total     Funnel
	groups    []map[string]*Funnel // for each breakdown, by the ids joined by a null byte
	why       map[Obstacle]int
	others    int
	gone      int
	refused   []Refused
	customers journey.Partitions[visit]
}

// visit is a conversation of a customer.
type visit struct {
	Customer      string
	Asked, Mailed bool
}

// NewRangeCounter makes a counter that has counted nothing yet.
func NewRangeCounter(terms RangeTerms) *RangeCounter {
	terms.Zone = cmp.Or(terms.Zone, time.UTC)
	if terms.By == nil {
		for _, name := range Breakdowns() {
			terms.By = append(terms.By, []string{name})
		}
	}
	c := &RangeCounter{RangeTerms: terms, why: map[Obstacle]int{}}
	for range terms.By {
		c.groups = append(c.groups, map[string]*Funnel{})
	}
	return c
}

// Add counts a conversation, if it was marked done in the range.
func (c *RangeCounter) Add(j journey.Journey) error {
	if !j.InRange {
		return nil
	}
	s := c.refine(j, j.Standing(c.Received))
	obstacle := obstacleOf(s)
	c.total.add(s)
	if obstacle.Code != "" {
		c.why[obstacle]++
	}
	for i, by := range c.By {
		for _, ids := range c.places(j, obstacle, by) {
			key := strings.Join(ids, "\x00")
			if c.groups[i][key] == nil {
				c.groups[i][key] = &Funnel{}
			}
			c.groups[i][key].add(s)
		}
	}
	if c.askedByOthers(j) {
		c.others++
	}
	if obstacle.needsHand() {
		c.refuse(j, obstacle)
	}
	if j.Facts == nil {
		c.gone++
		return nil
	}
	if j.Facts.Customer == "" {
		return nil
	}
	return c.customers.Put(j.Facts.Customer, visit{
		Customer: j.Facts.Customer, Asked: s.Step >= journey.Asked, Mailed: s.Step >= journey.Delivered,
	})
}

// refine tells those that nobody has asked yet from those that nobody asks.
func (c *RangeCounter) refine(j journey.Journey, s journey.Standing) journey.Standing {
	switch {
	case s.Obstacle != journey.NeverAsked || c.Known.IsZero():
	case j.Resolved.Before(c.Known):
		s.Obstacle = beforeLedger
	case !j.Resolved.Before(c.Checkpoint):
		s.Obstacle = notYet
	}
	return s
}

// places are the groups of a breakdown that a conversation counts for: several where it is of several teams,
// for one.
func (c *RangeCounter) places(j journey.Journey, why Obstacle, by []string) [][]string {
	places := [][]string{nil}
	for _, name := range by {
		var more [][]string
		for _, place := range places {
			for _, id := range c.values(j, why, name) {
				more = append(more, append(slices.Clone(place), id))
			}
		}
		places = more
	}
	return places
}

// values are what a conversation has of one thing; an empty one where it has none.
func (c *RangeCounter) values(j journey.Journey, why Obstacle, name string) []string {
	switch {
	case name == byDay:
		return []string{j.Resolved.In(c.Zone).Format(time.DateOnly)}
	case name == ofReason:
		return []string{why.id()}
	case name == ofRequestBrand && len(j.Asked()) > 0:
		var brands []string
		for _, i := range j.Asked() {
			brands = append(brands, i.Brand)
		}
		return distinct(brands)
	case j.Facts == nil:
		return []string{goneID}
	}
	switch f := j.Facts; name {
	case ofTeam:
		return distinct(f.Teams)
	case ofChannel:
		return []string{f.Channel}
	case ofAgent:
		return []string{f.Agent}
	case ofBrand:
		return []string{f.Brand}
	case ofRequestBrand:
		return []string{f.AskedBrand}
	}
	return distinct(j.Facts.Matched)
}

// distinct are the values without those that come again; one that is empty where there are none.
func distinct(values []string) []string {
	list := slices.Compact(slices.Sorted(slices.Values(values)))
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// askedByOthers reports whether nobody but others has asked: a workflow in Kustomer, for instance.
func (c *RangeCounter) askedByOthers(j journey.Journey) bool {
	ours := func(i agentconnect.Interaction) bool {
		_, own := verify.OwnStamp(c.Ledger, i.Intent)
		return own
	}
	asked := j.Asked()
	return len(asked) > 0 && !slices.ContainsFunc(asked, ours) && !sentByLedger(j)
}

func (c *RangeCounter) refuse(j journey.Journey, why Obstacle) {
	r := Refused{
		Conversation: j.Conversation, Resolved: j.Resolved, Gone: j.Facts == nil, Obstacle: why,
	}
	if j.Facts != nil {
		r.Customer, r.AgentID = j.Facts.Customer, j.Facts.Agent
	}
	c.refused = append(c.refused, r)
	if len(c.refused) >= 2*mostRefused {
		c.trimRefused()
	}
}

// trimRefused keeps the latest.
func (c *RangeCounter) trimRefused() {
	slices.SortFunc(c.refused, func(a, b Refused) int {
		return cmp.Or(b.Resolved.Compare(a.Resolved), strings.Compare(a.Conversation, b.Conversation))
	})
	c.refused = first(c.refused, mostRefused)
}

// Agents are the ids of the agents that have been met.
func (c *RangeCounter) Agents() []string {
	met := map[string]bool{}
	for i, by := range c.By {
		at := slices.Index(by, ofAgent)
		for key := range c.groups[i] {
			if at >= 0 {
				met[strings.Split(key, "\x00")[at]] = true
			}
		}
	}
	for _, r := range c.refused {
		met[r.AgentID] = true
	}
	delete(met, goneID)
	return slices.Sorted(maps.Keys(met))
}

// Report makes the report of what was counted, with these names.
func (c *RangeCounter) Report(names Names) (Range, error) {
	c.trimRefused()
	r := Range{
		RangeTerms: c.RangeTerms, Timezone: zoneName(c.Zone, c.Window.To), Total: c.total, Others: c.others,
		Gone: c.gone, Rejections: c.refused, Why: []Why{},
	}
	for obstacle, n := range c.why {
		r.Why = append(r.Why, Why{obstacle, n})
	}
	slices.SortFunc(r.Why, func(a, b Why) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(b.Count, a.Count),
			strings.Compare(a.id(), b.id()))
	})
	for i, refused := range r.Rejections {
		if refused.AgentID != "" {
			r.Rejections[i].Agent = names.Agent(refused.AgentID)
		}
	}
	for i, by := range c.By {
		r.Breakdowns = append(r.Breakdowns, c.breakdown(by, c.groups[i], names))
	}
	err := c.countCustomers(&r.Customers)
	r.Verdict = rangeVerdict(r)
	return r, err
}

func (c *RangeCounter) breakdown(by []string, groups map[string]*Funnel, names Names) Breakdown {
	b := Breakdown{By: by, Slices: []Slice{}}
	for key, funnel := range groups {
		slice := Slice{IDs: strings.Split(key, "\x00"), Funnel: *funnel}
		for i, id := range slice.IDs {
			name := nameOf(by[i], id, names)
			switch by[i] {
			case ofReason:
				name = c.reasonName(id)
			case byDay:
				name = c.dayName(id)
			}
			slice.Names = append(slice.Names, name)
		}
		b.Slices = append(b.Slices, slice)
	}
	tellApart(b.Slices)
	if len(by) == 1 && by[0] == byDay {
		b.Slices = c.withQuietDays(b.Slices)
	}
	slices.SortFunc(b.Slices, func(x, y Slice) int {
		if at := slices.Index(by, byDay); at >= 0 && x.IDs[at] != y.IDs[at] {
			return strings.Compare(x.IDs[at], y.IDs[at])
		}
		return cmp.Or(cmp.Compare(y.Steps[journey.Done], x.Steps[journey.Done]),
			slices.Compare(x.Names, y.Names), slices.Compare(x.IDs, y.IDs))
	})
	return b
}

// tellApart adds their ids to groups of one name, as two teams may have.
func tellApart(list []Slice) {
	of := map[string]int{}
	for _, s := range list {
		of[s.label()]++
	}
	for _, s := range list {
		if of[s.label()] < 2 {
			continue
		}
		for i, id := range s.IDs {
			if id != "" && id != s.Names[i] {
				s.Names[i] += " (" + id + ")"
			}
		}
	}
}

// reasonName is the label of an obstacle.
func (c *RangeCounter) reasonName(id string) string {
	for obstacle := range c.why {
		if obstacle.id() == id {
			return obstacle.label()
		}
	}
	if c.Received {
		return "answered"
	}
	return "asked"
}

func (c *RangeCounter) dayName(id string) string {
	day, err := time.Parse(time.DateOnly, id)
	switch {
	case err != nil:
		return id
	case c.Window.To.Sub(c.Window.From) > 300*24*time.Hour:
		return day.Format("2 Jan 2006")
	}
	return day.Format("Mon 2 Jan")
}

// withQuietDays adds the days on which nothing was marked done.
func (c *RangeCounter) withQuietDays(days []Slice) []Slice {
	for _, at := range daySteps[0].starts(c.Window.From, c.Window.To, c.Zone) {
		id := at.In(c.Zone).Format(time.DateOnly)
		if !slices.ContainsFunc(days, func(s Slice) bool { return s.IDs[0] == id }) {
			days = append(days, Slice{IDs: []string{id}, Names: []string{c.dayName(id)}})
		}
	}
	return days
}

func (c *RangeCounter) countCustomers(count *Customers) error {
	return c.customers.Each(func(visits []visit) error {
		type sum struct{ done, asked, mailed int }
		of := map[string]sum{}
		for _, v := range visits {
			s := of[v.Customer]
			s.done++
			if v.Asked {
				s.asked++
			}
			if v.Mailed {
				s.mailed++
			}
			of[v.Customer] = s
		}
		for _, s := range of {
			count.All++
			for n, counter := range map[*int]bool{
				&count.Several: s.done > 1, &count.Asked: s.asked > 0, &count.AskedSeveral: s.asked > 1,
				&count.Mailed: s.mailed > 1,
			} {
				if counter {
					*n++
				}
			}
		}
		return nil
	})
}

// Close forgets the customers.
func (c *RangeCounter) Close() error { return c.customers.Close() }
