//go:build unix

package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestScheduledInstance carries the unit of a tenant out as systemd does: it has the credentials and the variables that
// the unit names, and nothing else. Customers are asked once, by whichever tenant they are of.
func TestScheduledInstance(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "acme", "globex")
	f.write(t, "_defaults.toml", "[kustomer]\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"api_key_credential = '{tenant}.kustomer'\n[agent_connect]\nrequests_per_minute = 60000\napi_key_credential = '{tenant}.connect'\n")
	run := func(env []string, args ...string) (code int, out, errs string) {
		env = append(env, "HOME="+f.dir, "FIXED_NOW="+f.now.Format(time.RFC3339Nano))
		result, err := stay(commandCall{append([]string{"acsync"}, args...), env, f.dir})
		if err != nil {
			t.Fatal(err)
		}
		return result.Code, string(result.Out), string(result.Errs)
	}
	code, units, errs := run(nil, "schedule", "systemd", "--config-dir", f.dir)
	if code != 0 || errs != "" {
		t.Fatalf("%d: %s", code, errs)
	}
	// As its first lines say.
	byHand := regexp.MustCompile(`(?m)^# Each tenant needs its ledger first: (CREDENTIALS_DIRECTORY=\S+) \S+ (init .*)$`).FindStringSubmatch(units)
	if byHand == nil {
		t.Fatalf("it is not said how ledgers are made:\n%s", units)
	}
	for _, tenant := range []string{"acme", "globex"} {
		args := strings.Fields(strings.ReplaceAll(byHand[2], "TENANT", tenant))
		if code, _, errs := run([]string{byHand[1]}, append(args, "--start", "1h ago")...); code != 0 {
			t.Fatalf("init of %s: %d: %s", tenant, code, errs)
		}
		for range 2 {
			env, args := asSystemd(t, units, tenant)
			if code, out, errs := run(env, args...); code != 0 && code != 3 {
				t.Errorf("%s: %d: %s%s", tenant, code, out, errs)
			}
		}
		if all, most := f.asked(t, tenant); all == 0 || most != 1 {
			t.Errorf("%s: %d asked, up to %d times", tenant, all, most)
		}
	}
}

// asSystemd is what systemd makes of the first service of some units, for an instance.
func asSystemd(t *testing.T, units, instance string) (env, args []string) {
	t.Helper()
	service, _, _ := strings.Cut(units, "\n[Timer]")
	credentials := t.TempDir()
	fill := strings.NewReplacer("%i", instance, "%d", credentials, "%%", "%")
	for line := range strings.Lines(service) {
		key, value, _ := strings.Cut(strings.TrimSpace(fill.Replace(line)), "=")
		switch key {
		case "LoadCredential":
			name, file, _ := strings.Cut(value, ":")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(credentials, name), text, 0o400); err != nil {
				t.Fatal(err)
			}
		case "Environment":
			env = append(env, value)
		case "ExecStart":
			args = strings.Fields(value)[1:]
		}
	}
	return append(env, "CREDENTIALS_DIRECTORY="+credentials), args
}
