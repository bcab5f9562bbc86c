package redact

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestScrub(t *testing.T) {
	tests := []struct {
		name, text string
		secrets    []string
		want       string
	}{
		{"plain", "Channel is not enabled", nil, "Channel is not enabled"},
		{"address", "no user jane.doe+x@example.com here", nil, "no user *** here"},
		{"address in quotes", `invalid "jane@example.com"`, nil, `invalid "***"`},
		{"address, encoded", "email=jane%40example.com&x=1", nil, "email=***"},
		{"address, encoded otherwise", "a jane&#64;example.com b jane＠example.com c jane%2540example.com", nil, "a *** b *** c ***"},
		{"given string, other case", "Invalid customer JANE DOE", []string{"Jane Doe"}, "Invalid customer ***"},
		{"longest first", "key abcd-efgh", []string{"abcd", "abcd-efgh"}, "key ***"},
		{"short name only where it stands alone", "Al: invalid value", []string{"Al"}, "***: invalid value"},
		{"bearer", "sent Authorization: Bearer abc.def", nil, "sent Authorization: Bearer ***"},
		{"jwt", "token eyJhbGciOi.eyJpYXQi.c2ln rejected", nil, "token *** rejected"},
		{"long token", "key 0123456789abcdef0123456789abcdef01 rejected", nil, "key *** rejected"},
		{"long identifier", "conversation_last_done_created_by_teams is unknown", nil, "conversation_last_done_created_by_teams is unknown"},
		{"object id", "no conversation 58210c3db0f09110006b7953", nil, "no conversation 58210c3db0f09110006b7953"},
		{"phone", "call +1 (555) 555-0123 now", nil, "call *** now"},
		{"digits", "card 4111111111111111", nil, "card ***"},
		{"time", "bad value 2026-10-20T10:00:00.000Z", nil, "bad value 2026-10-20T10:00:00.000Z"},
		{"date", "from 2026-10-20 on", nil, "from 2026-10-20 on"},
		{"proxy's password", `invalid proxy "http://me:secret@proxy:80"`, nil, `invalid proxy "http://proxy:80"`},
		{"empty secret", "as it was", []string{"", " "}, "as it was"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Scrub(tt.text, tt.secrets...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty", "", ""},
		{"kustomer", `{"errors":[{"code":"bad_request","message":"Invalid request body or parameters.","meta":{}}]}`, "Invalid request body or parameters."},
		{"json api", `{"errors":[{"status":404,"code":"not_found","title":"Not found","source":{"parameters":"id"}}]}`, "Not found: id"},
		{"json api with a string status", `{"errors":[{"status":"401","title":"Unauthorized","detail":"no role","source":{"pointer":"/data"}}]}`, "Unauthorized: no role: /data"},
		{"only a code", `{"errors":[{"code":"bad_request"}]}`, "bad_request"},
		{"gateway", `{"message":"Forbidden"}`, "Forbidden"},
		{"nested", `{"error":{"message":"Invalid channel"}}`, "Invalid channel"},
		{"fields", `{"errors":{"channel":["is not enabled"],"brand":"is unknown"}}`, "brand is unknown; channel is not enabled"},
		{"strings", `{"errors":["one","two","two","three","four"]}`, "one; two; three"},
		{"json string", `"Invalid customer"`, "Invalid customer"},
		{"an echo of the request is not quoted", `{"customer":{"name":"Jane Doe"},"channel":"phone"}`, ""},
		{"cut-off json", `{"errors":[{"message":"Inv`, ""},
		{"web page", "<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>", "502 Bad Gateway"},
		{"web page without a title", "<html><body>x</body></html>", ""},
		{"plain", "upstream\r\n\x1b[31mfailed\x00", "upstream [31mfailed"},
		{"long", strings.Repeat("word ", 100), strings.Repeat("word ", 39) + "word…"},
		{"deep", strings.Repeat(`{"error":`, 50) + `"x"` + strings.Repeat("}", 50), ""},
		{"secret split by a control character", "key topse\x00cret", "key ***"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Message([]byte(tt.body), "topsecret")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// No message is long, has two lines, or holds what was to be taken out.
func FuzzMessage(f *testing.F) {
	f.Add(`{"message":"Invalid Jane Doe"}`, "Jane Doe")
	f.Add("plain jane@example.com text", "plain")
	f.Add("<title>\u202eİstanbul</title>", "istanbul")
	f.Fuzz(func(t *testing.T, body, secret string) {
		got := Message([]byte(body), secret)
		if n := utf8.RuneCountInString(got); n > MaxMessage {
			t.Errorf("%d characters", n)
		}
		if strings.ContainsAny(got, "\n\r\x00\x1b") {
			t.Errorf("not one clean line: %q", got)
		}
		secret = oneLine(secret)
		if utf8.RuneCountInString(secret) >= wholeWord && !strings.ContainsAny(secret, "*…") && strings.Contains(got, secret) {
			t.Errorf("%q still holds %q", got, secret)
		}
	})
}
