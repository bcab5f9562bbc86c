package kustomer

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

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
