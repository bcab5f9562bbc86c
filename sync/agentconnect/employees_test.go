package agentconnect

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/httpx"
	"acsync/sync/sandbox"
)

// employed reads the whole list from a service that answers with the bodies.
func (s *dataService) employed(t *testing.T) (list []Employee, err error) {
	t.Helper()
	c := client(t, Options{BaseURL: s.URL, APISecret: apiSecret})
	for employee, failed := range c.Employees(t.Context()) {
		if failed != nil {
			err = failed
			continue
		}
		list = append(list, employee)
	}
	return list, err
}

// staff are n employees without a page, from a number on.
func staff(from, n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"email":"a%d@example.org","custom_employee_id":"E-%d","first_name":"Ann"}`, from+i, from+i)
	}
	return "[" + strings.Join(rows, ",") + "]"
}

func TestEmployees(t *testing.T) {
	const one, two = `{"email":"ann@example.org","custom_employee_id":"E-1","first_name":"Ann"}`, `{"email":"ben@example.org","custom_employee_id":2}`
	both := []Employee{{"ann@example.org", "E-1"}, {"ben@example.org", "2"}}
	for name, c := range map[string]struct {
		bodies []string
		want   []Employee
	}{
		"an array":            {[]string{`{"employees":[` + one + `,` + two + `],"meta":{"next_page":null}}`}, both},
		"without a meta":      {[]string{`{"employees":[` + one + `,` + two + `]}`}, both},
		"a bare list":         {[]string{`[` + one + `,` + two + `]`}, both},
		"an object, of one":   {[]string{`{"employees":` + one + `}`}, both[:1]},
		"an object, by name":  {[]string{`{"employees":{"E-1":` + one + `},"meta":{}}`}, both[:1]},
		"two pages":           {[]string{`{"employees":[` + one + `],"meta":{"next_page":"https://x.example/api/v2/employees?after=E-1"}}`, `{"employees":[` + two + `],"meta":{}}`}, both},
		"an empty last page":  {[]string{`{"employees":[` + one + `],"meta":{"next_page":"?after=E-1"}}`, `{"employees":null,"meta":{"next_page":""}}`}, both[:1]},
		"nulls":               {[]string{`{"employees":[null,{"email":null,"custom_employee_id":null},{"email":{"isMasked":true},"custom_employee_id":"E-1"}],"meta":null}`}, []Employee{{"", "E-1"}}},
		"nobody":              {[]string{`{"employees":[],"meta":{}}`}, nil},
		"nobody, and no list": {[]string{`{"employees":null,"meta":{}}`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveData(t, c.bodies...)
			got, err := s.employed(t)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("error %v, -want +got:\n%s", err, diff)
			}
			if len(s.queries) != len(c.bodies) {
				t.Errorf("%d calls for %d pages", len(s.queries), len(c.bodies))
			}
		})
	}
}

// TestEmployeesAskWhereTheyMay lets the service name a next page elsewhere: only its query is taken.
func TestEmployeesAskWhereTheyMay(t *testing.T) {
	elsewhere := serveData(t)
	s := serveData(t, `{"employees":`+staff(0, 2)+`,"meta":{"next_page":"`+elsewhere.URL+`/api/v2/employees?after=E%2B1&status=deactivated"}}`,
		`{"employees":`+staff(2, 1)+`,"meta":{}}`)
	if got, err := s.employed(t); err != nil || len(got) != 3 {
		t.Fatalf("got %v, error %v", got, err)
	}
	want := []url.Values{
		{"status": {"active"}, "number_of_employees": {"500"}},
		{"status": {"active"}, "number_of_employees": {"500"}, "after": {"E+1"}},
	}
	if diff := cmp.Diff(want, s.queries); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(elsewhere.queries) != 0 {
		t.Error("another host was asked")
	}
	for _, header := range s.headers {
		if header.Get("X-Api-Key") != apiKey || header.Get("Authorization") == "" || strings.HasPrefix(header.Get("Authorization"), "Bearer") {
			t.Errorf("sent %v", header)
		}
	}
}

// TestEmployeesByTheirIDs has a service that says nothing of pages: then the last id leads on.
func TestEmployeesByTheirIDs(t *testing.T) {
	s := serveData(t, `{"employees":`+staff(0, 500)+`}`, staff(500, 100), `[]`)
	got, err := s.employed(t)
	if err != nil || len(got) != 600 || len(s.queries) != 3 || s.queries[2].Get("external_id") != "E-599" {
		t.Errorf("%d employees, error %v, asked %v", len(got), err, s.queries)
	}
}

func TestEmployeesFail(t *testing.T) {
	t.Parallel()
	next := func(address string) string {
		return `{"employees":` + staff(0, 2) + `,"meta":{"next_page":"` + address + `"}}`
	}
	thrice := func(body string) []string { return []string{body, body, body} } // it is read again
	for name, c := range map[string]struct {
		bodies []string
		want   string
	}{
		"no list":                    {thrice(`{"message":"Hello Ann"}`), "not a list of employees"},
		"not JSON":                   {thrice(`<html>`), "is agent_connect.base_url right"},
		"a row that is none":         {thrice(`{"employees":["ann@example.org"]}`), "not a list of employees"},
		"the same page again":        {[]string{next("?after=2"), next("?after=3")}, "comes back"},
		"the same place again":       {[]string{next("?after=2"), `{"employees":` + staff(9, 1) + `,"meta":{"next_page":"?after=2"}}`}, "comes back"},
		"ids that lead nowhere":      {[]string{staff(0, 100), staff(0, 100)}, "comes back"},
		"no ids to go on by":         {[]string{strings.ReplaceAll(staff(0, 100), "custom_employee_id", "id")}, "neither a next page nor ids"},
		"an address without a query": {[]string{next("https://x.example/api")}, "cannot be asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serveData(t, c.bodies...).employed(t)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %q in it", err, c.want)
			}
			if strings.Contains(err.Error(), "example.org") || strings.Contains(err.Error(), "Ann") {
				t.Errorf("the error names a person: %v", err)
			}
		})
	}
}

func TestEmployeesAreReadAgain(t *testing.T) {
	t.Parallel()
	s := serveData(t, `{"employees":`+staff(0, 1)+`,"meta":{}}`)
	s.status = []int{http.StatusInternalServerError, http.StatusOK}
	if got, err := s.employed(t); err != nil || len(got) != 1 || len(s.queries) != 2 {
		t.Errorf("got %v, error %v, %d calls", got, err, len(s.queries))
	}
}

func TestEmployeesNeedCredentials(t *testing.T) {
	s := serveData(t)
	s.status = []int{http.StatusForbidden}
	_, err := s.employed(t)
	e, ok := errors.AsType[*httpx.Error](err)
	if !ok || e.Kind != httpx.Credentials || !strings.Contains(err.Error(), "api_secret_file") || strings.Contains(err.Error(), apiSecret) {
		t.Errorf("error %v", err)
	}
	for _, err := range client(t, Options{BaseURL: s.URL}).Employees(t.Context()) {
		if !errors.Is(err, ErrNoSecret) {
			t.Errorf("error %v without the secret", err)
		}
	}
}

// TestSandboxEmployees reads the stand-in's list, which has more than one page.
func TestSandboxEmployees(t *testing.T) {
	stand, c := startSandbox(t, sandbox.Options{})
	var more []sandbox.Employee
	for n := range 700 {
		more = append(more, sandbox.Employee{
			Email: fmt.Sprintf("more%d@example.org", n), CustomID: fmt.Sprintf("M-%03d", n), Status: "active",
		})
	}
	stand.Put(sandbox.Records{Employees: more})
	seen := map[Employee]bool{}
	for employee, err := range c.Employees(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		seen[employee] = true
	}
	if !seen[Employee{"more699@example.org", "M-699"}] || seen[Employee{"jana.orr@example.org", "E-2001"}] || len(seen) != 708 {
		t.Errorf("%d active profiles", len(seen))
	}
}

// profiles reads all of them, in all states.
func profiles(t *testing.T, c *Client) (list []Profile, err error) {
	t.Helper()
	for profile, failed := range c.Profiles(t.Context()) {
		if failed != nil {
			err = failed
			continue
		}
		list = append(list, profile)
	}
	return list, err
}

// TestProfiles asks for each state, and follows its pages within it.
func TestProfiles(t *testing.T) {
	t.Parallel()
	const none = `{"employees":[],"meta":{}}`
	s := serveData(t, `{"employees":`+staff(0, 1)+`,"meta":{"next_page":"?after=E-0&status=deactivated"}}`, `{"employees":`+staff(1, 1)+`,"meta":{}}`,
		none, none, `{"employees":[{"email":null,"custom_employee_id":7},{"email":{"isMasked":true}},null],"meta":{}}`, none, `{"employees":`+staff(0, 1)+`}`)
	got, err := profiles(t, client(t, Options{BaseURL: s.URL, APISecret: apiSecret}))
	want := []Profile{
		{"a0@example.org", "E-0", Active}, {"a1@example.org", "E-1", Active}, {"", "7", Unapproved}, {"a0@example.org", "E-0", Deactivated},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, -want +got:\n%s", err, diff)
	}
	var asked []string
	for _, query := range s.queries {
		asked = append(asked, query.Get("status")+query.Get("after"))
	}
	if diff := cmp.Diff([]string{"active", "activeE-0", "pending review", "confirmed", "unapproved", "created", "deactivated"}, asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestProfilesFail(t *testing.T) {
	t.Parallel()
	s := serveData(t, `{"employees":`+staff(0, 1)+`,"meta":{}}`)
	s.status = []int{http.StatusOK, http.StatusForbidden}
	got, err := profiles(t, client(t, Options{BaseURL: s.URL, APISecret: apiSecret}))
	if e, ok := errors.AsType[*httpx.Error](err); !ok || e.Kind != httpx.Credentials || len(got) != 1 || len(s.queries) != 2 {
		t.Errorf("got %v, error %v, %d calls", got, err, len(s.queries))
	}
	if _, err := profiles(t, client(t, Options{BaseURL: s.URL})); !errors.Is(err, ErrNoSecret) {
		t.Errorf("error %v without the secret", err)
	}
}

func TestProfilesStopWhenTheirReaderDoes(t *testing.T) {
	s := serveData(t, `{"employees":`+staff(0, 2)+`,"meta":{}}`)
	for range client(t, Options{BaseURL: s.URL, APISecret: apiSecret}).Profiles(t.Context()) {
		break
	}
	if len(s.queries) != 1 {
		t.Errorf("%d calls, want 1", len(s.queries))
	}
}

func TestSandboxProfiles(t *testing.T) {
	stand, c := startSandbox(t, sandbox.Options{})
	stand.Put(sandbox.Records{Employees: []sandbox.Employee{{Email: "new@example.org", Status: "created"}, {Email: "odd@example.org", Status: "unapproved"}}})
	got, err := profiles(t, c)
	count := map[ProfileState]int{}
	for _, profile := range got {
		count[profile.State]++
	}
	want := map[ProfileState]int{Active: 8, PendingReview: 1, Confirmed: 1, Unapproved: 1, Deactivated: 3, Created: 1}
	if diff := cmp.Diff(want, count); diff != "" || err != nil {
		t.Errorf("error %v, -want +got:\n%s", err, diff)
	}
}
