package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSearchIsStrict(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true})
	usual := window("conversation", noon.Add(-time.Hour), noon)
	and := func(criterion string) string { return strings.Replace(usual, `"and": [`, `"and": [`+criterion+",", 1) }
	instead := func(old, new string) string {
		if !strings.Contains(usual, old) {
			t.Fatalf("the usual search has no %s", old)
		}
		return strings.Replace(usual, old, new, 1)
	}
	for name, test := range map[string]struct {
		query, body string
		want        int
	}{
		"the usual":       {"?page=1&pageSize=500", usual, 200},
		"of customers":    {"", window("customer", noon.Add(-time.Hour), noon), 200},
		"no or":           {"", instead(`"or": [], `, ``), 200},
		"by creation":     {"", and(`{"conversation_created_at": {"gte": "2026-11-22T12:00:00.000Z"}}`), 200},
		"large page size": {"?pageSize=1000", usual, 200},
		"last page":       {"?page=100&pageSize=100", usual, 200},

		"no context":            {"", instead(`"queryContext": "conversation", `, ``), 400},
		"other context":         {"", instead(`"queryContext": "conversation"`, `"queryContext": "message"`), 400},
		"unknown key":           {"", instead(`"or"`, `"limit": 5, "or"`), 400},
		"other case of a key":   {"", instead(`"queryContext"`, `"querycontext"`), 400},
		"time zone":             {"", instead(`"or"`, `"timeZone": "Europe/Berlin", "or"`), 400},
		"alternatives":          {"", instead(`"or": []`, `"or": [{"conversation_status": {"equals": "done"}}]`), 400},
		"or is no array":        {"", instead(`"or": []`, `"or": {}`), 400},
		"negation":              {"", instead(`"or"`, `"not": [], "or"`), 400},
		"attribute of a script": {"", and(`{"conversation_last_done_at": {"gte": "2026-11-22T12:00:00.000Z"}}`), 400},
		"other attribute":       {"", and(`{"conversation_imported": {"equals": true}}`), 400},
		"custom attribute":      {"", and(`{"conversation_custom_orderNumberStr": {"equals": "1"}}`), 400},
		"two operators": {"", and(
			`{"conversation_created_at": {"gte": "2026-11-22T12:00:00.000Z", "lt": "2026-11-22T13:00:00.000Z"}}`), 400},
		"two attributes": {"", and(
			`{"conversation_created_at": {"gte": "2026-11-22T12:00:00.000Z"}, "conversation_priority": {"equals": 3}}`), 400},
		"unknown operator":          {"", instead(`{"equals"`, `{"is"`), 400},
		"other operator":            {"", instead(`{"lt"`, `{"lte"`), 400},
		"unknown status":            {"", instead(`"done"`, `"closed"`), 400},
		"other status":              {"", instead(`"done"`, `"open"`), 400},
		"no status":                 {"", instead(`{"conversation_status": {"equals": "done"}},`, ``), 400},
		"date without time":         {"", and(`{"conversation_created_at": {"gte": "2026-11-22"}}`), 400},
		"time without zone":         {"", and(`{"conversation_created_at": {"gte": "2026-11-22T12:00:00"}}`), 400},
		"time as a number":          {"", and(`{"conversation_created_at": {"gte": 1795349251}}`), 400},
		"an open end":               {"", instead(`{"lt"`, `{"gte"`), 400},
		"the same twice":            {"", and(`{"conversation_status": {"equals": "done"}}`), 400},
		"no sort":                   {"", instead(`[{"conversation_last_done_created_at": "asc"}]`, `[]`), 400},
		"two sorts":                 {"", instead(`"asc"}]`, `"asc"}, {"conversation_name": "asc"}]`), 400},
		"sort by another attribute": {"", instead(`"conversation_last_done_created_at": "asc"`, `"customer_name": "asc"`), 400},
		"sort direction":            {"", instead(`"asc"`, `"up"`), 400},
		"not JSON":                  {"", `{"queryContext": `, 400},
		"two values":                {"", usual + `{}`, 400},
		"page 0":                    {"?page=0", usual, 400},
		"page 101":                  {"?page=101&pageSize=10", usual, 400},
		"beyond 10,000 rows":        {"?page=21&pageSize=500", usual, 400},
		"page size 0":               {"?pageSize=0", usual, 400},
		"unknown parameter":         {"?size=5", usual, 400},
		"ids only":                  {"?idsOnly=true", usual, 400},
		"body of more than 100 kB":  {"", instead(" ", strings.Repeat(" ", kustomerBody)), 413},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.askKustomer(t, "POST", searchPath+test.query, test.body)
			if r.status != test.want {
				t.Fatalf("got %d %s, want %d", r.status, r.text, test.want)
			}
			if code := at(r.body, "errors", 0, "code"); r.status >= 400 && code == nil {
				t.Errorf("got %s, want a list of errors", r.text)
			}
		})
	}
}

func TestSearchFindsExactlyTheWindow(t *testing.T) {
	s, _ := fixed(t, Options{Seed: 3})
	from, to := noon.Add(-95*time.Minute), noon.Add(-5*time.Minute)
	want := map[string]bool{}
	for _, c := range s.Conversations(from, to) {
		want[c.ID] = true
	}
	rows := s.found(t, window("conversation", from, to))
	if diff := cmp.Diff(ids(rows), want); diff != "" || len(rows) != len(want) {
		t.Errorf("%d rows, want %d:\n%s", len(rows), len(want), diff)
	}
}

func doneAt(row any) string {
	s, _ := at(row, "attributes", "lastDone", "createdAt").(string)
	return s
}

func TestSearchSortsByItsKey(t *testing.T) {
	s, _ := fixed(t, Options{Seed: 3})
	rows := s.found(t, window("conversation", noon.Add(-time.Hour), noon))
	if !slices.IsSortedFunc(rows, func(a, b any) int { return strings.Compare(doneAt(a), doneAt(b)) }) || len(rows) < 100 {
		t.Errorf("%d rows are not in ascending order", len(rows))
	}
}

func TestSearchPagesAndTheirCap(t *testing.T) {
	s, _ := fixed(t, Options{PerHour: 12_000, Busy: time.Hour})
	small := window("conversation", noon.Add(-6*time.Minute), noon)
	large := window("conversation", noon.Add(-time.Hour), noon)
	seen := map[string]bool{}
	for page := 1; page <= 3; page++ {
		r := s.askKustomer(t, "POST", fmt.Sprintf("%s?pageSize=500&page=%d", searchPath, page), small)
		for id := range ids(r.body["data"].([]any)) {
			seen[id] = true
		}
		if next := at(r.body, "links", "next"); (next == nil) != (page == 3) {
			t.Errorf("page %d: next is %v", page, next)
		}
	}
	if want := len(s.Conversations(noon.Add(-6*time.Minute), noon)); len(seen) != want {
		t.Errorf("the pages hold %d different rows, want %d", len(seen), want)
	}
	r := s.askKustomer(t, "POST", searchPath+"?pageSize=100&page=100", large)
	got := []any{at(r.body, "meta", "total"), at(r.body, "meta", "totalPages"), at(r.body, "links", "next")}
	if diff := cmp.Diff(got, []any{10000.0, 100.0, searchPath + "?page=101&pageSize=100"}); diff != "" {
		t.Errorf("page 100: %s", diff)
	}
}

func TestCustomersCanBeFoundByTheirConversations(t *testing.T) {
	s, _ := fixed(t, Options{Seed: 5})
	from := noon.Add(-2 * time.Hour)
	want := map[string]bool{}
	for _, c := range s.Conversations(from, noon) {
		if _, ok := s.world.customer(c.CustomerID); ok {
			want[c.CustomerID] = true
		}
	}
	rows := s.found(t, window("customer", from, noon))
	if diff := cmp.Diff(ids(rows), want); diff != "" || len(rows) != len(want) {
		t.Errorf("%d customers, want %d, each once:\n%s", len(rows), len(want), diff)
	}
	if kind := at(rows[0], "type"); kind != "customer" {
		t.Errorf("type %v, want customer", kind)
	}
}

func TestStaleSearchDocuments(t *testing.T) {
	s, _ := fixed(t, Options{})
	statuses, merged := map[any]int{}, 0
	for _, row := range s.found(t, window("conversation", noon.Add(-3*time.Hour), noon)) {
		statuses[at(row, "attributes", "status")]++
		id := at(row, "id").(string)
		c, _ := s.world.conversation(id, noon)
		if c.Kind != kindMerged {
			continue
		}
		merged++
		old := at(row, "relationships", "customer", "data", "id").(string)
		now := at(s.askKustomer(t, "GET", "/v1/conversations/"+id, "").body, "data", "relationships", "customer", "data", "id").(string)
		got := []int{s.askKustomer(t, "GET", "/v1/customers/"+old, "").status, s.askKustomer(t, "GET", "/v1/customers/"+now, "").status}
		if diff := cmp.Diff(got, []int{404, 200}); diff != "" {
			t.Errorf("old and new customer: %s", diff)
		}
	}
	if statuses["open"] < 2 || statuses["snoozed"] < 2 || merged < 2 {
		t.Errorf("statuses %v and %d merged customers, want some that are not done and some merged", statuses, merged)
	}
}

func TestTheTimeOfCreationFilters(t *testing.T) {
	s, _ := fixed(t, Options{})
	from := noon.Add(-3 * time.Hour)
	want := map[string]bool{}
	for _, c := range s.Conversations(from, noon) {
		if c.Created.Before(from) {
			want[c.ID] = true
		}
	}
	body := strings.Replace(window("conversation", from, noon), `"and": [`,
		`"and": [{"conversation_created_at": {"lt": "`+iso(from)+`"}},`, 1)
	if diff := cmp.Diff(ids(s.found(t, body)), want); diff != "" || len(want) == 0 {
		t.Errorf("%d rows are wanted:\n%s", len(want), diff)
	}
}

func TestSearchSeesTwoYears(t *testing.T) {
	s, c := fixed(t, Options{Empty: true})
	s.Put(Records{Conversations: []Conversation{s.plain(noon)}})
	body := window("conversation", noon.Add(-time.Hour), noon.Add(time.Hour))
	before := len(s.found(t, body))
	c.Time = noon.Add(horizon + time.Hour)
	if after := len(s.found(t, body)); before != 1 || after != 0 {
		t.Errorf("%d rows at first and %d after two years, want 1 and 0", before, after)
	}
}
