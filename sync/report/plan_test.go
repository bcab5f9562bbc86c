package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsync/sync/plan"
	"acsync/sync/report/doc"
)

// savedPlan is a plan of so many conversations, a recovery among them.
func savedPlan(n int) Plan {
	p := Plan{Subject: "acme", Path: "monday.json", Here: " --sandbox"}
	p.Made, p.Expires, p.From, p.To = at, at.Add(24*time.Hour), at.Add(-48*time.Hour), at
	p.Pass, p.Program = "20261122T201500Z-7f3a", "v1.2.0"
	p.Ledger = plan.Ledger{ID: "41a2ea87fb5e6599", Checkpoint: p.From, Conversations: 1744}
	p.Found, p.Counts = n+30, map[string]int{"skipped": 26, "scheduled": 4}
	for i := range n {
		p.Send = append(p.Send, plan.Planned{
			ID: fmt.Sprintf("6716500fa1b2c3d4e5f6%04d", i), Resolution: p.From.Add(time.Duration(i) * 48 * time.Hour / time.Duration(n)),
		})
	}
	p.Send[0].Kind = "recovery"
	return p
}

// TestPlanShown shows a plan, and of one that cannot be carried out why not, and what to do.
func TestPlanShown(t *testing.T) {
	var out bytes.Buffer
	must(t, doc.Text(&out, PlanDoc(savedPlan(12), 0), doc.Style{Width: 80}))
	golden(t, "plan.txt", out.Bytes())
	fits(t, out.String(), 80)
	past := savedPlan(12)
	past.Obstacle = "the plan has expired"
	v := PlanDoc(past, 0).Verdict
	if v.Level != doc.LevelAttention || v.Detail != "The plan has expired." || len(v.Todo) != 1 || !strings.Contains(v.Todo[0], "acsync plan --sandbox") {
		t.Errorf("%+v", v)
	}
}

// TestPlanHoldsAll: the days add up, the files for programs have every conversation, and those for people say how many
// they leave out.
func TestPlanHoldsAll(t *testing.T) {
	p := savedPlan(mostInMarkdown + 7)
	days := 0
	for _, row := range planDays(p).Rows {
		days += row.Cells[2].N
	}
	if days != len(p.Send) {
		t.Errorf("the days have %d of %d", days, len(p.Send))
	}
	forms := map[string]string{}
	for _, form := range []string{"json", "csv", "md"} {
		render, err := PlanRendererFor("plan." + form)
		must(t, err)
		var out bytes.Buffer
		must(t, render(&out, p))
		forms[form] = out.String()
	}
	var told struct {
		Found         int
		WouldSend     int `json:"would_send"`
		Recoveries    int
		Counts        map[string]int
		Conversations []struct{ ID, Kind string }
	}
	must(t, json.Unmarshal([]byte(forms["json"]), &told))
	if told.WouldSend != len(p.Send) || len(told.Conversations) != len(p.Send) || told.Recoveries != 1 || told.Conversations[0].Kind != "recovery" ||
		told.Found != told.WouldSend+told.Counts["skipped"]+told.Counts["scheduled"] {
		t.Errorf("%d found, %d to send, %d named: %v", told.Found, told.WouldSend, len(told.Conversations), told.Counts)
	}
	if n := strings.Count(forms["csv"], "\r\n"); n != len(p.Send)+1 {
		t.Errorf("%d lines of CSV", n)
	}
	if !strings.Contains(forms["md"], "7 more are not listed here") {
		t.Error("the Markdown does not say how many it leaves out")
	}
}
