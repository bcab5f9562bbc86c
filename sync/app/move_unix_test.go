//go:build unix

package app_test

import (
	"strings"
	"testing"
	"time"
)

// TestMoveOfAPausedTenant: who was not to be asked for a while is not asked because the ledger was moved, and a move that
// is repeated ends well.
func TestMoveOfAPausedTenant(t *testing.T) {
	f := newFleet(t, "acme")
	f.run(t, 0, "init", "--start", f.stands["acme"].Start().Format(time.RFC3339), "--tenant", "acme")
	f.run(t, 0, "tenants", "pause", "acme", "--reason", "a new brand on Monday")
	url, _ := inDatabase(t)
	for range 2 {
		f.run(t, 0, "ledger", "move", "--to", url, "--tenant", "acme")
	}
	f.write(t, "_defaults.toml", "[kustomer]\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"api_key_file = 'secrets/{tenant}.kustomer'\n[agent_connect]\nrequests_per_minute = 60000\n"+
		"api_key_file = 'secrets/{tenant}.connect'\n[ledger]\nurl = '"+url+"'\n")
	if out, _ := f.run(t, 0, "run", "--tenant", "acme"); !strings.Contains(out, "a new brand on Monday") {
		t.Errorf("it is not paused:\n%s", out)
	}
	if all, _ := f.asked(t, "acme"); all != 0 {
		t.Errorf("asked %d", all)
	}
	f.run(t, 0, "tenants", "resume", "acme")
	f.run(t, well, "run", "--tenant", "acme")
	if all, most := f.asked(t, "acme"); all == 0 || most != 1 {
		t.Errorf("%d asked, one of them %d times", all, most)
	}
}

// TestMoveShowsNoPassword refuses an address with a password on the command line, wherever that stands in it.
func TestMoveShowsNoPassword(t *testing.T) {
	f := newFleet(t, "acme")
	for _, address := range []string{"postgres://a:sesame@127.0.0.1/x", "postgres://127.0.0.1/x?user=a&password=sesame"} {
		_, errs := f.run(t, 12, "ledger", "move", "--to", address, "--tenant", "acme")
		if !strings.Contains(errs, "the address has a password") || strings.Contains(errs, "sesame") {
			t.Errorf("got %s", errs)
		}
	}
}
