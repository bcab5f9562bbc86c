//go:build unix

package app_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsync/store/bolt"
	"acsync/sync/sandbox"
)

// TestWaitingNamesNobody looks at what a pass tells others while Kustomer fails in words that name a
// customer: the service, the status and when it is asked again, and none of those words, to nobody but its
// own user.
func TestWaitingNamesNobody(t *testing.T) {
	t.Parallel()
	const words = "Customer Wilhelmina <wilhelmina@example.com> is locked"
	stand, err := sandbox.Start(sandbox.Options{Faults: sandbox.Faults{Kustomer: sandbox.ServiceFaults{Hook: func(r *http.Request) sandbox.Fault {
		if r.Method != http.MethodPost {
			return sandbox.Fault{}
		}
		return sandbox.Fault{Status: 503, Header: http.Header{"Retry-After": {"60"}}, Body: `{"errors":[{"title":"` + words + `"}]}`}
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stand.Close(); err != nil {
			t.Error(err)
		}
	})
	dir, program := t.TempDir(), build(t)
	config := fmt.Sprintf("[kustomer]\norg = \"sandbox\"\nbase_url = %q\napi_key = %q\n[agent_connect]\nbase_url = %q\napi_key = %q\n",
		stand.KustomerURL(), stand.KustomerKey(), stand.AgentConnectURL(), stand.AgentConnectKey())
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	ledger := filepath.Join(dir, "acsync.db")
	if err := bolt.Create(ledger, stand.Start()); err != nil {
		t.Fatal(err)
	}
	pass := exec.Command(program, "run")
	pass.Dir, pass.Env = dir, []string{"HOME=" + dir}
	if err := pass.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = pass.Process.Kill()
		_ = pass.Wait()
	})
	for {
		if h, err := bolt.ReadHolder(ledger); err == nil && h.WaitingFor != "" {
			break
		}
		time.Sleep(20 * time.Millisecond) // until the test's own time-out
	}
	said, err := os.ReadFile(ledger + ".holder")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(ledger + ".holder")
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the holder's file has mode %v", info.Mode())
	}
	status := exec.Command(program, "status")
	status.Dir, status.Env = dir, pass.Env
	shown, err := status.CombinedOutput()
	if err != nil {
		t.Fatalf("status: %v\n%s", err, shown)
	}
	for what, text := range map[string]string{"the holder's file": string(said), "status": string(shown)} {
		if !strings.Contains(text, "Kustomer, to be asked again at ") || !strings.Contains(text, "503, the server failed") {
			t.Errorf("%s does not tell what is waited for: %s", what, text)
		}
		for word := range strings.FieldsSeq(words) {
			if word != "is" && strings.Contains(text, word) {
				t.Errorf("%s holds %q: %s", what, word, text)
			}
		}
	}
}
