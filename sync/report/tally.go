package report

import (
	"cmp"
	"fmt"
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
		Found: t.Found + o.Found, Sent: t.Sent + o.Sent, Rejected: t.Rejected + o.Rejected,
		InDoubt: t.InDoubt +
			o.InDoubt,
		Waiting: t.Waiting + o.Waiting, Skipped: t.Skipped + o.Skipped,
	}
}

func (t Tally) segments() []doc.Segment {
	return []doc.Segment{
		{Tone: doc.Good, N: t.Sent},
		{Tone: doc.Bad, N: t.Hand()},
		{Tone: doc.Warn, N: t.Waiting},
		{Tone: doc.Quiet, N: t.Skipped},
	}
}

func legend(sent, waiting string) []doc.Key {
	return []doc.Key{
		{Tone: doc.Good, Label: sent},
		{Tone: doc.Bad, Label: "rejected or in doubt"},
		{Tone: doc.Warn, Label: waiting},
		{Tone: doc.Quiet, Label: "skipped"},
	}
}

func (t Tally) words(sent string) string {
	text := fmt.Sprintf("%s found, %s %s", thousands(t.Found), thousands(t.Sent), sent)
	for _, more := range []struct {
		n    int
		what string
	}{{t.Rejected, "rejected"}, {t.InDoubt, "in doubt"}, {t.Waiting, "waiting"}, {t.Skipped, "skipped"}} {
		if more.n > 0 {
			text += fmt.Sprintf(", %s %s", thousands(more.n), more.what)
		}
	}
	return text
}

// numbers are the counts as the head of a page has them.
func (t Tally) numbers(sent, waiting string) []doc.Number {
	hand := "hand"
	if t.Hand() > 0 {
		hand += " some"
	}
	return []doc.Number{
		{Class: "found", Label: "Found", Value: thousands(t.Found)},
		{Class: "sent", Label: sent, Value: thousands(t.Sent), Share: share(t.Sent, t.Found)},
		{
			Class: hand, Label: "Rejected or in doubt", Value: thousands(t.Hand()),
			Share: share(t.Hand(), t.Found),
		},
		{Class: "waits", Label: waiting, Value: thousands(t.Waiting), Share: share(t.Waiting, t.Found)},
		{Class: "rest", Label: "Skipped", Value: thousands(t.Skipped), Share: share(t.Skipped, t.Found)},
	}
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
		thousands(t.InDoubt),
		thousands(t.Waiting), thousands(t.Skipped))
}

// Group counts the conversations of a channel, an agent, a team, a brand, a day or an hour.
type Group struct {
	ID      string `json:"id"`   // empty: none
	Name    string `json:"name"` // the same as the id where there is no better
	Address string `json:"address,omitempty"`
	Tally
}

func (g Group) label() string { return cmp.Or(g.Name, "(none)") }

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
		return cmp.Or(
			cmp.Compare(b.Found, a.Found), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return list
}

func byChannel(row Row, add func(Group)) { add(Group{ID: row.Channel}) }

func byBrand(row Row, add func(Group)) { add(Group{ID: row.Brand}) }

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
