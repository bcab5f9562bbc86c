package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/store"
	"acsync/store/storetest/memory"
	"acsync/sync/app"
	"acsync/sync/sandbox"
)

// TestMain lets scripts run the program in this binary.
func TestMain(m *testing.M) {
	memory.Use()
	testscript.Main(tidily{m}, map[string]func(){
		"acsync":     func() { os.Exit(scripted().Main()) },
		residentName: reside,
	})
}

// amount is how much of something a test does: a few, or with LONG_TESTS=1 many.
func amount(few, many int) int {
	if os.Getenv("LONG_TESTS") != "" {
		return many
	}
	return few
}

// commandLine carries out one command line in another process, so that tests can run at the same time, with the program's clock at now; at the zero time it has the real one.
func commandLine(dir string, now time.Time, args ...string) (code int, out, errs string) {
	env := []string{"HOME=" + dir}
	if !now.IsZero() {
		env = append(env, "FIXED_NOW="+now.Format(time.RFC3339Nano))
	}
	result, err := stay(commandCall{append([]string{"acsync"}, args...), env, dir})
	if err != nil {
		return -1, "", err.Error()
	}
	out, errs = string(result.Out), string(result.Errs)
	app.Leaks.Look(strings.Join(args, " "), out+errs)
	return result.Code, out, errs
}

func TestScripts(t *testing.T) {
	example, err := os.ReadFile("../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if app.Leaks.Looked == 0 {
			t.Error("nobody looked for leaks")
		}
	})
	files := scripts(t)
	named := variables(t, files)
	testscript.RunT(app.Watched{T: t}, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Condition:           condition,
		Setup: func(env *testscript.Env) error {
			path := env.WorkDir + "/example.toml"
			env.Setenv("EXAMPLE", path)
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/cache")
			// A stand-in whose clock stands still refuses a token that is a minute ahead of it. It has a minute more,
			// so that a script may be slow.
			now := time.Now().UTC().Add(time.Minute)
			env.Setenv("FIXED_NOW", now.Format(time.RFC3339))
			env.Values["stand-in"] = new(*sandbox.Sandbox)
			env.Values["ledger"] = newScriptLedger(t)
			env.Setenv("LATER", now.Add(time.Hour).Format(time.RFC3339))
			if err := os.WriteFile(path, example, 0o600); err != nil {
				return err
			}
			env.Values["variables"] = named
			own := app.FilesIn(env.WorkDir)
			env.Defer(func() { app.Leaks.Folder(t.Name(), env.WorkDir, own) })
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":        exits,
			"field":        field,
			"json-log":     jsonLog,
			"stand-in":     standIn,
			"received":     received,
			"mailed":       mailed,
			"leave":        leave,
			"lock":         lock,
			"unmake":       unmake,
			"await":        await,
			"reported":     reported,
			"same":         same,
			"summed":       summed,
			"keys":         keys,
			"now":          sayNow,
			"mode":         mode,
			"agree":        agree,
			"planned":      planned,
			"edit":         edit,
			"conversation": conversation,
			"mend":         mend,
			"befall":       befall,
			"age":          age,
			"by-cron":      byCron,
		},
	})
}

// exits CODE COMMAND...: the command must end with the exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	code, out := carryOut(ts, args[1], args[2:]...)
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
	agrees(ts, out, code)
}

// field NAME VALUE: the JSON object on stdout has the value; VALUE may be >0.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: field NAME VALUE")
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &object); err != nil {
		ts.Fatalf("stdout is no JSON object: %v", err)
	}
	var value any = object
	for part := range strings.SplitSeq(args[0], ".") {
		inner, ok := value.(map[string]any)
		if !ok {
			ts.Fatalf("there is no %s", args[0])
		}
		value = inner[part]
	}
	number, _ := value.(float64)
	matches := fmt.Sprint(value) == args[1] || args[1] == ">0" && number > 0
	if matches == neg {
		ts.Fatalf("%s is %v", args[0], value)
	}
}

// json-log LEVEL: each line on stderr is a JSON object of the log, and the last one has the level.
func jsonLog(ts *testscript.TestScript, _ bool, args []string) {
	last := ""
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		var object struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &object); err != nil || object.Time == "" || object.Msg == "" {
			ts.Fatalf("no line of a log in JSON: %q, %v", line, err)
		}
		last = object.Level
	}
	if last != args[0] {
		ts.Fatalf("the last line is of the level %q, want %q", last, args[0])
	}
}

// refusedOne is a conversation that Agent Connect refuses: what is generated of a small world may hold none at some
// hours of the day.
func refusedOne(at time.Time) sandbox.Records {
	const agent = "69dd4aee2462cbab689dbb4e"
	return sandbox.Records{
		Users: []sandbox.User{{ID: agent, Name: "Jana Orr", Email: "jana.orr@example.org"}}, // whose profile is deactivated
		Customers: []sandbox.Customer{{
			ID: "69dd4aee2462cbab689dbb4c", Created: at, Name: "Kim Counter",
			Emails: []sandbox.Email{{Address: "kim.counter@example.org"}},
		}},
		Conversations: []sandbox.Conversation{{
			ID: "69dd4aee2462cbab689dbb4d", Created: at.Add(-time.Hour), Resolved: at, Channels: []string{"email"},
			CustomerID: "69dd4aee2462cbab689dbb4c", AssignedUsers: []string{agent}, DoneUsers: []string{agent}, DoneBy: agent,
		}},
	}
}

// someBusy is for sandboxes of which nobody wants to see much: what a pass does, a third of the usual
// conversations shows as well. Some are rejected at any time of day, though not every kind is there.
const someBusy = 75 * time.Minute

// stand-in KIND: serves both services, with the fault that KIND names, and writes config.toml for them. A small
// one is a plain one with few conversations.
func standIn(ts *testscript.TestScript, _ bool, args []string) {
	perHour, busy := 0, time.Duration(0)
	switch args[0] {
	case "busy":
		perHour = 220
	case "small":
		busy = someBusy
	}
	gate := ts.MkAbs("closed")
	if args[0] == "gate" {
		ts.Check(os.WriteFile(gate, nil, 0o600))
	}
	hold, requests := &atomic.Bool{}, &atomic.Int64{}
	hold.Store(args[0] == "hang")
	ts.Defer(func() { hold.Store(false) })
	now, err := time.Parse(time.RFC3339, ts.Getenv("FIXED_NOW"))
	ts.Check(err)
	stand, err := sandbox.Start(sandbox.Options{PerHour: perHour, Busy: busy, Now: func() time.Time { return now }, Faults: sandbox.Faults{AgentConnect: sandbox.ServiceFaults{
		Hook: func(r *http.Request) sandbox.Fault {
			if r.Method == http.MethodPost && args[0] == "connect-refuses" && requests.Add(1)%2 == 0 {
				return sandbox.Fault{Status: http.StatusBadRequest, Body: `{"error":"Validation Error: Channel not enabled for company"}`}
			}
			for closed := true; closed && r.Method == http.MethodPost && args[0] == "gate" && r.Context().Err() == nil; {
				_, err := os.Stat(gate)
				closed = err == nil
				time.Sleep(10 * time.Millisecond)
			}
			if r.Method == http.MethodPost && hold.Load() { // it takes the first request, and the answer does not come
				hold.Store(false)
				return sandbox.Fault{Processed: true, Delay: time.Minute}
			}
			return sandbox.Fault{}
		},
	}}})
	ts.Check(err)
	ts.Defer(func() { ts.Check(stand.Close()) })
	if args[0] == "small" {
		stand.Put(refusedOne(now.Add(-3 * time.Hour)))
	}
	*ts.Value("stand-in").(**sandbox.Sandbox) = stand
	kustomer, connect := stand.KustomerURL(), stand.AgentConnectURL()
	kustomerKey, connectKey := stand.KustomerKey(), stand.AgentConnectKey()
	switch args[0] {
	case "plain", "small", "hang", "busy", "gate", "connect-refuses":
	case "kustomer-key":
		kustomerKey = "wrong-key-4711"
	case "connect-key":
		connectKey = "wrong-key-4712"
	case "kustomer-unreachable":
		kustomer = "http://127.0.0.1:1"
	case "connect-unreachable":
		connect = "http://127.0.0.1:1"
	case "kustomer-html", "connect-html":
		html := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><head><title>Welcome to the hotel Wi-Fi</title></head></html>")
		}))
		ts.Defer(html.Close)
		if args[0] == "kustomer-html" {
			kustomer = html.URL
		} else {
			connect = html.URL
		}
	default:
		ts.Fatalf("unknown stand-in %s", args[0])
	}
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
		"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n",
		kustomer, kustomerKey, connect, connectKey)
	config += ledgerOf(ts).settings()
	ts.Check(os.WriteFile(ts.MkAbs("config.toml"), []byte(config), 0o600))
	ts.Setenv("START", stand.Start().Format(time.RFC3339))
	ts.Setenv("CONNECT", stand.AgentConnectURL())
	ts.Setenv("SECRET", stand.AgentConnectSecret())
	ts.Setenv("KEY", stand.AgentConnectKey())
	ts.Setenv("TEST_KEY", stand.AgentConnectTestKey())
}

// by-cron: carries out the first command of the crontab on stdout as cron does, with /bin/sh, but with nothing in the
// environment at all. It must say nothing, or how the pass ended. (What reads the stand-ins' clock is of the tests alone.)
func byCron(ts *testscript.TestScript, _ bool, _ []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 6)
		if strings.HasPrefix(line, "#") || len(fields) < 6 {
			continue
		}
		run := exec.Command("/bin/sh", "-c", strings.ReplaceAll(fields[5], `\%`, "%"))
		run.Dir, run.Env = "/", []string{"FIXED_NOW=" + ts.Getenv("FIXED_NOW")}
		said, err := run.CombinedOutput()
		ts.Check(err)
		if len(said) > 0 && !strings.HasPrefix(string(said), "acsync ended with exit code 3;") {
			ts.Fatalf("it said %s", said)
		}
		return
	}
	ts.Fatalf("there is no line for cron")
}

// mend: gives the stand-in's agents that have none, or one that is deactivated or incomplete, an approved profile.
func mend(ts *testscript.TestScript, _ bool, _ []string) {
	approve(*ts.Value("stand-in").(**sandbox.Sandbox))
}

// approve gives all agents of a stand-in an approved profile.
func approve(stand *sandbox.Sandbox) {
	for _, name := range []string{"ivo.newell", "jana.orr", "kai.price", "milo.reyes", "nora.stone"} {
		stand.Put(sandbox.Records{Employees: []sandbox.Employee{{Email: name + "@example.org", Status: "active"}}})
	}
}

// mailed test|customers COUNT: how many survey requests Agent Connect's stand-in at $CONNECT got with the test key, or
// with another, and that the former mailed nobody but the test address. With "all" for the count: every conversation that
// was asked about with the other key is among them.
func mailed(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.Get(ts.Getenv("CONNECT") + "/sandbox/requests")
	ts.Check(err)
	defer answer.Body.Close()
	var got []sandbox.Received
	ts.Check(json.NewDecoder(answer.Body).Decode(&got))
	n, asked := 0, map[bool]map[string]bool{true: {}, false: {}}
	test := args[0] == "test"
	for _, request := range got {
		if request.Test != (request.MailedTo == sandbox.TestAddress) && request.Accepted() {
			ts.Fatalf("conversation %s mailed %q; with the test key: %t", request.ExtInteractionID, request.MailedTo, request.Test)
		}
		if asked[request.Test][request.ExtInteractionID] = true; request.Test == test {
			n++
		}
	}
	for id := range asked[!test] {
		if args[1] == "all" && !asked[test][id] {
			ts.Fatalf("conversation %s mailed no %s", id, args[0])
		}
	}
	if args[1] != "all" && strconv.Itoa(n) != args[1] {
		ts.Fatalf("%d survey requests mailed %s, want %s", n, args[0], args[1])
	}
}

// received COUNT|none-twice|none-accepted-twice: what Agent Connect's stand-in at $CONNECT took.
func received(ts *testscript.TestScript, _ bool, args []string) {
	answer, err := http.Get(ts.Getenv("CONNECT") + "/sandbox/requests")
	ts.Check(err)
	defer answer.Body.Close()
	var got []map[string]any
	ts.Check(json.NewDecoder(answer.Body).Decode(&got))
	if args[0] == "none-twice" || args[0] == "none-accepted-twice" {
		times := map[any]int{}
		for _, request := range got {
			id := request["ext_interaction_id"]
			// With the test key nobody was asked.
			if args[0] == "none-accepted-twice" && request["uuid"] == nil || request["test"] == true {
				continue
			}
			if times[id]++; times[id] > 1 || id == nil || id == "" {
				ts.Fatalf("conversation %v was asked %d times", id, times[id])
			}
		}
		return
	}
	if args[0] == ">0" {
		if len(got) == 0 {
			time.Sleep(20 * time.Millisecond)
			received(ts, false, args) // until the test's own time-out
		}
		return
	}
	if strconv.Itoa(len(got)) != args[0] {
		ts.Fatalf("Agent Connect got %d requests, want %s", len(got), args[0])
	}
}

// age DIR DURATION: lets the newest backup in the directory be older by so much.
func age(ts *testscript.TestScript, _ bool, args []string) {
	made, err := filepath.Glob(ts.MkAbs(args[0]) + "/acsync-*Z.db")
	ts.Check(err)
	by, err := time.ParseDuration(args[1])
	ts.Check(err)
	const form = "20060102T150405Z.db"
	newest := slices.MaxFunc(made, func(a, b string) int { return strings.Compare(a[len(a)-len(form):], b[len(b)-len(form):]) })
	at, err := time.Parse(form, newest[len(newest)-len(form):])
	ts.Check(err)
	ts.Check(os.Rename(newest, newest[:len(newest)-len(form)]+at.Add(-by).Format(form)))
}

// await FILE: waits until it is there.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for _, err := os.Stat(ts.MkAbs(args[0])); err != nil; _, err = os.Stat(ts.MkAbs(args[0])) {
		time.Sleep(20 * time.Millisecond) // until the test's own time-out
	}
}

// summed FILE: the report of a pass names as many conversations by disposition as it has found.
func summed(ts *testscript.TestScript, _ bool, args []string) {
	var pass map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &pass))
	sum := 0.0
	for _, state := range store.States() {
		n, _ := pass[state.String()].(float64)
		sum += n
	}
	if found, _ := pass["found"].(float64); sum != found || found == 0 {
		ts.Fatalf("%v were found, the dispositions are %v", pass["found"], sum)
	}
}

// keys FILE: the JSON object on stdout has the same keys as another one, to any depth but that of what is null in
// one of them.
func keys(ts *testscript.TestScript, _ bool, args []string) {
	var got, want any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &got))
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &want))
	var compare func(at string, a, b any)
	compare = func(at string, a, b any) {
		one, ok := a.(map[string]any)
		other, too := b.(map[string]any)
		if !ok || !too {
			return
		}
		for key := range one {
			if _, ok := other[key]; !ok {
				ts.Fatalf("%s.%s is in one of them alone", at, key)
			}
		}
		for key, value := range other {
			if _, ok := one[key]; !ok {
				ts.Fatalf("%s.%s is in one of them alone", at, key)
			}
			compare(at+"."+key, one[key], value)
		}
	}
	compare("", got, want)
}

// now FILE TO: copies a file, with the time for each NOW.
func sayNow(ts *testscript.TestScript, _ bool, args []string) {
	at := time.Now().UTC().Format(time.RFC3339)
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "NOW", at)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// same A B FIELDS...: two JSON objects agree in the fields.
func same(ts *testscript.TestScript, _ bool, args []string) {
	var a, b map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &a))
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &b))
	for _, pair := range args[2:] {
		left, right, ok := strings.Cut(pair, "=")
		if !ok {
			right = left
		}
		if l, r := fmt.Sprint(a[left]), fmt.Sprint(b[right]); l != r {
			ts.Fatalf("%s is %s in %s, %s is %s in %s", left, l, args[0], right, r, args[1])
		}
	}
}
