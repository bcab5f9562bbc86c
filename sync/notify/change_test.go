package notify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// pass is a made-up pass of run that left nothing.
func pass(exit int, edits ...func(*store.Run)) store.Run {
	run := store.Run{Pass: "p", Mode: "run", Exit: exit, Left: map[string]int{}, Reasons: map[string]int{}}
	for _, edit := range edits {
		edit(&run)
	}
	return run
}

func leaves(state string, n int) func(*store.Run) { return func(r *store.Run) { r.Left[state] = n } }
func of(mode string) func(*store.Run)             { return func(r *store.Run) { r.Mode = mode } }
func blew(fuse string) func(*store.Run)           { return func(r *store.Run) { r.Fuse = fuse } }
func down(r *store.Run)                           { r.Outage = &store.Outage{} }
func stuck(r *store.Run)                          { r.Checkpoint = noon }
func unread(r *store.Run)                         { r.Left, r.Pass = nil, "" }
func killed(r *store.Run)                         { r.Killed, r.Left, r.Exit = true, nil, 0 }
func letGo(r *store.Run)                          { killed(r); r.LetGo = true }

// TestChanges plays a row of passes, and holds after which of them what is told.
func TestChanges(t *testing.T) {
	for _, test := range []struct {
		name string
		runs []store.Run // the oldest first
		want string      // kinds, a word for each pass
	}{
		{"nothing changes", []store.Run{pass(0), pass(0), pass(3), pass(0)}, "- - - -"},
		{"the first fails", []store.Run{pass(4), pass(4), pass(0), pass(0)}, "failing - recovered -"},
		{"failing in two ways", []store.Run{pass(0), pass(4), pass(1), pass(14), pass(3)}, "- failing - - recovered"},
		{"without the ledger", []store.Run{pass(0), pass(14, unread), pass(14, unread), pass(0)}, "- failing - recovered"},
		{"stopped by hand", []store.Run{pass(0), pass(143), pass(130), pass(0)}, "- - - -"},
		{"stopped while failing", []store.Run{pass(4), pass(143), pass(4), pass(0)}, "failing - - recovered"},
		{"another is at work", []store.Run{pass(0), pass(11), pass(11), pass(0)}, "- - - -"},
		{"once down", []store.Run{pass(0), pass(5, down), pass(0)}, "- - -"},
		{
			"down for long",
			[]store.Run{pass(0), pass(5, down), pass(5, down), pass(5, down), pass(5, down), pass(0)},
			"- - - failing - recovered",
		},
		{
			"temporary, and goes on",
			[]store.Run{pass(5, at(1)), pass(5, at(2)), pass(5, at(3)), pass(5, at(4))},
			"- - - -",
		},
		{
			"temporary, and stands still",
			[]store.Run{pass(0, stuck), pass(5, stuck), pass(5, stuck), pass(5, stuck)},
			"- - - failing",
		},
		{
			"a fuse", []store.Run{
				pass(0), pass(13, blew("max_per_run: 5000")), pass(13, blew("max_per_run: 4000")),
				pass(13, blew("error_rate: 40 %")), pass(0),
			}, "- fuse - fuse recovered",
		},
		{"a fuse while stopped", []store.Run{pass(13, blew("x: 1")), pass(143), pass(13, blew("x: 2"))}, "fuse - -"},
		{
			"doubts", []store.Run{
				pass(3, leaves("in_doubt", 1)), pass(3, leaves("in_doubt", 1)), pass(3, leaves("in_doubt", 2)),
				pass(3, leaves("in_doubt", 1)), pass(0), pass(0),
			}, "doubts - doubts - settled -",
		},
		{
			"doubts of another mode",
			[]store.Run{pass(3, of("backfill"), leaves("in_doubt", 1)), pass(3, leaves("in_doubt", 1))},
			"doubts -",
		},
		{
			"doubts that cannot be counted",
			[]store.Run{pass(3, leaves("in_doubt", 1)), pass(143, unread), pass(3, leaves("in_doubt", 1))},
			"doubts - -",
		},
		{"a back-fill fails by itself", []store.Run{pass(0), pass(4, of("backfill")), pass(0)}, "- failing -"},
		{
			"a backlog", []store.Run{
				pass(0), pass(5, at(1), leaves("retry", 3)), pass(5, at(2), leaves("retry", 5)),
				pass(5, at(3), leaves("retry", 9)), pass(5, at(4), leaves("retry", 12)), pass(5, at(5), leaves("retry", 2)),
				pass(0, at(6)),
			}, "- - - backlog - - cleared",
		},
		{
			"a backlog that is taken up", []store.Run{
				pass(5, at(1), leaves("retry", 3)), pass(5, at(2), leaves("retry", 5)), pass(5, at(3), leaves("retry", 4)),
				pass(5, at(4), leaves("retry", 6)), pass(0, at(5)),
			}, "- - - - -",
		},
		{
			"the checkpoint falls behind", []store.Run{
				pass(0, lag(0, 10)), pass(5, lag(1, 70)), pass(5, lag(2, 80)), pass(5, lag(3, 90)), pass(0, lag(4, 3)),
			}, "- - - backlog cleared",
		},
		{"killed", []store.Run{pass(0), pass(0, killed), pass(0), pass(0)}, "- - killed -"},
		{"killed for the first time", []store.Run{pass(0, killed), pass(4)}, "- killed+failing"},
		{"let go", []store.Run{pass(0), pass(0, letGo), pass(0)}, "- - -"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for i := range test.runs {
				// A pass that was killed tells nothing itself.
				if test.runs[i].Killed {
					got = append(got, "-")
					continue
				}
				newest := slices.Clone(test.runs[:i+1])
				slices.Reverse(newest)
				var kinds []string
				for _, change := range Changes("acme", newest, nil) {
					kinds = append(kinds, change.Kind)
				}
				if len(kinds) == 0 {
					kinds = []string{"-"}
				}
				got = append(got, strings.Join(kinds, "+"))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// at lets a pass move the checkpoint to the n-th hour, at which it ends.
func at(n int) func(*store.Run) { return lag(n, 0) }

// lag is at, with the checkpoint so many minutes behind.
func lag(n, minutes int) func(*store.Run) {
	return func(r *store.Run) {
		r.Checkpoint = noon.Add(time.Duration(n) * time.Hour)
		r.Ended = r.Checkpoint.Add(time.Duration(minutes) * time.Minute)
	}
}

func TestChangeSaysWhatToDo(t *testing.T) {
	signals := []Signal{{"checkpoint", "ok", "1 min ago", ""}, {"last pass", "act", "x", "renew the key"}}
	changes := Changes("acme", []store.Run{pass(4)}, signals)
	want := []Change{{Failing, "acsync acme: failing: exit 4, credentials refused (run, pass p). To do: renew the key."}}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Error(diff)
	}
	if changes := Changes("acme", nil, signals); changes != nil {
		t.Errorf("without a pass %v", changes)
	}
}
