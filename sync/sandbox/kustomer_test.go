package sandbox

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKustomerRefusals(t *testing.T) {
	s, _ := fixed(t, Options{})
	key := "Bearer " + s.KustomerKey()
	for name, test := range map[string]struct {
		method, path, authorization string
		want                        int
	}{
		"good key":      {"GET", "/v1/auth/tokens/current", key, 200},
		"no key":        {"GET", "/v1/auth/tokens/current", "", 401},
		"wrong key":     {"GET", "/v1/users", "Bearer x", 401},
		"bare key":      {"GET", "/v1/users", s.KustomerKey(), 401},
		"unknown path":  {"GET", "/v1/companies", key, 404},
		"wrong method":  {"PUT", searchPath, key, 405},
		"no customer":   {"GET", "/v1/customers/5f7c3a1e9b2d4c0012ab34cd", key, 404},
		"two customers": {"GET", "/v1/customers/5f7c3a1e9b2d4c0012ab34cd,5f7c3a1e9b2d4c0012ab34ce", key, 404},
		"no such one":   {"GET", "/v1/conversations/5f7c3a1e9b2d4c0012ab34cd", key, 404},
		"too many ids":  {"GET", "/v1/conversations/" + strings.Repeat("5f7c3a1e9b2d4c0012ab34cd,", 51), key, 400},
		"two users":     {"GET", "/v1/users/" + agentNoEmail + "," + agentMasked, key, 404},
		"a filter":      {"GET", "/v1/users?deleted=false", key, 400},
	} {
		r := do(t, s.KustomerHandler(), test.method, test.path, "", map[string]string{"Authorization": test.authorization})
		if r.status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, r.status, r.text, test.want)
		}
		if _, ok := at(r.body, "errors").([]any); r.status >= 400 && !ok {
			t.Errorf("%s: got %s, want a list of errors", name, r.text)
		}
	}
}

func TestSeveralConversationsInOneCall(t *testing.T) {
	s, _ := fixed(t, Options{})
	all := s.Conversations(noon.Add(-time.Hour), noon)
	a, b := all[0].ID, all[1].ID
	one := s.askKustomer(t, "GET", "/v1/conversations/"+strings.ToUpper(a), "")
	if got := at(one.body, "data", "id"); got != a {
		t.Errorf("one: got %v, want %s", got, a)
	}
	both := s.askKustomer(t, "GET", "/v1/conversations/"+a+","+b+",5f7c3a1e9b2d4c0012ab34cd", "")
	rows, _ := both.body["data"].([]any)
	if diff := cmp.Diff(ids(rows), map[string]bool{a: true, b: true}); diff != "" {
		t.Errorf("several: %s", diff)
	}
}

func TestAConversationIsOpenBeforeItIsDone(t *testing.T) {
	s, c := fixed(t, Options{})
	done := s.Conversations(noon.Add(-time.Hour), noon)[0]
	c.Time = done.Created.Add(time.Second)
	r := s.askKustomer(t, "GET", "/v1/conversations/"+done.ID, "")
	if at(r.body, "data", "attributes", "status") != "open" || at(r.body, "data", "attributes", "lastDone") != nil {
		t.Errorf("got %s, want an open conversation", r.text)
	}
	c.Time = done.Created.Add(-time.Second)
	if r := s.askKustomer(t, "GET", "/v1/conversations/"+done.ID, ""); r.status != http.StatusNotFound {
		t.Errorf("before its creation: got %d, want 404", r.status)
	}
}

func TestListsOfUsersAndTags(t *testing.T) {
	s, _ := fixed(t, Options{})
	count := func(path string) int {
		r := s.askKustomer(t, "GET", path, "")
		rows, _ := r.body["data"].([]any)
		if at(r.body, "meta", "total") != nil {
			t.Errorf("%s: a total is not reported by lists", path)
		}
		return len(rows)
	}
	for path, want := range map[string]int{
		"/v1/users?pageSize=500":       15,
		"/v1/users?pageSize=10&page=2": 5,
		"/v1/users?pageSize=10&page=3": 0,
		"/v1/tags?pageSize=1000":       100,
		"/v1/tags?pageSize=100&page=2": 31,
	} {
		if got := count(path); got != want {
			t.Errorf("%s: %d rows, want %d", path, got, want)
		}
	}
	if next := at(s.askKustomer(t, "GET", "/v1/tags", "").body, "links", "next"); next != "/v1/tags?page=2&pageSize=100" {
		t.Errorf("next is %v", next)
	}
}

func TestEveryGeneratedRecordIsThere(t *testing.T) {
	s, _ := fixed(t, Options{Seed: 8})
	missing := map[string]int{}
	for _, c := range s.Conversations(noon.Add(-3*time.Hour), noon) {
		if r := s.askKustomer(t, "GET", "/v1/customers/"+c.CustomerID, ""); r.status != http.StatusOK {
			missing[c.Kind]++
		}
	}
	for kind, n := range missing {
		if kind != "customer null" && kind != "customer deleted" {
			t.Errorf("%d of kind %q have no customer", n, kind)
		}
	}
}

func TestKustomerLimits(t *testing.T) {
	s, c := fixed(t, Options{KustomerPerMinute: 4, SearchesPerMinute: 2, Empty: true})
	c.Time = noon.Truncate(time.Minute).Add(20 * time.Second)
	search := func() int {
		return s.askKustomer(t, "POST", searchPath, window("conversation", noon, noon.Add(time.Hour))).status
	}
	users := func() int { return s.askKustomer(t, "GET", "/v1/users", "").status }
	got := []int{search(), search(), search(), users(), users()}
	if diff := cmp.Diff(got, []int{200, 200, 429, 200, 429}); diff != "" {
		t.Errorf("in one minute: %s", diff)
	}
	c.Time = c.Add(39 * time.Second)
	last := users()
	c.Time = c.Add(time.Second)
	if diff := cmp.Diff([]int{last, users()}, []int{429, 200}); diff != "" {
		t.Errorf("at the window's end: %s", diff)
	}
}

func TestLimitHeaders(t *testing.T) {
	at20 := noon.Truncate(time.Minute).Add(20 * time.Second)
	s, c := fixed(t, Options{KustomerPerMinute: 1, Empty: true})
	c.Time = at20
	s.askKustomer(t, "GET", "/v1/users", "")
	r := s.askKustomer(t, "GET", "/v1/users", "")
	got := map[string]string{}
	for name := range r.header {
		if strings.HasPrefix(name, "X-Ratelimit") || name == "Retry-After" {
			got[name] = r.header.Get(name)
		}
	}
	want := map[string]string{"X-Ratelimit-Limit": "1", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1795349280"}
	if diff := cmp.Diff(got, want); diff != "" || r.status != http.StatusTooManyRequests {
		t.Errorf("status %d, headers %s", r.status, diff)
	}
	if date := r.header.Get("Date"); date != at20.Format(http.TimeFormat) {
		t.Errorf("the date is %q, want the sandbox's clock", date)
	}
}

func TestAUserWhoIsNotListedIsFound(t *testing.T) {
	s, _ := fixed(t, Options{})
	r := s.askKustomer(t, "GET", "/v1/users/"+agentDeletedUnlisted, "")
	if at(r.body, "data", "id") != agentDeletedUnlisted || at(r.body, "data", "attributes", "deletedAt") == nil {
		t.Errorf("got %d %s, want a deleted user", r.status, r.text)
	}
}
