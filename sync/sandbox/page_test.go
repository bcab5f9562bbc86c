package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestPage shows people what was received, without a key: what is accepted, refused and asked twice.
func TestPage(t *testing.T) {
	s, _ := fixed(t, Options{})
	wants := func(what ...string) {
		t.Helper()
		got := do(t, s.AgentConnectHandler(), http.MethodGet, pagePath, "", nil)
		for _, each := range what {
			if got.status != http.StatusOK || !strings.Contains(got.text, each) {
				t.Errorf("the page lacks %q (%d):\n%s", each, got.status, got.text)
			}
		}
	}
	others := len(s.Interactions())
	more := func(n int) string { return fmt.Sprintf("%d more that something else has made", n) }
	wants("Nothing yet", more(others))
	first := survey(t, object{"customer": object{"name": "<Simone>", "email": "simone@example.com"}})
	s.askConnect(t, http.MethodPost, "/v1/requests", first)
	wants("1 survey requests · 1 accepted · 0 refused", "&lt;Simone&gt;", "No conversation was asked about twice")
	s.askConnect(t, http.MethodPost, "/v1/requests", survey(t, object{"channel": "telepathy"}))
	s.askConnect(t, http.MethodPost, "/v1/requests", first)
	wants("3 survey requests · 2 accepted · 1 refused", "Channel not enabled", "Asked about more than once: 1")
	// What others have asked Agent Connect has too, and its data show it.
	other := s.Conversations(noon.Add(-2*time.Hour), noon)[0].ID
	s.AskByOthers(noon.Add(-time.Hour), other)
	wants("3 survey requests · 2 accepted · 1 refused", more(others+1), other,
		" · asked by something else")
}
