package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/journey"
	"acsync/sync/report/doc"
)

// staff are the agents of the tests.
type staff struct{ called }

func (staff) Address(id string) string {
	if id == "" || id == "bot" {
		return ""
	}
	return id + "@example.org"
}

func (staff) Machine(id string) bool { return id == "bot" }

func profilesOf(t *testing.T, list ...agentconnect.Profile) *decide.Profiles {
	t.Helper()
	profiles, err := decide.ReadProfiles(func(yield func(agentconnect.Profile, error) bool) {
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	})
	must(t, err)
	return profiles
}

func agentsOf(t *testing.T, users Users, profiled, lacking bool, list []journey.Journey) Agents {
	t.Helper()
	c := NewAgentsCounter(rangeTerms())
	for _, j := range list {
		c.Add(j)
	}
	var profiles *decide.Profiles
	if profiled {
		profiles = profilesOf(t,
			agentconnect.Profile{Email: "U1@example.org", State: agentconnect.Active},
			agentconnect.Profile{Email: "u2@example.org", State: agentconnect.PendingReview})
	}
	return c.Report(users, profiles, lacking)
}

func agentReports(t *testing.T) map[string]Agents {
	return map[string]Agents{
		"week":    agentsOf(t, staff{}, true, false, journeys()),
		"lacking": agentsOf(t, staff{}, true, true, journeys()),
		"unread":  agentsOf(t, staff{}, false, false, journeys()),
		"none":    agentsOf(t, staff{}, true, false, nil),
	}
}

func renderAgents(t *testing.T, form string, r Agents) string {
	t.Helper()
	render, err := AgentsRendererFor("agents." + form)
	must(t, err)
	var out bytes.Buffer
	must(t, render(&out, r))
	return out.String()
}

func TestAgentsForms(t *testing.T) {
	for _, form := range forms {
		golden(t, "agents-week."+form, []byte(renderAgents(t, form, agentReports(t)["week"])))
	}
	for name, r := range agentReports(t) {
		for _, width := range []int{60, 80, 200} {
			var out bytes.Buffer
			must(t, doc.Text(&out, AgentsDoc(r, 10), doc.Style{Width: width}))
			golden(t, fmt.Sprintf("agents-%s-%d.txt", name, width), out.Bytes())
			fits(t, out.String(), width)
		}
	}
}

// TestAgentsCount: each conversation counts for its agent, and what is lost because of the agent as that.
func TestAgentsCount(t *testing.T) {
	day := 24 * time.Hour
	list := append(journeys(), unasked(900, day, decide.AgentUnknown), unasked(901, day, decide.Spam))
	list[len(list)-2].Facts.Agent, list[len(list)-1].Facts.Agent = "u2", "bot"
	bot := unasked(902, day, decide.AgentIsMachine)
	bot.Facts.Agent = "bot"
	r := agentsOf(t, staff{}, true, false, append(list, bot))
	var got []string
	for _, a := range r.List {
		got = append(got, fmt.Sprintf("%s %s %d/%d/%d/%d", a.ID, a.Profile, a.Done, a.Asked, a.Rejected, a.Lost))
	}
	want := "u3 none 5/0/5/5, u2 pending review 41/40/0/1, bot machine 2/0/0/1, u1 active 62/47/1/0,  nobody 7/0/0/7"
	if told := strings.Join(got, ", "); told != want {
		t.Errorf("got  %s\nwant %s", told, want)
	}
	if r.Lacking != 2 || r.Gone != 2 || r.All.Done != 117 || r.All.Lost != 14 {
		t.Errorf("lacking %d, gone %d, done %d, lost %d", r.Lacking, r.Gone, r.All.Done, r.All.Lost)
	}
}

// TestAgentsHostile: no name passes for markup, moves a cursor, or is run by a spreadsheet; and no address is in any form.
func TestAgentsHostile(t *testing.T) {
	list := journeys()
	list = append(list, standing(950, time.Hour, store.Rejected, decide.Reason("rule_error:<b>name"+strings.Repeat("name", 30))))
	r := agentsOf(t, hostileStaff{}, true, false, list)
	for _, form := range forms {
		text := renderAgents(t, form, r)
		if form != "json" && strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s shows what is not to be seen", form)
		}
		if (form == "html" || form == "md") && (strings.Contains(text, "<script>") || strings.Contains(text, "<b>name")) {
			t.Errorf("%s has markup of a name", form)
		}
		if strings.Contains(text, "secret.person") {
			t.Errorf("%s has an address", form)
		}
	}
}

type hostileStaff struct{ nasty }

func (hostileStaff) Address(string) string { return "secret.person@example.org" }

func (hostileStaff) Machine(string) bool { return false }
