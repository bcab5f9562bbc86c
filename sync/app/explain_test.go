package app

import (
	"bytes"
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

// explainedKind is what explain --json says, as far as the test asks.
type explainedKind struct {
	Now struct{ Fate, Reason string }
}

// explaining is a tenant of stand-ins, at a fixed time.
type explaining struct {
	t     *testing.T
	now   time.Time
	stand *sandbox.Sandbox
	path  string // of its configuration
}

func newExplaining(t *testing.T, o sandbox.Options) *explaining {
	e := &explaining{t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	var err error
	o.Now = e.clock
	if e.stand, err = sandbox.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.stand.Close() })
	dir := t.TempDir()
	e.path = filepath.Join(dir, "config.toml")
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n[ledger]\npath = %q\n"+
		"[mapping.channels]\nkiosk = \"chat\"\n",
		e.stand.KustomerURL(), e.stand.KustomerKey(), e.stand.AgentConnectURL(), e.stand.AgentConnectKey(),
		filepath.Join(dir, "acsync.db"))
	if err := os.WriteFile(e.path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	e.run(exit.Done, "init", "--start", e.stand.Start().Format(time.RFC3339))
	return e
}

func (e *explaining) clock() time.Time { return e.now }

// run carries out a command, whose flags stand before its arguments, and gives what it wrote.
func (e *explaining) run(want exit.Code, command string, args ...string) (out, problems []byte) {
	e.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"acsync", command, "--config", e.path}, args...)
	var env []string
	// Passes have nothing to ask Agent Connect's data, which answer few calls in a minute.
	if command != "run" {
		env = []string{"AGENT_CONNECT_API_SECRET=" + e.stand.AgentConnectSecret()}
	}
	code := App{Now: e.clock}.Run(e.t.Context(), args, env, nil, &stdout, &stderr)
	if code != int(want) {
		e.t.Errorf("%v: exit code %d: %s", args, code, stderr.String())
	}
	return stdout.Bytes(), stderr.Bytes()
}

// TestExplainEveryKind: what explain says would happen is what is to become of each kind of conversation.
func TestExplainEveryKind(t *testing.T) {
	e := newExplaining(t, sandbox.Options{})
	stand, now := e.stand, e.now
	seen := map[string]bool{}
	for _, c := range stand.Conversations(now.Add(-3*time.Hour), now.Add(-10*time.Minute)) {
		if seen[c.Kind] || c.Expect == "" {
			continue
		}
		seen[c.Kind] = true
		out, _ := e.run(exit.Done, "explain", "--json", "--quiet", c.ID)
		var got explainedKind
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		fate, reason := "skip", c.Expect
		if c.Expect == sandbox.Send {
			fate, reason = "send", ""
		}
		if got.Now.Fate != fate || got.Now.Reason != reason {
			t.Errorf("%s: got %v, want %s %s", c.Kind, got.Now, fate, reason)
		}
	}
	if len(seen) < 52 {
		t.Errorf("only %d kinds were there", len(seen))
	}
}

// explainedSubjects is what explain --json says of several, as far as the test asks.
type explainedSubjects struct {
	Schema   string
	Subjects []struct {
		Kind, Asked, Problem string
		Customer             struct{ ID, Address string }
		Conversations        []struct {
			ID  string
			Now struct{ Fate, State, Reason string }
		}
	}
	Exit int
}

// TestExplainCustomers: whoever asks why a customer got no survey is told of each conversation, whether the
// customer is named by id, page or address; and the address is nowhere in the answer.
func TestExplainCustomers(t *testing.T) {
	t.Parallel()
	e := newExplaining(t, sandbox.Options{Empty: true})
	const customer, address = "58210c3db0f09110006b7953", "jane.doe+list@example.com"
	e.stand.Put(sandbox.Records{Customers: []sandbox.Customer{{
		ID: customer, Created: e.now.AddDate(0, -1, 0), Name: "Jane Doe",
		Emails: []sandbox.Email{{Address: address, Type: "home"}},
	}}})
	put := func(n int, ago time.Duration, change func(*sandbox.Conversation)) string {
		agent := sandbox.RegularAgents[0].ID
		c := sandbox.Conversation{
			ID: fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", n), Created: e.now.Add(-ago - time.Hour),
			Resolved: e.now.Add(-ago), CustomerID: customer, Channels: []string{"email"},
			AssignedUsers: []string{agent}, DoneUsers: []string{agent}, DoneBy: agent,
		}
		change(&c)
		e.stand.Put(sandbox.Records{Conversations: []sandbox.Conversation{c}})
		return c.ID
	}
	asked := put(1, time.Hour, func(*sandbox.Conversation) {})
	spam := put(2, 50*time.Minute, func(c *sandbox.Conversation) { c.Spam, c.Channels = true, nil })
	open := put(3, 40*time.Minute, func(c *sandbox.Conversation) { c.Status = "open" })
	e.run(exit.Done, "run", "--quiet", "--json")
	page := "https://sandbox.kustomerapp.com/app/customers/" + customer
	for _, argument := range []string{customer, address} {
		out, problems := e.run(exit.Done, "explain", "--json", argument)
		var got explainedSubjects
		if err := json.Unmarshal(out, &got); err != nil || len(got.Subjects) != 1 {
			t.Fatalf("%s: %v: %s", argument, err, out)
		}
		one := got.Subjects[0]
		var told []string
		for _, c := range one.Conversations {
			told = append(told, c.ID+" "+c.Now.Fate+" "+c.Now.Reason+c.Now.State)
		}
		want := []string{open + " skip not_done", spam + " skip spam", asked + " done accepted"}
		if diff := cmp.Diff(want, told); diff != "" || one.Kind != "customer" || one.Customer.ID != customer {
			t.Errorf("%s: %s %s: want -, got +\n%s", argument, one.Kind, one.Customer.ID, diff)
		}
		if text := string(out) + string(problems); strings.Contains(text, "jane.doe") || strings.Contains(text, "Jane") {
			t.Errorf("%s: the customer is named: %s", argument, text)
		}
	}
	screen, _ := e.run(exit.Done, "explain", "--no-pager", address)
	for _, want := range []string{
		"Asked about 1 of 3 conversations", "address       j•••@example.com", "not marked done: it is open",
		"not asked: marked as spam", "✗ marked as spam · spam", "✗ also: no channel, and no default_channel · no_channel",
		"Conversation " + asked, page,
	} {
		if !strings.Contains(string(screen), want) {
			t.Errorf("no %q in\n%s", want, screen)
		}
	}
}

// TestExplainSeveral: what nothing is known of hides nothing of the others, and is told by the exit code; and
// of an address that nobody has nothing but its mask is shown.
func TestExplainSeveral(t *testing.T) {
	e := newExplaining(t, sandbox.Options{})
	known := e.stand.Conversations(e.now.Add(-3*time.Hour), e.now.Add(-10*time.Minute))[0].ID
	const nobody, none = "nobody.here@example.com", "ffffffffffffffffffffffff"
	out, problems := e.run(exit.Failed, "explain", "--json", nobody, known, none)
	var got explainedSubjects
	if err := json.Unmarshal(out, &got); err != nil || len(got.Subjects) != 3 {
		t.Fatalf("%v: %s", err, out)
	}
	s := got.Subjects
	if s[0].Problem == "" || s[1].Conversations[0].ID != known || s[2].Problem == "" || got.Exit != 1 {
		t.Errorf("got %+v", got)
	}
	single, alone := e.run(exit.Failed, "explain", nobody)
	for _, flags := range [][]string{{nobody, "--jsno"}, {"Jane <" + nobody + ">"}, {nobody + "@"}} {
		_, refused := e.run(exit.Usage, "explain", flags...)
		problems = append(problems, refused...)
	}
	if text := string(out) + string(problems) + string(single) + string(alone); strings.Contains(text, "nobody.here") {
		t.Errorf("the address is in %s", text)
	}
}
