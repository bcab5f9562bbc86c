package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// container is a file system with the program, its configuration and a folder for its ledger, and nothing else: no password
// file, no home, no /tmp, no /proc, no time zones. A user whom nobody knows can write the folder alone.
type container struct {
	root  string
	stand *sandbox.Sandbox
}

func newContainer(t *testing.T) container {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("changes the root")
	}
	now := time.Now()
	stand, err := sandbox.Start(sandbox.Options{Busy: someBusy, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	c := container{t.TempDir(), stand}
	program, err := os.ReadFile(build(t))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"[agent_connect]\nbase_url = %q\nrequests_per_minute = 60000\n[ledger]\npath = \"/data/acsync.db\"\n",
		stand.KustomerURL(), stand.AgentConnectURL())
	for name, file := range map[string]struct {
		text []byte
		mode os.FileMode
	}{"acsync": {program, 0o555}, "config.toml": {[]byte(config), 0o444}} {
		if err := os.WriteFile(filepath.Join(c.root, name), file.text, file.mode); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(c.root, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(data, somebody, somebody); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.root, 0o555); err != nil {
		t.Fatal(err)
	}
	return c
}

// acsync runs the program with nothing in its environment but the path, the keys, and what is given.
func (c container) acsync(t *testing.T, env []string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Cmd{
		Path: "/acsync", Args: append([]string{"acsync"}, args...), Dir: "/", Stdout: &stdout, Stderr: &stderr,
		Env: append([]string{
			"PATH=/", "KUSTOMER_API_KEY=" + c.stand.KustomerKey(), "AGENT_CONNECT_API_KEY=" + c.stand.AgentConnectKey(),
		}, env...),
		SysProcAttr: &syscall.SysProcAttr{Chroot: c.root, Credential: &syscall.Credential{Uid: somebody, Gid: somebody}},
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Skip(err) // no other root here
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// TestContainer takes a configuration from its ledger to its last report in such a place.
func TestContainer(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	for _, step := range []struct {
		args string
		code int
		says string // on either stream
	}{
		{"--version", 0, "acsync"},
		{"status", 10, "/data/acsync.db: there is no ledger"},
		{"init --start " + c.stand.Start().UTC().Format(time.RFC3339), 0, "created  /data/acsync.db"},
		{"run --dry-run", 0, "would get a survey request"},
		{"run --report report.html", 12, `--report "report.html" cannot be written: directory /: permission denied; nothing was done`},
		{"plan --out /data/plan.json", 0, "plan saved to /data/plan.json: "},
		{"apply /data/plan.json", 3, "got a survey request"},
		{"run --log-format json --report /data/report.html --report /data/report.csv", 0, "No new survey request"},
		{"status", 0, "/data/acsync.db"},
		{"passes --from 2026-01-01", 0, ""},
		{"ledger check", 0, "/data/acsync.db is sound"},
		{"ledger backup --out /data/copy.db", 0, "wrote /data/copy.db"},
		{"ledger backup --out copy.db", 12, `--out "copy.db" cannot be written: directory /: permission denied; nothing was done`},
		{"ledger export --out export.jsonl", 12, "permission denied"},
		{"run --sandbox", 12, "there is no place for the sandbox's ledger: neither $XDG_CACHE_HOME nor $HOME are defined; set HOME or XDG_CACHE_HOME"},
		{"plan --out /dev/stdout", 12, "/dev/ is no place for a file"},
	} {
		code, out, errs := c.acsync(t, nil, strings.Fields(step.args)...)
		if code != step.code || !strings.Contains(out+errs, step.says) {
			t.Errorf("acsync %s: exit code %d, want %d and %q\n%s%s", step.args, code, step.code, step.says, out, errs)
		}
	}
	if code, _, errs := c.acsync(t, []string{"TZ=Europe/Berlin"}, "passes", "--from", "2026-01-01"); code != 0 || errs != "" {
		t.Errorf("in a zone of its own: exit code %d: %s", code, errs)
	}
	if code, _, errs := c.acsync(t, []string{"HOME=/"}, "run", "--sandbox"); code == 0 || !strings.Contains(errs, "permission denied") {
		t.Errorf("with a home that cannot be written: exit code %d: %s", code, errs)
	}
	answer, err := http.Get(c.stand.AgentConnectURL() + "/sandbox/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	var asked []struct {
		ID string `json:"ext_interaction_id"`
	}
	if err != nil || json.Unmarshal(text, &asked) != nil || len(asked) == 0 {
		t.Fatalf("%v: %.200s", err, text)
	}
	seen := map[string]bool{}
	for _, each := range asked {
		if seen[each.ID] {
			t.Errorf("%s was asked twice", each.ID)
		}
		seen[each.ID] = true
	}
}
