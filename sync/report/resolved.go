package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"acsync/store"
	surveysync "acsync/sync"
)

// Unresolved counts what is still in doubt, and what could not be decided about.
func Unresolved(settled []surveysync.Settled) int {
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
func Resolved(w io.Writer, settled []surveysync.Settled, here string, s Style) error {
	var b strings.Builder
	if len(settled) == 0 {
		b.WriteString("nothing is in doubt\n")
	}
	for _, each := range settled {
		what := name(each.Before) + " → " + name(each.State)
		switch {
		case each.Refusal != "":
			what = "unchanged: " + printable(each.Refusal)
		case each.State == store.InDoubt:
			what = "stays in doubt"
		case each.State == store.Retry:
			what += ", sent again by the next pass"
		}
		fmt.Fprintf(&b, "%-24s  %s%s\n", printable(resolvedName(each)), ofKind(each.Kind()), what)
	}
	if n := Unresolved(settled); n > 0 {
		fmt.Fprintf(&b, "\n%d unresolved\n", n)
		room := min(max(s.Width, 40), widest)
		hint := "What stays in doubt is not among Agent Connect's data, as far as they prove it yet. Look the ids up there and decide: " +
			"acsync resolve" + here + " --id ID, with --accept, --resend or --drop."
		b.WriteString(strings.ReplaceAll(hanging(whole(hint, here, room), room, 0), glue, " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// resolvedName is the id, and where there is one survey for each resolution also which of them, as --id takes it.
func resolvedName(s surveysync.Settled) string {
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
}

// ResolvedJSON writes the same as one object on one line.
func ResolvedJSON(w io.Writer, settled []surveysync.Settled) error {
	list := make([]settledJSON, 0, len(settled))
	for _, each := range settled {
		list = append(list, settledJSON{each.Conversation, stamp(each.Record.Resolution), each.Before.String(), each.State.String(), each.Reason, each.Refusal, each.Kind()})
	}
	return json.NewEncoder(w).Encode(resolvedJSON{"acsync.resolve/1", list, Unresolved(settled)})
}
