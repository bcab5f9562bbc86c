package postgres

import (
	"context"
	"errors"
	"flag"
	"os"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/postgres/pgtest"
	"acsync/store/storetest"
	"acsync/store/storetest/memory"
)

func TestMain(m *testing.M) {
	// The long run has real syncs of a real disk.
	if os.Getenv("LONG_TESTS") == "" {
		memory.Use()
	}
	os.Exit(pgtest.Main(m))
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 123e6, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// prepare makes the tables, as their owner, for the plain role.
func prepare(url string) error {
	d, err := Connect(context.Background(), url, Pool{})
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Migrate(context.Background(), pgtest.Plain)
}

// connect connects to a database of a test's own, as the plain role.
func connect(t testing.TB) *Database {
	t.Helper()
	c := pgtest.Shared(t)
	return connectTo(t, c, c.Fresh(t, prepare))
}

func connectTo(t testing.TB, c *pgtest.Cluster, name string) *Database {
	t.Helper()
	d, err := Connect(context.Background(), c.URL(pgtest.Plain, name), Pool{})
	must(t, err)
	t.Cleanup(d.Close)
	return d
}

// opened opens a ledger, checks it when the test ends, and closes it.
func opened(t testing.TB, d *Database, name string, o Options) *Ledger {
	t.Helper()
	l, err := d.Open(context.Background(), name, o)
	must(t, err)
	t.Cleanup(func() {
		must(t, l.Close())
	})
	return l
}

// opener opens ledgers for the suite that any ledger must pass.
type opener struct {
	*Database
	n int
}

func (o *opener) Create(t *testing.T, start time.Time) storetest.Ledger {
	t.Helper()
	o.n++
	name := "ledger-" + string(rune('a'+o.n%26)) + time.Duration(o.n).String()
	must(t, o.Database.Create(context.Background(), name, start, Options{}))
	return o.open(t, name)
}

func (o *opener) open(t *testing.T, name string) *Ledger {
	t.Helper()
	l, err := o.Open(context.Background(), name, Options{})
	must(t, err)
	t.Cleanup(func() {
		if err := l.Check(context.Background()); err != nil {
			t.Errorf("the ledger does not pass its check at the end: %v", err)
		}
		must(t, l.Close())
	})
	return l
}

func (o *opener) Reopen(t *testing.T, l storetest.Ledger) storetest.Ledger {
	t.Helper()
	must(t, l.(*Ledger).Close())
	return o.open(t, l.(*Ledger).name)
}

func TestConformance(t *testing.T) {
	// Each step is several round trips.
	if f := flag.Lookup("rapid.checks"); os.Getenv("LONG_TESTS") == "" && f.Value.String() == f.DefValue {
		must(t, f.Value.Set("10"))
		defer func() { must(t, f.Value.Set(f.DefValue)) }()
	}
	storetest.Run(t, &opener{Database: connect(t)})
}

// TestPaused keeps a mark while another process has the ledger, and until it is taken away.
func TestPaused(t *testing.T) {
	d := connect(t)
	must(t, d.Create(t.Context(), "paused", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Options{Tenant: "paused"}))
	expect := func(want string) {
		t.Helper()
		if got, err := d.Paused(t.Context(), "paused"); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	expect("")
	opened(t, d, "paused", Options{Tenant: "paused"})
	const mark = `{"reason":"moving"}`
	must(t, d.SetPaused(t.Context(), "paused", []byte(mark)))
	expect(mark)
	must(t, d.SetPaused(t.Context(), "paused", nil))
	expect("")
	if err := d.SetPaused(t.Context(), "none", []byte(mark)); !errors.Is(err, store.ErrMissing) {
		t.Errorf("got %v, want ErrMissing", err)
	}
	if got, err := d.Paused(t.Context(), "none"); err != nil || got != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
