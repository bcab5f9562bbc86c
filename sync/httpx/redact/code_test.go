package redact

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCodes(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty", " \n", ""},
		{"kustomer", `{"errors":[{"code":"bad_request","message":"Customer Jane Doe is locked","meta":{}}]}`, "bad_request"},
		{"json api", `{"errors":[{"status":404,"code":"not_found","title":"Jane Doe","detail":"Jane","source":{"parameter":"Jane"}}]}`, "not_found"},
		{"gateway", `{"code":"ERR-LOCKED","message":"Jane"}`, "ERR-LOCKED"},
		{"nested", `{"error":{"message":"Jane","code":"locked"}}`, "locked"},
		{"number", `{"code":40013}`, "40013"},
		{"number as text", `[{"code":"423"}]`, "423"},
		{"several, once each and a few", `{"errors":[{"code":"a"},{"code":"b"},{"code":"a"},{"code":"c"},{"code":"d"}]}`, "a, b, c"},
		{"title alone", `{"errors":[{"title":"Customer Wilhelmina Customer1 is locked"}]}`, "JSON without a code"},
		{"the name of somebody as a code", `{"code":"Jane Doe","errors":[{"code":"Wilhelmina"},{"code":"jane@example.com"},{"code":"jane.doe"}]}`, "JSON without a code"},
		{"codes of another kind", `{"code":{"name":"jane"},"errors":[{"code":["jane"]},{"code":null},{"code":true},{"code":1.5},{"code":1e9}]}`, "JSON without a code"},
		{"a phone number as a code", `{"errors":[{"code":"15555550123"},{"code":15555550123},{"code":"a15555550123"}]}`, "JSON without a code"},
		{"a long code", `{"code":"` + strings.Repeat("a", maxCode+1) + `"}`, "JSON without a code"},
		{"other letters", `{"code":"jаne"}`, "JSON without a code"}, // the second one is Cyrillic
		{"a record that is echoed", `{"data":{"code":"jane"},"meta":{"code":"doe"},"errors":[{"meta":{"code":"jd"}}]}`, "JSON without a code"},
		{"json string", `"Jane Doe"`, "JSON without a code"},
		{"null", `null`, "JSON without a code"},
		{"cut off", `{"errors":[{"code":"bad_request","message":"Jane`, "JSON that was cut off"},
		{"web page", "\n<html><title>Jane Doe is locked</title></html>", "an HTML page"},
		{"plain text", "Jane Doe is locked", "plain text"},
		{"deep", strings.Repeat(`{"error":`, 50) + `{"code":"x"}` + strings.Repeat("}", 50), "JSON without a code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Codes([]byte(tt.body), "topsecret")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever a body says, what is quoted of it is made of codes, or says what sort of body it is.
func FuzzCodes(f *testing.F) {
	f.Add(`{"errors":[{"code":"bad_request","message":"Jane"}]}`)
	f.Add(`{"code":"Jane","error":{"code":423}}`)
	f.Add("<title>Jane</title>")
	f.Fuzz(func(t *testing.T, body string) {
		got := Codes([]byte(body))
		switch got {
		case "", "an HTML page", "plain text", "JSON without a code", "JSON that was cut off":
			return
		}
		parts := strings.Split(got, ", ")
		for _, part := range parts {
			if part != mask && !isCode(part) || !strings.Contains(body, part) && part != mask && !strings.Contains(body, `\u`) {
				t.Errorf("%q is quoted of %q", part, body)
			}
		}
		if len(parts) > maxItems {
			t.Errorf("%d codes: %q", len(parts), got)
		}
	})
}
