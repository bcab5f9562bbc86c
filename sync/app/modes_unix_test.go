//go:build unix

package app_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsync/store/bolt"
	"acsync/sync/app"
	"acsync/sync/sandbox"
)

// TestFileModes makes every kind of file that the program writes, whatever the umask, and holds that none of them
// is for others, but what somebody else has to read.
func TestFileModes(t *testing.T) {
	oneByOne(t)
	for _, umask := range []string{"000", "077"}[:amount(1, 2)] {
		t.Run(umask, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeEverything(t, dir, umask)
			path := filepath.Join(dir, "state", "ledgers", "acsync.db")
			ledger, err := bolt.Open(path, bolt.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer ledger.Close()
			bolt.NewQueue(path, "run").Wait()
			app.Leaks.Folder(t.Name(), dir, nil)
			seen := map[string]bool{}
			for path, info := range walk(t, dir) {
				name, _ := filepath.Rel(dir, path)
				seen[kindOf(name)] = true
				want, why := wantedMode(name, info)
				if info.Mode().Perm() != want && (!strings.HasSuffix(why, "at most") || info.Mode().Perm()&^want != 0) {
					t.Errorf("%s has the mode %04o, want %04o: %s", name, info.Mode().Perm(), want, why)
				}
			}
			for _, kind := range []string{
				".db", ".fence", ".witness", ".toml", ".html", ".csv", ".json", ".md", ".jsonl", ".prom", ".plan", ".timer",
				".holder", ".waiting", ".before",
			} {
				if !seen[kind] {
					t.Errorf("no file of the kind %s was made: the test shows nothing of it", kind)
				}
			}
		})
	}
}

// wantedMode is the mode that a file must have, and why.
func wantedMode(name string, info fs.FileInfo) (fs.FileMode, string) {
	first, _, _ := strings.Cut(name, "/")
	switch {
	case name == "key", name == "." || first == "given":
		return info.Mode().Perm(), "the test has made it"
	case strings.HasSuffix(name, ".prom"):
		return 0o644, "the node exporter, another user, reads it"
	case first == "units" && info.IsDir():
		return 0o755, "whoever installs them reads them; at most"
	case first == "units":
		return 0o644, "they hold no secret, and others read them"
	case first == "etc" && info.IsDir():
		return 0o755, "a service finds its configuration there; at most"
	case info.IsDir():
		return 0o700, "it is for its owner"
	}
	return 0o600, "it is for its owner"
}

func kindOf(name string) string {
	if strings.Contains(name, ".before-") {
		return ".before"
	}
	return filepath.Ext(name)
}

func walk(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	all := map[string]fs.FileInfo{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			all[path], err = entry.Info()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// writeEverything carries out all commands that write files.
func writeEverything(t *testing.T, dir, umask string) {
	t.Helper()
	now := time.Now().UTC().Add(time.Minute).Truncate(time.Second)
	stand, err := sandbox.Start(sandbox.Options{
		PerHour: 30, Busy: someBusy, Now: func() time.Time { return now }, DataPerMinute: 1e6,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stand.Close() })
	if err := os.Mkdir(filepath.Join(dir, "given"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte(stand.KustomerKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	example, err := filepath.Abs("../../config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "EXAMPLE=" + example,
		"XDG_STATE_HOME=" + filepath.Join(dir, "state"), "TMPDIR=" + filepath.Join(dir, "given"),
		"FIXED_NOW=" + now.Format(time.RFC3339), "ACSYNC_KUSTOMER_API_KEY_FILE=" + filepath.Join(dir, "key"),
		"ACSYNC_KUSTOMER_ORG=sandbox", "ACSYNC_KUSTOMER_BASE_URL=" + stand.KustomerURL(),
		"ACSYNC_AGENT_CONNECT_BASE_URL=" + stand.AgentConnectURL(), "AGENT_CONNECT_API_KEY=" + stand.AgentConnectKey(),
		"AGENT_CONNECT_API_SECRET=" + stand.AgentConnectSecret(),
		"AGENT_CONNECT_TEST_API_KEY=" + stand.AgentConnectTestKey(),
		"ACSYNC_KUSTOMER_REQUESTS_PER_MINUTE=60000", "ACSYNC_KUSTOMER_SEARCHES_PER_MINUTE=60000",
		"ACSYNC_AGENT_CONNECT_REQUESTS_PER_MINUTE=60000", "ACSYNC_SYNC_MAX_ERROR_RATE=1",
		"ACSYNC_NOTIFY_PROMETHEUS_TEXTFILE=" + filepath.Join(dir, "given", "acsync.prom"),
		"ACSYNC_LEDGER_PATH=" + filepath.Join(dir, "state", "ledgers", "acsync.db"),
		"START=" + stand.Start().Format(time.RFC3339), "DIR=" + dir,
	}
	const script = `
umask $1
cd $DIR
call() {
	"$@" --config etc/config.toml --log-level debug >given/out 2>given/err
	code=$?
	if [ $code -ne 0 ] && [ $code -ne 3 ]; then echo "$* ended with $code"; cat given/out given/err; fi
	cat given/out given/err >>given/said
}
mkdir -m 700 state state/ledgers home
call acsync init --start $START --backup-dir $DIR/backups/daily
call acsync run --max 3
call acsync plan --out a.plan
call acsync run --max 20 --report r.html --report r.csv --report r.json --report r.md
call acsync report --from $START --to now --report range.html
call acsync audit --from $START --to now --report audit.html
call acsync rehearse --start $START
call acsync ledger backup --out copy.db
call acsync ledger export --out all.jsonl
call acsync run --max 5
call acsync ledger compact
call acsync ledger forget --id 6716500fa1b2c3d4e5f60001
call acsync ledger restore --replace copy.db
call acsync schedule systemd --out units
call acsync status
call acsync check
call acsync passes
acsync run --sandbox --max 3 --log-level debug >>given/said 2>&1
exit 0
`
	c := exec.Command("/bin/sh", "-c", script, "sh", umask)
	c.Env = env
	if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatal(fmt.Errorf("%w\n%s", err, out))
	}
}
