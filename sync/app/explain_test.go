package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"acsync/sync/exit"
	"acsync/sync/sandbox"
)

// explainedKind is what explain --json says, as far as the test asks.
type explainedKind struct {
	Now struct{ Fate, Reason string }
}

// TestExplainEveryKind: what explain says would happen is what is to become of each kind of conversation.
func TestExplainEveryKind(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	stand, err := sandbox.Start(sandbox.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\napi_key = %q\n[ledger]\npath = %q\n",
		stand.KustomerURL(), stand.KustomerKey(), stand.AgentConnectURL(), stand.AgentConnectKey(), filepath.Join(dir, "acsync.db"))
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) ([]byte, int) {
		var out, problems bytes.Buffer
		code := App{Now: clock}.Run(t.Context(), append([]string{"acsync"}, args...), nil, nil, &out, &problems)
		if code != int(exit.Done) {
			t.Errorf("%v: exit code %d: %s", args, code, problems.String())
		}
		return out.Bytes(), code
	}
	run("init", "--config", path, "--start", stand.Start().Format(time.RFC3339))
	seen := map[string]bool{}
	for _, c := range stand.Conversations(now.Add(-3*time.Hour), now.Add(-10*time.Minute)) {
		if seen[c.Kind] || c.Expect == "" {
			continue
		}
		seen[c.Kind] = true
		out, _ := run("explain", "--config", path, "--json", "--quiet", c.ID)
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
