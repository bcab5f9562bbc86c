package kustomer

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// What goes wrong is told in one line, with the way out of it, and without the key or an address.
func TestErrors(t *testing.T) {
	echo := `{"errors":[{"code":"bad_request","message":"bad ` + apiKey + ` for jane@example.com, Jane Doe","meta":{}}]}`
	search := func(ctx context.Context, c *Client) error {
		_, err := c.SearchConversations(ctx, Query{From: at(t, "2026-10-20T10:00:00Z"), To: at(t, "2026-10-20T10:15:00Z")})
		return err
	}
	users := func(ctx context.Context, c *Client) error { _, err := c.Users(ctx); return err }
	clock := func(ctx context.Context, c *Client) error { _, err := c.ServerTime(ctx); return err }
	tests := []struct {
		name   string
		call   func(context.Context, *Client) error
		status int
		body   string
		want   []string
	}{
		{"no role for searches", search, 401, echo, []string{"401, credentials refused: bad_request", roleSearch}},
		{"no role for users", users, 403, "", []string{"403, credentials refused", roleUser}},
		{"bad key", clock, 401, "", []string{"the API key is wrong, expired, or of another organisation"}},
		{
			"other region", clock, 500, `{"errors":[{"message":"Auth token associated with pod prod2 but request is being handled by prod1"}]}`,
			[]string{"another region", "https://<org>.api.kustomerapp.com"},
		},
		{
			"other region, in other words", users, 401, `<p>auth token Associated With Pod prod4, Jane</p>`,
			[]string{"401, credentials refused: an HTML page; the key belongs to another region"},
		},
		{"search refused", search, 400, echo, []string{"POST /v1/customers/search: 400, request refused: bad_request", "please report it"}},
		{"too large", search, 413, "<html><title>413 Request Entity Too Large</title></html>", []string{"413, request refused: an HTML page", "report it"}},
		{"moved", users, 301, "", []string{"redirected", "kustomer.base_url"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _ := start(t, always(tt.status, tt.body))
			err := tt.call(t.Context(), c)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), apiKey) || strings.Contains(strings.ToLower(err.Error()), "jane") || strings.Contains(err.Error(), "\n") {
				t.Errorf("not to be shown: %v", err)
			}
		})
	}
}

func TestBothErrorShapes(t *testing.T) {
	var bodies []json.RawMessage
	if err := json.Unmarshal([]byte(testdata(t, "errors.json")), &bodies); err != nil {
		t.Fatal(err)
	}
	want := []string{"refused: bad_request;", "refused: not_found;", "refused: unauthorized;"}
	for i, body := range bodies {
		c, _ := start(t, always(403, string(body)))
		if _, err := c.ServerTime(t.Context()); err == nil || !strings.Contains(err.Error(), want[i]) {
			t.Errorf("got %v, want %q in it", err, want[i])
		}
	}
}

func TestNewRefusesUnusableOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"no key":     {BaseURL: "https://acme.example"},
		"no address": {APIKey: apiKey},
		"bad key":    {BaseURL: "https://acme.example", APIKey: apiKey + "\n"},
		"plain http": {BaseURL: "http://acme.example", APIKey: apiKey},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
