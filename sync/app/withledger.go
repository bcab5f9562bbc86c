package app

import (
	"errors"
	"fmt"

	"acsync/sync/tenant"
)

// withLedger opens the ledger, for writing unless told otherwise, for as long as act works with it. It is
// closed before anything is printed: who reads that may take long, and until then no pass could begin.
func withLedger(s *session, o tenant.Access, act func(tenant.Ledger) error) error {
	lock, err := readLockPolicy(s.c)
	if err != nil {
		return err
	}
	var ledger tenant.Ledger
	err = lock.open(s, func() (err error) {
		ledger, err = s.tenant.Open(o)
		return err
	})
	if err != nil {
		return err
	}
	closeLedger := ledger.Close
	if !o.ReadOnly {
		closeLedger = startHeartbeat(ledger, commandName(s.c)).Before(ledger.Close)
	}
	return errors.Join(act(ledger), closeLedger())
}

// sayLedger answers a command of the ledger.
func sayLedger(s *session, what string, fields map[string]any, format string, args ...any) error {
	if !s.c.Bool(flagJSON) {
		_, err := fmt.Fprintf(s.stdout, format+"\n", args...)
		return err
	}
	fields["schema"] = "acsync.ledger." + what + "/1"
	return s.printJSON(fields)
}
