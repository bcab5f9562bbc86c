package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/store/postgres"
	"acsync/store/postgres/pgtest"
)

// kept is a real ledger, however it is kept.
type kept interface {
	Ledger
	OpenIntents() ([]store.Entry, error)
	Each(fn func(store.Entry) error) error
	Backfills() ([]store.Backfill, error)
	Import(entries iter.Seq2[store.Entry, error]) (int, error)
	Convert(to store.Identity) (store.Conversion, error)
	Forget(ids []string, now time.Time) (store.Erasure, error)
	Distrust() error
	Adopt(a store.Adoption) error
	Check(ctx context.Context) error
	Close() error
}

// inDatabase reports whether the real ledgers of the tests are kept in a database. It asks each time: what is asked before the
// tests the cache of results does not know of.
func inDatabase() bool { return os.Getenv("ACSYNC_TEST_LEDGER") == "postgres" }

// fileOnly is for a test of what files alone have.
func fileOnly(t *testing.T) {
	t.Helper()
	if inDatabase() {
		t.Skip("it is about a ledger that is a file")
	}
}

// place is where one real ledger is kept.
type place struct {
	path string // of the file, or the name of the ledger in the database
	db   *postgres.Database
}

// databases counts the ledgers in the database of the tests.
var databases atomic.Int64

// testDatabase is the database of all tests of the package.
var testDatabase string

// startDatabase makes it, before any test: none of it may begin in a bubble, whose time stands still.
func startDatabase() error {
	if !inDatabase() {
		return nil
	}
	var err error
	testDatabase, err = pgtest.Prepare(func(url string) error {
		d, err := postgres.Connect(context.Background(), url, postgres.Pool{})
		if err != nil {
			return err
		}
		defer d.Close()
		return d.Migrate(context.Background(), pgtest.Plain)
	})
	return err
}

// newPlace makes a ledger whose first window begins at a time.
func newPlace(t *testing.T, start time.Time) *place {
	t.Helper()
	if !inDatabase() {
		p := &place{path: filepath.Join(t.TempDir(), "acsync.db")}
		if err := bolt.Create(p.path, start); err != nil {
			t.Fatal(err)
		}
		return p
	}
	db, err := postgres.Connect(context.Background(), testDatabase, postgres.Pool{})
	if err != nil {
		t.Fatal(err)
	}
	// Before a bubble ends, its connections must have.
	t.Cleanup(db.Close)
	// Its name is a path, so that what is written beside a ledger goes where nothing stays.
	p := &place{path: filepath.Join(t.TempDir(), fmt.Sprintf("ledger-%d", databases.Add(1))), db: db}
	if err := db.Create(context.Background(), p.path, start, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	return p
}

// open opens the ledger; accept opens it whatever says that it is not the newest.
func (p *place) open(accept bool) (kept, error) {
	if p.db == nil {
		l, err := bolt.Open(p.path, bolt.Options{AcceptFence: accept})
		if err != nil {
			return nil, err
		}
		return l, nil
	}
	// The time of a bubble passes in leaps, in which a shorter lease would be renewed in vain.
	o := postgres.Options{AcceptFence: accept, Lease: 1000 * time.Hour, Quarantine: time.Millisecond}
	l, err := p.db.Open(context.Background(), p.path, o)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// mustOpen opens the ledger as a pass does.
func (p *place) mustOpen(t *testing.T) kept {
	t.Helper()
	l, err := p.open(false)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ended closes a ledger that has to be sound.
func ended(t *testing.T, l kept) {
	t.Helper()
	if err := errors.Join(l.Check(context.Background()), l.Close()); err != nil {
		t.Error(err)
	}
}
