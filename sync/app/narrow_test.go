package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestBrokenConversation has Kustomer fail whenever a search comes to one conversation. Everybody else is asked about in
// the first pass, the checkpoint moves, and the exit code and the report tell of the one.
func TestBrokenConversation(t *testing.T) {
	t.Parallel()
	k := newTampered(t, 6, "", plain)
	broken := k.conversations[2].ID
	k.changes(func(r *http.Request, a *answer) {
		if strings.HasSuffix(r.URL.Path, "/search") && strings.Contains(a.body, broken) {
			a.status, a.body = 502, "<html><title>502 Bad Gateway</title></html>"
		}
	})
	first := k.pass(t, 3, "run")
	if first.Accepted != 5 || first.Unseen != 1 {
		t.Errorf("the pass tells %+v", first)
	}
	asked := k.asked(t)
	if _, told := asked[broken]; told || len(asked) != 5 {
		t.Errorf("asked about %d, the broken one %v", len(asked), told)
	}
	// The next one begins half an hour before the first has ended, behind it.
	if second := k.pass(t, 0, "run"); second.Unseen != 0 {
		t.Errorf("the pass after it tells %+v", second)
	}
}
