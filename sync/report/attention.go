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

// Attention collects during a pass the conversations that need a hand: rejected and in doubt. It keeps
// the first hundred.
type Attention struct{ Rows []surveysync.Row }

// Observe keeps what needs a hand.
func (a *Attention) Observe(event surveysync.Event) {
	disposed, ok := event.(surveysync.Disposed)
	if ok && (disposed.State == store.Rejected || disposed.State == store.InDoubt) && len(a.Rows) < keptRows {
		a.Rows = append(a.Rows, disposed.Row)
	}
}

// attentionTable names the conversations that need a hand, in doubt first.
func attentionTable(p Pass) doc.Table {
	rows := slices.Clone(p.Attention)
	slices.SortFunc(rows, func(x, y surveysync.Row) int {
		return cmp.Or(cmp.Compare(y.State, x.State), x.Resolution.Compare(y.Resolution),
			cmp.Compare(x.Key.Conversation, y.Key.Conversation))
	})
	table := doc.Table{
		Columns: []doc.Column{{Name: "conversation", Min: 24}, {Name: "state", Min: 8}, {Name: "reason"}},
		More: others(min(len(rows), shownRows), p.Counts[store.Rejected]+p.Counts[store.InDoubt],
			"; see acsync status"+p.Here),
	}
	for _, row := range first(rows, shownRows) {
		why := ofKind(row.Key.Kind()) + string(row.Reason)
		if row.Message != "" && !telling(row.Reason) {
			why += ": " + causeOf(row.Message)
		}
		table.Add(row.Key.Conversation, spaced(row.State.String()), why)
	}
	return table
}

// causeOf is a message without the address of the call that it begins with: the cause matters more, where
// there is little room.
func causeOf(message string) string {
	if rest, ok := strings.CutPrefix(message, "agent connect: "); ok {
		if _, cause, ok := strings.Cut(rest, ": "); ok {
			return cause
		}
	}
	return message
}

// telling reports whether a reason says it all, so that the server's words add nothing.
func telling(reason decide.Reason) bool {
	switch reason {
	case decide.Refused, decide.ServerFailure, decide.NoAnswer, decide.Unreadable, decide.Unrecognised:
		return false
	}
	return !reason.Broken()
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
func concernsOf(p Pass, rows []Row) []Concern {
	type kind struct{ decision, reason string }
	concerns := []Concern{}
	byKind := map[kind][]Row{}
	for _, row := range rows {
		if needsHand(row.Decision, decide.Reason(row.Reason)) {
			k := kind{row.Decision, row.Reason}
			byKind[k] = append(byKind[k], row)
		}
	}
	for k, rows := range byKind {
		concerns = append(concerns, newConcern(k.decision, decide.Reason(k.reason), rows, p.Here))
	}
	for state, reasons := range p.Reasons {
		for reason, n := range reasons {
			if rows == nil && needsHand(state.String(), reason) {
				concern := newConcern(state.String(), reason, nil, p.Here)
				concern.Count = n
				concerns = append(concerns, concern)
			}
		}
	}
	slices.SortFunc(concerns, func(a, b Concern) int {
		return cmp.Or(cmp.Compare(a.urgency(), b.urgency()), cmp.Compare(b.Count, a.Count),
			strings.Compare(a.Reason, b.Reason), strings.Compare(a.Decision, b.Decision))
	})
	return concerns
}

func newConcern(decision string, reason decide.Reason, rows []Row, here string) Concern {
	concern := Concern{
		Decision: decision, Reason: string(reason), Count: len(rows), Meaning: meaningOf(decision, reason),
		Remedy: remedy(decision, reason, here), Agents: []Group{}, Words: []Words{},
		Conversations: []string{},
	}
	if aboutAgent(reason) && len(rows) > 0 {
		concern.Agents = groups(rows, byAgent)
	}
	answers := map[string]int{}
	for _, row := range rows {
		if row.Message != "" {
			answers[row.Message]++
		}
	}
	for _, text := range byFrequency(answers) {
		concern.Words = append(concern.Words, Words{text, answers[text]})
	}
	for _, row := range first(rows, keptRows) {
		concern.Conversations = append(concern.Conversations, row.ID)
	}
	return concern
}

func (c Concern) urgency() int {
	switch c.Decision {
	case store.InDoubt.String():
		return 0
	case store.Rejected.String():
		return 1
	}
	return 2
}

// card is the concern as a report's files show it.
func (c Concern) card() doc.Card {
	card := doc.Card{
		Title: thousands(c.Count) + " " + spaced(c.Decision) + ": " + c.Reason, Text: sentence(c.Meaning),
		Todo: "To do: " + c.Remedy + ".",
	}
	for _, agent := range c.Agents {
		card.Items = append(card.Items, doc.Cell{
			Text:  thousands(agent.Found) + "× " + agent.label(),
			Aside: agent.Address,
		})
	}
	for _, words := range c.Words {
		card.Items = append(card.Items, doc.Cell{Text: thousands(words.Count) + "× “" + words.Text + "”"})
	}
	return card
}

// unlistedTable names the agents without an active profile in Agent Connect, those with the most
// conversations first, by their ids in Kustomer: reports name nobody.
func unlistedTable(p Pass) doc.Table {
	agents := byFrequency(p.Unlisted)
	table := doc.Table{
		Columns: []doc.Column{{Name: "agent", Min: 24}, {Name: "conversations"}},
		More:    others(min(len(agents), shownRows), len(agents), "; --json names them all"),
	}
	for _, agent := range first(agents, shownRows) {
		table.Add(agent, several(p.Unlisted[agent], "conversation", "conversations"))
	}
	return table
}
