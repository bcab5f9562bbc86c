package report

import (
	"io"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
	"acsync/sync/verify"
)

// Unresolved counts what is still in doubt, and what could not be decided about.
func Unresolved(settled []verify.Settled) int {
	n := 0
	for _, each := range settled {
		if each.State == store.InDoubt || each.Refusal != "" {
			n++
		}
	}
	return n
}

// ResolvedDoc is for people what became of what was in doubt. A command that it names has the flags of here,
// which is empty or begins with a blank.
func ResolvedDoc(settled []verify.Settled, tenant, here string) doc.Doc {
	d := doc.Doc{Name: "acsync resolve", Subject: tenant, Here: here, LeadLast: true}
	if len(settled) == 0 {
		d.Headline = "Nothing is in doubt."
		return d
	}
	table := doc.Table{Columns: []doc.Column{{Name: "conversation", Min: 24}, {Name: "what became of it"}}}
	for _, each := range settled {
		table.Add(keyName(each.Entry), ofKind(each.Kind())+resolvedAs(each))
	}
	d.Sections = []doc.Section{doc.Titled("", table)}
	refused, resent := 0, 0
	for _, each := range settled {
		switch {
		case each.Refusal != "":
			refused++
		case each.Before == store.InDoubt && each.State == store.Retry && decide.Reason(each.Reason) == decide.ByHand:
			resent++
		}
	}
	var lead []string
	if n := Unresolved(settled) - refused; n > 0 {
		lead = append(lead, thousands(n)+" unresolved.")
	}
	if refused > 0 {
		lead = append(lead, thousands(refused)+" left unchanged.")
	}
	if resent > 0 {
		d.Todo = append(d.Todo, advise(doWarnResent, here, several(resent, "goes", "go")))
	}
	if len(lead) > 0 {
		d.Headline, d.Level = strings.Join(lead, " "), doc.LevelAttention
		d.Todo = append(d.Todo, resolvedHints(settled, here)...)
	}
	return d
}

func resolvedAs(s verify.Settled) string {
	what := spaced(s.Before.String()) + " → " + spaced(s.State.String())
	switch {
	case s.Refusal != "":
		return "unchanged: " + s.Refusal
	case s.State == store.Retry:
		return what + ", sent again by the next pass"
	case s.State != store.InDoubt:
		return what
	}
	return strings.TrimSuffix("stays in doubt: "+standingWords(s.Standing, s.Until), ": ")
}

// standingWords are why Agent Connect's data do not tell what became of a request.
func standingWords(why verify.Standing, until time.Time) string {
	return map[verify.Standing]string{
		verify.Unasked:  "Agent Connect could not be asked",
		verify.TooEarly: "Agent Connect's data need not show it before " + show(until),
		verify.TakenOver: "the process that held the ledger before was cut off, and may be sending it until " +
			show(until),
		verify.Unproven: "not among Agent Connect's data, which show no later request either",
		verify.Unclear: "Agent Connect has a request that may be this one, or another one for its " +
			"conversation",
		verify.OtherKey: "it may have been sent with another API key, of which these data say nothing",
	}[why]
}

// resolvedHints tell nobody to decide by hand what was not asked, or is too early to tell.
func resolvedHints(settled []verify.Settled, here string) []string {
	hints := map[string]string{}
	var until time.Time
	for _, each := range settled {
		switch {
		case each.State != store.InDoubt || each.Refusal != "":
		case each.Standing == verify.Unasked:
			hints[doAskAgain] = advise(doAskAgain, here)
		case each.Standing.Waits():
			if each.Until.After(until) {
				until = each.Until
			}
			hints[doAskLater] = advise(doAskLater, here, show(until))
		default:
			hints[doDecide] = advise(doDecide, here)
		}
	}
	list := []string{hints[doAskAgain], hints[doAskLater], hints[doDecide]}
	return slices.DeleteFunc(list, func(hint string) bool { return hint == "" })
}

// keyName is the id, and with one survey for each resolution also which of them, as --id takes it.
func keyName(e store.Entry) string {
	if e.Key.Resolution == 0 {
		return e.Conversation
	}
	return e.Conversation + "@" + stamp(e.Record.Resolution)
}

// ResolvedJSON writes the same as one object on one line, schema acsync.resolve/1.
func ResolvedJSON(w io.Writer, settled []verify.Settled) error {
	list := listOf(these(slices.Values(settled)), func(each verify.Settled) any {
		return object{
			"id", each.Conversation,
			"resolution", stamp(each.Record.Resolution), // when it was marked done
			"before", each.Before.String(), "state", each.State.String(), "reason", each.Reason,
			"refusal", each.Refusal, // why nothing was changed; empty when it was
			"kind", when(each.Recovery, each.Kind()),
			// why it stays in doubt: unasked, too_early, taken_over, unproven, unclear, other_key
			"standing", when(each.Standing != "", each.Standing),
			// before then it proves nothing that Agent Connect's data do not show it
			"until", when(each.Standing.Waits() && !each.Until.IsZero(), stamp(each.Until)),
		}
	})
	return writeJSON(w, object{
		"schema", "acsync.resolve/1", "settled", list, "unresolved", Unresolved(settled),
	}, oneLine)
}
