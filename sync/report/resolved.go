package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"acsync/store"
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

// Resolved writes for people what became of what was in doubt. A command that it names has the flags of here, which is empty or begins
// with a blank.
func Resolved(w io.Writer, settled []verify.Settled, here string, s Style) error {
	var b strings.Builder
	if len(settled) == 0 {
		b.WriteString("nothing is in doubt\n")
	}
	for _, each := range settled {
		fmt.Fprintf(&b, "%-24s  %s%s\n", printable(resolvedName(each)), ofKind(each.Kind()), resolvedAs(each))
	}
	if n := Unresolved(settled); n > 0 {
		fmt.Fprintf(&b, "\n%d unresolved\n", n)
		room := min(max(s.Width, 40), widest)
		for _, hint := range resolvedHints(settled, here) {
			b.WriteString(strings.ReplaceAll(hanging(whole(hint, here, room), room, 0), glue, " ") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// resolvedAs says what became of one.
func resolvedAs(s verify.Settled) string {
	what := name(s.Before) + " → " + name(s.State)
	switch {
	case s.Refusal != "":
		return "unchanged: " + printable(s.Refusal)
	case s.State == store.Retry:
		return what + ", sent again by the next pass"
	case s.State != store.InDoubt:
		return what
	}
	switch s.Standing {
	case verify.Unasked:
		return "stays in doubt: Agent Connect could not be asked"
	case verify.TooEarly:
		return "stays in doubt: Agent Connect's data need not show it before " + show(s.Until)
	case verify.Unproven:
		return "stays in doubt: not among Agent Connect's data, which show no later request either"
	case verify.Unclear:
		return "stays in doubt: Agent Connect has a request that may be this one, or another one for its conversation"
	case verify.OtherKey:
		return "stays in doubt: it may have been sent with another API key, of which these data say nothing"
	}
	return "stays in doubt"
}

// resolvedHints say what to do about what stays in doubt. Nobody is told to decide by hand what was not
// asked, or is too early to tell.
func resolvedHints(settled []verify.Settled, here string) []string {
	var unasked, early, silent bool
	var until time.Time
	for _, each := range settled {
		switch {
		case each.State != store.InDoubt || each.Refusal != "":
		case each.Standing == verify.Unasked:
			unasked = true
		case each.Standing == verify.TooEarly:
			if early = true; each.Until.After(until) {
				until = each.Until
			}
		default:
			silent = true
		}
	}
	var hints []string
	if unasked {
		hints = append(hints, advise(doAskAgain, here))
	}
	if early {
		hints = append(hints, advise(doAskLater, here, show(until)))
	}
	if silent {
		hints = append(hints, advise(doDecide, here))
	}
	return hints
}

// resolvedName is the id, and where there is one survey for each resolution also which of them, as --id takes it.
func resolvedName(s verify.Settled) string {
	if s.Key.Resolution == 0 {
		return s.Conversation
	}
	return s.Conversation + "@" + stamp(s.Record.Resolution)
}

// resolvedJSON is the form of a resolution for programs, schema acsync.resolve/1.
type resolvedJSON struct {
	Schema     string        `json:"schema"`
	Settled    []settledJSON `json:"settled"`
	Unresolved int           `json:"unresolved"`
}

type settledJSON struct {
	ID      string `json:"id"`
	Done    string `json:"resolution"` // when it was marked done; empty where that is not known
	Before  string `json:"before"`
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Refusal string `json:"refusal"`        // why nothing was changed; empty when it was
	Kind    string `json:"kind,omitempty"` // "recovery" when it is one

	Standing string `json:"standing,omitempty"` // why it stays in doubt: unasked, too_early, unproven, unclear, other_key
	Until    string `json:"until,omitempty"`    // too_early: before then Agent Connect's data need not show it
}

// ResolvedJSON writes the same as one object on one line.
func ResolvedJSON(w io.Writer, settled []verify.Settled) error {
	list := make([]settledJSON, 0, len(settled))
	for _, each := range settled {
		row := settledJSON{
			ID: each.Conversation, Done: stamp(each.Record.Resolution), Before: each.Before.String(), State: each.State.String(),
			Reason: each.Reason, Refusal: each.Refusal, Kind: each.Kind(), Standing: string(each.Standing),
		}
		if each.Standing == verify.TooEarly {
			row.Until = stamp(each.Until)
		}
		list = append(list, row)
	}
	return json.NewEncoder(w).Encode(resolvedJSON{"acsync.resolve/1", list, Unresolved(settled)})
}
