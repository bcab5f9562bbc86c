package sync

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/plan"
)

const testSecret = "key-of-agent-connect"

func testTerms() plan.Terms {
	return plan.Terms{Tenant: "acme", Configuration: "c0ffee", Secret: testSecret, Now: testNow}
}

// testPlan is a plan of two conversations, as a file.
func testPlan(t *testing.T) (plan.Plan, []byte) {
	t.Helper()
	planner := NewPlanner(testSecret)
	for i, id := range []string{"6716500fa1b2c3d4e5f60002", "6716500fa1b2c3d4e5f60001"} {
		request := plainRequest()
		request.ExtInteractionID = id
		planner.Observe(Disposed{Row{
			Key: store.Key{Conversation: id}, Resolution: testNow.Add(-time.Duration(i+1) * time.Hour), Planned: true, Request: &request,
		}})
	}
	planner.Observe(Disposed{Row{Key: store.Key{Conversation: "6716500fa1b2c3d4e5f60003"}, State: store.Skipped, Reason: decide.Spam}})
	result := Result{Pass: "20261122T200000Z-7f3a", Window: fetch.Window{From: testNow.Add(-24 * time.Hour), To: testNow}, Found: 3, Counts: map[store.State]int{store.Skipped: 1}}
	made, err := planner.Plan(result, store.Info{ID: "0011223344556677", Transaction: 7, Counts: map[store.State]int{store.Accepted: 5}}, testTerms(), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	text, err := plan.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	return made, text
}

// TestPlanner holds that a plan comes back as it was written, in the order of time, without anything of a person.
func TestPlanner(t *testing.T) {
	_, text := testPlan(t)
	made, err := plan.Read(text, testTerms())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, each := range made.Send {
		ids = append(ids, each.ID)
	}
	if diff := cmp.Diff(ids, []string{"6716500fa1b2c3d4e5f60001", "6716500fa1b2c3d4e5f60002"}); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if made.Found != 3 || made.Counts["skipped"] != 1 || made.Ledger.Transaction != 7 || made.Ledger.Conversations != 5 {
		t.Errorf("got %+v", made)
	}
	for _, private := range []string{"jane", "Jane", "Doe", "alex", "@", testSecret} {
		if strings.Contains(string(text), private) {
			t.Errorf("the plan holds %q", private)
		}
	}
}
