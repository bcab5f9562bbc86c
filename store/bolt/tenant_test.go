package bolt

import (
	"path/filepath"
	"strings"
	"testing"

	"acsync/store"
)

const (
	acme  = "Kustomer acme, Agent Connect api.example"
	other = "Kustomer other, Agent Connect api.example"
)

// bound makes a closed ledger that remembers a tenant, or none.
func bound(t *testing.T, tenant string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	if err := Create(path, noon, Options{Tenant: tenant}); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnotherTenantsLedger(t *testing.T) {
	path := bound(t, acme)
	for name, o := range map[string]Options{
		"for writing":        {Tenant: other},
		"for reading":        {Tenant: other, ReadOnly: true},
		"whatever the fence": {Tenant: other, AcceptFence: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(path, o)
			wantError(t, err, store.ErrOtherTenant)
			for _, part := range []string{acme, other, "--accept-tenant"} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
	for name, o := range map[string]Options{"its own": {Tenant: acme}, "any": {}, "any, to be read": {ReadOnly: true}} {
		t.Run(name, func(t *testing.T) {
			l := openLedger(t, path, o)
			wantTenant(t, l, acme)
		})
	}
}

func TestFirstOpeningForWritingBinds(t *testing.T) {
	path := bound(t, "")
	l := openLedger(t, path, Options{Tenant: acme, ReadOnly: true})
	wantTenant(t, l, "")
	closeLedger(t, l)
	l = openLedger(t, path, Options{})
	wantTenant(t, l, "")
	closeLedger(t, l)
	l = openLedger(t, path, Options{Tenant: acme})
	wantTenant(t, l, acme)
	closeLedger(t, l)
	_, err := Open(path, Options{Tenant: other})
	wantError(t, err, store.ErrOtherTenant)
}

// What is bound stays so through a compaction and a backup, and changes only where that is asked for.
func TestAcceptTenant(t *testing.T) {
	path := bound(t, acme)
	if err := Compact(path); err != nil {
		t.Fatal(err)
	}
	l := openLedger(t, path, Options{Tenant: other, AcceptTenant: true, ReadOnly: true})
	wantTenant(t, l, acme)
	closeLedger(t, l)
	l = openLedger(t, path, Options{Tenant: other, AcceptTenant: true})
	before, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	closeLedger(t, l)
	l = openLedger(t, path, Options{Tenant: other})
	wantTenant(t, l, other)
	after, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	before.Transaction++ // that of the opening
	wantSame(t, after, before)
}

func TestTenantIsText(t *testing.T) {
	for name, tenant := range map[string]string{
		"two lines": "a\nb", "no text": "\xff", "an escape": "\x1b[31m", "long": strings.Repeat("x", mostTenant+1),
	} {
		t.Run(name, func(t *testing.T) {
			if err := Create(filepath.Join(t.TempDir(), "ledger.db"), noon, Options{Tenant: tenant}); err == nil {
				t.Error("it was taken at the creation")
			}
			if _, err := Open(bound(t, ""), Options{Tenant: tenant}); err == nil {
				t.Error("it was taken at the opening")
			}
		})
	}
}

func wantTenant(t *testing.T, l *Ledger, want string) {
	t.Helper()
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, info.Tenant, want)
}
