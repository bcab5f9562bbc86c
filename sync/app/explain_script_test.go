package app_test

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/sync/sandbox"
)

// conversation KIND NAME: puts the id of a conversation of a kind, resolved a while ago, into an environment variable.
func conversation(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: conversation KIND NAME")
	}
	now, err := time.Parse(time.RFC3339, ts.Getenv("FIXED_NOW"))
	ts.Check(err)
	world, err := sandbox.New(sandbox.Options{Now: func() time.Time { return now }})
	ts.Check(err)
	earlier := map[string]bool{}
	for _, e := range world.Earlier() {
		earlier[e.ID] = true
	}
	for _, c := range world.Conversations(now.Add(-3*time.Hour), now.Add(-10*time.Minute)) {
		if c.Kind == args[0] && !earlier[c.ID] {
			ts.Setenv(args[1], c.ID)
			return
		}
	}
	ts.Fatalf("there is no conversation of the kind %q", args[0])
}
