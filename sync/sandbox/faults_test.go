package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const htmlPage = "<html><head><title>502 Bad Gateway</title></head></html>"

func always(f Fault) ServiceFaults { return ServiceFaults{Rules: []Rule{{Fault: f}}} }

// post sends one survey request over a real connection. status is 0 when no answer came.
func (s *Sandbox) post(t *testing.T) (status int, body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.AgentConnectURL()+"/v1/requests", strings.NewReader(survey(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Api-Key", s.AgentConnectKey())
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

func TestFaultsOfARequest(t *testing.T) {
	for name, test := range map[string]struct {
		faults   ServiceFaults
		status   int
		broken   bool // reading the answer fails
		accepted int
	}{
		"none":             {ServiceFaults{}, 200, false, 1},
		"server error":     {always(Fault{Status: 503}), 503, false, 0},
		"late error":       {always(Fault{Status: 500, Processed: true}), 500, false, 1},
		"throttled":        {always(Fault{Status: 429}), 429, false, 0},
		"broken":           {always(Fault{Break: true}), 0, true, 0},
		"lost answer":      {always(Fault{Break: true, Processed: true}), 0, true, 1},
		"cut off":          {always(Fault{Cut: true}), 200, true, 1},
		"gateway's page":   {always(Fault{Status: 502, Body: htmlPage}), 502, false, 0},
		"late":             {always(Fault{Delay: time.Millisecond}), 200, false, 1},
		"other endpoint":   {ServiceFaults{Rules: []Rule{{On: "GET /v2", Fault: Fault{Break: true}}}}, 200, false, 1},
		"answered by rule": {always(Fault{Status: 201, Processed: true, Body: "ok"}), 201, false, 1},
		"all of a share":   {ServiceFaults{Rules: []Rule{{Share: 1, Fault: Fault{Status: 404}}}}, 404, false, 0},
		"hook before rules": {ServiceFaults{
			Hook:  func(*http.Request) Fault { return Fault{Status: 403} },
			Rules: []Rule{{Fault: Fault{Break: true}}},
		}, 403, false, 0},
		"hook": {ServiceFaults{Hook: func(r *http.Request) Fault {
			body, _ := io.ReadAll(r.Body)
			return Fault{Break: strings.Contains(string(body), "simone"), Processed: true}
		}}, 0, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Start(Options{Empty: true, Faults: Faults{AgentConnect: test.faults}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			status, body, err := s.post(t)
			if status != test.status || (err != nil) != test.broken {
				t.Errorf("got %d %q %v, want %d, broken %v", status, body, err, test.status, test.broken)
			}
			if n := len(s.Requests()); n != test.accepted {
				t.Errorf("%d requests took effect, want %d", n, test.accepted)
			}
		})
	}
}

func TestRulesRunOutInTheirOrder(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true, Faults: Faults{Kustomer: ServiceFaults{Rules: []Rule{
		{On: "GET /v1/users", Times: 1, Fault: Fault{Status: 500}},
		{On: "GET /v1/users", Times: 1},
		{On: "GET /v1/users", Times: 1, Fault: Fault{Status: 502, Body: htmlPage}},
		{On: agentNoEmail, Fault: Fault{Status: 403}},
	}}}})
	var got []int
	for _, path := range []string{
		"/v1/users", "/v1/tags", "/v1/users", "/v1/users", "/v1/users", "/v1/users/" + agentNoEmail,
	} {
		got = append(got, s.askKustomer(t, "GET", path, "").status)
	}
	if diff := cmp.Diff(got, []int{500, 200, 200, 502, 200, 403}); diff != "" {
		t.Errorf("statuses: %s", diff)
	}
}

func TestSearchesThatFail(t *testing.T) {
	wide := Rule{On: "POST " + searchPath, Wider: time.Hour, Fault: Fault{Status: 504, Body: htmlPage}}
	plain, _ := fixed(t, Options{})
	all := plain.Conversations(noon.Add(-time.Hour), noon.Add(-30*time.Minute))
	broken := all[len(all)/2]
	s, _ := fixed(t, Options{Faults: Faults{
		Kustomer: ServiceFaults{Rules: []Rule{wide}}, Broken: []string{broken.ID}, RowBytes: 10_000,
	}})
	ask := func(context string, from, to time.Time) (status, bytes int) {
		r := s.askKustomer(t, "POST", searchPath+"?pageSize=500", window(context, from, to))
		return r.status, len(r.text)
	}
	at := broken.Resolved
	for name, test := range map[string]struct {
		context  string
		from, to time.Time
		want     int
	}{
		"wider":                           {"conversation", at.Add(-2 * time.Hour), at.Add(-time.Minute), 504},
		"of customers, and wider":         {"customer", at.Add(-2 * time.Hour), at.Add(-time.Minute), 504},
		"no wider, all before the broken": {"conversation", at.Add(-time.Hour), at, 200},
		"with the broken row":             {"conversation", at, at.Add(time.Millisecond), 500},
		"of customers, with its customer": {"customer", at, at.Add(time.Millisecond), 500},
		"behind it":                       {"conversation", at.Add(time.Millisecond), at.Add(time.Hour), 200},
	} {
		status, bytes := ask(test.context, test.from, test.to)
		if status != test.want || status == 200 && bytes < 100_000 {
			t.Errorf("%s: status %d and %d bytes, want %d", name, status, bytes, test.want)
		}
	}
}

func TestAHookAddsToWhatARuleSays(t *testing.T) {
	s, _ := fixed(t, Options{Empty: true, Faults: Faults{Kustomer: ServiceFaults{
		Hook: func(*http.Request) Fault {
			return Fault{Header: http.Header{"X-Ratelimit-Reset": nil, "Retry-After": {"9"}}}
		},
		Rules: []Rule{{On: "/v1/users", Fault: Fault{Status: 429, Header: http.Header{"X-Rule": {"1"}}}}},
	}}})
	for path, want := range map[string]int{"/v1/users": 429, "/v1/tags": 200} {
		r := s.askKustomer(t, "GET", path, "")
		reset, after := r.header.Get("X-Ratelimit-Reset"), r.header.Get("Retry-After")
		got := []any{r.status, reset, after, r.header.Get("X-Rule") != ""}
		if diff := cmp.Diff(got, []any{want, "", "9", want == 429}); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestAShareOfRequests(t *testing.T) {
	rules := []Rule{{Share: 0.3, Fault: Fault{Status: 503}}}
	s, _ := fixed(t, Options{Empty: true, Faults: Faults{Kustomer: ServiceFaults{Rules: rules}}})
	failed := 0
	for range 1000 {
		if s.askKustomer(t, "GET", "/v1/auth/tokens/current", "").status == 503 {
			failed++
		}
	}
	if failed < 200 || failed > 400 {
		t.Errorf("%d of 1,000 requests met the fault, want about 300", failed)
	}
}

func TestReceivedRequestsCanBeReadByOtherProcesses(t *testing.T) {
	s, err := Start(Options{Empty: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := s.post(t); err != nil {
		t.Fatal(err)
	}
	r, err := http.Get(s.AgentConnectURL() + "/sandbox/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var got []Received
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, s.Requests()); diff != "" || !got[0].Accepted() {
		t.Errorf("requests: %s", diff)
	}
}

// pipes is a listener in memory, which a bubble can wait for.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.connections <- far
	return near, nil
}

func TestHandlersWorkInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Faults: Faults{Kustomer: always(Fault{Delay: 10 * time.Second})}})
		if err != nil {
			t.Fatal(err)
		}
		listener := &pipes{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: s.KustomerHandler()}
		go func() { _ = server.Serve(listener) }()
		transport := &http.Transport{DialContext: listener.dial}
		began := time.Now()
		r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://kustomer.test/v1/users", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+s.KustomerKey())
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if took := time.Since(began); answer.StatusCode != 200 || took != 10*time.Second {
			t.Errorf("got %d after %s of the bubble's time, want 200 after 10s", answer.StatusCode, took)
		}
		if date := answer.Header.Get("Date"); !strings.Contains(date, "2000") {
			t.Errorf("date %q, want the bubble's", date)
		}
		transport.CloseIdleConnections()
		_ = server.Close()
	})
}
