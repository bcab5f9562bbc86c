package kustomer

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestUsers(t *testing.T) {
	c, s := start(t, always(200, testdata(t, "users.json")))
	got, err := c.Users(t.Context())
	want := []User{{
		ID: "5ce4672fcce83d001a9e83e8", Name: Text{Value: "Alex Agent"},
		Email: Text{Value: "alex.agent@example.org"}, UserType: "user",
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.wantAsked(t, "GET /v1/users?page=1&pageSize=500")
}

// pages answers the pages of a list: one letter is a tag, a line is a page. Behind a page comes what next tells.
func pages(tags []string, next func(page int) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := 0
		fmt.Sscan(r.URL.Query().Get("page"), &page)
		var rows []string
		if page <= len(tags) {
			for _, letter := range tags[page-1] {
				rows = append(rows, fmt.Sprintf(`{"id":"%c","attributes":{"name":"%[1]c"}}`, letter))
			}
		}
		link := next(page)
		fmt.Fprintf(w, `{"data":[%s],"links":{"next":%s}}`, strings.Join(rows, ","), link)
	}
}

func TestTags(t *testing.T) {
	quoted := func(format string) func(int) string {
		return func(page int) string { return `"` + fmt.Sprintf(format, page+1) + `"` }
	}
	tests := []struct {
		name string
		tags []string
		next func(page int) string
		want string // ids found, or the error
		asks int
	}{
		{"to the end", []string{"ab", "c"}, func(page int) string {
			if page == 2 {
				return "null"
			}
			return `"/v1/tags?page=2&pageSize=100"`
		}, "abc", 2},
		{"a next without an end", []string{"ab", "c"}, quoted("/v1/tags?page=%d&pageSize=100"), "abc", 3},
		{"next is a query only", []string{"ab", "c"}, quoted("?page=%d"), "abc", 3},
		{"next lacks its slash", []string{"ab", "c"}, quoted("v1/tags?page=%d"), "abc", 3},
		{"next is a loop", []string{"ab", "c"}, func(page int) string { return fmt.Sprintf(`"/v1/tags?page=%d"`, 3-page) }, "abc", 3},
		{"next is a path only", []string{"ab", "c"}, func(int) string { return `"/v1/tags"` }, "ab", 1},
		{"next is an object", []string{"ab"}, func(int) string { return `{"href":"/x"}` }, "ab", 1},
		{"next leads away", []string{"ab"}, quoted("https://other.example/v1/tags?page=%d"), "another host", 3},
		{"next leads away without a scheme", []string{"ab"}, quoted("//other.example/v1/tags?page=%d"), "another host", 3},
		{"next is another list", []string{"ab"}, quoted("/v1/users?page=%d"), "something else than the list", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s := start(t, pages(tt.tags, tt.next))
			got, err := c.Tags(t.Context())
			var found strings.Builder
			for _, tag := range got {
				found.WriteString(tag.ID)
			}
			if err != nil {
				found.WriteString(err.Error())
			}
			if !strings.Contains(found.String(), tt.want) || err == nil && found.String() != tt.want {
				t.Errorf("got %s, want %s", found.String(), tt.want)
			}
			if len(s.asked) != tt.asks {
				t.Errorf("asked %q, want %d requests", s.asked, tt.asks)
			}
		})
	}
}

func TestListWithoutEnd(t *testing.T) {
	n := 0
	c, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		fmt.Fprintf(w, `{"data":[{"id":"t%d"}],"links":{"next":"/v1/tags?page=%[1]d&x=1"}}`, n)
	})
	if _, err := c.Tags(t.Context()); err == nil || n != listPages {
		t.Errorf("read %d pages and ended with %v", n, err)
	}
}

// Of a record that a list holds twice with different content neither is taken; it can be had singly.
func TestListContradictsItself(t *testing.T) {
	c, _ := start(t, always(200, `{"data":[{"id":"u1","attributes":{"email":"a@example.org"}},{"id":"u2"},
		{"id":"U1","attributes":{"email":"b@example.org"}},{"id":"U2"},{"id":"u3"}]}`))
	got, err := c.Users(t.Context())
	if diff := cmp.Diff([]User{{ID: "u2"}, {ID: "u3"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestTagsFromTestdata(t *testing.T) {
	c, s := start(t, always(200, testdata(t, "tags.json")))
	got, err := c.Tags(t.Context())
	if diff := cmp.Diff([]Tag{{ID: "5849765dc41e372700cc84a3", Name: "late-delivery"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.wantAsked(t, "GET /v1/tags?page=1&pageSize=100")
}

// No link leads the key to another host, or to another path than the list's own.
func FuzzNextQuery(f *testing.F) {
	for _, seed := range []string{"", "/v1/users?page=2", "//evil.example/v1/users?page=2", "https://user@acme.example/v1/users", `\\evil\v1\users`, "javascript:x", "?page=2#x", "/v1/users/../tags"} {
		f.Add(seed)
	}
	base := url.URL{Scheme: "https", Host: "acme.example", Path: "/prefix"}
	f.Fuzz(func(t *testing.T, link string) {
		query, err := nextQuery(base, "/v1/users", link)
		if err != nil || query == "" {
			return
		}
		target, err := url.Parse(base.String() + "/v1/users?" + query)
		if err != nil {
			t.Fatalf("%q gives the query %q, which is none: %v", link, query, err)
		}
		if target.Host != base.Host || target.Path != "/prefix/v1/users" || target.User != nil {
			t.Errorf("%q leads to %s", link, target)
		}
	})
}

func TestTeamsAndBrands(t *testing.T) {
	c, s := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(testdata(t, strings.TrimPrefix(r.URL.Path, "/v1/")+".json")))
	})
	teams, err := c.Teams(t.Context())
	if diff := cmp.Diff([]Team{{ID: "5d8bb1995886ef001aee07d3", Name: "Orders and Returns"}}, teams); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	brands, err := c.Brands(t.Context())
	if diff := cmp.Diff([]Brand{{ID: "5daf7919124be4f2960cb092", Name: "Acme Care"}}, brands); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.wantAsked(t, "GET /v1/teams?page=1&pageSize=500", "GET /v1/brands?page=1&pageSize=100")
}

// A team without a readable name keeps its place, so that its id is not taken for one that does not exist.
func TestOddTeams(t *testing.T) {
	c, _ := start(t, always(200, `{"data":[{"id":"t1","attributes":{"name":"one","displayName":null}},{"id":"t2","attributes":{"name":{"isMasked":true}}},
		{"id":"t3","attributes":{"name":7,"deleted":"true"}},{"id":"t4","attributes":null},{"id":"t5","attributes":{"displayName":{"isMasked":true},"name":"five",
		"deletedAt":"2026-01-02T03:04:05.006Z"}},{"id":"t6","type":"user"},{"attributes":{"name":"none"}},null,7]}`))
	got, err := c.Teams(t.Context())
	want := []Team{{ID: "t1", Name: "one"}, {ID: "t2"}, {ID: "t3", Name: "7", Deleted: true}, {ID: "t4"}, {ID: "t5", Name: "five", Deleted: true}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestNoListOfTeamsOrBrands(t *testing.T) {
	for status, absent := range map[int]bool{404: true, 405: true, 410: true, 401: false, 500: false} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			c, _ := start(t, always(status, `{"errors":[{"code":"x"}]}`))
			if _, err := c.Brands(t.Context()); err == nil || errors.Is(err, ErrNotFound) != absent {
				t.Errorf("brands: got %v", err)
			} else if status == 401 && !strings.Contains(err.Error(), "org.permission.brand.read") {
				t.Errorf("brands: %v does not name the role", err)
			}
			if _, err := c.Teams(t.Context()); err == nil || status == 401 && !strings.Contains(err.Error(), "org.permission.team.read") {
				t.Errorf("teams: got %v", err)
			}
		})
	}
}

// conversationsOf answers with conversations c0, c1, …, each a minute younger than the one before, for ever.
func conversationsOf(rows, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := 0
		fmt.Sscan(r.URL.Query().Get("page"), &page)
		var list []string
		for n := (page - 1) * size; n < min(page*size, rows); n++ {
			created := time.Date(2026, 11, 1, 0, n, 0, 0, time.UTC).Format(time.RFC3339)
			list = append(list, fmt.Sprintf(`{"id":"c%d","type":"conversation","attributes":{"status":"open","createdAt":"%s"}}`, n, created))
		}
		// It never ends (observed).
		fmt.Fprintf(w, `{"data":[%s],"links":{"next":"%s?page=%d&pageSize=100"}}`, strings.Join(list, ","), r.URL.EscapedPath(), page+1)
	}
}

func TestCustomerConversations(t *testing.T) {
	for _, tt := range []struct{ rows, size, found, asks int }{
		{0, 100, 0, 1}, {3, 100, 3, 2}, {250, 100, 250, 4}, {1000, 100, 1000, 11}, {1001, 100, 1000, 11}, {5000, 100, 1000, 11}, {60, 30, 60, 3},
	} {
		t.Run(fmt.Sprint(tt.rows), func(t *testing.T) {
			c, s := start(t, conversationsOf(tt.rows, tt.size))
			got, err := c.CustomerConversations(t.Context(), "k/1")
			if more := tt.rows > tt.found; errors.Is(err, ErrMore) != more || !more && err != nil {
				t.Fatalf("got %v, more %v", err, more)
			}
			if len(got) != tt.found || len(s.asked) != tt.asks || s.asked[0] != "GET /v1/customers/k%2F1/conversations?page=1&pageSize=100" {
				t.Errorf("%d conversations by %d requests, the first %q", len(got), len(s.asked), s.asked[0])
			}
			if !slices.IsSortedFunc(got, func(a, b Conversation) int { return b.CreatedAt.Compare(a.CreatedAt) }) {
				t.Error("they are not newest first")
			}
		})
	}
}

func TestCustomerConversationsFail(t *testing.T) {
	c, s := start(t, always(404, ""))
	for _, id := range []string{"k1", "", "..", "a,b"} {
		if _, err := c.CustomerConversations(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", id, err)
		}
	}
	s.wantAsked(t, "GET /v1/customers/k1/conversations?page=1&pageSize=100")
	c, _ = start(t, always(401, ""))
	if _, err := c.CustomerConversations(t.Context(), "k1"); err == nil || !strings.Contains(err.Error(), roleConversation) {
		t.Errorf("got %v", err)
	}
}

// TestFirstPages asks once for each list, whatever follows.
func TestFirstPages(t *testing.T) {
	c, s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v1/"), "s")
		fmt.Fprintf(w, `{"data":[{"type":%q,"id":"a","attributes":{"name":"A"}}],"links":{"next":"%s?page=2"}}`, kind, r.URL.Path)
	}))
	users, err1 := c.FirstUsers(t.Context())
	tags, err2 := c.FirstTags(t.Context())
	teams, err3 := c.FirstTeams(t.Context())
	brands, err4 := c.FirstBrands(t.Context())
	if err := errors.Join(err1, err2, err3, err4); err != nil || len(users) != 1 || len(tags) != 1 || len(teams) != 1 || len(brands) != 1 {
		t.Errorf("%v: got %v, %v, %v, %v", err, users, tags, teams, brands)
	}
	s.wantAsked(t, "GET /v1/users?page=1&pageSize=500", "GET /v1/tags?page=1&pageSize=100",
		"GET /v1/teams?page=1&pageSize=500", "GET /v1/brands?page=1&pageSize=100")
}
