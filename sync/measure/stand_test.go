package measure

import (
	"net/http"
	"strings"
	"testing"

	"acsync/sync/sandbox"
)

// TestStandCounts holds that each call is counted, as what it is, and that a fault still breaks the
// connection.
func TestStandCounts(t *testing.T) {
	stand, err := Serve(sandbox.Options{Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{Rules: []sandbox.Rule{
		{On: "GET /v2/data", Times: 1, Fault: sandbox.Fault{Status: http.StatusTooManyRequests}},
		{On: "GET /v2/data", Fault: sandbox.Fault{Break: true}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	seen := 0
	stand.OnRequest(func(n int) { seen = n })
	broken := 0
	for _, call := range []string{
		"GET " + stand.KustomerURL() + "/v1/tags", "POST " + stand.KustomerURL() + "/v1/customers/search",
		"POST " + stand.AgentConnectURL() + "/v1/requests", "GET " + stand.AgentConnectURL() + "/v2/data",
		"GET " + stand.AgentConnectURL() + "/v2/data",
	} {
		method, url, _ := strings.Cut(call, " ")
		request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			broken++
			continue
		}
		_ = response.Body.Close()
	}
	if broken == 0 {
		t.Error("the connection was not broken")
	}
	// A GET whose connection broke may have been made again by net/http.
	got := stand.Calls()
	if got.Data < 2 {
		t.Errorf("%d calls for data, want 2", got.Data)
	}
	if got.Data = 0; got != (Calls{Kustomer: 2, Searches: 1, Requests: 1, Limited: 1}) || seen != 1 {
		t.Errorf("%+v, and %d survey requests were told of", got, seen)
	}
}
