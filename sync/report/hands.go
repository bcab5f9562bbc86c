package report

import (
	"cmp"
	"slices"
	"strings"

	"acsync/store"
	"acsync/sync/decide"
)

// handsOf collects what somebody has to look at, in doubt first, then by frequency.
func handsOf(rows []Row) []Hand {
	type kind struct{ decision, reason string }
	var order []kind
	byKind := map[kind][]Row{}
	for _, row := range rows {
		if !needsHand(row.Decision, decide.Reason(row.Reason)) {
			continue
		}
		k := kind{row.Decision, row.Reason}
		if byKind[k] == nil {
			order = append(order, k)
		}
		byKind[k] = append(byKind[k], row)
	}
	hands := make([]Hand, 0, len(order))
	for _, k := range order {
		hands = append(hands, newHand(k.decision, decide.Reason(k.reason), byKind[k]))
	}
	slices.SortFunc(hands, func(a, b Hand) int {
		return cmp.Or(cmp.Compare(urgency(a), urgency(b)), cmp.Compare(b.Count, a.Count), strings.Compare(a.Reason, b.Reason))
	})
	return hands
}

func urgency(h Hand) int {
	switch h.Decision {
	case store.InDoubt.String():
		return 0
	case store.Rejected.String():
		return 1
	}
	return 2
}

func newHand(decision string, reason decide.Reason, rows []Row) Hand {
	hand := Hand{
		Decision: decision, Reason: string(reason), Count: len(rows), Meaning: meaningOf(decision, reason), Remedy: remedy(decision, reason),
		Agents: []Group{}, Words: wordsOf(rows), Conversations: []string{},
	}
	if aboutAgent(reason) {
		hand.Agents = groups(rows, byAgent)
	}
	for _, row := range rows[:min(len(rows), keptRows)] {
		hand.Conversations = append(hand.Conversations, row.ID)
	}
	return hand
}

// wordsOf are the different answers among rows, the most frequent first.
func wordsOf(rows []Row) []Words {
	counts := map[string]int{}
	for _, row := range rows {
		if row.Message != "" {
			counts[row.Message]++
		}
	}
	words := make([]Words, 0, len(counts))
	for text, n := range counts {
		words = append(words, Words{text, n})
	}
	slices.SortFunc(words, func(a, b Words) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Text, b.Text))
	})
	return words
}
