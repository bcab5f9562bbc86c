package agentconnect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"acsync/sync/exit"
	"acsync/sync/httpx"
	"acsync/sync/sandbox"
)

const apiSecret = "s-9876543210-topsecret"

// dataService answers the calls for data one after the other with the given bodies, and with an empty list after them.
type dataService struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  []string
	status  []int // of the calls; 200 after them
	queries []url.Values
	headers []http.Header
}

func serveData(t *testing.T, bodies ...string) *dataService {
	t.Helper()
	s := &dataService{bodies: bodies}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *dataService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries, s.headers = append(s.queries, r.URL.Query()), append(s.headers, r.Header)
	if len(s.status) > 0 {
		status := s.status[0]
		if s.status = s.status[1:]; status != http.StatusOK {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"message":"no: %s %s %s"}`, apiKey, apiSecret, r.Header.Get("Authorization"))
			return
		}
	}
	body := "[]"
	if len(s.bodies) > 0 {
		body, s.bodies = s.bodies[0], s.bodies[1:]
	}
	_, _ = io.WriteString(w, body)
}

// all reads everything.
func (s *dataService) all(t *testing.T, since time.Time) ([]Interaction, error) {
	t.Helper()
	return collect(t.Context(), client(t, Options{BaseURL: s.URL, APISecret: apiSecret}), since)
}

func collect(ctx context.Context, c *Client, since time.Time) (rows []Interaction, err error) {
	for row, failed := range c.Since(ctx, since) {
		if failed != nil {
			err = failed
			continue
		}
		rows = append(rows, row)
	}
	return rows, err
}

// rowsOf are bare rows with these sequence ids.
func rowsOf(sequences ...int64) string {
	var rows []string
	for _, n := range sequences {
		rows = append(rows, fmt.Sprintf(`{"uuid":"u%d","sequence_id":%d}`, n, n))
	}
	return "[" + strings.Join(rows, ",") + "]"
}

func sequences(rows []Interaction) (list []int64) {
	for _, row := range rows {
		list = append(list, row.Sequence)
	}
	return list
}

func TestSinceReadsEveryField(t *testing.T) {
	s := serveData(t, `[{
		"uuid": "6f1c1f0e-3b0a-4a55-9a0e-2f6a8b1c0d11", "sequence_id": 1048577, "parent_uuid": null, "is_recovery": false,
		"branding": "acme", "channel": "email", "ext_interaction_id": "5f7c3a1e9b2d4c0012ab34cd", "tags": ["vip"],
		"request_created_at": "2026-11-20T09:05:31.250-05:00", "request_delivery_status": "Sent", "requested_via": "API",
		"language": "en-us", "request_sent_at": "2026-11-20T14:05:40.000Z", "delivered_at": "2026-11-20T14:05:44.000Z",
		"response_received_at": "2026-11-21T15:00:00+01:00",
		"customer": {"custom_id": null, "email": "jane@example.com", "full_name": "Jane Doe"},
		"custom_properties": {"acsync_intent": "89abcdef01234567-1f", "other": "x"}, "answers": {"nps": {"comment": "fine"}}
	}]`)
	got, err := s.all(t, time.Time{})
	want := []Interaction{{
		UUID: "6f1c1f0e-3b0a-4a55-9a0e-2f6a8b1c0d11", Sequence: 1048577, ExtInteractionID: "5f7c3a1e9b2d4c0012ab34cd",
		Intent: "89abcdef01234567-1f", CreatedAt: time.Date(2026, 11, 20, 14, 5, 31, 250e6, time.UTC), Status: "Sent", RequestedVia: "API",
		Brand: "acme", Channel: "email", Language: "en-us", SentAt: time.Date(2026, 11, 20, 14, 5, 40, 0, time.UTC),
		DeliveredAt: time.Date(2026, 11, 20, 14, 5, 44, 0, time.UTC), AnsweredAt: time.Date(2026, 11, 21, 14, 0, 0, 0, time.UTC),
	}}
	for i := range got {
		if got[i].Customer == (AddressHash{}) {
			t.Error("the customer's address has no hash")
		}
		got[i].Customer = AddressHash{}
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestSinceAsks(t *testing.T) {
	s := serveData(t, rowsOf(5, 7, 9), rowsOf(12))
	before := time.Now()
	if _, err := s.all(t, time.Date(2026, 11, 20, 9, 0, 0, 999, time.FixedZone("", -5*3600))); err != nil {
		t.Fatal(err)
	}
	first := url.Values{"created_at_gte": {"2026-11-20T14:00:00+00:00"}, "limit": {"1000"}, "include_recovery": {"true"}}
	want := []url.Values{first, {"created_at_gte": first["created_at_gte"], "limit": {"1000"}, "include_recovery": {"true"}, "after": {"9"}}, {"created_at_gte": first["created_at_gte"], "limit": {"1000"}, "include_recovery": {"true"}, "after": {"12"}}}
	if diff := cmp.Diff(want, s.queries); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, header := range s.headers {
		if header.Get("X-Api-Key") != apiKey {
			t.Errorf("x-api-key %q", header.Get("X-Api-Key"))
		}
		var claims jwt.RegisteredClaims
		token, err := jwt.ParseWithClaims(header.Get("Authorization"), &claims, func(*jwt.Token) (any, error) { return []byte(apiSecret), nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuedAt())
		if err != nil || !token.Valid || claims.IssuedAt == nil || claims.IssuedAt.Before(before.Add(-time.Minute)) {
			t.Errorf("token %v, %v", claims, err)
		}
	}
}

// What the pages bring is given once for each time that it comes; the end is certain only where there is no error.
func TestSincePages(t *testing.T) {
	full := make([]int64, dataRows)
	for i := range full {
		full[i] = int64(i + 1)
	}
	single := func(n int) (pages []string) {
		for i := range n {
			pages = append(pages, rowsOf(int64(i+1)))
		}
		return pages
	}
	tests := []struct {
		name  string
		pages []string
		want  []int64
		err   string // empty: to the end
	}{
		{"none", nil, nil, ""},
		{"short pages do not end it", []string{rowsOf(1), rowsOf(2, 3), rowsOf(4)}, []int64{1, 2, 3, 4}, ""},
		{"a full page", []string{rowsOf(full...), rowsOf(1001)}, append(slices.Clone(full), 1001), ""},
		{"a row that changed comes again", []string{`[{"uuid":"a","sequence_id":1}]`, `[{"uuid":"a","sequence_id":2}]`}, []int64{1, 2}, ""},
		{"the id is taken as inclusive", []string{rowsOf(1, 2), rowsOf(2)}, []int64{1, 2, 2}, ""},
		{"a row at a time, to the end", single(fewPages - 1), full[:fewPages-1], ""},
		{"a row at a time, without an end", single(dataRows), full[:fewPages], "have no end"},
		{"not sorted", []string{rowsOf(3, 1, 2), rowsOf(4)}, []int64{3, 1, 2, 4}, "not sorted"},
		{"the same page for ever", []string{rowsOf(1, 2), rowsOf(1, 2)}, []int64{1, 2, 1, 2}, "come back"},
		{"back to the beginning", []string{rowsOf(5), rowsOf(1, 2)}, []int64{5, 1, 2}, "come back"},
		{"no sequence ids", []string{`[{"uuid":"a"}]`}, []int64{0}, "no sequence ids"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := serveData(t, test.pages...).all(t, time.Time{})
			if diff := cmp.Diff(test.want, sequences(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

// answers are odd ones; a row is nil where the answer must not be taken for a list.
var answers = []struct {
	name, body string
	rows       []Interaction // nil: refused
}{
	{"empty", `[]`, []Interaction{}},
	{"recoveries", `[{"uuid":"a","sequence_id":1,"is_recovery":true},{"uuid":"b","is_recovery":null,"parent_uuid":"a"},{"uuid":"c","is_recovery":"true"},` +
		`{"uuid":"d","is_recovery":false,"parent_uuid":null}]`, []Interaction{{UUID: "a", Sequence: 1, Recovery: true}, {UUID: "b", Recovery: true, Parent: "a"}, {UUID: "c", Recovery: true}, {UUID: "d"}}},
	{"an object with the list", `{"data":[{"uuid":"a","sequence_id":1}],"meta":{}}`, []Interaction{{UUID: "a", Sequence: 1}}},
	{"null everywhere", `[{"uuid":"a","sequence_id":1,"ext_interaction_id":null,"request_created_at":null,"request_delivery_status":null,` +
		`"requested_via":null,"custom_properties":null,"customer":null,"branding":null,"channel":null,"language":null,"request_sent_at":null,` +
		`"delivered_at":null,"response_received_at":null}]`, []Interaction{{UUID: "a", Sequence: 1}}},
	{"a null row", `[null,{"uuid":"a","sequence_id":1}]`, []Interaction{{UUID: "a", Sequence: 1}}},
	{"properties of another shape", `[{"uuid":"a","sequence_id":1,"custom_properties":["acsync_intent"]}]`, []Interaction{{UUID: "a", Sequence: 1}}},
	{"a property of another shape", `[{"uuid":"a","sequence_id":1,"custom_properties":{"acsync_intent":{"x":1}}}]`, []Interaction{{UUID: "a", Sequence: 1}}},
	{"numbers and strings the other way round", `[{"uuid":17,"sequence_id":"18","ext_interaction_id":19}]`, []Interaction{{UUID: "17", Sequence: 18, ExtInteractionID: "19"}}},
	{"a sequence id that is none", `[{"uuid":"a","sequence_id":1.5},{"uuid":"b","sequence_id":-3}]`, []Interaction{{UUID: "a"}, {UUID: "b"}}},
	{"times of other forms", `[{"uuid":"a","request_created_at":"2026-11-20 14:05:31 UTC"},{"uuid":"b","request_created_at":"2026-11-20T14:05:31+0000"},` +
		`{"uuid":"c","request_created_at":"2026-11-20T14:05:31"},{"uuid":"d","request_created_at":12}]`, []Interaction{
		{UUID: "a"}, {UUID: "b", CreatedAt: time.Date(2026, 11, 20, 14, 5, 31, 0, time.UTC)}, {UUID: "c"}, {UUID: "d"},
	}},
	{"members of another shape", `[{"uuid":"a","branding":{"isMasked":true},"channel":["email"],"language":7,"request_sent_at":12,"delivered_at":"soon",` +
		`"response_received_at":{},"customer":"jane@example.com"}]`, []Interaction{{UUID: "a", Language: "7"}}},
	{"customers without an address", `[{"uuid":"a","customer":{"email":null}},{"uuid":"b","customer":{"email":"expunged"}},{"uuid":"c","customer":{"email":{"x":"a@b"}}},` +
		`{"uuid":"d","customer":{"email":" "}}]`, []Interaction{{UUID: "a"}, {UUID: "b"}, {UUID: "c"}, {UUID: "d"}}},
	{"null", `null`, nil},
	{"an error in place of the list", `{"errors":[]}`, nil},
	{"a list of null", `{"data":null}`, nil},
	{"one interaction", `{"uuid":"a","sequence_id":1,"tags":[]}`, nil},
	{"a text", `"[]"`, nil},
	{"rows that are none", `[1]`, nil},
	{"rows without an identity", `[{"status":"no"}]`, nil},
	{"rows in rows", `[[{"uuid":"a"}]]`, nil},
}

// decodeInteractions reads an answer.
func decodeInteractions(body string, key addressKey) ([]Interaction, error) {
	return interactionReader{key: key}.decode(&httpx.Response{Status: http.StatusOK, Body: []byte(body)})
}

func TestDecodeInteractions(t *testing.T) {
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			got, err := decodeInteractions(test.body, addressKey{})
			if diff := cmp.Diff(test.rows, got); diff != "" || (err == nil) != (test.rows != nil) {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
		})
	}
}

// FuzzDecodeInteractions holds that whatever comes is either refused, or gives rows that can be told apart.
func FuzzDecodeInteractions(f *testing.F) {
	for _, test := range answers {
		f.Add([]byte(test.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := decodeInteractions(string(body), addressKey{})
		if err != nil && rows != nil {
			t.Errorf("%v, and yet %d rows", err, len(rows))
		}
		for _, row := range rows {
			if row.UUID == "" && row.Sequence <= 0 || row.Sequence < 0 || row.CreatedAt.Location() != time.UTC {
				t.Errorf("got %+v", row)
			}
		}
	})
}

func TestSinceFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status []int
		bodies []string
		kind   httpx.Kind
		calls  int
		words  string
	}{
		{"the key or the secret is refused", []int{403}, nil, httpx.Credentials, 1, "api_secret_file"},
		{"no such address", []int{404}, nil, httpx.NotFound, 1, "is agent_connect.base_url right?"},
		{"not taken", []int{400}, nil, httpx.Invalid, 1, "request refused"},
		{"the server fails and goes on failing", []int{500, 502, 503}, nil, httpx.Server, dataTries, "server failed"},
		{"the request came too slowly, too early, on the wrong connection", []int{408, 425, 421}, nil, httpx.Server, dataTries, "try again later"},
		{"a proxy gave up", []int{499, 499, 499}, nil, httpx.Server, dataTries, "try again later"},
		{"a web page", nil, []string{"<html>", "<html>", "<html>"}, httpx.Unreadable, dataTries, "agent_connect.base_url"},
		{"cut off", nil, []string{"[{", "[{", "[{"}, httpx.Unreadable, dataTries, "unexpected end"},
		{"another shape", nil, []string{"{}", "{}", "{}"}, httpx.Unreadable, dataTries, "not a list of interactions"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := serveData(t, test.bodies...)
			s.status = test.status
			rows, err := s.all(t, time.Time{})
			e, ok := errors.AsType[*httpx.Error](err)
			if !ok || e.Kind != test.kind || !strings.Contains(err.Error(), test.words) || len(s.queries) != test.calls || len(rows) > 0 {
				t.Fatalf("got %v after %d calls, %d rows", err, len(s.queries), len(rows))
			}
			// No later call will help where the address is wrong.
			if code, _ := exit.Of(err); (code == exit.Usage) != (test.kind == httpx.NotFound) {
				t.Errorf("the process would end with %d", code)
			}
			for _, header := range s.headers {
				for _, private := range []string{apiKey, apiSecret, header.Get("Authorization")} {
					if strings.Contains(err.Error(), private) {
						t.Errorf("%q is in %v", private, err)
					}
				}
			}
		})
	}
}

func TestSinceTriesAgain(t *testing.T) {
	t.Parallel()
	s := serveData(t, rowsOf(1, 2))
	s.status = []int{408, 200, 499}
	got, err := s.all(t, time.Time{})
	if diff := cmp.Diff([]int64{1, 2}, sequences(got)); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if tokens := len(s.headers); tokens != 4 {
		t.Errorf("%d calls, want 4", tokens)
	}
}

// A call waits for its turn, and tells the pacer of a 429.
func TestSinceIsPaced(t *testing.T) {
	s := serveData(t)
	s.status = []int{429}
	pacer := httpx.NewPacer(httpx.PacerOptions{Name: "data", PerMinute: 100})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // the pause is longer
	defer cancel()
	_, err := collect(ctx, client(t, Options{BaseURL: s.URL, APISecret: apiSecret, Data: pacer}), time.Time{})
	if until, _ := pacer.Paused(); !errors.Is(err, context.DeadlineExceeded) || until.IsZero() || pacer.Count() != 1 {
		t.Errorf("got %v, paused until %s after %d calls", err, until, pacer.Count())
	}
}

func TestSinceStopsWhenItsReaderDoes(t *testing.T) {
	s := serveData(t, rowsOf(1, 2), rowsOf(3))
	for range client(t, Options{BaseURL: s.URL, APISecret: apiSecret}).Since(t.Context(), time.Time{}) {
		break
	}
	if len(s.queries) != 1 {
		t.Errorf("%d calls, want 1", len(s.queries))
	}
}

func TestSinceNeedsASecret(t *testing.T) {
	s := serveData(t)
	if _, err := collect(t.Context(), client(t, Options{BaseURL: s.URL}), time.Time{}); !errors.Is(err, ErrNoSecret) || len(s.queries) > 0 {
		t.Errorf("got %v after %d calls", err, len(s.queries))
	}
	_, err := New(Options{BaseURL: s.URL, APIKey: apiKey, APISecret: apiSecret + "\n"})
	if err == nil || strings.Contains(err.Error(), apiSecret) || !strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret with a line break: %v", err)
	}
}

// TestSinceFromTheSandbox reads back what was posted, from a service that gives new sequence ids to what it delivers.
func TestSinceFromTheSandbox(t *testing.T) {
	now := time.Now().Add(-30 * time.Second)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	stand, c := startSandbox(t, sandbox.Options{Empty: true, Restamp: true, DataLag: 5 * time.Second, Now: clock})
	stand.Put(sandbox.Records{Employees: []sandbox.Employee{{Email: survey.Employee.Email, Status: "active"}}})
	request := survey
	request.CustomProperties = map[string]string{"acsync_intent": "89abcdef01234567-2"}
	if a := c.Create(t.Context(), request); a.Status != 200 {
		t.Fatalf("got %+v", a)
	}
	if early, err := collect(t.Context(), c, clock().Add(-time.Hour)); err != nil || len(early) != 0 {
		t.Errorf("got %d rows, %v; the data lag behind", len(early), err)
	}
	mu.Lock()
	now = now.Add(30 * time.Second)
	mu.Unlock()
	got, err := collect(t.Context(), c, clock().Add(-time.Hour))
	if err != nil || len(got) != 1 || got[0].Intent != "89abcdef01234567-2" || got[0].ExtInteractionID != request.ExtInteractionID {
		t.Errorf("got %+v, %v", got, err)
	}
}
