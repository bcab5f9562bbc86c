package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const searchPath = "/v1/customers/search"

func TestSearchIsStrict(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true})
	and := func(criteria string) string { return `{"queryContext": "conversation", "and": [` + criteria + `]}` }
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf(`{"conversation_message_count": {"gt": %d}}`, i)
	}
	for name, test := range map[string]struct {
		query, body string
		want        int
	}{
		"the usual":               {"?page=1&pageSize=500", window("conversation", noon.Add(-time.Hour), noon), 200},
		"one criterion, no array": {"", `{"queryContext": "conversation", "and": {"conversation_status": {"equals": "done"}}}`, 200},
		"all keys":                {"", `{"queryContext": "customer", "and": [], "or": [], "not": [], "sort": [], "timeZone": "Europe/Berlin", "includeDeleted": false}`, 200},
		"custom attribute":        {"", and(`{"conversation_custom_orderNumberStr": {"equals": "1"}}`), 200},
		"in":                      {"", and(`{"conversation_status": {"in": ["done", "open"]}}`), 200},
		"not set":                 {"", and(`{"conversation_imported_at": {"not_set": ""}}`), 200},
		"other context":           {"", `{"queryContext": "message"}`, 200},
		"sort":                    {"", `{"queryContext": "conversation", "sort": {"conversation_last_done_created_at": "asc"}}`, 200},
		"twenty criteria":         {"", and(strings.Join(many[:20], ",")), 200},
		"large page size":         {"?pageSize=1000", and(``), 200},
		"last page":               {"?page=100&pageSize=100", and(``), 200},

		"no context":                  {"", `{"and": []}`, 400},
		"unknown context":             {"", `{"queryContext": "conversations"}`, 400},
		"unknown key":                 {"", `{"queryContext": "conversation", "limit": 5}`, 400},
		"attribute of a script":       {"", and(`{"conversation_last_done_at": {"gte": "2026-11-22T12:00:00.000Z"}}`), 400},
		"custom attribute, no type":   {"", and(`{"conversation_custom_orderNumber": {"equals": "1"}}`), 400},
		"two operators":               {"", and(`{"conversation_created_at": {"gte": "2026-11-22T12:00:00.000Z", "lt": "2026-11-22T13:00:00.000Z"}}`), 400},
		"two attributes":              {"", and(`{"conversation_status": {"equals": "done"}, "conversation_priority": {"equals": 3}}`), 400},
		"unknown operator":            {"", and(`{"conversation_status": {"is": "done"}}`), 400},
		"unknown status":              {"", and(`{"conversation_status": {"equals": "closed"}}`), 400},
		"date without time":           {"", and(`{"conversation_created_at": {"gte": "2026-11-22"}}`), 400},
		"time without zone":           {"", and(`{"conversation_created_at": {"gte": "2026-11-22T12:00:00"}}`), 400},
		"number as text":              {"", and(`{"conversation_priority": {"gte": "3"}}`), 400},
		"bool as text":                {"", and(`{"conversation_imported": {"equals": "false"}}`), 400},
		"range of text":               {"", and(`{"conversation_name": {"gte": "a"}}`), 400},
		"value of not set":            {"", and(`{"conversation_imported_at": {"not_set": true}}`), 400},
		"empty in":                    {"", and(`{"conversation_status": {"in": []}}`), 400},
		"twenty-one criteria":         {"", and(strings.Join(many, ",")), 400},
		"the same twice":              {"", and(many[0] + "," + many[0]), 400},
		"six sorts":                   {"", `{"queryContext": "conversation", "sort": [` + strings.Repeat(`{"conversation_name":"asc"},`, 5) + `{"conversation_name":"desc"}]}`, 400},
		"sort by a foreign attribute": {"", `{"queryContext": "conversation", "sort": {"customer_name": "asc"}}`, 400},
		"sort direction":              {"", `{"queryContext": "conversation", "sort": {"conversation_name": "up"}}`, 400},
		"time zone":                   {"", `{"queryContext": "conversation", "timeZone": "CET+1h"}`, 400},
		"not JSON":                    {"", `{"queryContext": `, 400},
		"two values":                  {"", and(``) + `{}`, 400},
		"page 0":                      {"?page=0", and(``), 400},
		"page 101":                    {"?page=101&pageSize=10", and(``), 400},
		"beyond 10,000 rows":          {"?page=21&pageSize=500", and(``), 400},
		"page size 0":                 {"?pageSize=0", and(``), 400},
		"unknown parameter":           {"?size=5", and(``), 400},
		"body of more than 100 kB":    {"", and(strings.Repeat(" ", kustomerBody)), 413},
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
	sorted := slices.IsSortedFunc(rows, func(a, b any) int { return strings.Compare(doneAt(a), doneAt(b)) })
	if sorted {
		t.Error("rows come sorted although no order was asked for")
	}
}

func doneAt(row any) string {
	s, _ := at(row, "attributes", "lastDone", "createdAt").(string)
	return s
}

func TestSearchSortsByTheFirstKey(t *testing.T) {
	s, _ := fixed(t, Options{Seed: 3})
	body := strings.Replace(window("conversation", noon.Add(-time.Hour), noon), `"and"`,
		`"sort": [{"conversation_last_done_created_at": "desc"}, {"conversation_name": "asc"}], "and"`, 1)
	rows := s.found(t, body)
	if !slices.IsSortedFunc(rows, func(a, b any) int { return strings.Compare(doneAt(b), doneAt(a)) }) || len(rows) < 100 {
		t.Errorf("%d rows are not in descending order", len(rows))
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

func TestOtherAttributesFilter(t *testing.T) {
	s, _ := fixed(t, Options{})
	from := noon.Add(-3 * time.Hour)
	with := func(criterion string) string {
		return strings.Replace(window("conversation", from, noon), `"and": [`, `"and": [`+criterion+`,`, 1)
	}
	all := len(s.found(t, window("conversation", from, noon)))
	for name, test := range map[string]struct {
		criterion string
		matches   func(Conversation) bool
	}{
		"channel":  {`{"conversation_channels": {"equals": "voice"}}`, func(c Conversation) bool { return slices.Contains(c.Channels, "voice") }},
		"imported": {`{"conversation_imported": {"equals": true}}`, func(c Conversation) bool { return c.Kind == "imported" }},
		"flag":     {`{"conversation_custom_doNotSendStellaConnectRequestBool": {"equals": true}}`, func(c Conversation) bool { return c.Custom[flagOld] == true }},
		"created":  {`{"conversation_created_at": {"lt": "` + iso(from) + `"}}`, func(c Conversation) bool { return c.Created.Before(from) }},
		"word":     {`{"conversation_name": {"contains": "Order"}}`, func(c Conversation) bool { return c.Name == "Where is my order?" }},
		"no word":  {`{"conversation_name": {"contains": "rder"}}`, func(Conversation) bool { return false }},
		"no agent": {`{"conversation_assigned_users": {"not_set": ""}}`, func(c Conversation) bool { return len(c.AssignedUsers) == 0 }},
	} {
		want := 0
		for _, c := range s.Conversations(from, noon) {
			if test.matches(c) {
				want++
			}
		}
		if got := len(s.found(t, with(test.criterion))); got != want || got == all {
			t.Errorf("%s: %d rows, want %d", name, got, want)
		}
	}
}

func TestSearchSeesTwoYears(t *testing.T) {
	s, c := fixed(t, Options{Empty: true})
	s.Add(s.NewConversation(noon))
	body := `{"queryContext": "conversation", "and": [{"conversation_status": {"equals": "done"}}]}`
	before := len(s.found(t, body))
	c.Time = noon.Add(horizon + time.Hour)
	if after := len(s.found(t, body)); before != 1 || after != 0 {
		t.Errorf("%d rows at first and %d after two years, want 1 and 0", before, after)
	}
}

func TestIDsOnly(t *testing.T) {
	s, _ := fixed(t, Options{})
	r := s.askKustomer(t, "POST", searchPath+"?idsOnly=true&pageSize=1", window("conversation", noon.Add(-time.Hour), noon))
	if r.status != http.StatusOK || at(r.body, "data", 0, "id") == nil || at(r.body, "data", 0, "attributes") != nil {
		t.Errorf("got %d %s, want one id", r.status, r.text)
	}
}
