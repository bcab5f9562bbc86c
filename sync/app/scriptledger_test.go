package app_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/store/postgres"
	"acsync/store/postgres/pgtest"
)

// scriptLedger is where a script has its ledger: in files, or with ACSYNC_TEST_LEDGER=postgres in a database of its own.
type scriptLedger struct {
	fresh func() string // makes a database, and gives its address; nil: it is a file
	url   string
}

// scriptsInDatabase reports whether the ledgers of scripts are kept in databases.
func scriptsInDatabase() bool { return os.Getenv("ACSYNC_TEST_LEDGER") == "postgres" }

func newScriptLedger(t *testing.T) *scriptLedger {
	if !scriptsInDatabase() {
		return &scriptLedger{}
	}
	cluster := pgtest.Shared(t)
	return &scriptLedger{fresh: func() string { return cluster.URL(pgtest.Plain, cluster.Fresh(t, makeTables)) }}
}

func ledgerOf(ts *testscript.TestScript) *scriptLedger { return ts.Value("ledger").(*scriptLedger) }

// settings are those of a configuration for the ledger.
func (l *scriptLedger) settings() string {
	if l.fresh == nil {
		return ""
	}
	if l.url == "" { // a second stand-in serves the ledger that there is
		l.url = l.fresh()
	}
	return fmt.Sprintf("[ledger]\nurl = %q\n", l.url)
}

// scriptKept is a ledger that a script has open.
type scriptKept interface {
	Begin(key store.Key, resolution, now time.Time) (store.Intent, error)
	Close() error
}

func (l *scriptLedger) open(ts *testscript.TestScript, path string) scriptKept {
	if l.fresh == nil {
		ledger, err := bolt.Open(ts.MkAbs(path), bolt.Options{Rehearsal: strings.Contains(path, ".rehearsal.")})
		ts.Check(err)
		return ledger
	}
	db := l.connect(ts)
	ledger, err := db.Open(context.Background(), "sandbox", postgres.Options{})
	ts.Check(err)
	return ledger
}

func (l *scriptLedger) connect(ts *testscript.TestScript) *postgres.Database {
	db, err := postgres.Connect(context.Background(), l.url, postgres.Pool{})
	ts.Check(err)
	ts.Defer(db.Close)
	return db
}

// condition lets a script say [database] of what is so in one alone.
func condition(name string) (bool, error) {
	if name == "database" {
		return scriptsInDatabase(), nil
	}
	return false, fmt.Errorf("there is no condition %s", name)
}

// unmake: takes the ledger away, as if there had never been one.
func unmake(ts *testscript.TestScript, _ bool, _ []string) {
	l := ledgerOf(ts)
	if l.fresh == nil {
		for _, name := range []string{"acsync.db", "acsync.db.fence", ".local"} {
			ts.Check(os.RemoveAll(ts.MkAbs(name)))
		}
		return
	}
	before := l.url
	l.url = l.fresh()
	config := strings.ReplaceAll(ts.ReadFile("config.toml"), before, l.url)
	ts.Check(os.WriteFile(ts.MkAbs("config.toml"), []byte(config), 0o600))
}

// leave LEDGER ID: leaves an intent open, as a crash between an intent and its outcome does.
func leave(ts *testscript.TestScript, _ bool, args []string) {
	ledger := ledgerOf(ts).open(ts, args[0])
	_, err := ledger.Begin(store.Key{Conversation: args[1]}, time.Now(), time.Now())
	ts.Check(err)
	ts.Check(ledger.Close())
}

// lock LEDGER: holds the ledger open until the script ends, as a pass does.
func lock(ts *testscript.TestScript, _ bool, args []string) {
	ledger := ledgerOf(ts).open(ts, args[0])
	ts.Defer(func() { ts.Check(ledger.Close()) })
}

// reported LEDGER: waits until the pass that holds the ledger has told what it found.
func reported(ts *testscript.TestScript, _ bool, args []string) {
	read := func() (store.Holder, error) { return bolt.ReadHolder(ts.MkAbs(args[0])) }
	if l := ledgerOf(ts); l.fresh != nil {
		db := l.connect(ts)
		read = func() (store.Holder, error) {
			holder, _, err := db.Holder(context.Background(), "sandbox")
			return holder, err
		}
	}
	for {
		if holder, err := read(); err == nil && holder.Found > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond) // until the test's own time-out
	}
}
