package bolt

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acsync/store"
)

// rehearsed makes a closed ledger of rehearsals that has sent one request with a credential.
func rehearsed(t *testing.T, o Options) (path, stamp string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	if err := Create(path, noon, o); err != nil {
		t.Fatal(err)
	}
	l := openLedger(t, path, o)
	intent, err := l.Begin(id(1), noon, noon)
	if err == nil {
		err = l.Finish(intent, store.Result{State: store.Accepted, At: noon})
	}
	if err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	return path, intent.String()
}

// TestLedgerOfRehearsals holds that a ledger of rehearsals is nobody's else, and no other is one of rehearsals, whatever
// has become of what lies beside it, and whatever is to be accepted.
func TestLedgerOfRehearsals(t *testing.T) {
	path, stamp := rehearsed(t, Options{Rehearsal: true, Credential: "test"})
	if !store.Rehearsed(stamp) || !store.Rehearsed(" "+strings.ToUpper(stamp)) {
		t.Errorf("the stamp %q is not one of a rehearsal", stamp)
	}
	real, stamp := rehearsed(t, Options{Credential: "production"})
	if store.Rehearsed(stamp) {
		t.Errorf("the stamp %q is one of a rehearsal", stamp)
	}
	for name, o := range map[string]Options{
		"a pass": {}, "a reader": {ReadOnly: true}, "a repair": {AcceptFence: true},
		"on an operator's word": {AcceptTenant: true, AcceptCredential: true},
	} {
		for _, fenced := range []bool{true, false} {
			_, err := Open(copied(t, path, fenced), o)
			wantError(t, err, store.ErrRehearsal)
			o.Rehearsal = true
			_, err = Open(copied(t, real, fenced), o)
			wantError(t, err, store.ErrNoRehearsal)
			if err := Discard(copied(t, real, fenced), o); err == nil {
				t.Errorf("%s: a real ledger was discarded", name)
			}
			o.Rehearsal = false
		}
	}
	wantError(t, Compact(path), store.ErrRehearsal)
	if err := Compact(path, Options{Rehearsal: true}); err != nil {
		t.Error(err)
	}
	_, err := Open(path, Options{})
	wantError(t, err, store.ErrRehearsal)
}

// copied puts a copy of a ledger at another place, with its fence or without.
func copied(t *testing.T, path string, fenced bool) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", fenceSuffix} {
		b, err := os.ReadFile(path + suffix)
		if err == nil && (fenced || suffix == "") {
			err = os.WriteFile(to+suffix, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestDiscard takes away what is of rehearsals, bound to whomever, and leaves nothing that is in the way of another.
func TestDiscard(t *testing.T) {
	o := Options{Rehearsal: true, Credential: "test", Tenant: acme}
	for name, change := range map[string]func(path string){
		"as it was left": func(string) {}, "its fence is gone": func(path string) { _ = os.Remove(path + fenceSuffix) },
	} {
		path, _ := rehearsed(t, o)
		change(path)
		if err := Discard(path, Options{Credential: "another", Tenant: other}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, file := range Files(path) {
			if _, err := os.Lstat(file); err == nil {
				t.Errorf("%s: %s is left", name, file)
			}
		}
		if err := Create(path, noon, o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	path, _ := rehearsed(t, o)
	l := openLedger(t, path, o)
	wantError(t, Discard(path, Options{Timeout: -1}), store.ErrLocked)
	closeLedger(t, l)
}

// TestOnlyRehearsed holds that a ledger that was kept with the test key alone is not taken over by the production key,
// not even on an operator's word, while one that has sent with both is for him to judge.
func TestOnlyRehearsed(t *testing.T) {
	path, _ := rehearsed(t, Options{Credential: "test"})
	for _, accept := range []bool{false, true} {
		_, err := Open(path, Options{Credential: "production", TestCredential: "test", AcceptCredential: accept})
		wantError(t, err, store.ErrOtherCredential)
		if !strings.Contains(err.Error(), "test key alone") || strings.Contains(err.Error(), "--accept-key") {
			t.Errorf("got %v", err)
		}
	}
	_, err := Open(path, Options{Credential: "production"})
	wantError(t, err, store.ErrOtherCredential)
	if !strings.Contains(err.Error(), "agent_connect.test_api_key") {
		t.Errorf("got %v", err)
	}
	closeLedger(t, openLedger(t, path, Options{Credential: "test", TestCredential: "test"}))

	path, _ = rehearsed(t, Options{Credential: "production"})
	closeLedger(t, openLedger(t, path, Options{Credential: "test", AcceptCredential: true}))
	closeLedger(t, openLedger(t, path, Options{Credential: "production", TestCredential: "test", AcceptCredential: true}))
}
