package app_test

import (
	"context"
	"testing"

	"acsync/store/postgres"
	"acsync/store/postgres/pgtest"
)

// inDatabase makes a database of a test's own, with the tables in it, and gives its address.
func inDatabase(t *testing.T) (url string, c *pgtest.Cluster) {
	t.Helper()
	c = pgtest.Shared(t)
	return c.URL(pgtest.Plain, c.Fresh(t, makeTables)), c
}

func makeTables(url string) error {
	d, err := postgres.Connect(context.Background(), url, postgres.Pool{})
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Migrate(context.Background(), pgtest.Plain)
}

// openIn opens a ledger of a database to read it.
func openIn(t *testing.T, url, name string) *postgres.Ledger {
	t.Helper()
	d, err := postgres.Connect(t.Context(), url, postgres.Pool{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	l, err := d.Open(t.Context(), name, postgres.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return l
}
