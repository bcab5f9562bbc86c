package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/report/doc"
)

// Tally counts conversations by what became of them.
type Tally struct {
	Found    int `json:"found"`
	Sent     int `json:"sent"` // of a dry run: a real pass would send
	Rejected int `json:"rejected"`
	InDoubt  int `json:"in_doubt"`
	Waiting  int `json:"waiting"` // scheduled, or to be tried again
	Skipped  int `json:"skipped"` // and dropped
}

// tallyOf counts conversations by their dispositions; names of another version are found, and nothing else.
func tallyOf(found int, counts map[string]int) Tally {
	var t Tally
	for _, d := range dispositions {
		t.add(d.name, counts[d.name])
	}
	t.Found = found
	return t
}

// Hand is the number of those that need one.
func (t Tally) Hand() int { return t.Rejected + t.InDoubt }

func (t *Tally) add(name string, n int) {
	t.Found += n
	switch name {
	case wouldSend, store.Accepted.String():
		t.Sent += n
	case store.Rejected.String():
		t.Rejected += n
	case store.InDoubt.String():
		t.InDoubt += n
	case store.Skipped.String(), store.Dropped.String():
		t.Skipped += n
	default:
		t.Waiting += n
	}
}

func (t Tally) plus(o Tally) Tally {
	return Tally{
		t.Found + o.Found, t.Sent + o.Sent, t.Rejected + o.Rejected, t.InDoubt + o.InDoubt,
		t.Waiting + o.Waiting, t.Skipped + o.Skipped,
	}
}

// segments are the counts in the order in which they are drawn.
func (t Tally) segments(sent, waiting string) []doc.Segment {
	return []doc.Segment{
		{Tone: doc.Good, Label: sent, N: t.Sent},
		{Tone: doc.Bad, Label: "rejected or in doubt", N: t.Hand()},
		{Tone: doc.Warn, Label: waiting, N: t.Waiting},
		{Tone: doc.Quiet, Label: "skipped", N: t.Skipped},
	}
}

// numbers are the counts as the head of a page has them.
func (t Tally) numbers(sent, waiting string) []doc.Number {
	numbers := []doc.Number{{Tone: "found", Label: "Found", Value: thousands(t.Found)}}
	for _, s := range t.segments(sent, waiting) {
		if s.Tone == doc.Bad && s.N == 0 {
			s.Tone = ""
		}
		numbers = append(numbers, doc.Number{
			Tone: s.Tone, Label: capital(s.Label), Value: thousands(s.N), Share: share(s.N, t.Found),
		})
	}
	return numbers
}

// sumColumns are the columns of a table of tallies, and sums its cells. A page and a terminal have room for
// one column of what needs a hand.
func sumColumns(sent, waiting string) []doc.Column {
	narrow := doc.ForTerminal | doc.ForPage
	return []doc.Column{
		{Name: "found", Number: true},
		{Name: sent, Number: true},
		{Name: "hand", Number: true, Only: narrow},
		{Name: "rejected", Number: true, Only: doc.ForMarkdown},
		{Name: "in doubt", Number: true, Only: doc.ForMarkdown},
		{Name: waiting, Number: true},
		{Name: "skip", Number: true},
	}
}

func (t Tally) sums() []doc.Cell {
	return doc.Texts(thousands(t.Found), thousands(t.Sent), thousands(t.Hand()), thousands(t.Rejected),
		thousands(t.InDoubt), thousands(t.Waiting), thousands(t.Skipped))
}

// Group counts the conversations of a channel, an agent, a team, a brand, a day or an hour.
type Group struct {
	ID      string `json:"id"`   // empty: none
	Name    string `json:"name"` // the same as the id where there is no better
	Address string `json:"address,omitempty"`
	Tally
}

func (g Group) label() string { return cmp.Or(g.Name, "(none)") }

// groups counts rows by what they belong to, the most frequent first.
func groups(rows []Row, of func(Row) []Group) []Group {
	byID := map[string]*Group{}
	for _, row := range rows {
		for _, g := range of(row) {
			if byID[g.ID] == nil {
				g.Name = cmp.Or(g.Name, g.ID)
				byID[g.ID] = &g
			}
			byID[g.ID].add(row.Decision, 1)
		}
	}
	list := make([]Group, 0, len(byID))
	for _, group := range byID {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(
			cmp.Compare(b.Found, a.Found), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return list
}

func byChannel(row Row) []Group { return []Group{{ID: row.Channel}} }

func byBrand(row Row) []Group { return []Group{{ID: row.Brand}} }

func byAgent(row Row) []Group {
	return []Group{{ID: row.AgentID, Name: row.Agent, Address: row.agentAddress}}
}

func byTeam(row Row) (list []Group) {
	for _, id := range row.Teams {
		list = append(list, Group{ID: id})
	}
	if len(list) == 0 {
		return []Group{{}}
	}
	return list
}

// byTime groups by a part of the resolution's time in the zone.
func byTime(zone *time.Location, layout string) func(Row) []Group {
	return func(row Row) []Group {
		if row.Resolution.IsZero() {
			return nil
		}
		return []Group{{ID: row.Resolution.In(zone).Format(layout)}}
	}
}

// inOrder sorts groups by their id, which is a time.
func inOrder(list []Group) []Group {
	slices.SortFunc(list, func(a, b Group) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// named leaves out a breakdown that tells nothing: one that knows of no name.
func named(list []Group) []Group {
	if len(list) == 1 && list[0].ID == "" {
		return []Group{}
	}
	return list
}
