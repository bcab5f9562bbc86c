package report

import (
	"bytes"
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// TestRehearsalSendsNobodyToCustomers holds that a rehearsal says whose key it was made with, and what is to be looked at,
// and names no command by which a customer would be asked.
func TestRehearsalSendsNobodyToCustomers(t *testing.T) {
	p := Pass{
		Result: surveysync.Result{
			Mode: "rehearse", Pass: "20261122T201500Z-7f3a", Found: 8, Limit: "max",
			Counts: map[store.State]int{store.Accepted: 2, store.Rejected: 3, store.InDoubt: 1, store.Skipped: 2},
			Reasons: surveysync.Reasons{
				store.Rejected: {decide.EmployeeNotFound: 2, "rule_error:odd": 1}, store.InDoubt: {decide.NoAnswer: 1},
				store.Skipped: {decide.NoFirstRequest: 1, decide.MaskedEmail: 1},
			},
		},
		Tenant: "acme", Here: " --config c.toml",
	}
	var out bytes.Buffer
	if err := doc.Text(&out, ReportDoc(New(p, Detail{}), 0), doc.Style{}); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"acsync rehearse · acme rehearsal with the test key", "Test Requests", "acsync rehearse --config c.toml --restart",
		"Stopped at --max: the next acsync rehearse --config c.toml goes on", "nothing: no customer was asked",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
	for _, command := range []string{"retry", "resolve", "backfill", "back-fill", "acsync run", "acsync status"} {
		if strings.Contains(text, command) {
			t.Errorf("it says %q:\n%s", command, out.String())
		}
	}
}
