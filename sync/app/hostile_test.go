package app_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/app"
	"acsync/sync/sandbox"
)

// takeover is what people and services can write into an id, a name, a channel or a tag to take over who
// reads it: a title, a cleared screen, blinking, colours in one character, a turned direction, ends of lines,
// and what cannot be seen.
const takeover = "\x1b]0;owned\a\x1b[2J\x1b[5m\u009b1m\u202e\u200b\u2028\u2029\r\nFORGED\x00\x7f\u0085\ufffd\u2066\ufeff\U000e0041"

// hostileWorld has such text in everything that comes from outside, and conversations that end in every way.
type hostileWorld struct {
	dir   string
	stand *sandbox.Sandbox
	now   time.Time
	plain string // the id of a conversation of which only the id is harmless
}

func newHostileWorld(t *testing.T) *hostileWorld {
	t.Helper()
	w := &hostileWorld{dir: t.TempDir(), now: time.Now().UTC().Truncate(time.Second)}
	var failed atomic.Bool
	var err error
	w.stand, err = sandbox.Start(sandbox.Options{
		Empty: true, Now: func() time.Time { return w.now }, Channels: []string{"email", "]0;owned[2J[5m1m\u202e\u200b    FORGED \u2066\ufeff\U000e0041"},
		Faults: sandbox.Faults{
			Kustomer: sandbox.ServiceFaults{Hook: func(r *http.Request) sandbox.Fault {
				if strings.Contains(r.URL.Path, "/customers/") && !failed.Swap(true) {
					return sandbox.Fault{Status: 503, Body: `{"errors":[{"title":"` + takeover + `\xff"}]}`}
				}
				return sandbox.Fault{}
			}},
			AgentConnect: sandbox.ServiceFaults{Hook: w.answer},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	w.people()
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\nconcurrency = 1\n[ledger]\npath = %q\n"+
		"[[rule]]\nname = \"tagged\"\nwhen = 'any(tags, # contains \"owned\")'\nset.brand = 'agent.name'\n",
		w.stand.KustomerURL(), w.stand.KustomerKey(), w.stand.AgentConnectURL(), w.stand.AgentConnectKey(), w.path("acsync.db"))
	if err := os.WriteFile(w.path("config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *hostileWorld) path(name string) string { return filepath.Join(w.dir, name) }

// answer refuses every third survey request in the service's own words, and leaves every other third without
// an answer.
func (w *hostileWorld) answer(r *http.Request) sandbox.Fault {
	if r.Method != http.MethodPost {
		return sandbox.Fault{}
	}
	switch len(w.stand.Requests()) % 3 {
	case 1:
		return sandbox.Fault{Processed: true, Status: 400, Body: `{"error":"` + takeover + "\xff\xfe" + `"}`}
	case 2:
		return sandbox.Fault{Processed: true, Break: true}
	}
	return sandbox.Fault{}
}

// people adds conversations, and those who are in them.
func (w *hostileWorld) people() {
	add := sandbox.Records{Tags: []sandbox.Tag{{ID: "tag" + takeover, Name: "tag " + takeover}}}
	for i := range 12 {
		user := fmt.Sprintf("user %d%s", i, takeover)
		address := fmt.Sprintf("agent-%d@example.org", i)
		add.Users = append(add.Users, sandbox.User{ID: user, Name: "Agent " + takeover, Email: address})
		add.Employees = append(add.Employees, sandbox.Employee{
			Email: address, FirstName: takeover, LastName: takeover, Status: "active",
		})
		c, customer := newConversation(w.now.Add(-time.Hour - time.Duration(i)*time.Second))
		if w.plain = cmp.Or(w.plain, c.ID); i > 0 {
			c.ID = fmt.Sprintf("id%d%s", i, takeover)
		}
		customer.Name = "Jane " + takeover
		customer.Emails = []sandbox.Email{{Address: fmt.Sprintf("jane-%d@example.com", i), Verified: true}}
		c.Name, c.Tags, c.Channels, c.TeamID, c.BrandID = takeover, []string{"tag" + takeover}, []string{takeover}, takeover, takeover
		c.AssignedUsers, c.DoneUsers, c.DoneBy = []string{user}, []string{user}, user
		switch i {
		case 3:
			c.AssignedUsers, c.DoneUsers, c.DoneBy = nil, nil, ""
		case 7:
			c.CustomerID = takeover
		}
		add.Conversations, add.Customers = append(add.Conversations, c), append(add.Customers, customer)
	}
	w.stand.Put(add)
}

// run carries out one command line in this process: no other can be given a NUL.
func (w *hostileWorld) run(args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	program := app.App{Now: func() time.Time { return w.now }}
	code = program.Run(context.Background(), append([]string{"acsync"}, args...), nil,
		strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// rawIn tells what of a text nobody may be shown; empty for nothing.
func rawIn(text string) string {
	if !utf8.ValidString(text) {
		return "bytes that are no text"
	}
	for _, c := range strings.ReplaceAll(text, "\r\n", "\n") {
		if c != '\n' && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			return fmt.Sprintf("%U", c)
		}
	}
	if strings.Contains(text, "\nFORGED") || strings.HasPrefix(text, "FORGED") {
		return "a forged line"
	}
	return ""
}

// TestNothingTakesOverTheScreen makes every command show a world of hostile text, in all its forms.
func TestNothingTakesOverTheScreen(t *testing.T) {
	w := newHostileWorld(t)
	t.Chdir(w.dir)
	id := "id1" + takeover
	var shown int
	for _, test := range []struct {
		line  string
		codes []int
	}{
		{"init --start 3h_ago", []int{0}},
		{"rules test --log-level debug", []int{0}},
		{"rules test --json --from 2h_ago", []int{0}},
		{"rules test --from 2h_ago --report OUT/r.html --report OUT/r.csv --report OUT/r.json --report OUT/r.md", []int{0}},
		{"rules test --expect OUT/r.json", []int{3}}, // no id with such text is asked for
		{"run --dry-run --log-level debug", []int{0}},
		{"plan --out OUT/plan.json --report OUT/plan.md", []int{0}},
		{"plan show --report OUT/p.html --report OUT/p.csv --report OUT/p.json --report OUT/p.md OUT/plan.json", []int{0}},
		{"plan show --json OUT/plan.json", []int{0}},
		{"run --log-level debug --report OUT/a.html --report OUT/a.csv --report OUT/a.json --report OUT/a.md", []int{3}},
		{"apply --log-level debug OUT/plan.json", []int{3}},
		{"run --json --log-level debug --log-format json --report OUT/b.html --reveal", []int{3}},
		{"run", []int{3}},
		{"status", []int{0}},
		{"status --json", []int{0}},
		{"passes --report OUT/c.html --report OUT/c.csv --report OUT/c.json --report OUT/c.md", []int{0}},
		{"passes --json", []int{0}},
		{"explain PLAIN", []int{0}},
		{"explain --json --reveal PLAIN", []int{0}},
		{"explain ID", []int{12}},
		{"resolve --accept --id ID", []int{0, 3, 12}},
		{"resolve --accept --id gone-ID", []int{0, 3, 12}},
		{"resolve --drop --json --id gone-ID", []int{0, 3, 12}},
		{"ledger check", []int{0}},
		{"ledger export", []int{0}},
		{"ledger export --out OUT/export.jsonl", []int{0}},
		{"resolve --accept --all", []int{0}},
		{"run ID", []int{12}},
		{"ID", []int{12}},
		{"run --ID", []int{12}},
	} {
		args := strings.Fields(test.line)
		for i, arg := range args {
			arg = strings.NewReplacer("ID", id, "PLAIN", w.plain, "_", " ").Replace(arg)
			args[i] = strings.Replace(arg, "OUT", w.dir, 1)
		}
		code, out, errs := w.run(args...)
		wanted := false
		for _, want := range test.codes {
			wanted = wanted || code == want
		}
		if !wanted {
			t.Errorf("%s: exit code %d, want %v\n%q\n%q", test.line, code, test.codes, out, errs)
		}
		for stream, text := range map[string]string{"stdout": out, "stderr": errs} {
			if c := rawIn(text); c != "" {
				t.Errorf("%s: %s holds %s: %q", test.line, stream, c, text)
			}
			shown += strings.Count(text, "owned")
		}
	}
	files, err := filepath.Glob(w.path("*.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c := rawIn(string(text))
		if strings.HasSuffix(file, ".db") || strings.HasSuffix(file, ".html") && c == "a forged line" { // no line means anything there
			continue
		}
		if c != "" {
			t.Errorf("%s holds %s", filepath.Base(file), c)
		}
		shown += strings.Count(string(text), "owned")
	}
	if shown < 100 {
		t.Errorf("hostile text was shown %d times: the test shows little", shown)
	}
	if n := len(w.stand.Requests()); n < 9 {
		t.Errorf("%d survey requests were made: the test shows little", n)
	}
	for _, request := range w.stand.Requests() {
		for _, text := range append(request.Tags, request.CustomerName, request.Channel, request.Brand) {
			if strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsAny(text, "\u2028\u2029\ufffd") || text == "" {
				t.Errorf("Agent Connect was sent %q", text)
			}
		}
	}
}

// TestHolderTakesOverNothing shows what another process tells of itself.
func TestHolderTakesOverNothing(t *testing.T) {
	t.Parallel()
	w := newHostileWorld(t)
	if code, _, errs := commandLine(w.dir, w.now, "init", "--start", "3h ago"); code != 0 {
		t.Fatal(errs)
	}
	ledger, err := bolt.Open(w.path("acsync.db"), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ledger.Report(store.Progress{Pass: "\u202epass owned\u200b", Mode: "\u2066mode\ufeff", WaitingFor: takeover})
	for _, line := range []string{"status", "status --json", "run", "resolve --accept --all"} {
		_, out, errs := commandLine(w.dir, w.now, strings.Fields(line)...)
		if c := rawIn(out + errs); c != "" || !strings.Contains(out+errs, "owned") {
			t.Errorf("%s holds %s: %q", line, c, out+errs)
		}
	}
	left, err := os.ReadFile(w.path("acsync.db.holder"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.path("acsync.db.holder"), left, 0o600); err != nil { // as one that was killed leaves it
		t.Fatal(err)
	}
	for _, line := range []string{"status", "passes"} {
		_, out, errs := commandLine(w.dir, w.now, line)
		if c := rawIn(out + errs); c != "" || !strings.Contains(out+errs, "owned") {
			t.Errorf("%s holds %s: %q", line, c, out+errs)
		}
	}
}
