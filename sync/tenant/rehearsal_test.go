package tenant

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/deliver"
	"acsync/sync/exit"
)

// TestRehearsalAdvisesNothingReal holds that what does not go with a rehearsal's ledger names no command for
// the real one.
func TestRehearsalAdvisesNothingReal(t *testing.T) {
	now := time.Now()
	for name, err := range map[string]error{
		"identity": &surveysync.IdentityError{Ledger: "conversation", Configured: "resolution"},
		"ahead":    errors.Join(io.EOF, &surveysync.AheadError{Checkpoint: now.Add(9 * time.Hour), Now: now}),
		"too old":  &surveysync.TooOldError{From: now, Limit: now},
	} {
		got := (&Rehearsal{}).Advise(err)
		one := strings.Contains(got.Error(), "acsync rehearse --restart") && strings.Count(got.Error(), "acsync ") == 1
		if code, _ := exit.Of(got); code != exit.Usage || !one {
			t.Errorf("%s: got %v", name, got)
		}
	}
	// The test key is what was refused, and the key of production is left alone.
	got := (&Rehearsal{}).Advise(errors.Join(deliver.ErrRefused))
	named := strings.Contains(got.Error(), "agent_connect.test_api_key_file or AGENT_CONNECT_TEST_API_KEY")
	if code, _ := exit.Of(got); code != exit.Credentials || !named || strings.Contains(got.Error(), " agent_connect.api_key") {
		t.Errorf("got %v", got)
	}
	if got := (&Rehearsal{}).Advise(io.EOF); got != io.EOF {
		t.Errorf("got %v", got)
	}
	if (&Rehearsal{}).Advise(nil) != nil {
		t.Error("no error became one")
	}
}

// TestRehearse leaves the tenant as it is, and asks no data of a key of which it is not known whether they
// show its requests.
func TestRehearse(t *testing.T) {
	real := &Tenant{Name: "acme"}
	real.Config = config.Default()
	real.Config.Kustomer.Org, real.Config.Kustomer.APIKey = "acme", config.NewSecret("k")
	real.Config.AgentConnect.APIKey, real.Config.AgentConnect.TestAPIKey = config.NewSecret("p"), config.NewSecret("t")
	real.Config.AgentConnect.APISecret = config.NewSecret("s")
	rehearsing, err := real.Rehearse(Rehearsal{})
	if err != nil {
		t.Fatal(err)
	}
	o := file{rehearsing}.options(Access{})
	if rehearsing.Remembers() || !o.Rehearsal || o.Credential != "t" || o.TestCredential != "" {
		t.Errorf("got %+v", o)
	}
	if o := (file{real}).options(Access{}); !real.Remembers() || o.Rehearsal || o.Credential != "p" || o.TestCredential != "t" {
		t.Errorf("got %+v", o)
	}
	for _, paths := range [][]string{real.Ledgers(), rehearsing.Ledgers()} {
		if len(paths) != 2 || paths[0] != "acsync.db" || paths[1] != "acsync.rehearsal.db" {
			t.Errorf("got %q", paths)
		}
	}
}
