package httpx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/exit"
)

const key = "k-0123456789-topsecret"

// service is a Service that calls handler.
func service(t *testing.T, handler http.HandlerFunc) *Service {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return serviceAt(t, server.URL)
}

func serviceAt(t *testing.T, address string) *Service {
	t.Helper()
	s, err := NewService(ServiceOptions{
		Name: "test", BaseURL: address, Setting: "test.base_url", UserAgent: "acsync/1.2.3",
		Header: http.Header{"Authorization": {"Bearer " + key}}, Secrets: []string{key}, Timeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// hijack takes the connection away from the server, writes raw to it and closes it.
func hijack(w http.ResponseWriter, raw string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	conn.Write([]byte(raw))
	conn.Close()
}

func reply(status int, header http.Header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

func TestDoErrors(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    Error // without Service, Method, Path and Err
		text    string
	}{
		{
			"credentials", reply(401, nil, `{"errors":[{"title":"Unauthorized","detail":"bad token `+key+` of jane@example.com"}]}`),
			Error{Status: 401, Kind: Credentials, Message: "Unauthorized: bad token *** of ***"},
			"test: GET /v1/x: 401, credentials refused: Unauthorized: bad token *** of ***; check the API key",
		},
		{
			"limited", reply(429, http.Header{"Retry-After": {"7"}}, `{"message":"Too Many Requests"}`),
			Error{Status: 429, Kind: Limited, Message: "Too Many Requests", RetryAfter: 7 * time.Second},
			"test: GET /v1/x: 429, too many requests: Too Many Requests; lower the configured requests per minute, or try again later",
		},
		{
			"limited until a reset", reply(429, http.Header{"X-Ratelimit-Reset": {"30"}}, ""),
			Error{Status: 429, Kind: Limited, RetryAfter: 30 * time.Second},
			"test: GET /v1/x: 429, too many requests; lower the configured requests per minute, or try again later",
		},
		{
			"web page", reply(502, nil, "<html><title>Bad Gateway</title></html>"),
			Error{Status: 502, Kind: Server, Message: "Bad Gateway"},
			"test: GET /v1/x: 502, the server failed: Bad Gateway; try again later",
		},
		{
			"redirect", reply(307, http.Header{"Location": {"/elsewhere"}}, ""),
			Error{Status: 307, Kind: Redirected},
			"test: GET /v1/x: 307, redirected, which is not followed; check the service's address: something else seems to answer there",
		},
		{"too large a request", reply(413, nil, ""), Error{Status: 413, Kind: Invalid}, "test: GET /v1/x: 413, request refused"},
		{"not found", reply(404, nil, ""), Error{Status: 404, Kind: NotFound}, "test: GET /v1/x: 404, not found"},
		{
			"cut off", func(w http.ResponseWriter, _ *http.Request) {
				hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":")
			},
			Error{Status: 200, Kind: Unreadable},
			"test: GET /v1/x: 200, the answer cannot be read: it was cut off: unexpected EOF; check the service's address: something else seems to answer there",
		},
		{
			"closed before an answer", func(w http.ResponseWriter, _ *http.Request) { hijack(w, "") },
			Error{Kind: Network},
			"test: GET /v1/x: no complete answer: EOF; check the network, the proxy settings and the service's address",
		},
		{
			"too large", func(w http.ResponseWriter, _ *http.Request) {
				chunk := []byte(strings.Repeat(" ", 1<<20))
				for range MaxBody>>20 + 1 {
					w.Write(chunk)
				}
			},
			Error{Status: 200, Kind: TooLarge},
			"test: GET /v1/x: 200, the answer is too large: the body is longer than is read",
		},
		{
			"bad status with a broken body", func(w http.ResponseWriter, _ *http.Request) {
				hijack(w, "HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\nInvalid")
			},
			Error{Status: 400, Kind: Invalid, Message: "Invalid"},
			"test: GET /v1/x: 400, request refused: Invalid: it was cut off: unexpected EOF",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := service(t, tt.handler)
			_, err := s.Do(t.Context(), Call{Method: "GET", Path: "/v1/x", Query: "email=jane%40example.com"})
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("got %v, want an *Error", err)
			}
			if diff := cmp.Diff(tt.text, e.Error()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			got := Error{Status: e.Status, Kind: e.Kind, Message: e.Message, RetryAfter: e.RetryAfter}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

// Personal data of the request that the answer echoes is masked, as it was sent and as an address would carry it.
func TestDoMasksRequest(t *testing.T) {
	s := service(t, reply(400, nil, `{"message":"no Jane Doe, q=Jane+Doe, key `+key+`, nor Doe"}`))
	_, err := s.Do(t.Context(), Call{Method: "GET", Path: "/v1/x", Secrets: []string{"Jane Doe", "Jane", "Doe", "jane@example.com"}})
	if want := "no ***, q=***, key ***, nor ***"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}

func TestDoSends(t *testing.T) {
	var got *http.Request
	s := service(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		w.Write([]byte(`{"ok":true}`))
	})
	resp, err := s.Do(t.Context(), Call{Method: "POST", Path: "/v1/a%2Fb", Query: "page=1", Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"POST", "/v1/a%2Fb?page=1", "Bearer " + key, "acsync/1.2.3", "application/json", "application/json"}
	sent := []string{
		got.Method, got.RequestURI, got.Header.Get("Authorization"), got.UserAgent(),
		got.Header.Get("Accept"), got.Header.Get("Content-Type"),
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	var body struct{ OK bool }
	if err := resp.Decode(&body); err != nil || !body.OK {
		t.Errorf("decoded %+v, %v", body, err)
	}
}

func TestDoStops(t *testing.T) {
	release := make(chan struct{})
	s := service(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	t.Run("by the caller", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := s.Do(ctx, Call{Method: "GET", Path: "/v1/x"})
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Stopped || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want stopped", err)
		}
	})
	t.Run("by its own time-out", func(t *testing.T) {
		hasty := *s
		hasty.report.timeout = 20 * time.Millisecond
		_, err := hasty.Do(t.Context(), Call{Method: "GET", Path: "/v1/x"})
		if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Network || !strings.Contains(err.Error(), "timed out, after at most 20ms") {
			t.Errorf("got %v, want a time-out", err)
		}
	})
}

func TestDoWithoutServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	s := serviceAt(t, "http://"+address)
	_, err = s.Do(t.Context(), Call{Method: "GET", Path: "/v1/x", Query: "q=" + key})
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != Network || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v, want a refused connection", err)
	}
	if strings.Contains(err.Error(), key) {
		t.Errorf("the key is in %v", err)
	}
}

func TestDecode(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"web page", "<!doctype html><title>Sign in</title>", "test: GET /v1/x: 200, the answer cannot be read: Sign in: a web page came in place of JSON; is test.base_url right?"},
		{"cut off", `{"data":[`, "test: GET /v1/x: 200, the answer cannot be read: unexpected end of JSON input; is test.base_url right?"},
		{"empty", "", "test: GET /v1/x: 200, the answer cannot be read: unexpected end of JSON input; is test.base_url right?"},
		{"other shape", `{"data":"jane"}`, "test: GET /v1/x: 200, the answer cannot be read: it is JSON of another shape than expected; is test.base_url right?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := service(t, reply(200, nil, tt.body))
			resp, err := s.Do(t.Context(), Call{Method: "GET", Path: "/v1/x"})
			if err != nil {
				t.Fatal(err)
			}
			var v struct{ Data []int }
			if diff := cmp.Diff(tt.want, resp.Decode(&v).Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewServiceChecksAddress(t *testing.T) {
	tests := []struct {
		address string
		ok      bool
	}{
		{"https://acme.api.kustomerapp.com", true},
		{"https://acme.api.kustomerapp.com/", true},
		{"https://proxy.example:8443/kustomer", true},
		{"http://127.0.0.1:8080", true},
		{"http://[::1]:8080", true},
		{"http://localhost:8080", true},
		{"http://proxy.example", false},
		{"https://key@proxy.example", false},
		{"https://proxy.example?x=1", false},
		{"ftp://proxy.example", false},
		{"acme.api.kustomerapp.com", false},
		{"https://", false},
		{"", false},
		{"https://a b\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			_, err := NewService(ServiceOptions{Name: "test", BaseURL: tt.address, Setting: "test.base_url"})
			if (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
			if err != nil && (!strings.Contains(err.Error(), "test.base_url") || strings.Contains(err.Error(), "key@")) {
				t.Errorf("the error must name the setting and not its value: %v", err)
			}
		})
	}
}

func TestCheckKey(t *testing.T) {
	for value, ok := range map[string]bool{key: true, "": false, key + "\n": false, "my key": false, "schlüssel": false} {
		err := CheckKey(value)
		if (err == nil) != ok {
			t.Errorf("%q: got %v", value, err)
		}
		if err != nil && value != "" && strings.Contains(err.Error(), strings.TrimSpace(value)) {
			t.Errorf("the key is in %v", err)
		}
	}
}

func TestKindNames(t *testing.T) {
	seen := map[string]Kind{}
	for k := Unreadable; k <= Setup; k++ {
		if other, ok := seen[k.String()]; ok || k.facts().phrase == "" {
			t.Errorf("kinds %d and %d are both %q", k, other, k)
		}
		seen[k.String()] = k
	}
	if Kind(99).String() != "unknown" {
		t.Errorf("got %q for no kind", Kind(99))
	}
}

// TestErrorExitClass has what a later run may heal end as temporary, and what nobody but a person can heal not.
func TestErrorExitClass(t *testing.T) {
	want := map[Kind]exit.Code{
		Credentials: exit.Credentials, Limited: exit.Temporary, Server: exit.Temporary, Network: exit.Temporary,
		Stopped: exit.Temporary, Unreadable: exit.Failed, Invalid: exit.Failed, NotFound: exit.Failed,
		Redirected: exit.Failed, TooLarge: exit.Failed, Setup: exit.Usage, Kind(99): exit.Failed,
	}
	for kind, code := range want {
		if got, ok := exit.Of(fmt.Errorf("reading: %w", &Error{Kind: kind})); got != code || !ok {
			t.Errorf("%v: got %d (%v), want %d", kind, got, got, code)
		}
	}
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
