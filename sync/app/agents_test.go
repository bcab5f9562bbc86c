package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/exit"
	"acsync/sync/sandbox"
)

// agentsShown is what agents --json says, as far as the test asks.
type agentsShown struct {
	Schema       string
	ProfilesRead bool `json:"profiles_read"`
	Without      int  `json:"without_profile"`
	Done         int
	Lost         int
	Agents       []struct {
		Name, Address, Profile      string
		Done, Asked, Rejected, Lost int
		Causes                      []struct {
			Reason, Remedy string
			Count          int
		}
	}
}

// told are the agents in a few words.
func (a agentsShown) told() (list []string) {
	for _, each := range a.Agents {
		causes := ""
		for _, c := range each.Causes {
			causes += fmt.Sprintf(" %s %d", c.Reason, c.Count)
		}
		list = append(list, fmt.Sprintf("%s %s %s: %d done, %d asked, %d rejected, %d lost%s", each.Name, each.Address,
			each.Profile, each.Done, each.Asked, each.Rejected, each.Lost, causes))
	}
	return list
}

// TestAgents: whoever has no active profile stands first, with what that has cost; and what the filter of
// active profiles would do is what the report says of them.
func TestAgents(t *testing.T) {
	t.Parallel()
	e := newExplaining(t, sandbox.Options{Empty: true})
	id := func(n int) string { return fmt.Sprintf("5ce4672fcce83d001a9e%04x", n) }
	users := []sandbox.User{
		{ID: id(1), Name: "Ada Active", Email: "Ada.Active@example.org"},
		{ID: id(2), Name: "Dora Deactivated", Email: "dora@example.org"},
		{ID: id(3), Name: "Nils None", Email: "nils@example.org"},
		{ID: id(4), Name: "Eve Empty", Email: nil},
		{ID: id(5), Name: "Robo", Email: "robo@example.org", Type: "machine"},
		{ID: id(6), Name: "Pia Pending", Email: "pia@example.org"},
	}
	e.stand.Put(sandbox.Records{
		Users: users,
		Employees: []sandbox.Employee{
			{Email: "ada.active@example.org", CustomID: "E-1", Status: "active"},
			{Email: "dora@example.org", CustomID: "E-2", Status: "deactivated"},
			{Email: "pia@example.org", CustomID: "E-6", Status: "pending review"},
		},
		Customers: []sandbox.Customer{{
			ID: "58210c3db0f09110006b7953", Created: e.now.AddDate(0, -1, 0), Name: "Jane Doe",
			Emails: []sandbox.Email{{Address: "jane@example.com"}},
		}},
	})
	for i, n := range []int{1, 1, 1, 2, 2, 3, 4, 5, 0} {
		c := sandbox.Conversation{
			ID: fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", i), Created: e.now.Add(-2 * time.Hour),
			Resolved: e.now.Add(-time.Hour - time.Duration(i)*time.Minute), CustomerID: "58210c3db0f09110006b7953",
			Channels: []string{"email"},
		}
		if n > 0 {
			c.AssignedUsers, c.DoneUsers, c.DoneBy = []string{id(n)}, []string{id(n)}, id(n)
		}
		e.stand.Put(sandbox.Records{Conversations: []sandbox.Conversation{c}})
	}
	e.run(exit.NeedsHand, "run", "--quiet", "--json")
	file := filepath.Join(t.TempDir(), "agents.csv")
	out, _ := e.run(exit.Done, "agents", "--json", "--from", "3h ago", "--report", file)
	var all agentsShown
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"dora@", "Ada.A", "jane"} {
		if strings.Contains(string(out), private) {
			t.Errorf("%q is in it", private)
		}
	}
	want := []string{
		"Dora Deactivated d•••@example.org deactivated: 2 done, 0 asked, 2 rejected, 2 lost employee_deactivated 2",
		"Nils None n•••@example.org none: 1 done, 0 asked, 1 rejected, 1 lost employee_not_found 1",
		"Eve Empty  none: 1 done, 0 asked, 0 rejected, 1 lost no_agent_email 1",
		"Robo r•••@example.org machine: 1 done, 0 asked, 0 rejected, 1 lost agent_is_machine 1",
		"Ada Active A•••@example.org active: 3 done, 3 asked, 0 rejected, 0 lost",
		"nobody  nobody: 1 done, 0 asked, 0 rejected, 1 lost no_agent 1",
	}
	if diff := cmp.Diff(want, all.told()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if all.Without != 3 || all.Done != 9 || all.Lost != 6 || !all.ProfilesRead {
		t.Errorf("without a profile %d, done %d, lost %d", all.Without, all.Done, all.Lost)
	}
	if remedy := all.Agents[0].Causes[0].Remedy; !strings.Contains(remedy, "activate") ||
		!strings.Contains(remedy, "--reason employee_deactivated") {
		t.Errorf("the remedy is %q", remedy)
	}
	if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "\n") != 7 {
		t.Errorf("%v: %s", err, text)
	}
}
