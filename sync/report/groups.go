package report

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Group counts the conversations of a channel, an agent, a team, a brand, a day or an hour.
type Group struct {
	ID      string `json:"id"`   // empty: none
	Name    string `json:"name"` // the same as the id where there is no better
	Address string `json:"address,omitempty"`
	Tally
}

// label is what a reader knows the group by.
func (g Group) label() string { return cmp.Or(g.Name, "(none)") }

// groups counts rows by what of names for each, the most frequent first.
func groups(rows []Row, of func(Row, func(Group))) []Group {
	byID := map[string]*Group{}
	for _, row := range rows {
		of(row, func(g Group) {
			kept, ok := byID[g.ID]
			if !ok {
				kept = &g
				kept.Name = cmp.Or(g.Name, g.ID)
				byID[g.ID] = kept
			}
			kept.add(row.Decision, 1)
		})
	}
	list := make([]Group, 0, len(byID))
	for _, group := range byID {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Found, a.Found), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return list
}

func byChannel(row Row, add func(Group)) { add(Group{ID: row.Channel}) }
func byBrand(row Row, add func(Group))   { add(Group{ID: row.Brand}) }

func byAgent(row Row, add func(Group)) {
	add(Group{ID: row.AgentID, Name: row.Agent, Address: row.agentAddress})
}

func byTeam(row Row, add func(Group)) {
	for _, id := range row.Teams {
		add(Group{ID: id})
	}
	if len(row.Teams) == 0 {
		add(Group{})
	}
}

// byTime groups by a part of the resolution's time in the zone.
func byTime(zone *time.Location, layout string) func(Row, func(Group)) {
	return func(row Row, add func(Group)) {
		if !row.Resolution.IsZero() {
			add(Group{ID: row.Resolution.In(zone).Format(layout)})
		}
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
