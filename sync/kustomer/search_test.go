package kustomer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/httpx"
	"acsync/sync/httpx/redact"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	value, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func window(t testing.TB) Query {
	return Query{From: at(t, "2026-10-20T10:00:00Z"), To: at(t, "2026-10-20T10:15:00Z")}
}

func TestSearchBody(t *testing.T) {
	whole := window(t)
	split := whole
	split.CreatedFrom, split.CreatedTo = at(t, "2026-10-19T22:00:00.0001+02:00"), at(t, "2026-10-20T00:00:00Z")
	const splitBody = `{"queryContext":"conversation","and":[
		{"conversation_status":{"equals":"done"}},
		{"conversation_last_done_created_at":{"gte":"2026-10-20T10:00:00.000Z"}},
		{"conversation_last_done_created_at":{"lt":"2026-10-20T10:15:00.000Z"}},
		{"conversation_created_at":{"gte":"2026-10-19T20:00:00.001Z"}},
		{"conversation_created_at":{"lt":"2026-10-20T00:00:00.000Z"}}],
		"or":[],"sort":[{"conversation_last_done_created_at":"asc"}]}`
	const customerBody = `{"queryContext":"customer","and":[
		{"conversation_status":{"equals":"done"}},
		{"conversation_last_done_created_at":{"gte":"2026-10-20T10:00:00.000Z"}},
		{"conversation_last_done_created_at":{"lt":"2026-10-20T10:15:00.000Z"}}],
		"or":[],"sort":[{"customer_updated_at":"asc"}]}`
	tests := []struct {
		name     string
		query    Query
		customer bool
		want     string
		asked    string
	}{
		{"conversations", whole, false, testdata(t, "search-request.json"), "POST /v1/customers/search?page=1&pageSize=500"},
		{"split by creation", split, false, splitBody, "POST /v1/customers/search?page=1&pageSize=500"},
		{"customers", whole, true, customerBody, "POST /v1/customers/search?page=1&pageSize=500"},
		{"page", Query{From: whole.From, To: whole.To, Page: 3, PageSize: 100}, false, testdata(t, "search-request.json"), "POST /v1/customers/search?page=3&pageSize=100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var body []byte
			c, s := start(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ = io.ReadAll(r.Body)
				w.Write([]byte(`{"data":[],"meta":{"total":0}}`))
			})
			var err error
			if tt.customer {
				_, err = c.SearchCustomers(t.Context(), tt.query)
			} else {
				_, err = c.SearchConversations(t.Context(), tt.query)
			}
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if json.Unmarshal(body, &got) != nil || json.Unmarshal([]byte(tt.want), &want) != nil {
				t.Fatalf("not JSON: %s", body)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
			s.wantAsked(t, tt.asked)
		})
	}
}

func TestSearchConversations(t *testing.T) {
	c, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Tue, 20 Oct 2026 12:00:00 GMT")
		w.Write([]byte(testdata(t, "search-response.json")))
	})
	got, err := c.SearchConversations(t.Context(), window(t))
	if err != nil {
		t.Fatal(err)
	}
	agent, team := []string{"5ce4672fcce83d001a9e83e8"}, []string{"5d8bb1995886ef001aee07d3"}
	want := Page[Conversation]{
		Total: 1, TotalPages: 1, At: at(t, "2026-10-20T12:00:00Z"),
		Items: []Conversation{{
			ID: "6716500fa1b2c3d4e5f60001", CustomerID: "58210c3db0f09110006b7953",
			BrandID: "5daf7919124be4f2960cb092", QueueID: "5d49b1f8df500f001a960380",
			Status: "done", Channels: []string{"email", "chat"},
			TagIDs:        []string{"5849765dc41e372700cc84a3", "5f8f30dcc4b1ec205648794b"},
			AssignedUsers: agent, AssignedTeams: team,
			LastDone:  &Done{At: at(t, "2026-10-20T10:05:40.101Z"), By: agent[0], AssignedUsers: agent, AssignedTeams: team},
			DoneCount: 1, CreatedAt: at(t, "2026-10-20T09:00:02.980Z"), UpdatedAt: at(t, "2026-10-20T10:05:40.412Z"),
			Direction: "in", Priority: 3, DefaultLang: "en_us", Locale: "US",
			MessageCount: 4, InboundCount: 2, OutboundCount: 2,
			Custom: map[string]any{"orderNumberStr": "4417", "contactReasonTree": "orders.delivery.late", "doNotSendSurveyBool": false},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// body decodes an answer.
func body[A, T any](text string, kind recordKind[A, T]) (*envelope[A, T], error) {
	return parse(&httpx.Response{Status: http.StatusOK, Body: []byte(text)}, kind)
}

// one decodes a record that is a good one.
func one[A, T any](t *testing.T, kind recordKind[A, T], record string) T {
	t.Helper()
	e, err := body(`{"data":`+record+`}`, kind)
	if err != nil || len(e.Data.good) != 1 {
		t.Fatalf("%s: %v", record, err)
	}
	return e.Data.good[0].value
}

// conversation decodes one conversation with the given attributes.
func conversation(t *testing.T, attributes string) Conversation {
	t.Helper()
	return one(t, conversations, `{"type":"conversation","id":"a1","attributes":`+attributes+`}`)
}

// One odd attribute counts as not set, and leaves all the others as they are.
func TestConversationTolerance(t *testing.T) {
	tests := []struct {
		name, attributes string
		want             Conversation
	}{
		{"all null", `{"status":null,"channels":null,"lastDone":null,"createdAt":null,"spam":null,"custom":null,"priority":null}`, Conversation{}},
		{"never done", `{"status":"open","lastDone":{}}`, Conversation{Status: "open"}},
		{"done by automation", `{"lastDone":{"createdAt":"2026-10-20T10:05:40.101Z","createdBy":null,"assignedUsers":[]}}`, Conversation{LastDone: &Done{At: at(t, "2026-10-20T10:05:40.101Z")}}},
		{"done at no time", `{"lastDone":{"createdAt":null,"createdBy":"u1"}}`, Conversation{}},
		{"done at a time that is none", `{"lastDone":{"createdAt":"soon","createdBy":"u1"}}`, Conversation{DoneUnread: true}},
		{"done in the year 0", `{"lastDone":{"createdAt":"0000-01-01T00:00:00.000Z"}}`, Conversation{DoneUnread: true}},
		{"done in the year 10000", `{"lastDone":{"createdAt":253402300800000}}`, Conversation{DoneUnread: true}},
		{"done in a year of six digits", `{"lastDone":{"createdAt":"+010000-01-01T00:00:00.000Z"}}`, Conversation{DoneUnread: true}},
		{"done masked", `{"lastDone":{"isMasked":true,"maskedPresentation":"*"}}`, Conversation{DoneUnread: true}},
		{"done as text", `{"lastDone":"{\"createdAt\":\"2026-10-20T10:05:40.101Z\"}"}`, Conversation{DoneUnread: true}},
		{"done as nothing", `{"lastDone":""}`, Conversation{}},
		{"agents that cannot be read", `{"assignedUsers":[{"isMasked":true},"u2",null],"lastDone":{"createdAt":"2026-10-20T10:05:40.101Z","assignedUsers":{"isMasked":true}}}`, Conversation{
			AssignedUsers: []string{"", "u2"}, LastDone: &Done{At: at(t, "2026-10-20T10:05:40.101Z"), AssignedUsers: []string{""}},
		}},
		{"one agent in place of a list", `{"assignedUsers":"u1"}`, Conversation{AssignedUsers: []string{"u1"}}},
		{"agents as objects", `{"assignedUsers":[{"id":"u1"},"u2"]}`, Conversation{AssignedUsers: []string{"u1", "u2"}}},
		{"spam as a number", `{"spam":1}`, Conversation{Spam: true}},
		{"spam masked", `{"spam":{"isMasked":true,"maskedPresentation":"*"}}`, Conversation{Spam: true}},
		{"spam in other words", `{"spam":"maybe"}`, Conversation{Spam: true}},
		{"spam in a list", `{"spam":[false]}`, Conversation{Spam: true}},
		{"no spam", `{"spam":"False"}`, Conversation{}},
		{"no spam as a number", `{"spam":0}`, Conversation{}},
		{"no spam as nothing", `{"spam":" "}`, Conversation{}},
		{"imported at no time", `{"importedAt":"yesterday"}`, Conversation{Imported: true}},
		{"imported at a masked time", `{"importedAt":{"isMasked":true}}`, Conversation{Imported: true}},
		{"imported in the year 10000", `{"importedAt":253402300800000}`, Conversation{Imported: true}},
		{"not imported", `{"importedAt":""}`, Conversation{}},
		{"masked", `{"status":"done","direction":{"isMasked":true,"maskedPresentation":"***"}}`, Conversation{Status: "done"}},
		{"numbers as strings", `{"priority":"4","doneCount":"2","messageCount":3.0}`, Conversation{Priority: 4, DoneCount: 2, MessageCount: 3}},
		{"numbers out of range", `{"priority":1e300,"doneCount":"many"}`, Conversation{}},
		{"strings as numbers", `{"locale":7}`, Conversation{Locale: "7"}},
		{"booleans as strings", `{"spam":"true"}`, Conversation{Spam: true}},
		{"one in place of a list", `{"channels":"email"}`, Conversation{Channels: []string{"email"}}},
		{"lists with odd entries", `{"channels":["email",null,{"x":1},["y"]],"tags":[{"id":"t1"},""]}`, Conversation{Channels: []string{"email"}, TagIDs: []string{"t1"}}},
		{"times of other forms", `{"createdAt":1760868000123,"updatedAt":"2026-10-20T12:00:00+02:00","importedAt":"2026-10-20T10:00:00.123456"}`, Conversation{
			CreatedAt: at(t, "2025-10-19T10:00:00.123Z"), UpdatedAt: at(t, "2026-10-20T10:00:00Z"), Imported: true,
		}},
		{"custom of another type", `{"status":"done","custom":"x"}`, Conversation{Status: "done", CustomUnread: true}},
		{"custom masked", `{"custom":{"isMasked":true,"maskedPresentation":"*"}}`, Conversation{CustomUnread: true}},
		{"custom as JSON", `{"custom":"{\"flagBool\":true}"}`, Conversation{CustomUnread: true}},
		{"custom as pairs", `{"custom":[["flagBool",true]]}`, Conversation{CustomUnread: true}},
		{"custom as a number", `{"custom":7}`, Conversation{CustomUnread: true}},
		{"custom false", `{"custom":false}`, Conversation{CustomUnread: true}},
		{"custom empty", `{"custom":{}}`, Conversation{Custom: map[string]any{}}},
		{"custom as an empty list", `{"custom":[ ]}`, Conversation{}},
		{"custom as an empty text", `{"custom":" "}`, Conversation{}},
		{"custom with a number out of range", `{"custom":{"n":1e400,"flagBool":true,"deep":{"l":[1,{"n":-1e999}]}}}`, Conversation{
			Custom: map[string]any{"n": Unreadable{}, "flagBool": true, "deep": Unreadable{}},
		}},
		{"custom with one masked", `{"custom":{"flagBool":{"isMasked":true},"a":"b"}}`, Conversation{
			Custom: map[string]any{"flagBool": map[string]any{"isMasked": true}, "a": "b"},
		}},
		{"custom that contradicts itself", `{"custom":{"flagBool":true,"a":1,"flagBool":false,"a":1}}`, Conversation{
			Custom: map[string]any{"flagBool": Unreadable{}, "a": 1.0},
		}},
		{"custom that contradicts itself and comes back to it", `{"custom":{"a":1,"a":2,"a":1}}`, Conversation{Custom: map[string]any{"a": Unreadable{}}}},
		{"custom that says the same in two ways", `{"custom":{"a":1,"a":1.0,"b":{"x":1},"b":{ "x" : 1 }}}`, Conversation{
			Custom: map[string]any{"a": 1.0, "b": map[string]any{"x": 1.0}},
		}},
		{"custom with odd texts", `{"custom":{"\u0061":"\ud83d\ude00","b":"\ud83d","":"` + "\xff" + `","c":[],"d":{}}}`, Conversation{
			Custom: map[string]any{"a": "😀", "b": "\ufffd", "": "\ufffd", "c": []any{}, "d": map[string]any{}},
		}},
		{"custom masked by one of its members", `{"custom":{"a":1,"ISMASKED":" TRUE "}}`, Conversation{CustomUnread: true}},
		{"custom masked by what is shown", `{"custom":{"a":1,"maskedPresentation":null}}`, Conversation{CustomUnread: true}},
		{"custom that says that it is not masked", `{"custom":{"isMasked":false}}`, Conversation{Custom: map[string]any{"isMasked": false}}},
		{"done masked by one of its members", `{"lastDone":{"createdAt":"2026-10-20T10:05:40.101Z","isMasked":1}}`, Conversation{DoneUnread: true}},
		{"done twice", `{"lastDone":{"createdAt":"2026-10-20T10:05:40.101Z"},"lastDone":{}}`, Conversation{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.ID = "a1"
			if diff := cmp.Diff(tt.want, conversation(t, tt.attributes)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An answer that may hide a conversation is an error, never a shorter page.
func TestSearchUnreadable(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"web page", "<html><head><title>Log in</title></head></html>", "200, the answer cannot be read: a web page came in place of JSON; is kustomer.base_url right?"},
		{"cut off", testdata(t, "search-response.json")[:900], "unexpected end of JSON input"},
		{"empty", "", "unexpected end of JSON input"},
		{"no data", `{"meta":{"total":3}}`, "it has no data"},
		{"data null", `{"data":null}`, "it has no data"},
		{"data an object", `{"data":{"id":"a"}}`, "its data is no list"},
		{"total no number", `{"data":[],"meta":{"total":"lots"}}`, "its total is no number"},
		{"total negative", `{"data":[],"meta":{"total":-5}}`, "its total is no number"},
		{"total beyond all bounds", `{"data":[],"meta":{"total":1e300}}`, "its total is no number"},
		{"total out of range", `{"data":[],"meta":{"total":1e999}}`, "its total is no number"},
		{"total with a fraction", `{"data":[{"id":"a"}],"meta":{"total":1.5}}`, "its total is no number"},
		{"total an object", `{"data":[],"meta":{"total":{"value":0}}}`, "its total is no number"},
		{"total nothing", `{"data":[],"meta":{"total":""}}`, "its total is no number"},
		{"total false", `{"data":[],"meta":{"total":false}}`, "its total is no number"},
		{"pages no number", `{"data":[],"meta":{"total":0,"totalPages":[1]}}`, "its totalPages is no number"},
		{"pages negative", `{"data":[{"id":"a"}],"meta":{"totalPages":"-1"}}`, "its totalPages is no number"},
		{"no rows, and a next page", `{"data":[],"links":{"next":"/v1/customers/search?page=2"}}`, "no rows, but names a next page"},
		{"no rows by its count, and a next page", `{"data":[],"meta":{"total":0},"links":{"next":7}}`, "no rows, but names a next page"},
		{"no rows, and several pages", `{"data":[],"meta":{"totalPages":4}}`, "no rows, but names a next page"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s := start(t, always(200, tt.body))
			_, err := c.SearchConversations(t.Context(), window(t))
			if e, ok := errors.AsType[*httpx.Error](err); !ok || e.Kind != httpx.Unreadable || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if len(s.asked) != 3 {
				t.Errorf("asked %d times, want 3: a cut-off answer passes", len(s.asked))
			}
		})
	}
}

// A row that cannot be read holds up no other, and is to be had by its id.
func TestSearchBrokenRows(t *testing.T) {
	const good = `{"id":"good","type":"conversation","attributes":{"status":"done"}}`
	for row, id := range map[string]string{
		`null`: "", `"a"`: "", `17`: "", `[]`: "", `{"type":"conversation","id":null}`: "",
		`{"type":"conversation","attributes":{"status":"done"}}`: "",
		`{"id":"a"}`:                                   "a",
		`{"id":"a","type":"conversation"}`:             "a",
		`{"id":"a","attributes":null}`:                 "a",
		`{"id":"a","attributes":{}}`:                   "a",
		"{\"id\":\"a\",\"attributes\": {\n\t }}":       "a",
		`{"id":"a","attributes":[1]}`:                  "a",
		`{"id":"a","attributes":"x"}`:                  "a",
		`{"id":"a","type":"customer","attributes":{}}`: "a",
	} {
		c, _ := start(t, always(200, `{"data":[`+row+`,`+good+`],"meta":{"total":2}}`))
		got, err := c.SearchConversations(t.Context(), window(t))
		if err != nil || len(got.Items) != 1 || got.Items[0].ID != "good" || got.Total != 2 ||
			!slices.Equal(got.Broken, []string{id}) {
			t.Errorf("%s: got %d rows of %d, broken %q, %v", row, len(got.Items), got.Total, got.Broken, err)
		}
	}
}

func TestSearchCustomersCountsBroken(t *testing.T) {
	c, _ := start(t, always(200, `{"data":[{"id":"a","type":"customer"},null,{"id":""}],"meta":{"total":3}}`))
	got, err := c.SearchCustomers(t.Context(), window(t))
	if diff := cmp.Diff(Page[Customer]{Items: []Customer{{ID: "a"}}, Total: 3, TotalPages: 1, Broken: []string{"", ""}, At: got.At}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// A count that the rows disprove, or that is missing, never makes an incomplete window look complete.
func TestTotals(t *testing.T) {
	const row = `{"id":"a"}`
	tests := []struct {
		name, body   string
		page         int
		total, pages int
	}{
		{"as told", `{"data":[` + row + `],"meta":{"total":7503,"totalPages":3752}}`, 1, 7503, 3752},
		{"nothing", `{"data":[],"meta":{"total":0,"totalPages":0}}`, 1, 0, 0},
		{"no counts, short page", `{"data":[` + row + `]}`, 1, 1, 1},
		{"no counts, full page", `{"data":[` + row + `,{"id":"b"}]}`, 1, 3, 2},
		{"no counts, more to come", `{"data":[` + row + `],"links":{"next":"/v1/customers/search?page=2"}}`, 1, 2, 1},
		{"count is too low", `{"data":[` + row + `,{"id":"b"}],"meta":{"total":1,"totalPages":1}}`, 1, 3, 2},
		{"counts of another type", `{"data":[` + row + `],"meta":{"total":"5","totalPages":3.0}}`, 1, 5, 3},
		{"counts of null", `{"data":[` + row + `],"meta":{"total":null,"totalPages":null}}`, 1, 1, 1},
		{"rows that are not shown", `{"data":[],"meta":{"total":3},"links":{"next":"/v1/customers/search?page=2"}}`, 1, 3, 2},
		{"more to come, by a link that cannot be read", `{"data":[` + row + `],"links":{"next":{"href":"?page=2"}}}`, 1, 2, 1},
		{"no more to come", `{"data":[],"links":{"next":""}}`, 1, 0, 0},
		{"a link behind the last page", `{"data":[],"meta":{"total":2},"links":{"next":"?page=3"}}`, 2, 2, 1},
		{"second page", `{"data":[` + row + `]}`, 2, 3, 2},
		{"page past the end", `{"data":[],"meta":{"total":3}}`, 9, 3, 2},
		{"the server's pages are smaller", `{"data":[` + row + `],"meta":{"total":2,"pageSize":1}}`, 1, 2, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := start(t, always(200, tt.body))
			q := window(t)
			q.Page, q.PageSize = tt.page, 2
			got, err := c.SearchConversations(t.Context(), q)
			if err != nil || got.Total != tt.total || got.TotalPages != tt.pages {
				t.Errorf("got %d rows on %d pages, %v; want %d on %d", got.Total, got.TotalPages, err, tt.total, tt.pages)
			}
		})
	}
}

func TestSearchRefusesBadQueries(t *testing.T) {
	c, s := start(t, always(200, `{"data":[]}`))
	good := window(t)
	for name, q := range map[string]Query{
		"no window":      {},
		"backwards":      {From: good.To, To: good.From},
		"empty":          {From: good.From, To: good.From},
		"page too great": {From: good.From, To: good.To, Page: 101},
		"page too large": {From: good.From, To: good.To, PageSize: 501},
		"page negative":  {From: good.From, To: good.To, Page: -1},
	} {
		if _, err := c.SearchConversations(t.Context(), q); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s.wantAsked(t)
}

// A search is a read: it is repeated after passing faults.
func TestSearchIsRetried(t *testing.T) {
	tries := 0
	c, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries == 1 {
			w.WriteHeader(503)
			return
		}
		w.Write([]byte(`{"data":[{"id":"a","attributes":{"status":"done"}}],"meta":{"total":1}}`))
	})
	var told []error
	c.retry.Notify = func(err error, _ time.Duration) { told = append(told, err) }
	got, err := c.SearchConversations(t.Context(), window(t))
	if err != nil || len(got.Items) != 1 || tries != 2 || len(told) != 1 {
		t.Errorf("got %d rows after %d tries, %d failures told, %v", len(got.Items), tries, len(told), err)
	}
}

// A search that is not answered is told from one that is refused, and from a service that cannot be reached: it can be
// narrowed, and is tried no oftener than asked for.
func TestSearchIsNotAnswered(t *testing.T) {
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, test := range map[string]struct {
		serve      http.HandlerFunc
		unanswered bool
		tries      int
	}{
		"a gateway's page":  {text(502, "<html><title>502 Bad Gateway</title></html>"), true, 2},
		"gateway time-out":  {text(504, ""), true, 2},
		"request time-out":  {text(408, `{"errors":[{"code":"timeout"}]}`), true, 2},
		"too early":         {text(425, ""), true, 2},
		"wrong connection":  {text(421, ""), true, 2},
		"a proxy gave up":   {text(499, ""), true, 2},
		"HTML with a 200":   {text(200, "<html></html>"), true, 2},
		"half of a body":    {text(200, `{"data":[{"id":`), true, 2},
		"broken connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, 2},
		"broken in the body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
			panic(http.ErrAbortHandler)
		}, true, 2},
		"too large": {func(w http.ResponseWriter, _ *http.Request) {
			blank := bytes.Repeat([]byte(" "), 1<<20)
			for range httpx.MaxBody>>20 + 1 {
				_, _ = w.Write(blank)
			}
		}, true, 1},
		"no total":         {text(200, `{"data":[],"meta":{"total":"lots"}}`), false, 2},
		"only a next page": {text(200, `{"data":[],"links":{"next":"/v1/customers/search?page=2"}}`), false, 2},
		"refused":          {text(400, ""), false, 1},
		"no role":          {text(401, ""), false, 1},
		"no such address":  {text(404, ""), false, 1},
		"limited":          {text(429, ""), false, 5},
		"another, by far":  {text(302, ""), false, 1},
		"request too long": {text(413, ""), false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			c, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
				tries.Add(1)
				test.serve(w, r)
			})
			c.retry.Initial, c.retry.Most = time.Millisecond, time.Millisecond
			q := window(t)
			q.Failures = 2
			_, err := c.SearchConversations(t.Context(), q)
			if err == nil || errors.Is(err, ErrUnanswered) != test.unanswered || int(tries.Load()) != test.tries {
				t.Errorf("%d tries ended with %v; want %d, not answered %v", tries.Load(), err, test.tries, test.unanswered)
			}
		})
	}
}

// Searches use two budgets, everything else one.
func TestPacing(t *testing.T) {
	c, _ := start(t, always(200, `{"data":[]}`))
	c.all = httpx.NewPacer(httpx.PacerOptions{Name: "all", PerMinute: 1e6})
	c.search = httpx.NewPacer(httpx.PacerOptions{Name: "search", PerMinute: 1e6})
	if _, err := c.SearchConversations(t.Context(), window(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tags(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.all.Count() != 2 || c.search.Count() != 1 {
		t.Errorf("counted %d calls and %d searches, want 2 and 1", c.all.Count(), c.search.Count())
	}
}

// Whatever Kustomer answers, decoding does not panic, and every row that comes out can be accounted for.
func FuzzSearchPage(f *testing.F) {
	for _, name := range []string{"search-response.json", "customer.json", "customer-masked-email.json", "users.json", "tags.json", "errors.json"} {
		f.Add([]byte(testdata(f, name)))
	}
	f.Add([]byte(`{"data":[{"id":1,"attributes":{"lastDone":[],"channels":{},"emails":{"isMasked":true}}}]}`))
	q, err := window(f).checked()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, conversation := range decodesToRows(t, q, text, conversations) {
			if done := conversation.LastDone; done != nil && done.At.IsZero() {
				t.Errorf("a resolution at no time came out of %s", text)
			}
			if conversation.CustomUnread && conversation.Custom != nil {
				t.Errorf("attributes that cannot be read came out of %s", text)
			}
		}
		for _, customer := range decodesToRows(t, q, text, customers) {
			for _, email := range customer.Emails {
				if email.Address.Masked && email.Address.Value != "" {
					t.Errorf("a masked address has a value: %s", text)
				}
			}
		}
		decodesToRows(t, q, text, users)
		decodesToRows(t, q, text, tags)
		decodesToRows(t, q, text, brands)
	})
}

// decodesToRows decodes an answer, and holds that it is one as far as encoding/json says so, and that every row of it is
// accounted for.
func decodesToRows[A, T any](t *testing.T, q Query, text []byte, kind recordKind[A, T]) []T {
	t.Helper()
	e, err := body(string(text), kind)
	var outside struct{ Data json.RawMessage }
	if plain := json.Unmarshal(text, &outside); err != nil {
		if plain == nil && len(outside.Data) > 0 && string(outside.Data) != "null" && !redact.IsHTML(text) {
			t.Errorf("%v, but encoding/json reads it: %s", err, text)
		}
		return nil
	} else if plain != nil {
		t.Fatalf("encoding/json does not read it: %v: %s", plain, text)
	}
	var list []json.RawMessage
	if json.Unmarshal(outside.Data, &list) != nil {
		list = list[:0:0]
		list = append(list, outside.Data)
	}
	seen := len(e.Data.good) + len(e.Data.broken)
	if seen != len(list) {
		t.Errorf("%d rows came out of %d: %s", seen, len(list), text)
	}
	for _, row := range e.Data.good {
		if row.id == "" {
			t.Errorf("a row without an id came out of %s", text)
		}
	}
	_, more := e.next()
	if total, pages := (counts{meta: e.Meta.Value, more: more, rows: seen}).totals(q); total < seen || (total > 0) != (pages > 0) {
		t.Errorf("%d rows on %d pages, but %d were seen: %s", total, pages, seen, text)
	}
	return values(e.Data.good)
}
