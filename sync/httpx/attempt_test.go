package httpx

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// logged serves answers one after the other, and gives what the log tells of the calls that were made.
func logged(t *testing.T, level slog.Level, c Call, answers ...http.HandlerFunc) (lines []map[string]any, text string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answers[0](w, r)
		answers = answers[1:]
	}))
	t.Cleanup(server.Close)
	var out bytes.Buffer
	s, err := NewService(ServiceOptions{
		Name: "test", BaseURL: server.URL, Setting: "test.base_url", Secrets: []string{key}, Header: http.Header{"X-Api-Key": {key}},
		Log: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = Fetch(t.Context(), s, Retry{Tries: 3, Initial: time.Millisecond}, c, func(r *Response) (int, error) { return r.Status, nil })
	text = out.String()
	for line := range strings.Lines(text) {
		told := map[string]any{}
		if err := json.Unmarshal([]byte(line), &told); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, told)
	}
	return lines, text
}

// TestAttemptsAreLogged tells of each attempt at a call, and names nobody.
func TestAttemptsAreLogged(t *testing.T) {
	paced := NewPacer(PacerOptions{PerMinute: 60_000, Class: "test_search"})
	lines, text := logged(t, slog.LevelDebug, Call{
		Method: "GET", Path: "/v1/customers/email=jane%40example.com", Shown: "/v1/customers/email=***",
		Query: "page=2&pageSize=500&created_at_gte=2026-11-22T10:00:00Z&email=jane%40example.com&name=Jane&phone=4915112345678&token=" + key,
		Paced: []*Pacer{paced}, Secrets: []string{"Jane"},
	}, reply(503, nil, "Jane is away"), reply(200, nil, "{}"))
	if len(lines) != 2 {
		t.Fatalf("%d lines for two attempts:\n%s", len(lines), text)
	}
	for i, want := range []struct {
		status float64
		result string
	}{{503, "server"}, {200, "ok"}} {
		got := lines[i]
		if got["msg"] != "call" || got["class"] != "test_search" || got["method"] != "GET" || got["status"] != want.status ||
			got["result"] != want.result || got["attempt"] != float64(i+1) {
			t.Errorf("attempt %d: %v", i+1, got)
		}
		for _, measured := range []string{"duration", "waited"} {
			if n, ok := got[measured].(float64); !ok || n < 0 {
				t.Errorf("attempt %d: %s is %v", i+1, measured, got[measured])
			}
		}
		address, _ := got["url"].(string)
		_, query, _ := strings.Cut(address, "?")
		if want := "created_at_gte=2026-11-22T10:00:00Z&email=…&name=…&page=2&pageSize=500&phone=…&token=…"; query != want {
			t.Errorf("got the query %s, want %s", query, want)
		}
	}
	if waited, _ := lines[1]["waited"].(float64); waited == 0 {
		t.Error("the second attempt has not waited for its turn")
	}
	for _, private := range []string{"jane", "4915112345678", key} {
		if strings.Contains(strings.ToLower(text), private) {
			t.Errorf("the log holds %s:\n%s", private, text)
		}
	}
}

// TestAttemptsAreForDebug keeps calls out of any other log.
func TestAttemptsAreForDebug(t *testing.T) {
	if _, text := logged(t, slog.LevelInfo, Call{Method: "GET", Path: "/v1/x"}, reply(200, nil, "{}")); text != "" {
		t.Errorf("the log tells %s", text)
	}
}
