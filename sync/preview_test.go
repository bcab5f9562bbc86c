package sync

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/kustomer"
)

func TestPreview(t *testing.T) {
	d := newDesk(6)
	d.conversations[2].Channels = []string{"voice"}
	lenient, strict := testPolicy(), ruled(t, RuleText{Name: "no calls", When: `"voice" in channels`, Action: ActionSkip})
	p := Preview{Source: d, Directory: d, Policies: []Policy{lenient, strict}, Notice: func(text string) { t.Errorf("notice: %s", text) }}
	got := map[string][2]Reason{}
	keep := func(cases []Case) { got[cases[0].Conversation.ID] = [2]Reason{cases[0].Skip, cases[1].Skip} }
	if err := p.Range(t.Context(), Window{testNow.Add(-4 * time.Hour), testNow}, keep); err != nil {
		t.Fatal(err)
	}
	if len(got) != 6 || got[d.conversations[2].ID] != [2]Reason{"", "rule:no calls"} || got[d.conversations[0].ID] != [2]Reason{} {
		t.Errorf("got %v", got)
	}
	if d.calls["search"] > 5 || d.calls["search customers"]+d.calls["customer"] > 4 || d.calls["users"] != 1 || d.calls["tags"] != 1 {
		t.Errorf("the second policy costs calls: %v", d.calls)
	}

	clear(got)
	err := p.IDs(t.Context(), []string{d.conversations[2].ID, "6716500fa1b2c3d4e5f6ffff"}, keep)
	if !errors.Is(err, kustomer.ErrNotFound) {
		t.Errorf("got %v for an id that does not exist", err)
	}
	if diff := cmp.Diff(got, map[string][2]Reason{d.conversations[2].ID: {"", "rule:no calls"}}); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}
