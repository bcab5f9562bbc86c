package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// survey is the minimal documented body, changed.
func survey(t testing.TB, change object) string {
	t.Helper()
	body := object{
		"customer": object{"name": "Simone", "email": "simone@example.com"}, "ext_interaction_id": "5f7c3a1e9b2d4c0012ab34cd",
		"employee": object{"email": "alex.abbott@example.org"}, "channel": "email",
	}
	maps.Copy(body, change)
	maps.DeleteFunc(body, func(_ string, value any) bool { return value == nil })
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRequestsAreStrict(t *testing.T) {
	manyTags := strings.Split(strings.Repeat("tag,", 20)+"tag", ",")
	multi := Options{Brands: []string{"acme"}, Languages: []string{"en", "fr"}}
	for name, test := range map[string]struct {
		options Options
		change  object
		want    string // part of the refusal; empty when it is accepted
	}{
		"minimal":               {want: ""},
		"everything":            {change: object{"external_url": "https://x.example", "tags": manyTags[:20], "do_not_send": false, "brand": "b", "language": "en-US", "country": "us", "custom_properties": object{"a": "b"}}},
		"by custom id":          {change: object{"employee": object{"custom_id": "E-1001"}}},
		"nobody, do not send":   {change: object{"customer": nil, "do_not_send": true}},
		"fallback of language":  {options: multi, change: object{"brand": "acme", "language": "fr-ca"}},
		"unknown key":           {change: object{"survey_id": "1"}, want: "unknown key"},
		"customer phone":        {change: object{"customer": object{"email": "a@example.com", "phone": "1"}}, want: "unknown key"},
		"employee name":         {change: object{"employee": object{"email": "alex.abbott@example.org", "name": "A"}}, want: "unknown key"},
		"other case of a key":   {change: object{"Channel": "email"}, want: "unknown key"},
		"no channel":            {change: object{"channel": nil}, want: "channel is required"},
		"other case":            {change: object{"channel": "Email"}, want: "Channel not enabled"},
		"no employee":           {change: object{"employee": nil}, want: "employee.email or employee.custom_id"},
		"unknown employee":      {change: object{"employee": object{"email": "ivo.newell@example.org"}}, want: "Employee not found"},
		"deactivated employee":  {change: object{"employee": object{"email": "jana.orr@example.org"}}, want: "Deactivated employee"},
		"incomplete profile":    {change: object{"employee": object{"email": "kai.price@example.org"}}, want: "profile not complete"},
		"no customer":           {change: object{"customer": nil}, want: "Invalid customer"},
		"bad address":           {change: object{"customer": object{"email": "n/a"}}, want: "Invalid customer"},
		"address with a name":   {change: object{"customer": object{"email": "S <s@example.com>"}}, want: "Invalid customer"},
		"21 tags":               {change: object{"tags": manyTags}, want: "at most 20"},
		"number as tag":         {change: object{"tags": []int{1}}, want: "array of strings"},
		"tags as string":        {change: object{"tags": "a"}, want: "array of strings"},
		"number as property":    {change: object{"custom_properties": object{"n": 1}}, want: "custom_properties.n"},
		"nested property":       {change: object{"custom_properties": object{"n": object{}}}, want: "custom_properties.n"},
		"do not send as string": {change: object{"do_not_send": "true"}, want: "boolean"},
		"null":                  {change: object{"external_url": (*string)(nil)}, want: "external_url must be a string"},
		"language":              {change: object{"language": "english"}, want: "ISO 639-1"},
		"empty country":         {change: object{"country": ""}, want: "alpha-2"},
		"no brand":              {options: multi, change: object{"language": "en"}, want: "Brand signifier not provided"},
		"unknown brand":         {options: multi, change: object{"language": "en", "brand": "b"}, want: "brand signifier"},
		"no language":           {options: multi, change: object{"brand": "acme"}, want: "Language not specified"},
		"inactive language":     {options: multi, change: object{"brand": "acme", "language": "de"}, want: "inactive language"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := fixed(t, test.options)
			r := s.askConnect(t, "POST", "/v1/requests", survey(t, test.change))
			want := 400
			if test.want == "" {
				want = 200
			}
			if r.status != want || !strings.Contains(r.text, test.want) {
				t.Errorf("got %d %s, want %d with %q", r.status, r.text, want, test.want)
			}
			if got := len(s.rejections()); got != want/400 {
				t.Errorf("%d rejections are counted", got)
			}
		})
	}
}

func TestAgentConnectRefusals(t *testing.T) {
	s, _ := fixed(t, Options{})
	key, good := s.AgentConnectKey(), s.token(t, noon)
	for name, test := range map[string]struct {
		method, path, key, token, body string
		want                           int
	}{
		"request without a token": {"POST", "/v1/requests", key, "", survey(t, nil), 200},
		"wrong key":               {"POST", "/v1/requests", "x", "", survey(t, nil), 403},
		"no key":                  {"POST", "/v1/requests", "", "", survey(t, nil), 403},
		"not JSON":                {"POST", "/v1/requests", key, "", "{", 400},
		"data":                    {"GET", "/v2/data", key, good, "", 200},
		"data without a token":    {"GET", "/v2/data", key, "", "", 403},
		"bearer token":            {"GET", "/v2/data", key, "Bearer " + good, "", 403},
		"old token":               {"GET", "/v2/data", key, s.token(t, noon.Add(-time.Hour)), "", 403},
		"token of the future":     {"GET", "/v2/data", key, s.token(t, noon.Add(time.Hour)), "", 403},
		"token of another key":    {"GET", "/v2/data", s.AgentConnectTestKey(), good, "", 403},
		"test key":                {"POST", "/v1/requests", s.AgentConnectTestKey(), "", survey(t, nil), 200},
		"token, wrong key":        {"GET", "/v2/data", "x", good, "", 403},
		"unsigned token":          {"GET", "/v2/data", key, "eyJhbGciOiJub25lIn0.eyJpYXQiOjE3OTUzNDkyMDB9.", "", 403},
		"unknown path":            {"GET", "/v2/qa", key, good, "", 404},
		"wrong method":            {"PUT", "/v1/requests", key, good, "", 405},
		"unknown parameter":       {"GET", "/v2/data?ext_interaction_id=1", key, good, "", 400},
		"time without offset":     {"GET", "/v2/data?created_at_gte=2026-11-22T00:00:00", key, good, "", 400},
		"only what is answered":   {"GET", "/v2/data?responded_at_gte=2026-11-22T00:00:00Z", key, good, "", 400},
		"limit":                   {"GET", "/v2/data?limit=1001", key, good, "", 400},
		"unknown status":          {"GET", "/v2/employees?status=approved", key, good, "", 400},
		"unknown employee":        {"GET", "/v2/employees/E-9", key, good, "", 404},
	} {
		r := do(t, s.AgentConnectHandler(), test.method, test.path, test.body, map[string]string{"X-Api-Key": test.key, "Authorization": test.token})
		if r.status != test.want {
			t.Errorf("%s: got %d %s, want %d", name, r.status, r.text, test.want)
		}
	}
}

func TestRepeatedRequestsAreNotRecognised(t *testing.T) {
	s, c := fixed(t, Options{Empty: true})
	for range 2 {
		if r := s.askConnect(t, "POST", "/v1/requests", survey(t, nil)); r.text != survey(t, nil) {
			t.Errorf("got %s, want an echo", r.text)
		}
	}
	s.askConnect(t, "POST", "/v1/requests", survey(t, object{"do_not_send": true}))
	c.Time = noon.Add(25 * time.Hour)
	s.askConnect(t, "POST", "/v1/requests", survey(t, nil))
	c.Time = c.Add(time.Minute)
	var got []any
	for _, row := range s.rows(t, "") {
		got = append(got, at(row, "request_delivery_status"))
	}
	if diff := cmp.Diff(got, []any{"Delivered", "Not sent: suppression period", "Not sent: do not send flag", "Delivered"}); diff != "" {
		t.Errorf("deliveries: %s", diff)
	}
}

// TestTestKeyMailsNoCustomer holds that with the test key every mail goes to the test address, and suppresses none of the
// customer's.
func TestTestKeyMailsNoCustomer(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true})
	ask := func(key string, change object) {
		do(t, s.AgentConnectHandler(), "POST", "/v1/requests", survey(t, change), map[string]string{"X-Api-Key": key})
	}
	ask(s.AgentConnectTestKey(), nil)
	ask(s.AgentConnectTestKey(), nil)
	ask(s.AgentConnectTestKey(), object{"do_not_send": true})
	ask(s.AgentConnectKey(), nil)
	ask(s.AgentConnectKey(), nil)
	var got []string
	for _, r := range s.Requests() {
		got = append(got, fmt.Sprintf("%t %s", r.Test, r.MailedTo))
	}
	want := []string{"true " + TestAddress, "true " + TestAddress, "true ", "false simone@example.com", "false "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// rejections are the requests that were refused.
func (s *Sandbox) rejections() []Received {
	return slices.DeleteFunc(s.Requests(), func(r Received) bool { return r.Reason == "" })
}

// rows are the data of one call.
func (s *Sandbox) rows(t testing.TB, query string) []any {
	t.Helper()
	r := s.askConnect(t, "GET", "/v2/data"+query, "")
	var rows []any
	if err := json.Unmarshal([]byte(r.text), &rows); err != nil || r.status != 200 {
		t.Fatalf("got %d %s, want an array", r.status, r.text)
	}
	return rows
}

func TestDataCanBePagedAndFiltered(t *testing.T) {
	s, c := fixed(t, Options{Empty: true, DataLag: 30 * time.Second})
	for n := range 5 {
		s.askConnect(t, "POST", "/v1/requests", survey(t, object{
			"ext_interaction_id": fmt.Sprint(n), "customer": object{"email": fmt.Sprintf("c%d@example.com", n)}, "custom_properties": object{"acsync_intent": "i"},
		}))
		c.Time = c.Add(10 * time.Second)
	}
	names := func(rows []any) string {
		var all []string
		for _, row := range rows {
			all = append(all, at(row, "ext_interaction_id").(string))
		}
		return strings.Join(all, " ")
	}
	hidden := names(s.rows(t, ""))
	c.Time = c.Add(time.Minute)
	first := s.rows(t, "?limit=2")
	after := at(first[1], "sequence_id").(float64)
	since := url.QueryEscape(noon.Add(20 * time.Second).Format(time.RFC3339))
	got := []string{
		hidden, names(first), names(s.rows(t, fmt.Sprintf("?after=%.0f", after))), names(s.rows(t, "?created_at_gte="+since)),
		names(s.rows(t, "?created_at_lte="+since)),
	}
	if diff := cmp.Diff(got, []string{"0 1 2", "0 1", "2 3 4", "2 3 4", "0 1 2"}); diff != "" {
		t.Errorf("rows: %s", diff)
	}
	if intent := at(first[0], "custom_properties", "acsync_intent"); intent != "i" {
		t.Errorf("the intent came back as %v", intent)
	}
}

func TestDeliveryCanRestampRows(t *testing.T) {
	s, c := fixed(t, Options{Empty: true, Restamp: true})
	s.askConnect(t, "POST", "/v1/requests", survey(t, nil))
	before := at(s.rows(t, "")[0], "sequence_id").(float64)
	c.Time = noon.Add(time.Minute)
	rows := s.rows(t, fmt.Sprintf("?after=%.0f", before))
	if len(rows) != 1 || at(rows[0], "request_delivery_status") != "Delivered" {
		t.Errorf("got %v, want the row again with a new sequence id", rows)
	}
}

func TestRecoveries(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true})
	s.askConnect(t, "POST", "/v1/requests", survey(t, nil))
	r := s.askConnect(t, "POST", "/v1/recoveries", `{"employee": {"custom_id": "E-1001"}, "ext_interaction_id": "5f7c3a1e9b2d4c0012ab34cd"}`)
	if at(r.body, "request_id") == nil {
		t.Errorf("got %d %s, want an id", r.status, r.text)
	}
	unknown := s.askConnect(t, "POST", "/v1/recoveries", `{"employee": {"custom_id": "E-1001"}, "ext_interaction_id": "x"}`)
	both := s.askConnect(t, "POST", "/v1/recoveries", `{"employee": {"custom_id": "E-1001"}, "ext_interaction_id": "x", "initial_feedback_request_id": "y"}`)
	if unknown.status != 400 || both.status != 400 {
		t.Errorf("got %d and %d, want 400", unknown.status, both.status)
	}
	if a, b := len(s.rows(t, "")), len(s.rows(t, "?include_recovery=true")); a != 1 || b != 2 {
		t.Errorf("%d rows, %d with recoveries; want 1 and 2", a, b)
	}
}

func TestEmployeesArePaged(t *testing.T) {
	s, _ := fixed(t, Options{})
	seen := map[any]bool{}
	query := ""
	for pages := 0; ; pages++ {
		r := s.askConnect(t, "GET", "/v2/employees?status=active&number_of_employees=3"+query, "")
		rows, _ := r.body["employees"].([]any)
		for _, row := range rows {
			seen[at(row, "email")] = true
		}
		next, more := at(r.body, "meta", "next_page").(string)
		if !more || pages > 5 {
			break
		}
		u, err := url.Parse(next)
		if err != nil || u.Host != "sandbox.stellaconnect.net" {
			t.Fatalf("next page %q", next)
		}
		query = "&after=" + u.Query().Get("after")
	}
	if len(seen) != len(RegularAgents) || seen["kai.price@example.org"] {
		t.Errorf("active profiles: %v, want all regular agents", seen)
	}
}

func TestDataLimitIsItsOwn(t *testing.T) {
	s, _ := fixed(t, Options{DataPerMinute: 1, RequestsPerMinute: 2, Empty: true})
	get := func(path string) int { return s.askConnect(t, "GET", path, "").status }
	post := func() int { return s.askConnect(t, "POST", "/v1/requests", survey(t, nil)).status }
	got := []int{get("/v2/data"), get("/v2/data"), post(), post(), post(), get("/v2/employees"), get("/sandbox/requests")}
	if diff := cmp.Diff(got, []int{200, 429, 200, 200, 429, 200, 200}); diff != "" {
		t.Errorf("answers: %s", diff)
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests are recorded, want those two that were processed", n)
	}
}

func TestTheEarlierOnesAreInTheData(t *testing.T) {
	s, _ := fixed(t, Options{})
	rows := s.rows(t, "")
	if len(rows) != len(s.Earlier()) || len(s.Requests()) != 0 {
		t.Errorf("%d rows and %d requests, want %d and none", len(rows), len(s.Requests()), len(s.Earlier()))
	}
	if at(rows[0], "customer", "email") == nil || at(rows[0], "employee", "email") == nil {
		t.Errorf("rows %v, want addresses", rows)
	}
}
