package app_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/sync/sandbox"
)

// befall WHAT: something goes wrong in the stand-ins. doubled: a request that was taken comes twice. by-others: about
// a conversation that was asked about something else asks too. missed, long-missed, foreign: a conversation turns up
// that no pass has read, was marked done 100 minutes or 76 hours ago, or was asked about by something else.
func befall(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: befall doubled|by-others|missed|long-missed|foreign")
	}
	stand := *ts.Value("stand-in").(**sandbox.Sandbox)
	now, err := time.Parse(time.RFC3339, ts.Getenv("FIXED_NOW"))
	ts.Check(err)
	accepted := slices.DeleteFunc(stand.Requests(), func(r sandbox.Received) bool { return !r.Accepted() })
	turnUp := func(id string, ago time.Duration) {
		all := stand.Conversations(now.Add(-2*time.Hour), now)
		i := slices.IndexFunc(all, func(c sandbox.Conversation) bool { return c.Kind == "email" })
		c := all[i]
		c.ID, c.Resolved, c.Created = id, now.Add(-ago), now.Add(-ago-time.Hour)
		c.Updated = time.Time{}
		stand.Put(sandbox.Records{Conversations: []sandbox.Conversation{c}})
	}
	switch args[0] {
	case "doubled":
		stand.Double(accepted[0].ExtInteractionID)
	case "by-others":
		stand.AskByOthers(now.Add(-90*time.Minute), accepted[1].ExtInteractionID)
	case "missed":
		for n := range 2 {
			turnUp(fmt.Sprintf("6716500fa1b2c3d4e5f6000%d", n), 100*time.Minute)
		}
	case "long-missed":
		turnUp("6716500fa1b2c3d4e5f60008", 76*time.Hour)
	case "foreign":
		turnUp("6716500fa1b2c3d4e5f60009", 100*time.Minute)
		stand.AskByOthers(now.Add(-90*time.Minute), "6716500fa1b2c3d4e5f60009")
	default:
		ts.Fatalf("unknown %s", args[0])
	}
}
