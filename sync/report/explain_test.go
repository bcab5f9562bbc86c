package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/explain"
	"acsync/sync/kustomer"
	"acsync/sync/report/doc"
)

const explainedID = "6716500fa1b2c3d4e5f60001"

// explainPolicy has rules, one of which holds.
func explainPolicy(t *testing.T) decide.Policy {
	t.Helper()
	rules, problems := decide.CompileRules([]decide.RuleText{
		{Name: "vip", When: `"vip" in tags`, Action: decide.ActionSend},
		{Name: "internal tests", When: `customer.domain == "acme.example"`, Action: decide.ActionSkip},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return decide.Policy{MaxAge: 72 * time.Hour, SkipImported: true, SkipMachineAgents: true, Rules: rules}
}

// explained is a conversation, decided; change gives it another shape before that.
func explained(t *testing.T, change func(*decide.Candidate)) Explanation {
	t.Helper()
	policy := explainPolicy(t)
	agent := kustomer.User{ID: "5ce4672fcce83d001a9e83e8", Name: kustomer.Text{Value: "Alex Agent"}, Email: kustomer.Text{Value: "alex.agent@example.org"}}
	c := decide.Candidate{
		Conversation: kustomer.Conversation{
			ID: explainedID, CustomerID: "58210c3db0f09110006b7953", Status: "done", DoneCount: 2, Channels: []string{"email", "chat"},
			LastDone: &kustomer.Done{At: at.Add(-47 * time.Minute), By: agent.ID, AssignedUsers: []string{agent.ID}},
		},
		Agent: &agent, Tags: []string{"late-delivery", "vip"}, Now: at,
		Customer: &kustomer.Customer{Emails: []kustomer.Email{{Address: kustomer.Text{Value: "jane@example.com"}}}},
	}
	change(&c)
	decision, steps := policy.Trace(c)
	return Explanation{
		Tenant: "acme", AppURL: "https://acme.kustomerapp.com",
		Explanation: explain.Explanation{
			ID: explainedID, Now: at, Asked: true, Found: true, Closer: c.Agent, Remembered: true, Ledger: "00112233aabbccdd", Steps: steps,
			Case:     decide.Case{Key: store.Key{Conversation: explainedID}, Candidate: c, Decision: decision},
			Channels: c.Conversation.Channels,
			Facts:    decide.RowDetails{Channel: "email", AgentAddress: "alex.agent@example.org", Address: "jane@example.com"},
		},
	}
}

// explanations are lives of every kind.
func explanations(t *testing.T) map[string]Explanation {
	same := func(*decide.Candidate) {}
	sent := explained(t, same)
	sent.Forecast = explain.Forecast{Fate: explain.FateSend}

	rule := explained(t, func(c *decide.Candidate) {
		c.Tags, c.Customer.Emails[0].Address.Value = nil, "bob@acme.example"
	})
	rule.Forecast = explain.Forecast{Fate: explain.FateSkip, Reason: "rule:internal tests"}
	rule.Facts.Address = "bob@acme.example"

	record := store.Record{
		State: store.Accepted, Resolution: at.Add(-47 * time.Minute), At: at.Add(-29 * time.Minute), First: at.Add(-30 * time.Minute),
		Attempts: 2, Status: 200, Intent: 0x1f,
	}
	accepted := explained(t, func(c *decide.Candidate) { c.Known = record })
	accepted.Forecast = explain.Forecast{Fate: explain.FateDone, State: store.Accepted}
	accepted.Entries = []store.Entry{{Key: store.Key{Conversation: explainedID}, Record: record}}
	accepted.First = &store.Run{Pass: "20261122T194500Z-7f3a", Mode: "run", Started: at.Add(-30 * time.Minute)}
	accepted.ReceiverRead = true
	accepted.Interactions = []agentconnect.Interaction{
		{UUID: "a", CreatedAt: at.Add(-29 * time.Minute), Status: "Delivered", Intent: "00112233aabbccdd-1f"},
		{UUID: "b", CreatedAt: at.Add(-20 * time.Minute), Status: "Sent"},
	}

	record.State, record.Reason, record.Status = store.Rejected, string(decide.EmployeeDeactivated), 400
	rejected := explained(t, func(c *decide.Candidate) { c.Known = record })
	rejected.Forecast = explain.Forecast{Fate: explain.FateDone, State: store.Rejected, Reason: decide.EmployeeDeactivated}
	rejected.Entries = []store.Entry{{Key: store.Key{Conversation: explainedID}, Record: record}}

	record.State, record.Reason, record.Status = store.InDoubt, string(decide.NoAnswer), 0
	doubt := explained(t, func(c *decide.Candidate) { c.Known = record })
	doubt.Forecast = explain.Forecast{Fate: explain.FateByHand, Reason: decide.NoAnswer}
	doubt.Entries = []store.Entry{{Key: store.Key{Conversation: explainedID}, Record: record}}

	record.State, record.Reason, record.Due = store.Scheduled, string(decide.Delayed), at.Add(23*time.Hour)
	offline := Explanation{Tenant: "acme", Notices: []string{"neither service was asked (--offline): this is what the ledger knows"}}
	offline.Explanation = explain.Explanation{
		ID: explainedID, Now: at, Remembered: true, Ledger: "00112233aabbccdd",
		Entries:  []store.Entry{{Key: store.Key{Conversation: explainedID}, Record: record}},
		Forecast: explain.Forecast{Fate: explain.FateWait, Reason: decide.Delayed, At: record.Due},
	}

	locked := explained(t, same)
	locked.Remembered, locked.Forecast = false, explain.Forecast{Fate: explain.FateUnknown}
	locked.Steps[1].Result = decide.StepUnknown
	locked.Notices, locked.Exit = []string{"another process holds the ledger"}, 11

	missed := explained(t, same)
	missed.Forecast, missed.Backfill = explain.Forecast{Fate: explain.FateMissed}, "acsync backfill --from 2026-11-22T19:28:00Z --to 2026-11-22T19:28:01Z"
	return map[string]Explanation{
		"sent": sent, "rule": rule, "accepted": accepted, "doubt": doubt, "offline": offline, "locked": locked, "missed": missed, "rejected": rejected,
	}
}

func TestExplainTable(t *testing.T) {
	for name, x := range explanations(t) {
		for _, width := range []int{80, 200, 60} {
			t.Run(fmt.Sprintf("%s at %d", name, width), func(t *testing.T) {
				var b bytes.Buffer
				if err := doc.Text(&b, ExplainDoc(x), doc.Style{Width: width}); err != nil {
					t.Fatal(err)
				}
				golden(t, fmt.Sprintf("explain-%s-%d.txt", name, width), b.Bytes())
				lines := strings.Split(b.String(), "\n")
				for _, line := range lines {
					if n := text.StringWidthWithoutEscSequences(line); n > width && !strings.HasPrefix(line, "https://") && !strings.HasPrefix(line, "  acsync ") {
						t.Errorf("%d columns: %s", n, line)
					}
				}
			})
		}
	}
}

func TestExplainJSON(t *testing.T) {
	for name, x := range explanations(t) {
		t.Run(name, func(t *testing.T) {
			var b, indented bytes.Buffer
			if err := ExplainJSON(&b, x); err != nil {
				t.Fatal(err)
			}
			if err := json.Indent(&indented, b.Bytes(), "", "  "); err != nil {
				t.Fatal(err)
			}
			switch name {
			case "accepted":
				golden(t, "explain.json", indented.Bytes())
			case "rejected":
				golden(t, "explain-rejected.json", indented.Bytes())
			}
			for _, private := range []string{"jane@", "alex.agent@", "Alex"} {
				if strings.Contains(b.String(), private) {
					t.Errorf("%q is in it", private)
				}
			}
		})
	}
}

// TestExplainShowsWhatDecides: what is missing stands there as missing, and not as an empty line or none.
func TestExplainShowsWhatDecides(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*decide.Candidate)
		want   string
	}{
		"no customer":          {func(c *decide.Candidate) { c.Customer = nil }, "\ncustomer      none\n"},
		"no address":           {func(c *decide.Candidate) { c.Customer.Emails = nil }, "\naddress       none\n"},
		"a masked address":     {func(c *decide.Candidate) { c.Customer.Emails[0].Address = kustomer.Text{Masked: true} }, "\naddress       masked for this API key\n"},
		"no address of agent":  {func(c *decide.Candidate) { c.Agent.Email = kustomer.Text{} }, "(5ce4672fcce83d001a9e83e8), address none\n"},
		"a masked one of them": {func(c *decide.Candidate) { c.Agent.Email = kustomer.Text{Masked: true} }, "(5ce4672fcce83d001a9e83e8), address masked for this API key\n"},
		"no channel":           {func(c *decide.Candidate) { c.Conversation.Channels = nil }, "\nchannel       none\n"},
	} {
		x := explained(t, test.change)
		x.Facts = decide.RowDetails{Channel: strings.Join(x.Channels[:min(len(x.Channels), 1)], "")}
		var b bytes.Buffer
		must(t, doc.Text(&b, ExplainDoc(x), doc.Style{Width: 100}))
		if !strings.Contains(b.String(), test.want) {
			t.Errorf("%s (%s): no %q in\n%s", name, x.Case.Skip, test.want, b.String())
		}
	}
}

// TestExplainTellsOfARejection: nobody takes one that was rejected for sent, and it says what to mend, and how to ask again.
func TestExplainTellsOfARejection(t *testing.T) {
	var b bytes.Buffer
	must(t, doc.Text(&b, ExplainDoc(explanations(t)["rejected"]), doc.Style{Width: 120}))
	text := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"not sent again by itself", "to do activate these agents' profiles", "acsync retry --id 6716500fa1b2c3d4e5f60001 asks again", "✗ rejected by an earlier pass · already_sent"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// TestExplainWithoutLedger says that there is none, not that it knows nothing.
func TestExplainWithoutLedger(t *testing.T) {
	x := explanations(t)["sent"]
	for _, x.Unmade = range []bool{false, true} {
		var b bytes.Buffer
		must(t, doc.Text(&b, ExplainDoc(x), doc.Style{Width: 80}))
		if got := strings.Contains(b.String(), "ledger        there is none yet\n"); got != x.Unmade {
			t.Errorf("unmade %t: it says so: %t", x.Unmade, got)
		}
	}
}

// TestExplainTrouble shows all of what an expression says.
func TestExplainTrouble(t *testing.T) {
	x := explanations(t)["rule"]
	x.Case.Trouble = strings.Repeat("cannot use what is missing; ", 12) + "the end"
	for _, width := range []int{60, 80, 200} {
		var b bytes.Buffer
		must(t, doc.Text(&b, ExplainDoc(x), doc.Style{Width: width}))
		if got := strings.Join(strings.Fields(b.String()), " "); !strings.Contains(got, x.Case.Trouble) {
			t.Errorf("%d columns:\n%s", width, b.String())
		}
	}
}

// TestExplainReveals shows addresses in full only when that was asked for.
func TestExplainReveals(t *testing.T) {
	x := explanations(t)["sent"]
	for _, x.Reveal = range []bool{false, true} {
		var b bytes.Buffer
		if err := doc.Text(&b, ExplainDoc(x), doc.Style{Width: 80}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "jane@example.com"); got != x.Reveal {
			t.Errorf("--reveal %t: the address is shown: %t", x.Reveal, got)
		}
	}
}

// TestExplainIsInert: what people have written cannot move the cursor, change colours, begin a line or turn the direction of
// what follows.
func TestExplainIsInert(t *testing.T) {
	const evil = "<b>x</b>\x1b[2J\x1b]0;title\a\u202eesrever\u2066\u200f\r\nnow           it was sent\u2028\x9b31m\xff"
	x := explained(t, func(c *decide.Candidate) {
		c.Agent.Name.Value, c.Agent.Email.Value = evil, evil
		c.Conversation.Channels, c.Tags, c.Conversation.Status = []string{evil, evil}, []string{evil}, evil
		c.Conversation.LastDone.By = evil
	})
	x.Closer, x.Reveal, x.Facts = x.Case.Agent, true, decide.RowDetails{Channel: evil, AgentAddress: evil, Address: evil}
	x.Steps = append(x.Steps, decide.Step{Reason: "rule:" + evil, Result: decide.StepDecided})
	x.Case.Trouble, x.Notices = evil, []string{evil}
	x.ReceiverRead, x.Interactions = true, []agentconnect.Interaction{{Status: evil, Intent: evil}}
	x.Entries = []store.Entry{{Key: store.Key{Conversation: explainedID}, Record: store.Record{State: store.Skipped, Reason: "rule:" + evil, At: at}}}
	x.First = &store.Run{Pass: evil, Mode: evil}
	x.Forecast = explain.Forecast{Fate: explain.FateSkip, Reason: "rule:" + evil}
	var b bytes.Buffer
	if err := doc.Text(&b, ExplainDoc(x), doc.Style{Width: 80}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"\x1b", "\a", "\r", "\u202e", "\u2066", "\u200f", "\u2028", "\u009b", "\nnow           it"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q came through:\n%s", bad, b.String())
		}
	}
	if !strings.Contains(b.String(), "<b>x</b>") {
		t.Error("what is harmless on a terminal is gone")
	}
}

// TestPerson leaves no empty place where a name would stand.
func TestPerson(t *testing.T) {
	for name, want := range map[string]string{"Alex Agent": "Alex Agent (5ce4)", "": "5ce4", " \t": "5ce4"} {
		if got := person(name, "5ce4"); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
