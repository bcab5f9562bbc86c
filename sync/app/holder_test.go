package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
)

// TestWithKilled adds a pass that was killed once, and leaves the runs of the ledger as they are.
func TestWithKilled(t *testing.T) {
	runs := append(make([]store.Run, 0, 8), store.Run{Pass: "b", Mode: "run"}, store.Run{Pass: "a", Mode: "run"})
	for name, test := range map[string]struct {
		holder *store.Holder
		want   []string
	}{
		"closed":           {nil, []string{"b", "a"}},
		"killed in a pass": {&store.Holder{Progress: store.Progress{Pass: "c", Mode: "run"}}, []string{"c", "b", "a"}},
		"killed after it":  {&store.Holder{Progress: store.Progress{Pass: "b", Mode: "run"}}, []string{"b", "a"}},
		"killed in none":   {&store.Holder{Progress: store.Progress{Mode: "resolve"}}, []string{"b", "a"}},
	} {
		var got []string
		for _, run := range withKilled(test.holder, runs) {
			got = append(got, run.Pass)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if runs[0].Pass != "b" {
			t.Fatalf("%s: the runs have changed", name)
		}
	}
}
