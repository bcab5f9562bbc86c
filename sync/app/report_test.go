package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/report"
	"acsync/sync/sandbox"
)

// told is what acsync report tells in JSON.
type told struct {
	Conversations steps `json:"conversations"`
	Customers     struct {
		All, Several, Asked int
		AskedSeveral        int `json:"asked_several"`
	}
	Others     int `json:"asked_by_others"`
	Breakdowns []struct {
		By     []string
		Groups []struct {
			Names []string
			steps
		}
	}
	NeedsAHand []struct {
		Conversation, URL, Agent, State, Reason, Remedy string
	} `json:"needs_a_hand"`
}

type steps struct{ Done, Eligible, Asked, Delivered, Answered, Rejected int }

// groups are the groups of a breakdown by their names.
func (told told) groups(by string) map[string]steps {
	groups := map[string]steps{}
	for _, b := range told.Breakdowns {
		if strings.Join(b.By, "+") == by {
			for _, g := range b.Groups {
				groups[strings.Join(g.Names, "+")] = g.steps
			}
		}
	}
	return groups
}

// reportWorld is a program and the stand-ins that it has worked on: hours ago a pass has asked about all that there was, some
// requests of which Agent Connect's data have lost; and others have asked about what the pass did not come to.
type reportWorld struct {
	stand *sandbox.Sandbox
	dir   string
	now   time.Time
	to    string // where the pass ended to read
	rows  []report.Row
	asked map[string]sandbox.Interaction // by conversation, the one that came furthest
}

func newReportWorld(t *testing.T) *reportWorld {
	t.Helper()
	var clock atomic.Pointer[time.Time]
	// A pass needs no token, whose time is the real one; the report does.
	r := &reportWorld{dir: t.TempDir(), now: time.Now().UTC().Truncate(time.Second).Add(-8 * time.Hour)}
	clock.Store(&r.now)
	var err error
	if r.stand, err = sandbox.Start(sandbox.Options{Seed: 3, Now: func() time.Time { return *clock.Load() }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	r.configure(t, "")
	for _, line := range [][]string{
		{"init", "--start", r.stand.Start().Format(time.RFC3339)}, {"run", "--report", filepath.Join(r.dir, "pass.json")},
	} {
		if code, _, errs := commandLine(r.dir, r.now, line...); code != 0 && code != 3 {
			t.Fatalf("%s: exit code %d\n%s", line, code, errs)
		}
	}
	text, err := os.ReadFile(filepath.Join(r.dir, "pass.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pass struct {
		To   string
		Rows []report.Row `json:"conversations"`
	}
	if err := json.Unmarshal(text, &pass); err != nil {
		t.Fatal(err)
	}
	r.rows, r.to = pass.Rows, pass.To
	r.stand.AskByOthers(r.now.Add(time.Minute), r.skipped("do_not_send")[:3]...)
	r.stand.Double(r.sent()[:4]...)
	later := r.now.Add(8 * time.Hour)
	clock.Store(&later)
	r.asked = map[string]sandbox.Interaction{}
	for _, i := range r.stand.Interactions() {
		known, again := r.asked[i.ExtInteractionID]
		if !i.Recovery && (!again || known.DeliveredAt.IsZero() && !i.DeliveredAt.IsZero() || known.AnsweredAt.IsZero() && !i.AnsweredAt.IsZero()) {
			r.asked[i.ExtInteractionID] = i
		}
	}
	r.configure(t, r.stand.AgentConnectSecret())
	r.now = later
	return r
}

func (r *reportWorld) configure(t *testing.T, secret string) {
	t.Helper()
	text := fmt.Sprintf("[kustomer]\norg = %q\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n[mapping.channels]\nkiosk = \"chat\"\n",
		r.stand.Org(), r.stand.KustomerURL(), r.stand.KustomerKey(), r.stand.AgentConnectURL(), r.stand.AgentConnectKey())
	if secret != "" {
		text = strings.Replace(text, "[mapping", fmt.Sprintf("api_secret = %q\n[mapping", secret), 1)
	}
	if err := os.WriteFile(filepath.Join(r.dir, "config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *reportWorld) skipped(reason string) (ids []string) {
	for _, row := range r.rows {
		if row.Reason == reason {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

func (r *reportWorld) sent() (ids []string) {
	for _, row := range r.rows {
		if row.Decision == "accepted" {
			ids = append(ids, row.ID)
		}
	}
	return ids
}

// report makes a report of all that the pass has found.
func (r *reportWorld) report(t *testing.T, args ...string) (made told) {
	t.Helper()
	line := append([]string{
		"report", "--json", "--from", r.stand.Start().Format(time.RFC3339), "--to", r.to,
	}, args...)
	code, out, errs := commandLine(r.dir, r.now, line...)
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != 0 {
		t.Fatalf("%s: exit code %d, %v\n%s", line, code, err, errs)
	}
	return made
}

// truth counts the conversations of the pass by what a function says of each, from what the stand-ins know.
func (r *reportWorld) truth(of func(sandbox.Conversation) string) map[string]steps {
	sums := map[string]steps{}
	all := map[string]sandbox.Conversation{}
	for _, c := range r.stand.Conversations(r.stand.Start(), r.now) {
		all[c.ID] = c
	}
	for _, row := range r.rows {
		c, known := all[row.ID]
		if !known {
			continue
		}
		s, name := steps{Done: 1}, of(c)
		if i, asked := r.asked[c.ID]; asked {
			s.Eligible, s.Asked = 1, 1
			if !i.DeliveredAt.IsZero() || i.Shown == "Sent" {
				s.Delivered = 1
			}
			if !i.AnsweredAt.IsZero() {
				s.Answered = 1
			}
		} else if row.Decision == "rejected" {
			s.Eligible, s.Rejected = 1, 1
		} else if row.Reason == "stale" {
			s.Eligible = 1 // passes came too late for it
		}
		sum := sums[name]
		sums[name] = steps{
			sum.Done + s.Done, sum.Eligible + s.Eligible, sum.Asked + s.Asked, sum.Delivered + s.Delivered, sum.Answered + s.Answered,
			sum.Rejected + s.Rejected,
		}
	}
	return sums
}

// addQuietDays adds the days of the period on which nothing was marked done, as the evening on which it begins may be.
func (r *reportWorld) addQuietDays(t *testing.T, days map[string]steps) {
	t.Helper()
	end, err := time.Parse(time.RFC3339, r.to)
	if err != nil {
		t.Fatal(err)
	}
	for day := r.stand.Start().Truncate(24 * time.Hour); day.Before(end); day = day.AddDate(0, 0, 1) {
		name := day.Format("Mon 2 Jan")
		if _, busy := days[name]; !busy {
			days[name] = steps{}
		}
	}
}

// TestReportIsTrue makes a pass, lets others have asked, requests have come twice and people have answered, and compares the
// report with what the stand-ins know, by everything that conversations are broken down by.
func TestReportIsTrue(t *testing.T) {
	t.Parallel()
	r := newReportWorld(t)
	made := r.report(t)
	all := r.truth(func(sandbox.Conversation) string { return "all" })["all"]
	if all.Done != len(r.rows) || all.Done < 300 || all.Answered < 10 || all.Rejected < 5 || all.Asked-all.Delivered < 5 {
		t.Fatalf("the world is %+v, which shows too little", all)
	}
	if diff := cmp.Diff(all, made.Conversations); diff != "" {
		t.Errorf("all conversations: the truth -, the report +:\n%s", diff)
	}
	teams := map[string]string{
		"5d8bb1995886ef001aee07d3": "Customer Care", "5d8bb1995886ef001aee07d4": "Orders and Returns", "5d8bb1995886ef001aee07d5": "Billing",
		"": "no team",
	}
	brands := map[string]string{"5daf7919124be4f2960cb092": "Acme Care", "5daf7919124be4f2960cb093": "Acme Outdoor", "": "no brand"}
	agents := map[string]string{}
	for _, u := range sandbox.RegularAgents {
		agents[u.ID] = u.Name.(string)
	}
	team := func(c sandbox.Conversation) string { return teams[c.TeamID] }
	channel := func(c sandbox.Conversation) string {
		switch {
		case slices.Contains(c.Channels, "voice"):
			return "voice"
		case len(c.Channels) > 0:
			return c.Channels[0]
		}
		return "no channel"
	}
	for by, of := range map[string]func(sandbox.Conversation) string{
		"team": team, "channel": channel,
		"day":   func(c sandbox.Conversation) string { return c.Resolved.Format("Mon 2 Jan") },
		"brand": func(c sandbox.Conversation) string { return brands[c.BrandID] },
		"agent_connect_brand": func(c sandbox.Conversation) string {
			return map[bool]string{true: "sandbox", false: "none, or not asked"}[r.asked[c.ID].UUID != ""]
		},
	} {
		want := r.truth(of)
		if by == "day" {
			r.addQuietDays(t, want)
		}
		if diff := cmp.Diff(want, made.groups(by)); diff != "" {
			t.Errorf("by %s: the truth -, the report +:\n%s", by, diff)
		}
	}
	reported := made.groups("agent")
	for name, want := range r.truth(func(c sandbox.Conversation) string {
		if of := slices.Concat(c.DoneUsers, c.AssignedUsers); len(of) > 0 {
			return agents[of[0]]
		}
		return ""
	}) {
		if name != "" && reported[name] != want {
			t.Errorf("%s: the report has %+v, the truth is %+v", name, reported[name], want)
		}
	}
	joined := r.report(t, "--by", "team+channel")
	want := r.truth(func(c sandbox.Conversation) string { return team(c) + "+" + channel(c) })
	if diff := cmp.Diff(want, joined.groups("team+channel")); diff != "" {
		t.Errorf("by team and channel: the truth -, the report +:\n%s", diff)
	}
	r.comparePeople(t, made)
}

// comparePeople compares the customers of a report, and what needs a hand, with the truth.
func (r *reportWorld) comparePeople(t *testing.T, made told) {
	t.Helper()
	done, asked := map[string]int{}, map[string]int{}
	for _, c := range r.stand.Conversations(r.stand.Start(), r.now) {
		in := slices.ContainsFunc(r.rows, func(row report.Row) bool { return row.ID == c.ID })
		if !in || c.CustomerID == "" {
			continue
		}
		done[c.CustomerID]++
		if r.asked[c.ID].UUID != "" {
			asked[c.CustomerID]++
		}
	}
	several := func(of map[string]int) (n int) {
		for _, times := range of {
			if times > 1 {
				n++
			}
		}
		return n
	}
	got := []int{made.Customers.All, made.Customers.Several, made.Customers.Asked, made.Customers.AskedSeveral, made.Others}
	want := []int{len(done), several(done), len(asked), several(asked), 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("customers, with several, asked, several times, by others: the truth -, the report +:\n%s", diff)
	}
	if len(made.NeedsAHand) != made.Conversations.Rejected {
		t.Errorf("%d are named, and %d were rejected", len(made.NeedsAHand), made.Conversations.Rejected)
	}
	for _, each := range made.NeedsAHand {
		if each.Agent == "" || each.Remedy == "" || !strings.Contains(each.URL, each.Conversation) {
			t.Errorf("it lacks an agent, a remedy or a link: %+v", each)
		}
	}
}
