package bolt

import (
	"path/filepath"
	"testing"
	"time"

	"acsync/store/storetest"
)

// opener opens ledgers for the suite that any ledger must pass. Every second time it compacts one before it
// opens it again.
type opener struct{ opened int }

func (o *opener) Create(t *testing.T, start time.Time) storetest.Ledger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	must(t, Create(path, start))
	return openLedger(t, path, Options{})
}

func (o *opener) Reopen(t *testing.T, l storetest.Ledger) storetest.Ledger {
	t.Helper()
	path := l.(*Ledger).path
	must(t, l.(*Ledger).Close())
	if o.opened++; o.opened%2 == 0 {
		must(t, Compact(path, Options{Strict: true}))
	}
	return openLedger(t, path, Options{})
}

func TestConformance(t *testing.T) { storetest.Run(t, new(opener)) }
