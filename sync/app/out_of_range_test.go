package app_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// lastDone is a resolution at a time that is JSON of any kind.
func lastDone(at string) map[string]any {
	return map[string]any{"lastDone": json.RawMessage(`{"createdAt":` + at + `,"assignedUsers":[]}`)}
}

// TestTimesThatNoPassReads has Kustomer find conversations that were marked done at impossible times: none of
// them is asked about, each is counted and named, by a dry run like by the pass after it, and all others are
// asked about, those that wait included.
func TestTimesThatNoPassReads(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC()
	times := []string{
		`"-000044-03-15T12:00:00.000Z"`, `"0001-01-01T00:00:00Z"`, `"1969-12-31T23:59:59.999Z"`, `"2262-04-11T23:47:16.854Z"`, `"9999-12-31T23:59:59.999Z"`,
		`"+010000-01-01T00:00:00.000Z"`, `9007199254740992`, `1e15`, `"yesterday"`, `{"isMasked":true}`, `[]`,
		fmt.Sprintf("%q", now.Add(49*time.Hour).Format(time.RFC3339Nano)), fmt.Sprintf("%q", now.AddDate(0, 0, -40).Format(time.RFC3339Nano)),
	}
	k := newTampered(t, len(times)+4, "", func(i int, c *sandbox.Conversation) {
		if i < len(times) {
			c.Attributes = lastDone(times[i])
		}
	})
	dry := k.pass(t, 0, "run", "--dry-run")
	if first := k.pass(t, 0, "run", "--max", "2", "--report", filepath.Join(k.dir, "r.html")); first.Found != len(times)+4 ||
		first.Reasons["time_out_of_range"] != len(times) || dry.Found != first.Found || dry.Reasons["time_out_of_range"] != len(times) || dry.WouldSend != 4 {
		t.Errorf("the dry run tells %+v, the pass %+v", dry, first)
	}
	for i, c := range k.conversations[:len(times)] {
		if !strings.Contains(k.file("r.html"), c.ID) {
			t.Errorf("the report does not name the one of %s", times[i])
		}
	}
	if code, out, said := k.run("explain", k.conversations[4].ID); code != 0 || !strings.Contains(out, "✗ marked done when no pass reads it · time_out_of_range") || !strings.Contains(out, "9999-12-31") {
		t.Errorf("explain: exit code %d\n%s%s", code, out, said)
	}
	waits := k.conversations[slices.IndexFunc(k.conversations, func(c sandbox.Conversation) bool {
		_, asked := k.asked(t)[c.ID]
		return c.Attributes == nil && !asked
	})]
	waits.Attributes = lastDone(`"0000-02-29T00:00:00.000Z"`)
	k.stand.Put(sandbox.Records{Conversations: []sandbox.Conversation{waits}})
	if second := k.pass(t, 0, "run"); second.Reasons["time_out_of_range"] != 1 || second.Accepted != 1 {
		t.Errorf("the pass after it tells %+v", second)
	}
	asked := k.asked(t)
	if _, waited := asked[waits.ID]; waited || len(asked) != 3 {
		t.Errorf("%d were asked about, waiting %v", len(asked), waited)
	}
	if code, _, said := k.run("ledger", "check"); code != 0 {
		t.Errorf("ledger check: exit code %d\n%s", code, said)
	}
}
