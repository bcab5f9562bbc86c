package fetch

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

func TestPreview(t *testing.T) {
	d := newFakeKustomer(6)
	d.conversations[2].Channels = []string{"voice"}
	rules, problems := decide.CompileRules([]decide.RuleText{
		{Name: "no calls", When: `"voice" in channels`, Action: decide.ActionSkip},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	lenient, strict := decide.Policy{}, decide.Policy{Rules: rules}
	p := Preview{Source: d, Directory: d, Policies: []decide.Policy{lenient, strict}, Notice: func(text string) { t.Errorf("notice: %s", text) }}
	got := map[string][2]decide.Reason{}
	keep := func(cases []decide.Case) {
		got[cases[0].Conversation.ID] = [2]decide.Reason{cases[0].Skip, cases[1].Skip}
	}
	if err := p.Range(t.Context(), Window{From: testNow.Add(-4 * time.Hour), To: testNow}, keep); err != nil {
		t.Fatal(err)
	}
	if len(got) != 6 || got[d.conversations[2].ID] != [2]decide.Reason{"", "rule:no calls"} || got[d.conversations[0].ID] != [2]decide.Reason{} {
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
	if diff := cmp.Diff(got, map[string][2]decide.Reason{d.conversations[2].ID: {"", "rule:no calls"}}); diff != "" {
		t.Errorf("got -, want +\n%s", diff)
	}
}
