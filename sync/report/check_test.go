package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"acsync/sync/check"
	"acsync/sync/exit"
	"acsync/sync/report/doc"
)

// sampleCheck is a check at three o'clock in the night.
func sampleCheck() Check {
	line := func(group, name string, level check.Level, code exit.Code, text, todo string) check.Line {
		return check.Line{Group: group, Name: name, Result: check.Result{Level: level, Text: text, Todo: todo, Code: code}}
	}
	return Check{
		Tenant: "acme", Version: "acsync v1.0.0", Now: time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC), Exit: 4, Meaning: exit.Credentials.String(),
		Calls: Calls{Kustomer: 12, KustomerSearch: 5, AgentConnectData: 1}, Here: " --config acme.toml",
		Lines: []check.Line{
			line("Configuration", "settings", check.OK, 0, "acme.toml; 2 keys are not at their defaults", ""),
			line("Kustomer", "key", check.OK, 0, "taken by https://acme.api.kustomerapp.com, region prod1; it ends on 2027-01-31", ""),
			line("Kustomer", "tags", check.Failed, exit.Credentials, "GET /v1/tags: 401, credentials refused",
				"the API key is wrong or expired, or it lacks the role org.permission.tag.read (roles cannot be added to a key: create a new one)"),
			line("Agent Connect", "keys", check.Look, 0, "the key is set, and only the first real request can prove it, by jane@example.com",
				"set agent_connect.api_secret_file"),
			line("Agent Connect", "clock", check.NotRun, 0, "its data cannot be read without the API secret", ""),
			line("Ledger and schedule", "ledger", check.OK, 0, "acsync.db, ledger 0123456789abcdef", ""),
		},
		Settings: []check.Setting{
			{Key: "kustomer.org", Value: "acme", From: "acme.toml:9"},
			{Key: "kustomer.api_key", Value: "(set, and not shown)", From: "KUSTOMER_API_KEY"},
		},
	}
}

func TestCheckForms(t *testing.T) {
	for _, width := range []int{80, 120} {
		var out bytes.Buffer
		if err := doc.Text(&out, CheckDoc(sampleCheck()), doc.Style{Width: width}); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("check-%d.txt", width), out.Bytes())
	}
	var out, indented bytes.Buffer
	if err := CheckJSON(&out, sampleCheck()); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&indented, out.Bytes(), "", " "); err != nil {
		t.Fatal(err)
	}
	golden(t, "check.json", indented.Bytes())
	if bytes.Contains(out.Bytes(), []byte("jane")) {
		t.Errorf("an address is shown: %s", out.String())
	}
}
