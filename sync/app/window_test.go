package app_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestNoWindowIsEmptyByMistake has a search answer with counts that are none, or with no rows where there are
// some. The pass does not go on as if there were none: once the answers can be believed again, everybody is
// asked.
func TestNoWindowIsEmptyByMistake(t *testing.T) {
	t.Parallel()
	for _, answered := range []string{
		`{"data":[],"meta":{"total":"unknown"}}`,
		`{"data":[],"meta":{"total":0.5,"totalPages":0}}`,
		`{"data":[],"meta":{"total":0,"totalPages":-1}}`,
		`{"data":[],"meta":{"total":null},"links":{"next":{"href":"/v1/customers/search?page=2"}}}`,
	} {
		t.Run(answered, func(t *testing.T) {
			t.Parallel()
			k := newTampered(t, 2, "", plain)
			var mu sync.Mutex
			lies := true
			k.changes(func(r *http.Request, a *answer) {
				mu.Lock()
				defer mu.Unlock()
				if lies && strings.HasSuffix(r.URL.Path, "/search") && strings.Contains(a.body, k.conversations[0].ID) {
					a.body = answered
				}
			})
			code, _, said := k.run("run", "--json")
			if code != 1 || !strings.Contains(said, "the answer cannot be read") || len(k.asked(t)) > 0 {
				t.Errorf("exit code %d, %d asked\n%s", code, len(k.asked(t)), said)
			}
			mu.Lock()
			lies = false
			mu.Unlock()
			if k.pass(t, 0, "run"); len(k.asked(t)) != 2 {
				t.Errorf("asked %v", k.asked(t))
			}
		})
	}
}
