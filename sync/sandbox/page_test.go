package sandbox

import (
	"net/http"
	"strings"
	"testing"
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
	wants("Nothing yet")
	first := survey(t, object{"customer": object{"name": "<Simone>", "email": "simone@example.com"}})
	s.askConnect(t, http.MethodPost, "/v1/requests", first)
	wants("1 survey requests · 1 accepted · 0 refused", "&lt;Simone&gt;", "No conversation was asked about twice")
	s.askConnect(t, http.MethodPost, "/v1/requests", survey(t, object{"channel": "telepathy"}))
	s.askConnect(t, http.MethodPost, "/v1/requests", first)
	wants("3 survey requests · 2 accepted · 1 refused", "Channel not enabled", "Asked about more than once: 1")
}
