package agentconnect

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/sandbox"
)

// TestCreateRecovery has only those fields go out that a recovery may have: with any other it would be refused.
func TestCreateRecovery(t *testing.T) {
	var got *http.Request
	var body any
	s := serve(t, func(conn net.Conn, r *http.Request) bool {
		got = r
		json.NewDecoder(r.Body).Decode(&body)
		io.WriteString(conn, response("200 OK", "", `{"request_id":"6f1c1f0e-3b0a-4a55-9a0e-2f6a8b1c0d11"}`))
		return false
	})
	request := survey
	request.Recovery, request.DoNotSend, request.Tags, request.ExternalURL = true, true, []string{"vip"}, "https://acme.kustomerapp.com/x"
	request.Brand, request.CustomProperties = "acme", map[string]string{"a": "b"}
	if a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), request); a.Err != nil || a.Status != 200 || !a.Written || a.Echo != (Echo{Named: true}) {
		t.Fatalf("got %+v", a)
	}
	want := map[string]any{
		"employee": map[string]any{"email": "alex.agent@example.org"}, "ext_interaction_id": "6716500fa1b2c3d4e5f60001",
		"external_url": "https://acme.kustomerapp.com/x", "tags": []any{"vip"}, "do_not_send": true,
	}
	if diff := cmp.Diff(any(want), body); diff != "" || got.RequestURI != "/v1/recoveries" {
		t.Errorf("posted to %s, -want +got:\n%s", got.RequestURI, diff)
	}
}

// TestBetween asks for a stretch of time, and finds a recovery there with its parent.
func TestBetween(t *testing.T) {
	stand, c := startSandbox(t, sandbox.Options{Empty: true})
	stand.Put(sandbox.Records{Employees: []sandbox.Employee{{Email: survey.Employee.Email, Status: "active"}}})
	follow := survey
	follow.Recovery = true
	if a := c.Create(t.Context(), follow); a.Status != 400 {
		t.Errorf("a recovery of nothing: %+v", a)
	}
	for _, request := range []Request{survey, follow} {
		if a := c.Create(t.Context(), request); a.Status != 200 || a.Err != nil || a.Echo != (Echo{Named: true}) {
			t.Fatalf("got %+v", a)
		}
	}
	var rows []Interaction
	for row, err := range c.Between(t.Context(), time.Now().Add(-time.Minute), time.Now().Add(time.Minute)) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if len(rows) != 2 || rows[0].Recovery || !rows[1].Recovery || rows[1].Parent != rows[0].UUID {
		t.Errorf("got %+v", rows)
	}
	for row, err := range c.Between(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(-time.Minute)) {
		t.Errorf("before it there are %+v, %v", row, err)
	}
}

func TestBetweenAsks(t *testing.T) {
	s := serveData(t)
	from := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	for _, err := range client(t, Options{BaseURL: s.URL, APISecret: apiSecret}).Between(t.Context(), from, from.Add(time.Hour)) {
		t.Error(err)
	}
	want := []url.Values{{
		"limit": {"1000"}, "include_recovery": {"true"},
		"created_at_gte": {"2026-11-20T14:00:00+00:00"}, "created_at_lte": {"2026-11-20T15:00:00+00:00"},
	}}
	if diff := cmp.Diff(want, s.queries); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
