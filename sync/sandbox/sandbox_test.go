package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var noon = time.Date(2026, 11, 22, 12, 7, 31, 0, time.UTC)

// clock is a clock that a test sets.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

// fixed is a sandbox whose clock stands still until the test moves it.
func fixed(t testing.TB, o Options) (*Sandbox, *clock) {
	t.Helper()
	c := &clock{noon}
	o.Now = c.now
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// reply is an answer, decoded.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func do(t testing.TB, h http.Handler, method, target, body string, header map[string]string) reply {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r.Body = http.NoBody
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{status: w.Code, header: w.Header(), text: string(text)}
	_ = json.Unmarshal(text, &out.body) // arrays and pages of gateways leave it nil
	return out
}

func (s *Sandbox) askKustomer(t testing.TB, method, target, body string) reply {
	t.Helper()
	return do(t, s.KustomerHandler(), method, target, body, map[string]string{"Authorization": "Bearer " + s.KustomerKey()})
}

func (s *Sandbox) askConnect(t testing.TB, method, target, body string) reply {
	t.Helper()
	return do(t, s.AgentConnectHandler(), method, target, body, map[string]string{
		"X-Api-Key": s.AgentConnectKey(), "Authorization": s.token(t, s.clock()),
	})
}

func (s *Sandbox) token(t testing.TB, issued time.Time) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iat": issued.Unix()}).SignedString([]byte(s.AgentConnectSecret()))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// at walks into decoded JSON.
func at(value any, path ...any) any {
	for _, step := range path {
		switch key := step.(type) {
		case string:
			o, _ := value.(map[string]any)
			value = o[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return nil
			}
			value = list[key]
		}
	}
	return value
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// window is the body of a search for what was resolved in [from, to).
func window(context string, from, to time.Time) string {
	return `{"queryContext": "` + context + `", "and": [{"conversation_status": {"equals": "done"}},
		{"conversation_last_done_created_at": {"gte": "` + iso(from) + `"}},
		{"conversation_last_done_created_at": {"lt": "` + iso(to) + `"}}],
		"or": [], "sort": [{"` + sortKeys[context] + `": "asc"}]}`
}

// found are the rows of a search in one page of 500.
func (s *Sandbox) found(t testing.TB, body string) []any {
	t.Helper()
	r := s.askKustomer(t, "POST", "/v1/customers/search?pageSize=500", body)
	if r.status != http.StatusOK {
		t.Fatalf("search: %d %s", r.status, r.text)
	}
	rows, _ := r.body["data"].([]any)
	return rows
}

func ids(rows []any) map[string]bool {
	all := map[string]bool{}
	for _, row := range rows {
		id, _ := at(row, "id").(string)
		all[id] = true
	}
	return all
}
