package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
)

const (
	keptRows  = 100 // conversations that need a hand which a report keeps
	shownRows = 8   // and of these a table shows
)

// Attention collects during a pass the conversations that need a hand: rejected and in doubt. It keeps the first
// hundred.
type Attention struct{ Rows []surveysync.Row }

// Observe keeps what needs a hand.
func (a *Attention) Observe(event surveysync.Event) {
	disposed, ok := event.(surveysync.Disposed)
	if ok && (disposed.State == store.Rejected || disposed.State == store.InDoubt) && len(a.Rows) < keptRows {
		a.Rows = append(a.Rows, disposed.Row)
	}
}

// attention names the conversations that need a hand, in doubt first, as many as fit on a screen.
func attention(b *strings.Builder, p Pass, s Style, most int) {
	total := p.Counts[store.Rejected] + p.Counts[store.InDoubt]
	if total == 0 || len(p.Attention) == 0 || most == 0 {
		return
	}
	rows := slices.Clone(p.Attention)
	slices.SortFunc(rows, func(x, y surveysync.Row) int {
		return cmp.Or(cmp.Compare(y.State, x.State), x.Resolution.Compare(y.Resolution), cmp.Compare(x.Key.Conversation, y.Key.Conversation))
	})
	b.WriteString("needs a hand\n")
	for _, row := range rows[:min(len(rows), most)] {
		line := fmt.Sprintf("  %-24s  %-8s  %s%s", row.Key.Conversation, name(row.State), ofKind(row.Key.Kind()), row.Reason)
		if row.Message != "" && (!telling(row.Reason) || s.Width > widest) {
			line += ": " + words(row.Message)
		}
		b.WriteString(text.Snip(oneLine(line), s.Width, "…") + "\n")
	}
	if more := total - min(len(rows), most); more > 0 {
		fmt.Fprintf(b, "  and %d more; see acsync status%s\n", more, p.Here)
	}
	b.WriteString("\n")
}

// words are a message without the address of the call that it begins with: the cause matters more, where there is little room.
func words(message string) string {
	if rest, ok := strings.CutPrefix(message, "agent connect: "); ok {
		if _, cause, ok := strings.Cut(rest, ": "); ok {
			return cause
		}
	}
	return message
}

// ofKind marks what is not a survey request.
func ofKind(kind string) string {
	if kind == "" {
		return ""
	}
	return kind + ": "
}

// telling tells whether a reason says it all, so that the server's words add nothing.
func telling(reason decide.Reason) bool {
	switch reason {
	case decide.Refused, decide.ServerFailure, decide.NoAnswer, decide.Unreadable, decide.Unrecognised:
		return false
	}
	return !reason.Broken()
}

// attentionJSON is a conversation that needs a hand, for programs.
type attentionJSON struct {
	ID      string `json:"id"`
	Done    string `json:"resolution"` // when it was marked done
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Status  int    `json:"status"`
	Message string `json:"message"`        // Agent Connect's words, without personal data
	Kind    string `json:"kind,omitempty"` // "recovery" when it is one
}

func attentionList(rows []surveysync.Row) []attentionJSON {
	list := make([]attentionJSON, 0, len(rows))
	for _, row := range rows {
		list = append(list, attentionJSON{row.Key.Conversation, stamp(row.Resolution), row.State.String(), string(row.Reason), row.Status, row.Message, row.Key.Kind()})
	}
	return list
}
