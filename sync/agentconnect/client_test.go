package agentconnect

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/sync/httpx"
)

const apiKey = "k-0123456789-topsecret"

// echo is the documented answer to survey.
const echo = `{"customer":{"name":"Jane Doe","email":"jane@example.com"},"employee":{"email":"alex.agent@example.org"},` +
	`"channel":"phone","ext_interaction_id":"6716500fa1b2c3d4e5f60001"}`

// survey is a request with personal data, all of it made up.
var survey = Request{
	Customer:         Customer{Name: "Jane Doe", Email: "jane@example.com"},
	Employee:         Employee{Email: "alex.agent@example.org"},
	Channel:          "phone",
	ExtInteractionID: "6716500fa1b2c3d4e5f60001",
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	o.APIKey = apiKey
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// facts are an Answer without its error.
type facts struct {
	Status     int
	Written    bool
	RetryAfter time.Duration
	Message    string
	Failed     bool // Err is set
}

func factsOf(a Answer) facts {
	return facts{a.Status, a.Written, a.RetryAfter, a.Message, a.Err != nil}
}

// checkPrivate looks for what must not be in an answer.
func checkPrivate(t *testing.T, a Answer) {
	t.Helper()
	text := a.Message + a.Looks
	if a.Err != nil {
		text += a.Err.Error()
	}
	for _, private := range []string{apiKey, "jane", "Jane", "Doe", "alex"} {
		if strings.Contains(text, private) {
			t.Errorf("%q is in %q", private, text)
		}
	}
}

// Whatever a service that was reached does, one request arrives there, and the facts are told as they are.
func TestCreate(t *testing.T) {
	tests := []struct {
		name string
		act  func(net.Conn, *http.Request) bool
		want facts
		err  string // in the error
	}{
		{"200", says(response("200 OK", "", echo)), facts{Status: 200, Written: true}, ""},
		{"201", says(response("201 Created", "", echo)), facts{Status: 201, Written: true}, ""},
		{"204", says("HTTP/1.1 204 No Content\r\n\r\n"), facts{Status: 204, Written: true}, ""},
		{"200 empty", says(response("200 OK", "", "")), facts{Status: 200, Written: true}, ""},
		{"200 web page", says(response("200 OK", "", "<title>Welcome Jane</title>")), facts{Status: 200, Written: true}, ""},
		{"200 cut-off JSON", says(response("200 OK", "", `{"customer":`)), facts{Status: 200, Written: true, Failed: true}, "unexpected end of JSON"},
		{"200 cut after its header", says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), facts{Status: 200, Written: true, Failed: true}, "it was cut off"},
		{"cut within its header", says("HTTP/1.1 200 OK\r\nContent-Le"), facts{Written: true, Failed: true}, "no complete answer"},
		{"closed without an answer", says(""), facts{Written: true, Failed: true}, "EOF"},
		{"reset", func(conn net.Conn, _ *http.Request) bool {
			conn.(*net.TCPConn).SetLinger(0)
			return false
		}, facts{Written: true, Failed: true}, "no complete answer"},
		{"not HTTP", says("SSH-2.0-x\r\n\r\n"), facts{Written: true, Failed: true}, "malformed HTTP response"},
		{"307", says(response("307 Temporary Redirect", "Location: /v1/requests\r\n", "")), facts{
			Status: 307, Written: true, Message: "redirected, which is not followed; is agent_connect.base_url right?",
		}, ""},
		{"400", says(response("400 Bad Request", "", `{"message":"Invalid customer jane doe <JANE@example.com>"}`)), facts{
			Status: 400, Written: true, Message: "Invalid customer *** <***>",
		}, ""},
		{"400 with a name turned round", says(response("400 Bad Request", "", `{"message":"Invalid customer Doe, Jane is not doejane, nor DOE_JANE"}`)), facts{
			Status: 400, Written: true, Message: "Invalid customer ***, *** is not ***, nor ***_***",
		}, ""},
		{"400 with a mailbox", says(response("400 Bad Request", "", `{"message":"Employee alex_agent not found"}`)), facts{
			Status: 400, Written: true, Message: "Employee *** not found",
		}, ""},
		{"400 with errors", says(response("400 Bad Request", "", `{"errors":[{"title":"Employee not found","detail":"alex.agent@example.org"}]}`)), facts{
			Status: 400, Written: true, Message: "Employee not found: ***",
		}, ""},
		{"400 plain", says(response("400 Bad Request", "", "Channel not enabled")), facts{Status: 400, Written: true, Message: "Channel not enabled"}, ""},
		{"400 cut off", says("HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\nChannel"), facts{Status: 400, Written: true, Message: "Channel", Failed: true}, "it was cut off"},
		{"403", says(response("403 Forbidden", "", `{"message":"Forbidden: `+apiKey+`"}`)), facts{Status: 403, Written: true, Message: "Forbidden: ***"}, ""},
		{"429", says(response("429 Too Many Requests", "Retry-After: 7\r\n", `{"message":"Limit Exceeded"}`)), facts{
			Status: 429, Written: true, RetryAfter: 7 * time.Second, Message: "Limit Exceeded",
		}, ""},
		{"500 web page", says(response("500 Internal Server Error", "", "<html><title>Oops</title>Jane</html>")), facts{Status: 500, Written: true, Message: "Oops"}, ""},
		{"503", says(response("503 Service Unavailable", "Retry-After: 60\r\n", "")), facts{Status: 503, Written: true, RetryAfter: time.Minute}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.act)
			a := client(t, Options{BaseURL: s.URL}).Create(t.Context(), survey)
			if diff := cmp.Diff(tt.want, factsOf(a)); diff != "" {
				t.Errorf("%v (-want +got):\n%s", a.Err, diff)
			}
			if a.Err != nil && !strings.Contains(a.Err.Error(), tt.err) {
				t.Errorf("got %v, want %q in it", a.Err, tt.err)
			}
			checkPrivate(t, a)
			if n := s.arrived.Load(); n != 1 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

// What fails before a connection is there has not left this machine.
func TestCreateNotWritten(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that is to fail
	unknown.StartTLS()
	t.Cleanup(unknown.Close)
	dial := func(f func(context.Context) error) *http.Client {
		return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, f(ctx) }}}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		o    Options
		err  string
	}{
		{"refused", t.Context(), Options{BaseURL: "http://" + gone.Addr().String()}, "connection refused"},
		{"untrusted certificate", t.Context(), Options{BaseURL: unknown.URL}, "certificate"},
		{"no such host", t.Context(), Options{BaseURL: "https://acme.example", HTTP: dial(func(context.Context) error {
			return &net.DNSError{Err: "no such host", Name: "acme.example", IsNotFound: true}
		})}, "no such host"},
		{"cancelled before", cancelled, Options{BaseURL: "http://" + gone.Addr().String()}, "canceled"},
		{"timed out while connecting", t.Context(), Options{BaseURL: "https://acme.example", Timeout: 20 * time.Millisecond, HTTP: dial(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})}, "timed out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := client(t, tt.o).Create(tt.ctx, survey)
			if diff := cmp.Diff(facts{Failed: true}, factsOf(a)); diff != "" {
				t.Errorf("%v (-want +got):\n%s", a.Err, diff)
			}
			if a.Err == nil || !strings.Contains(a.Err.Error(), tt.err) {
				t.Errorf("got %v, want %q in it", a.Err, tt.err)
			}
			checkPrivate(t, a)
		})
	}
}

// A handshake that breaks in the middle has not carried the request.
func TestCreateBrokenHandshake(t *testing.T) {
	s := serve(t, says(""))
	a := client(t, Options{BaseURL: "https://" + s.Listener.Addr().String()}).Create(t.Context(), survey)
	if a.Written || a.Status != 0 || a.Err == nil {
		t.Errorf("got %+v", a)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](a.Err); ok {
		t.Errorf("got %v, want a broken handshake", a.Err)
	}
}

// An answer that does not come in time leaves a written request, whoever gave up.
func TestCreateWithoutAnswer(t *testing.T) {
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	s := serve(t, func(net.Conn, *http.Request) bool {
		arrived <- struct{}{}
		<-release
		return false
	})
	t.Cleanup(func() { close(release) })
	t.Run("timed out", func(t *testing.T) {
		a := client(t, Options{BaseURL: s.URL, Timeout: 50 * time.Millisecond}).Create(t.Context(), survey)
		<-arrived
		if a.Status != 0 || !a.Written || a.Err == nil || !strings.Contains(a.Err.Error(), "timed out") {
			t.Errorf("got %+v", a)
		}
	})
	t.Run("cut off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cutOff, cut := context.WithCancelCause(t.Context())
		over := errors.New("the time is over")
		go func() {
			<-arrived
			cancel() // which does not end it
			cut(over)
		}()
		a := client(t, Options{BaseURL: s.URL}).Create(httpx.WithCutOff(ctx, cutOff), survey)
		if a.Status != 0 || !a.Written || !errors.Is(a.Err, over) {
			t.Errorf("got %+v", a)
		}
	})
}

// TestCreateAwaitsItsDeparture: who waits behind others that leave has not left, and stops at once.
func TestCreateAwaitsItsDeparture(t *testing.T) {
	s := serve(t, says(response("200 OK", "", echo)))
	p := httpx.NewPacer(httpx.PacerOptions{Name: "requests", PerMinute: 1})
	c := client(t, Options{BaseURL: s.URL, Requests: p})
	if a := c.Create(t.Context(), survey); a.Err != nil {
		t.Fatal(a.Err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := c.Create(ctx, survey); a.Written || a.Status != 0 || !errors.Is(a.Err, context.Canceled) {
		t.Errorf("got %+v", a)
	}
	if n := s.arrived.Load(); n != 1 {
		t.Errorf("%d requests arrived", n)
	}
}

// A connection that dies between two requests never makes one of them arrive twice.
func TestCreateOnDyingConnections(t *testing.T) {
	tests := []struct {
		name string
		act  func(seen int, conn net.Conn) bool
	}{
		{"closed when the next request has come", func(seen int, conn net.Conn) bool {
			if seen%2 == 0 {
				return false
			}
			io.WriteString(conn, response("200 OK", "", echo))
			return true
		}},
		{"closed right after an answer", func(_ int, conn net.Conn) bool {
			io.WriteString(conn, response("200 OK", "", echo))
			return false
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			ids := map[string]int{}
			s := serve(t, func(conn net.Conn, r *http.Request) bool {
				var got Request
				json.NewDecoder(r.Body).Decode(&got)
				mu.Lock()
				ids[got.ExtInteractionID]++
				seen := len(ids)
				mu.Unlock()
				return tt.act(seen, conn)
			})
			c := client(t, Options{BaseURL: s.URL})
			for i := range 100 {
				request := survey
				request.ExtInteractionID = strconv.Itoa(i)
				a := c.Create(t.Context(), request)
				mu.Lock()
				times := ids[request.ExtInteractionID]
				mu.Unlock()
				if times > 1 || times == 1 && !a.Written || times == 0 && a.Status != 0 {
					t.Fatalf("request %d arrived %d times, answer %+v", i, times, a)
				}
			}
		})
	}
}

func TestCreateSends(t *testing.T) {
	var got *http.Request
	var body any
	s := serve(t, func(conn net.Conn, r *http.Request) bool {
		got = r
		json.NewDecoder(r.Body).Decode(&body)
		io.WriteString(conn, response("200 OK", "", echo))
		return false
	})
	a := client(t, Options{BaseURL: s.URL, UserAgent: "acsync/1.2.3"}).Create(t.Context(), survey)
	if a.Err != nil {
		t.Fatal(a.Err)
	}
	want := []string{"POST /v1/requests HTTP/1.1", apiKey, "application/json", "application/json", "acsync/1.2.3", "", ""}
	sent := []string{
		got.Method + " " + got.RequestURI + " " + got.Proto, got.Header.Get("x-api-key"), got.Header.Get("Accept"), got.Header.Get("Content-Type"),
		got.UserAgent(), got.Header.Get("Idempotency-Key"), got.Header.Get("X-Idempotency-Key"), // either would allow net/http to replay
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	wantBody := map[string]any{
		"customer":           map[string]any{"name": "Jane Doe", "email": "jane@example.com"},
		"employee":           map[string]any{"email": "alex.agent@example.org"},
		"channel":            "phone",
		"ext_interaction_id": "6716500fa1b2c3d4e5f60001",
	}
	if diff := cmp.Diff(any(wantBody), body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// Create does not pace, and tells the pacer of a 429; Ready waits for it.
func TestPacing(t *testing.T) {
	s := serve(t, says(response("429 Too Many Requests", "Retry-After: 100\r\n", "")))
	p := httpx.NewPacer(httpx.PacerOptions{Name: "requests", PerMinute: 100})
	c := client(t, Options{BaseURL: s.URL, Requests: p})
	if err := c.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := c.Create(t.Context(), survey); a.RetryAfter != 100*time.Second {
		t.Errorf("got %+v", a)
	}
	if until, _ := p.Paused(); until.IsZero() || p.Count() != 1 {
		t.Errorf("paused until %v after %d calls", until, p.Count())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := c.Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the turn to come too late", err)
	}
}

func TestNewRefusesUnusableOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"no key":     {BaseURL: "https://api.example"},
		"no address": {APIKey: apiKey},
		"bad key":    {BaseURL: "https://api.example", APIKey: apiKey + "\n"},
		"plain http": {BaseURL: "http://api.example", APIKey: apiKey},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
