package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"acsync/store"
)

// TestTenant: the first opening binds a ledger to its accounts, of which no other ledger of the database can
// be.
func TestTenant(t *testing.T) {
	ctx, d := context.Background(), created(t, Options{})
	must(t, d.Create(ctx, "other", noon, Options{}))
	must(t, opened(t, d, "acme", Options{Tenant: "a"}).Close())
	_, err := d.Open(ctx, "acme", Options{Tenant: "b"})
	wantError(t, err, store.ErrOtherTenant)
	must(t, opened(t, d, "acme", Options{Tenant: "b", AcceptTenant: true, ReadOnly: true}).Close())
	_, err = d.Open(ctx, "other", Options{Tenant: "a"})
	wantError(t, err, store.ErrOtherTenant)
	must(t, opened(t, d, "acme", Options{Tenant: "b", AcceptTenant: true}).Close())
	must(t, opened(t, d, "other", Options{Tenant: "a"}).Close())
	wantError(t, d.Create(ctx, "third", noon, Options{Tenant: "b"}), store.ErrExists)
	must(t, d.Create(ctx, "third", noon, Options{Tenant: "b", Rehearsal: true}))
}

// TestServed: whoever misspells the name of the ledger of some accounts is not sent from “make one” to “there is one”
// and back, but told its name.
func TestServed(t *testing.T) {
	ctx, d := context.Background(), created(t, Options{Tenant: "a"})
	for _, o := range []Options{{Tenant: "a"}, {Tenant: "a", ReadOnly: true}} {
		_, err := d.Open(ctx, "acme-eu", o)
		wantServed(t, err, store.ErrMissing)
	}
	wantServed(t, d.Create(ctx, "acme-eu", noon, Options{Tenant: "a"}), store.ErrExists)
	_, err := d.Open(ctx, "acme-eu", Options{Tenant: "b"})
	if wantError(t, err, store.ErrMissing); errors.Is(err, errServed) {
		t.Errorf("other accounts are told %v", err)
	}
}

func wantServed(t *testing.T, err, want error) {
	t.Helper()
	wantError(t, err, want)
	if err == nil || !strings.Contains(err.Error(), "these accounts have another one in this database: acme") {
		t.Errorf("it says %v", err)
	}
	if err == nil || !strings.Contains(err.Error(), "set ledger.name to that one") {
		t.Errorf("it advises %v", err)
	}
}

// TestCredential: the first request that may have arrived binds a ledger to the key, and a key that is
// refused altogether does not.
func TestCredential(t *testing.T) {
	ctx, d := context.Background(), created(t, Options{})
	l := opened(t, d, "acme", Options{Credential: "old"})
	finish(t, l, id(1), store.Retry)
	must(t, l.Close())
	l = opened(t, d, "acme", Options{Credential: "test"})
	finish(t, l, id(1), store.Accepted)
	wantSame(t, infoOf(t, l).BoundAt, uint64(1))
	must(t, l.Close())
	_, err := d.Open(ctx, "acme", Options{Credential: "new"})
	wantError(t, err, store.ErrOtherCredential)
	l = opened(t, d, "acme", Options{Credential: "new", AcceptCredential: true})
	wantSame(t, infoOf(t, l).BoundAt, uint64(2))
	must(t, l.Close())
	must(t, opened(t, d, "acme", Options{Credential: "new"}).Close())
	owner(t, d, "do $$ begin assert not exists (select from acsync.ledgers where ledgers::text like '%new%'); end $$")
}

// TestOnlyRehearsed: a ledger that has sent with the test key alone is not taken for one of real people.
func TestOnlyRehearsed(t *testing.T) {
	d := created(t, Options{})
	l := opened(t, d, "acme", Options{Credential: "test"})
	finish(t, l, id(1), store.Accepted)
	must(t, l.Close())
	o := Options{Credential: "real", TestCredential: "test", AcceptCredential: true}
	_, err := d.Open(context.Background(), "acme", o)
	wantError(t, err, store.ErrOtherCredential)
	if err != nil && !strings.Contains(err.Error(), "test key") {
		t.Errorf("%v does not say why", err)
	}
}

// TestRehearsal: the two kinds of ledgers never stand for each other, and only one of rehearsals can be taken
// away.
func TestRehearsal(t *testing.T) {
	ctx, d := context.Background(), created(t, Options{})
	must(t, d.Create(ctx, "try", noon, Options{Rehearsal: true}))
	_, err := d.Open(ctx, "acme", Options{Rehearsal: true})
	wantError(t, err, store.ErrNoRehearsal)
	_, err = d.Open(ctx, "try", Options{})
	wantError(t, err, store.ErrRehearsal)
	wantError(t, d.Discard(ctx, "acme", Options{}), store.ErrNoRehearsal)
	wantError(t, d.Discard(ctx, "none", Options{}), store.ErrMissing)

	l := opened(t, d, "try", Options{Rehearsal: true, Tenant: "a", Credential: "test"})
	if i := begun(t, l, id(1)); !i.Rehearsal || !store.Rehearsed(i.String()) {
		t.Errorf("the intent %v does not say that it is one of a rehearsal", i)
	}
	must(t, l.Commit(store.Batch{Run: &store.Run{Pass: "p"}}))
	wantError(t, d.Discard(ctx, "try", Options{Timeout: -1}), store.ErrLocked)
	must(t, l.Close())
	must(t, d.Discard(ctx, "try", Options{Tenant: "b", Credential: "other"}))
	there, err := d.Exists(ctx, "try")
	must(t, err)
	wantSame(t, there, false)
	there, err = d.Exists(ctx, "acme")
	must(t, err)
	wantSame(t, there, true)
	owner(t, d, "do $$ begin assert (select count(*) from acsync.keys) + (select count(*) from acsync.runs) = 0; end $$")
}
