//go:build unix

package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acsync/sync/sandbox"
)

// fleet is a folder of tenants, each with stand-ins of its own.
type fleet struct {
	dir    string
	now    time.Time
	stands map[string]*sandbox.Sandbox
}

func newFleet(t *testing.T, names ...string) *fleet {
	t.Helper()
	f := &fleet{t.TempDir(), time.Now().UTC().Truncate(time.Second), map[string]*sandbox.Sandbox{}}
	f.write(t, "_defaults.toml", "[kustomer]\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"api_key_file = 'secrets/{tenant}.kustomer'\n"+
		"[agent_connect]\nrequests_per_minute = 60000\napi_key_command = ['/bin/cat', '"+f.dir+"/secrets/{tenant}.connect']\n")
	for _, name := range names {
		stand, err := sandbox.Start(sandbox.Options{
			Now: func() time.Time { return f.now }, PerHour: 20, Busy: time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := stand.Close(); err != nil {
				t.Error(err)
			}
		})
		f.stands[name] = stand
		f.write(t, "tenants/"+name+".toml", fmt.Sprintf("[kustomer]\norg = '%s'\nbase_url = '%s'\n[agent_connect]\nbase_url = '%s'\n",
			name, stand.KustomerURL(), stand.AgentConnectURL()))
		f.write(t, "secrets/"+name+".kustomer", stand.KustomerKey())
		f.write(t, "secrets/"+name+".connect", stand.AgentConnectKey())
	}
	return f
}

func (f *fleet) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(f.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (f *fleet) run(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	code, out, errs := commandLine(f.dir, f.now, append(args, "--config-dir", f.dir)...)
	if code != want && (want != well || code != 0 && code != 3) {
		t.Fatalf("acsync %s: exit code %d, want %d\n%s\n%s", strings.Join(args, " "), code, want, out, errs)
	}
	return out, errs
}

// asked is how often each conversation of a tenant was asked about, at most.
func (f *fleet) asked(t *testing.T, name string) (all, most int) {
	t.Helper()
	answer, err := http.Get(f.stands[name].AgentConnectURL() + "/sandbox/requests")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got []sandbox.Received
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, r := range got {
		if r.Accepted() {
			all++
			times[r.ExtInteractionID]++
			most = max(most, times[r.ExtInteractionID])
		}
	}
	return all, most
}

// TestDozenTenants serves a dozen organisations from one folder, beside a broken one, a paused one, and two that are one:
// whoever can be served is asked once, and the others are told by name.
func TestDozenTenants(t *testing.T) {
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("acme-%02d", i))
	}
	f := newFleet(t, append(names, "paused", "twin-a")...)
	for name, stand := range f.stands {
		out, _ := f.run(t, 0, "init", "--start", stand.Start().Format(time.RFC3339), "--tenant", name)
		if want := "acsync run --config-dir " + f.dir + " --tenant " + name + " --dry-run"; !strings.Contains(out, want) {
			t.Errorf("init does not say %q:\n%s", want, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(f.dir, "tenants", "twin-a.toml"))
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, "tenants/twin-b.toml", string(text))
	f.write(t, "tenants/broken.toml", "[sync]\nsettle = 5\n")
	f.write(t, "tenants/Shout.toml", "")
	if out, _ := f.run(t, 0, "tenants", "pause", "paused", "--reason", "a new brand on Monday"); out != "paused: paused\n" {
		t.Error(out)
	}

	out, _ := f.run(t, 12, "tenants", "check")
	for _, want := range []string{
		"ok      acme-00\n", "broken  broken\n", "tenants/broken.toml:2:1: sync.settle: must be a duration", "broken  twin-a\n",
		"same pair of accounts as of the tenant twin-b", "same pair of accounts as of the tenant twin-a", "Shout.toml: is not read",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("check does not say %q:\n%s", want, out)
		}
	}

	for range 2 {
		out, _ = f.run(t, 12, "tenants", "run", "--all", "--workers", "3")
	}
	for _, name := range names {
		if all, most := f.asked(t, name); all == 0 || most != 1 {
			t.Errorf("%s: %d asked, one of them %d times", name, all, most)
		}
	}
	for _, name := range []string{"paused", "twin-a"} {
		if all, _ := f.asked(t, name); all != 0 {
			t.Errorf("%s: %d asked", name, all)
		}
	}
	for _, want := range []string{"paused               exit 0   skipped: paused since", "16 tenants: ", "1 skipped"} {
		if !strings.Contains(out, want) {
			t.Errorf("run does not say %q:\n%s", want, out)
		}
	}

	var status struct {
		Level   string
		Tenants []struct {
			Tenant, Level, Text, Todo string
			Paused                    bool
			Lights                    []any
		}
	}
	out, _ = f.run(t, 0, "tenants", "status", "--json")
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		t.Fatal(err)
	}
	levels := map[string]string{}
	for _, each := range status.Tenants {
		levels[each.Tenant] = each.Level
		if strings.HasPrefix(each.Tenant, "acme-") && len(each.Lights) == 0 {
			t.Errorf("%s has no lights", each.Tenant)
		}
	}
	if levels["broken"] != "act" || levels["twin-a"] != "act" || levels["twin-b"] != "act" || levels["paused"] == "ok" || status.Level != "act" {
		t.Errorf("got %v", levels)
	}
	out, _ = f.run(t, 0, "tenants", "status")
	if !strings.Contains(out, "16 tenants: ") || !strings.Contains(out, "--all lists them") && levels["acme-00"] == "ok" {
		t.Error(out)
	}
	if act, look := strings.Index(out, "broken"), strings.Index(out, "acme-"); look >= 0 && look < act {
		t.Errorf("the worst does not come first:\n%s", out)
	}
	if out, _ = f.run(t, 2, "tenants", "status", "--check"); !strings.HasPrefix(out, "ACSYNC CRITICAL: broken: ") {
		t.Error(out)
	}

	// One alone is told the same; who resumes is served.
	if out, _ := f.run(t, 0, "run", "--tenant", "paused"); !strings.Contains(out, "skipped: paused since") {
		t.Error(out)
	}
	if _, errs := f.run(t, 12, "run", "--tenant", "twin-a"); !strings.Contains(errs, "twin-b") {
		t.Error(errs)
	}
	f.run(t, 12, "run")
	if _, errs := f.run(t, 12, "run", "--tenant", "acme"); !strings.Contains(errs, "did you mean acme-00") {
		t.Error(errs)
	}
	f.run(t, 0, "tenants", "resume", "paused")
	out, _ = f.run(t, well, "tenants", "run", "--tenant", "pau*", "--json")
	var made struct {
		Accepted int
		Tenants  []struct{ Pass struct{ Schema string } }
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || made.Accepted == 0 || made.Tenants[0].Pass.Schema != "acsync.pass/1" {
		t.Errorf("%v: %s", err, out)
	}
	if all, most := f.asked(t, "paused"); all != made.Accepted || most != 1 {
		t.Errorf("paused: %d asked, one of them %d times", all, most)
	}
	f.run(t, 0, "tenants", "run", "--tenant", "acme-0?", "--dry-run")
	f.run(t, 12, "tenants", "run", "--tenant", "none*")
	f.run(t, 12, "tenants", "run")
}

// TestTenantsStatusAdvice: what the status of many says is to be done can be pasted, because it is for that tenant.
func TestTenantsStatusAdvice(t *testing.T) {
	f := newFleet(t, "unmade", "paused")
	f.run(t, 0, "init", "--start", "now", "--tenant", "paused")
	f.run(t, 0, "tenants", "pause", "paused", "--reason", "a new brand on Monday")
	out, _ := f.run(t, 0, "tenants", "status", "--json")
	var status struct {
		Tenants []struct{ Tenant, Todo string }
	}
	if err := json.Unmarshal([]byte(out), &status); err != nil {
		t.Fatal(err)
	}
	todo := map[string]string{}
	for _, each := range status.Tenants {
		todo[each.Tenant] = each.Todo
	}
	for name, want := range map[string]string{
		"unmade": "acsync init --config-dir " + f.dir + " --tenant unmade",
		"paused": "acsync tenants resume paused --config-dir " + f.dir,
	} {
		if !strings.Contains(todo[name], want) {
			t.Errorf("%s is not told %q but %q", name, want, todo[name])
		}
	}
}

// TestTenantsReport adds up a row for each tenant, and says whose could not be made.
func TestTenantsReport(t *testing.T) {
	f := newFleet(t, "one", "two")
	for name, stand := range f.stands {
		f.run(t, 0, "init", "--start", stand.Start().Format(time.RFC3339), "--tenant", name)
	}
	f.write(t, "tenants/broken.toml", "x")
	f.run(t, 12, "tenants", "run", "--all")
	csv := filepath.Join(t.TempDir(), "sums.csv")
	html := filepath.Join(t.TempDir(), "sums.html")
	out, _ := f.run(t, 12, "tenants", "report", "--from", f.stands["one"].Start().Format(time.RFC3339), "--json", "--report", csv, "--report", html)
	var made struct {
		Tenants []struct {
			Tenant, Failed string
			Done, Asked    *int
		}
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		t.Fatal(err)
	}
	for _, each := range made.Tenants {
		if each.Tenant == "broken" {
			if each.Failed == "" {
				t.Error("the broken one has a report")
			}
			continue
		}
		if all, _ := f.asked(t, each.Tenant); each.Asked == nil || *each.Asked != all || *each.Done < all {
			t.Errorf("%s: got %+v, want %d asked", each.Tenant, each, all)
		}
	}
	for _, path := range []string{csv, html} {
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "one") || strings.Contains(string(text), "@example") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestShowTenant prints the merged keys with where they come from, and no secret.
func TestShowTenant(t *testing.T) {
	f := newFleet(t, "acme")
	f.write(t, "tenants/acme.toml", "[kustomer]\norg = 'acme'\n")
	out, _ := f.run(t, 0, "tenants", "check", "--show", "acme")
	for _, want := range []string{
		`kustomer.org = "acme"  # ` + f.dir + "/tenants/acme.toml:2", `kustomer.requests_per_minute = "60000"  # ` + f.dir + "/_defaults.toml:2",
		`sync.settle = "3m"  # default`, `kustomer.api_key = "[redacted]"  # ` + f.dir + "/_defaults.toml:4",
		`ledger.path = "` + f.dir + `/ledger/acme.db"  # default`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("not shown: %s\n%s", want, out)
		}
	}
	if strings.Contains(out, f.stands["acme"].KustomerKey()) {
		t.Error("the key is shown")
	}
}
