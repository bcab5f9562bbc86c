package kustomer

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/httpx"
)

// tenant answers for conversations as a tenant may: which exist, and how it takes lists.
type tenant struct {
	exist   string // every conversation is one letter
	most    int    // rows in an answer to a list; 0: no limit
	refuses int    // status of the answer to any list
	strict  bool   // a list with an id that does not exist is a 404
}

func (n tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ids := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/conversations/"), ",")
	if len(ids) > 1 && n.refuses != 0 {
		w.WriteHeader(n.refuses)
		return
	}
	var rows []string
	for _, id := range ids {
		if strings.Contains(n.exist, strings.ToLower(id)) {
			rows = append(rows, fmt.Sprintf(`{"type":"conversation","id":%q,"attributes":{"status":"done"}}`, strings.ToLower(id)))
		}
	}
	switch {
	case len(rows) == 0, n.strict && len(rows) < len(ids):
		w.WriteHeader(404)
	case len(ids) == 1:
		fmt.Fprintf(w, `{"data":%s}`, rows[0])
	default:
		if n.most > 0 && len(rows) > n.most {
			rows = rows[:n.most]
		}
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(rows, ","))
	}
}

// However a tenant takes lists, every conversation that exists is found, and no other.
func TestConversations(t *testing.T) {
	tests := []struct {
		name   string
		tenant tenant
		ids    string
		want   string
		asked  []string // ids of each request
	}{
		{"none", tenant{exist: "abc"}, "", "", nil},
		{"one", tenant{exist: "abc"}, "b", "b", []string{"b"}},
		{"list in its order", tenant{exist: "abc"}, "cab", "cab", []string{"c,a,b"}},
		{"repeated", tenant{exist: "abc"}, "aab", "ab", []string{"a,b"}},
		{"other case", tenant{exist: "abc"}, "AB", "ab", []string{"A,B"}},
		{"absent ones are asked for again", tenant{exist: "ac"}, "abcd", "ac", []string{"a,b,c,d", "b", "d"}},
		{"a strict tenant", tenant{exist: "ac", strict: true}, "abc", "ac", []string{"a,b,c", "a", "b", "c"}},
		{"all absent", tenant{}, "ab", "", []string{"a,b", "a", "b"}},
		{"a limit on lists", tenant{exist: "abcdefghi", most: 4}, "abcdefghi", "abcdefghi", []string{"a,b,c,d,e,f,g,h,i", "e,f,g,h,i", "i"}},
		{"no lists, 400", tenant{exist: "ab", refuses: 400}, "ab", "ab", []string{"a,b", "a", "b"}},
		{"no lists, 414", tenant{exist: "ab", refuses: 414}, "ab", "ab", []string{"a,b", "a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, s := start(t, tt.tenant.ServeHTTP)
			got, err := c.Conversations(t.Context(), strings.Split(tt.ids, ""))
			if err != nil {
				t.Fatal(err)
			}
			var found strings.Builder
			for _, conversation := range got {
				found.WriteString(conversation.ID)
			}
			if diff := cmp.Diff(tt.want, found.String()); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			var want []string
			for _, ids := range tt.asked {
				want = append(want, "GET /v1/conversations/"+ids)
			}
			s.wantAsked(t, want...)
		})
	}
}

func TestConversationsRemembersThatListsAreRefused(t *testing.T) {
	c, s := start(t, tenant{exist: "abcd", refuses: 400}.ServeHTTP)
	for _, ids := range [][]string{{"a", "b"}, {"c", "d"}} {
		if got, err := c.Conversations(t.Context(), ids); err != nil || len(got) != 2 {
			t.Fatalf("got %d, %v", len(got), err)
		}
	}
	const path = "GET /v1/conversations/"
	s.wantAsked(t, path+"a,b", path+"a", path+"b", path+"c", path+"d")
}

func TestConversationsInChunks(t *testing.T) {
	var ids []string
	for i := range 120 {
		ids = append(ids, fmt.Sprintf("id/%d", i))
	}
	c, s := start(t, func(w http.ResponseWriter, r *http.Request) {
		var rows []string
		for id := range strings.SplitSeq(strings.TrimPrefix(r.URL.EscapedPath(), "/v1/conversations/"), ",") {
			id, _ = url.PathUnescape(id)
			rows = append(rows, fmt.Sprintf(`{"id":%q,"attributes":{"status":"done"}}`, id))
		}
		fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(rows, ","))
	})
	got, err := c.Conversations(t.Context(), ids)
	if err != nil || len(got) != 120 || len(s.asked) != 3 {
		t.Errorf("got %d conversations by %d requests, %v; want 120 by 3", len(got), len(s.asked), err)
	}
}

// What comes in place of a conversation is not taken for it, nor one of which several things are said, and
// both hold up no other.
func TestConversationsOfOthers(t *testing.T) {
	rows := map[string]string{
		"a,b,c": `[{"id":"A","attributes":{"status":"done"}},{"id":"b","attributes":{"status":"done"}},{"id":"B","attributes":{"status":"open"}},{"id":"z"}]`,
		"b":     `{"id":"b","attributes":{"status":"open"}}`,
		"c":     `{"id":"z"}`,
	}
	c, s := start(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"data":%s}`, rows[strings.TrimPrefix(r.URL.Path, "/v1/conversations/")])
	})
	got, err := c.Conversations(t.Context(), []string{"a", "b", "c"})
	if diff := cmp.Diff([]Conversation{{ID: "A", Status: "done"}, {ID: "b", Status: "open"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	const path = "GET /v1/conversations/"
	s.wantAsked(t, path+"a,b,c", path+"b", path+"c", path+"c", path+"c")
}

func TestConversationsFail(t *testing.T) {
	c, s := start(t, always(401, `{"errors":[{"title":"Unauthorized"}]}`))
	_, err := c.Conversations(t.Context(), []string{"a", "b"})
	if e, ok := errors.AsType[*httpx.Error](err); !ok || e.Kind != httpx.Credentials {
		t.Errorf("got %v, want refused credentials", err)
	}
	s.wantAsked(t, "GET /v1/conversations/a,b")
}
