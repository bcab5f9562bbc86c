package report

import (
	"cmp"
	"slices"
	"strings"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

const (
	keptRows  = 100 // conversations that need a hand which a report keeps
	shownRows = 8   // and which a pass shows on a terminal: nobody pages through that
)

// Attention keeps the first hundred conversations of a pass that need a hand: rejected, in doubt, parked, and
// those for which the condition of recoveries holds although they were never asked about.
type Attention struct{ Rows []surveysync.Row }

// Observe keeps what needs a hand.
func (a *Attention) Observe(event surveysync.Event) {
	if back, ok := event.(surveysync.TakenBack); ok {
		a.Rows = slices.DeleteFunc(a.Rows, func(r surveysync.Row) bool { return r.Key == back.Key })
	}
	disposed, ok := event.(surveysync.Disposed)
	if !ok || len(a.Rows) == keptRows {
		return
	}
	switch {
	case disposed.State == store.Rejected, disposed.State == store.InDoubt,
		disposed.Reason == decide.NoFirstRequest, disposed.State.Waiting() && disposed.Reason.Parked():
		a.Rows = append(a.Rows, disposed.Row)
	}
}

func attentionTable(p Pass) doc.Table {
	rows := slices.Clone(p.Attention)
	slices.SortFunc(rows, func(x, y surveysync.Row) int {
		return cmp.Or(cmp.Compare(y.State, x.State), x.Resolution.Compare(y.Resolution),
			cmp.Compare(x.Key.Conversation, y.Key.Conversation))
	})
	rows = first(rows, shownRows)
	more := "; see acsync status" + p.Here
	if p.rehearsed() {
		more = "; --report FILE names them all"
	}
	table := doc.Table{
		Columns: []doc.Column{{Name: "conversation", Min: 24}, {Name: "state", Min: 8}, {Name: "reason"}},
		More: others(
			len(rows), p.Counts[store.Rejected]+p.Counts[store.InDoubt]+p.Oddities()-p.Unseen, more),
	}
	for _, row := range rows {
		why := ofKind(row.Key.Kind()) + string(row.Reason)
		switch row.Reason {
		// Other reasons say it all.
		case decide.Refused, decide.ServerFailure, decide.NoAnswer, decide.Unreadable, decide.Unrecognised,
			decide.Forbidden, decide.Gateway:
			why = strings.TrimSuffix(why+": "+causeOf(row.Message), ": ")
		}
		table.Add(row.Key.Conversation, spaced(row.State.String()), why)
	}
	return table
}

// causeOf is a message without the address of the call that it begins with, where there is little room.
func causeOf(message string) string {
	if rest, ok := strings.CutPrefix(message, "agent connect: "); ok {
		if _, cause, ok := strings.Cut(rest, ": "); ok {
			return cause
		}
	}
	return message
}

// unlistedTable has the agents without an active profile by their ids in Kustomer: reports name nobody.
func unlistedTable(p Pass) doc.Table {
	agents := byFrequency(p.Unlisted)
	shown := first(agents, shownRows)
	table := doc.Table{
		Columns: []doc.Column{{Name: "agent", Min: 24}, {Name: "conversations"}},
		More:    others(len(shown), len(agents), "; --json names them all"),
	}
	for _, agent := range shown {
		table.Add(agent, several(p.Unlisted[agent], "conversation", "conversations"))
	}
	return table
}

// Concern is what somebody has to look at: conversations that ended in the same way.
type Concern struct {
	Decision      string   `json:"decision"`
	Reason        string   `json:"reason"`
	Count         int      `json:"count"`
	Meaning       string   `json:"meaning"`
	Remedy        string   `json:"remedy"`
	Agents        []Group  `json:"agents"`        // where it is about the agent
	Words         []Words  `json:"words"`         // of Agent Connect, without personal data
	Conversations []string `json:"conversations"` // the first hundred
}

// Words are what Agent Connect answered, and how often.
type Words struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// concernsOf collects what somebody has to look at, in doubt first, then by frequency. Where no rows were
// kept it is known by its counts alone.
func concernsOf(p Pass, rows *Rows) []Concern {
	type kind struct {
		decision string
		reason   decide.Reason
	}
	counts := map[kind]int{}
	for row := range rows.all() {
		counts[kind{row.Decision, decide.Reason(row.Reason)}]++
	}
	if len(counts) == 0 {
		for state, reasons := range p.Reasons {
			for reason, n := range reasons {
				counts[kind{state.String(), reason}] = n
			}
		}
	}
	concerns := []Concern{}
	for k, n := range counts {
		if needsHand(k.decision, k.reason) {
			concern := Concern{
				Decision: k.decision, Reason: string(k.reason), Count: n,
				Meaning: meaningOf(k.decision, k.reason), Remedy: remedyOf(p, k.decision, k.reason),
				Agents: []Group{}, Words: []Words{}, Conversations: []string{},
			}
			concern.describe(rows)
			concerns = append(concerns, concern)
		}
	}
	slices.SortFunc(concerns, func(a, b Concern) int {
		return cmp.Or(
			cmp.Compare(dispositionOf(a.Decision).urgency, dispositionOf(b.Decision).urgency),
			cmp.Compare(b.Count, a.Count), strings.Compare(a.Reason, b.Reason))
	})
	return concerns
}

func (c *Concern) describe(rows *Rows) {
	alike := func(yield func(Row) bool) {
		for row := range rows.all() {
			if row.Decision == c.Decision && row.Reason == c.Reason && !yield(row) {
				return
			}
		}
	}
	switch decide.Reason(c.Reason) {
	case decide.EmployeeNotFound, decide.EmployeeDeactivated, decide.EmployeeIncomplete:
		c.Agents = groups(alike, byAgent)
	}
	answers := map[string]int{}
	for row := range alike {
		if row.Message != "" {
			answers[row.Message]++
		}
		if len(c.Conversations) < keptRows {
			c.Conversations = append(c.Conversations, row.ID)
		}
	}
	for _, text := range byFrequency(answers) {
		c.Words = append(c.Words, Words{text, answers[text]})
	}
}

func (c Concern) card() doc.Card {
	card := doc.Card{
		Title: thousands(c.Count) + " " + spaced(c.Decision) + ": " + c.Reason, Text: sentence(c.Meaning),
		Todo: "To do: " + c.Remedy + ".",
	}
	for _, agent := range c.Agents {
		text := thousands(agent.Found) + "× " + agent.label()
		card.Items = append(card.Items, doc.Cell{Text: text, Aside: agent.Address})
	}
	for _, words := range c.Words {
		text := thousands(words.Count) + "× “" + words.Text + "”"
		card.Items = append(card.Items, doc.Cell{Text: text})
	}
	return card
}
