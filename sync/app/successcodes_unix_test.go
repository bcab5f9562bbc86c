//go:build unix

package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestSuccessCodes lets a scheduler take some codes for a success, which reports tell as they are, and hides none
// that needs somebody now.
func TestSuccessCodes(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	run := func(codes string) (code int, told int, errs string) {
		code, out, errs := commandLine(dir, now, "run", "--sandbox", "--json", "--quiet", "--dry-run", "--max-duration", "1ns",
			"--success-codes", codes)
		var pass struct{ Exit int }
		_ = json.Unmarshal([]byte(out), &pass)
		return code, pass.Exit, errs
	}
	if code, told, errs := run("3,11"); code != 5 || told != 5 {
		t.Errorf("got %d, told %d: %s", code, told, errs)
	}
	if code, told, errs := run(" 5 , 3"); code != 0 || told != 5 || !strings.Contains(errs, "stopped after --max-duration") {
		t.Errorf("got %d, told %d: %s", code, told, errs)
	}
	for _, urgent := range []int{1, 4, 10, 12, 13, 14} {
		if code, _, errs := run(fmt.Sprintf("3,%d", urgent)); code != 12 || !strings.Contains(errs, "needs somebody now") {
			t.Errorf("%d: got %d: %s", urgent, code, errs)
		}
	}
	for _, none := range []string{"2", "three", "3;11", "3,", "99", "-1"} {
		if code, _, errs := run(none); code != 12 || !strings.Contains(errs, "no exit code of acsync") {
			t.Errorf("%s: got %d: %s", none, code, errs)
		}
	}
}

// TestSuccessCodesOfTenants holds that the code of many is replaced as a whole, and told as it is.
func TestSuccessCodesOfTenants(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "acme")
	f.run(t, 0, "init", "--tenant", "acme", "--start", "now")
	out, _ := f.run(t, 0, "tenants", "run", "--all", "--json", "--max-duration", "1ns", "--success-codes", "5")
	var told struct {
		Exit    int
		Tenants []struct{ Exit int }
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil || told.Exit != 5 || told.Tenants[0].Exit != 5 {
		t.Errorf("%v: got %s", err, out)
	}
	f.run(t, 12, "tenants", "run", "--all", "--success-codes", "4")
}
