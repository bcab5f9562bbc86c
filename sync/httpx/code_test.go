package httpx

import (
	"net/http"
	"net/http/httptest"
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
		{"a long code", `{"code":"` + strings.Repeat("a", codeLength+1) + `"}`, "JSON without a code"},
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
		if len(parts) > messageItems {
			t.Errorf("%d codes: %q", len(parts), got)
		}
	})
}

// Nothing of what a service says is in an error where its words may name people, in whichever part of the
// answer it says it.
func TestDoQuotesCodesOnly(t *testing.T) {
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { hijack(w, text) }
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"a body with a code", reply(500, nil, `{"errors":[{"code":"locked","title":"Jane Doe is locked"}]}`), "500, the server failed: locked; try again later"},
		{"a web page", reply(503, nil, "<html><title>Jane Doe is locked</title></html>"), "503, the server failed: an HTML page; try again later"},
		{"plain text", reply(400, nil, "Jane Doe is locked"), "400, request refused: plain text"},
		{"a success that is a web page", reply(200, nil, "<title>Jane Doe</title>"), "a web page came in place of JSON; is test.base_url right?"},
		{"a success that is plain text", reply(200, nil, "Jane Doe"), "invalid character 'J'"},
		{"no HTTP at all", raw("Customer Jane Doe is locked\r\n\r\n"), `"…"`},
		{"a status that is none", raw("HTTP/1.1 Jane Doe\r\n\r\n"), `"…"`},
		{"a header that is none", raw("HTTP/1.1 200 OK\r\nCustomer Jane \"Doe\" is locked\r\n\r\n"), `"…"`},
		{"a length that is none", raw("HTTP/1.1 200 OK\r\nContent-Length: Jane\r\n\r\n"), `"…"`},
		{"an address that is none", reply(302, http.Header{"Location": {"http://[Jane Doe"}}, ""), `"…"`},
		{"a cut-off body", raw("HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\nJane Doe"), "400, request refused: plain text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.handler)
			defer server.Close()
			s, err := NewService(ServiceOptions{Name: "test", BaseURL: server.URL, Setting: "test.base_url", CodesOnly: true})
			if err != nil {
				t.Fatal(err)
			}
			resp, err := s.Do(t.Context(), Call{Method: "GET", Path: "/v1/x"})
			if err == nil {
				err = resp.Decode(new(struct{}))
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "Jane") || strings.Contains(err.Error(), "Doe") {
				t.Errorf("got %v, want %q and no name", err, tt.want)
			}
		})
	}
}

// What a service's words advise is told also where they are not.
func TestDoAdvises(t *testing.T) {
	server := httptest.NewServer(reply(403, nil, `{"errors":[{"title":"Jane's key is of pod two"}]}`))
	defer server.Close()
	s, err := NewService(ServiceOptions{
		Name: "test", BaseURL: server.URL, Setting: "test.base_url", CodesOnly: true,
		Advise: func(body []byte) string {
			if strings.Contains(string(body), "pod two") {
				return "move"
			}
			return ""
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Do(t.Context(), Call{Method: "GET", Path: "/v1/x"})
	if want := "test: GET /v1/x: 403, credentials refused: JSON without a code; move"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
