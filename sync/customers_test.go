package sync

import (
	"slices"
	"strings"
	"testing"

	"acsync/sync/dryrun"
)

// address gives the customer of a conversation an address.
func (b *bench) address(n int, address string) {
	customer := b.customers[b.conversations[n].CustomerID]
	customer.Emails = emails(address)
	b.customers[customer.ID] = customer
}

// TestDryRunCountsCustomers: a dry run tells how many customers would be asked, and how many of them several
// times; addresses count as one in any case, and who would not be mailed does not count.
func TestDryRunCountsCustomers(t *testing.T) {
	b := newBench(t, 7)
	for i, address := range []string{
		"a@example.com", "A@Example.com", "b@example.com", "c@example.com", "a@example.com", "d@example.com", "",
	} {
		b.address(i, address)
	}
	b.conversations[5].Spam = true
	told := func(r Result) bool {
		return slices.ContainsFunc(r.Notices, func(n string) bool {
			return strings.HasPrefix(n, "1 of the customers would be asked about several conversations (3 in all)")
		})
	}
	b.engine.Ledger, b.engine.Sender = &dryrun.Ledger{ReadLedger: b.ledger}, dryrun.Sender{}
	b.engine.Options.DryRun = true
	if r := b.mustRun(t); r.Customers != 3 || r.Repeated != 1 || !told(r) || r.Planned != 5 {
		t.Errorf("%d customers, %d of them several times, %d planned, %v", r.Customers, r.Repeated, r.Planned, r.Notices)
	}
}
