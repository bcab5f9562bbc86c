package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// tampered is a Kustomer whose answers are changed on their way, an Agent Connect, and a ledger for them.
type tampered struct {
	stand         *sandbox.Sandbox
	now           time.Time
	dir           string
	conversations []sandbox.Conversation // plain ones, the latest first

	mu     sync.Mutex
	change func(r *http.Request, a *answer) // sees every answer of Kustomer, and may change it
}

// changes has every answer of Kustomer shown to a function, which may change it.
func (k *tampered) changes(change func(r *http.Request, a *answer)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.change = change
}

// answer is what Kustomer says; a test changes it.
type answer struct {
	status int
	body   string
}

// newConversation is one that gets a survey request, with a customer of its own, as they are put into a sandbox.
func newConversation(resolved time.Time) (sandbox.Conversation, sandbox.Customer) {
	resolved = resolved.UTC().Truncate(time.Millisecond)
	created := resolved.Add(-17 * time.Minute)
	agent, number := sandbox.RegularAgents[0].ID, created.UnixMilli()
	customer := sandbox.Customer{
		ID: fmt.Sprintf("%08x%016x", created.AddDate(0, 0, -1).Unix(), number), Created: created.AddDate(0, 0, -1),
		Name: "Sam Sawyer", Emails: []sandbox.Email{{
			Address: fmt.Sprintf("customer-%d@example.com", number), Type: "home", Verified: true,
		}},
	}
	return sandbox.Conversation{
		ID: fmt.Sprintf("%08x%016x", created.Unix(), number), Created: created, Resolved: resolved,
		CustomerID: customer.ID, Name: "Where is my order?", Channels: []string{"email"}, Tags: []string{},
		Custom: map[string]any{}, AssignedUsers: []string{agent}, DoneUsers: []string{agent}, DoneBy: agent,
	}, customer
}

// plain leaves a conversation as it is.
func plain(int, *sandbox.Conversation) {}

// newTampered has some plain conversations, a minute apart, the last of them an hour ago, each as shape
// leaves it. Settings are added to the configuration.
func newTampered(t *testing.T, conversations int, settings string, shape func(i int, c *sandbox.Conversation)) *tampered {
	t.Helper()
	k := &tampered{now: time.Now().UTC().Truncate(time.Second), dir: t.TempDir(), change: func(*http.Request, *answer) {}}
	var err error
	if k.stand, err = sandbox.Start(sandbox.Options{Empty: true, Now: func() time.Time { return k.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := range conversations {
		c, customer := newConversation(k.now.Add(-time.Hour - time.Duration(i)*time.Minute))
		shape(i, &c)
		k.stand.Put(sandbox.Records{
			Conversations: []sandbox.Conversation{c}, Customers: []sandbox.Customer{customer},
		})
		k.conversations = append(k.conversations, c)
	}
	config := fmt.Sprintf("[kustomer]\norg = %q\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n[ledger]\npath = %q\n%s\n",
		k.stand.Org(), k.relay(t), k.stand.KustomerKey(), k.stand.AgentConnectURL(), k.stand.AgentConnectKey(),
		filepath.Join(k.dir, "acsync.db"), settings)
	if err := os.WriteFile(filepath.Join(k.dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := k.run("init", "--start", k.now.Add(-24*time.Hour).Format(time.RFC3339)); code != 0 {
		t.Fatalf("init: exit code %d\n%s", code, said)
	}
	return k
}

// relay stands between the program and Kustomer, and gives its own address.
func (k *tampered) relay(t *testing.T) string {
	target, err := url.Parse(k.stand.KustomerURL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(resp *http.Response) error {
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			a := answer{resp.StatusCode, string(body)}
			k.mu.Lock()
			change := k.change
			k.mu.Unlock()
			change(resp.Request, &a)
			resp.StatusCode, resp.Body = a.status, io.NopCloser(strings.NewReader(a.body))
			resp.ContentLength = int64(len(a.body))
			resp.Header.Set("Content-Length", strconv.Itoa(len(a.body)))
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server.URL
}

// run carries out one command line.
func (k *tampered) run(args ...string) (code int, out, said string) {
	at := len(args)
	if args[0] == "explain" { // flags come before its argument
		at--
	}
	line := slices.Concat(args[:at], []string{"--config", filepath.Join(k.dir, "config.toml")}, args[at:])
	return commandLine(k.dir, k.now, line...)
}

// pass makes a pass and gives its report for programs, which must add up and agree with the exit code.
func (k *tampered) pass(t *testing.T, code int, args ...string) passTold {
	t.Helper()
	got, out, said := k.run(append(args, "--json")...)
	var told passTold
	if err := json.Unmarshal([]byte(out), &told); err != nil || got != code || told.sum() != told.Found || told.exit() != code {
		t.Fatalf("%s: exit code %d, want %d; %v\n%s\n%s", args, got, code, err, out, said)
	}
	return told
}

// passTold is what a program reads of a report.
type passTold struct {
	passReport
	Reasons map[string]int `json:"reasons"`
}

// asked are the requests that Agent Connect got, by conversation.
func (k *tampered) asked(t *testing.T) map[string]sandbox.Received {
	t.Helper()
	asked := map[string]sandbox.Received{}
	for _, request := range k.stand.Requests() {
		if _, twice := asked[request.ExtInteractionID]; twice {
			t.Errorf("%s was asked about twice", request.ExtInteractionID)
		}
		asked[request.ExtInteractionID] = request
	}
	return asked
}

// file is the content of one of the files beside the ledger; empty when there is none.
func (k *tampered) file(name string) string {
	b, _ := os.ReadFile(filepath.Join(k.dir, name))
	return string(b)
}
