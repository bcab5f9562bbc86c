package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

// logLine is a line of the log in JSON.
type logLine struct {
	Time, Level, Msg, Pass string

	Class, Method, URL, Result string
	Attempt                    int
}

// logLines reads what stands on stderr, of which each line must be one of the log.
func logLines(t *testing.T, stderr string) (lines []logLine) {
	t.Helper()
	for text := range strings.Lines(stderr) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("no line of a log in JSON: %q: %v", text, err)
		}
		if _, err := time.Parse(time.RFC3339, line.Time); err != nil || line.Msg == "" ||
			!slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, line.Level) {
			t.Errorf("a line lacks what each has: %q", text)
		}
		lines = append(lines, line)
	}
	return lines
}

// onePass holds that all lines are of one pass, and gives its id.
func onePass(t *testing.T, lines []logLine) (id string) {
	t.Helper()
	for _, line := range lines {
		if id == "" {
			id = line.Pass
		}
		if line.Pass == "" || line.Pass != id {
			t.Errorf("a line of the pass %q has %q: %q", id, line.Pass, line.Msg)
		}
	}
	return id
}

// loggedWorld is a directory with configurations and ledgers, some of which cannot be worked with.
type loggedWorld struct {
	dir   string
	stand *sandbox.Sandbox
}

func newLoggedWorld(t *testing.T) loggedWorld {
	t.Helper()
	w := loggedWorld{dir: t.TempDir()}
	var err error
	if w.stand, err = sandbox.Start(sandbox.Options{PerHour: 30, Busy: 30 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stand.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := bolt.Create(w.path("acsync.db"), w.stand.Start()); err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]struct{ key, ledger string }{
		"good.toml": {w.stand.KustomerKey(), "acsync.db"}, "refused.toml": {"wrong-key-4711", "acsync.db"},
		"missing.toml": {w.stand.KustomerKey(), "none.db"}, "damaged.toml": {w.stand.KustomerKey(), "damaged.db"},
	} {
		w.write(t, name, fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\nrequests_per_minute = 60000\n"+
			"searches_per_minute = 60000\n[agent_connect]\nbase_url = %q\napi_key = %q\ntest_api_key = %q\nrequests_per_minute = 60000\n"+
			"[ledger]\npath = %q\n", w.stand.KustomerURL(), set.key, w.stand.AgentConnectURL(), w.stand.AgentConnectKey(),
			w.stand.AgentConnectTestKey(), w.path(set.ledger)))
	}
	w.write(t, "faulty.toml", "[sync]\nmax_per_run = 0\nagent = \"nobody\"\n")
	w.write(t, "damaged.db", strings.Repeat("no ledger ", 5000))
	return w
}

func (w loggedWorld) path(name string) string { return filepath.Join(w.dir, name) }

func (w loggedWorld) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(w.path(name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run carries out a command line in this process, and gives what it said on stderr.
func (w loggedWorld) run(ctx context.Context, args ...string) (code int, stderr string) {
	var out, errs bytes.Buffer
	code = App{}.Run(ctx, append([]string{"acsync"}, args...), []string{"HOME=" + w.dir, "XDG_CACHE_HOME=" + w.dir}, strings.NewReader(""), &out, &errs)
	return code, errs.String()
}

// everyCommand gives each command with what it cannot do without, and whether it makes a pass.
func (w loggedWorld) everyCommand(each func(line []string, flags []cli.Flag, pass bool)) {
	needs := map[string][]string{
		"backfill": {"--from", "2h ago", "--to", "now"}, "plan": {"--out", w.path("plan.json")},
		"ledger backup": {"--out", w.path("copy.db")}, "ledger import": {"--in", w.path("ids.txt")},
		"retry": {"--all"}, "schedule cron": {}, "resolve": {},
	}
	var walk func(above []string, commands []*cli.Command)
	walk = func(above []string, commands []*cli.Command) {
		for _, c := range commands {
			name := append(slices.Clone(above), c.Name)
			line := append(slices.Clone(name), needs[strings.Join(name, " ")]...)
			if c.ArgsUsage != "" {
				line = append(line, w.path("none.json"))
			}
			each(line, c.Flags, slices.Contains([]string{"run", "rehearse", "backfill", "plan", "apply"}, strings.Join(name, " ")))
			walk(name, c.Subcommands)
		}
	}
	walk(nil, program(&commandLine{}).Commands)
}

// TestEveryLineIsJSON lets each command fail in each way: with --log-format json every line on stderr is one of the log, and
// those of a pass have its id.
func TestEveryLineIsJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing runs at the same time here") // which is what -short is for
	}
	w := newLoggedWorld(t)
	stopped, stop := context.WithCancelCause(t.Context())
	stop(interrupted{os.Interrupt})
	failed, passes := 0, 0
	w.everyCommand(func(line []string, flags []cli.Flag, pass bool) {
		try := func(ctx context.Context, begun bool, more ...string) {
			args := append(slices.Concat(line, more), "--log-format", "json")
			code, stderr := w.run(ctx, args...)
			if code == 0 {
				return
			}
			failed++
			t.Run(fmt.Sprintf("%s exits %d", strings.Join(args[:len(args)-2], " "), code), func(t *testing.T) {
				lines := logLines(t, stderr)
				if begun && pass {
					if passes++; len(lines) > 0 {
						onePass(t, lines)
					}
				}
			})
		}
		try(t.Context(), false, "--nosuch")
		try(t.Context(), false, "--json=perhaps")
		try(t.Context(), false, "one", "two", "three")
		// The stand-ins serve whatever stands there, until they are interrupted.
		if !slices.Contains(flagNames(flags), flagConfig) || line[0] == "sandbox" {
			return
		}
		try(t.Context(), true, "--log-level", "loud")
		try(t.Context(), true, "--config", w.path("nowhere.toml"))
		try(t.Context(), true, "--config", "")
		for _, config := range []string{"faulty.toml", "refused.toml", "missing.toml", "damaged.toml"} {
			// What is begun anyhow must end.
			ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Second, errors.New("the test is over"))
			try(ctx, true, "--config", w.path(config))
			cancel()
		}
		try(stopped, true, "--config", w.path("good.toml"))
		try(stopped, true, "--sandbox")
	})
	if failed < 150 || passes < 30 {
		t.Errorf("only %d failures, of these %d of passes: the test shows little", failed, passes)
	}
}

// TestDebugLogOfAPass holds that each call is logged, by its class and with the pass's id, and that the log names nobody.
func TestDebugLogOfAPass(t *testing.T) {
	w := newLoggedWorld(t)
	code, stderr := w.run(t.Context(), "run", "--config", w.path("good.toml"), "--log-format", "json", "--log-level", "debug")
	if code != 0 && code != 3 {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	lines := logLines(t, stderr)
	onePass(t, lines)
	calls := map[string]int{}
	for _, line := range lines {
		if line.Msg != "call" {
			continue
		}
		calls[line.Class]++
		if line.Method == "" || !strings.HasPrefix(line.URL, "http://127.0.0.1:") || line.Result == "" || line.Attempt < 1 {
			t.Errorf("a call is logged as %+v", line)
		}
	}
	sent := w.stand.Requests()
	if calls["agent_connect"] != len(sent) || len(sent) == 0 || calls["kustomer_search"] == 0 || calls["kustomer"] == 0 {
		t.Errorf("%d requests were sent, and the log tells %v", len(sent), calls)
	}
	private := []string{w.stand.KustomerKey(), w.stand.AgentConnectKey(), "@"}
	for _, r := range sent {
		private = append(private, r.CustomerName, r.CustomerEmail, r.EmployeeEmail)
	}
	for _, text := range private {
		if text != "" && strings.Contains(stderr, text) {
			t.Errorf("the log holds %q", text)
		}
	}
}
