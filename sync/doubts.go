package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"acsync/store"
	"acsync/sync/verify"
)

// pendingAtOnce is how many waiting conversations one pass takes up; more wait for the next.
const pendingAtOnce = 10_000

// doubts are what was in doubt when the pass began, and what Agent Connect's own data tell of it.
type doubts struct {
	ledger  Ledger
	settler verify.Settler
	tally   *tally
	entries []store.Entry
	matcher *verify.Matcher // what the data tell; nil: they were not asked
	// when the data were asked that nothing in them spoke against the ledger; zero if something did
	witnessed time.Time
}

// consult asks Agent Connect's own data, before anything is decided or sent: whether the ledger is the
// newest, and what became of what is in doubt and due to be asked about. A ledger that cannot be held against
// the data sends nothing: it may have been put back from a copy.
func (d *doubts) consult(ctx context.Context, info store.Info) error {
	if _, err := d.ledger.Recover(time.Now()); err != nil {
		return fmt.Errorf("put the open intents in doubt: %w", err)
	}
	var err error
	if d.entries, err = d.ledger.Waiting(pendingAtOnce, store.InDoubt); err != nil {
		return fmt.Errorf("list what is in doubt: %w", err)
	}
	began := time.Now()
	if d.settler.Receiver == nil {
		d.witnessed = began
		return nil
	}
	var due []store.Entry
	for _, entry := range d.entries {
		if !entry.Due.After(began) {
			due = append(due, entry)
		}
	}
	matcher := verify.NewMatcher(info, due, d.settler.Stamped, d.settler.After)
	err = matcher.Read(ctx, d.ledger, d.settler.Receiver)
	switch {
	case errors.Is(err, store.ErrRolledBack), err != nil && ctx.Err() != nil:
		return err
	case err != nil && matcher.ChecksLedger():
		return &verify.WitnessError{Err: err}
	case err != nil:
		d.tally.notice("what is in doubt could not be looked up and stays so: %v", err)
	}
	d.matcher, d.witnessed = matcher, began
	return nil
}

// settle settles what can be settled of what is in doubt, tells what became of it, and returns what is to be
// sent again.
func (d *doubts) settle(doubtful []store.Entry) (again []store.Entry, err error) {
	var asked []store.Entry
	for _, entry := range doubtful {
		if d.matcher != nil && d.matcher.About(entry) {
			asked = append(asked, entry)
		} else {
			d.tally.left(entry)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	settled, err := d.settler.Settle(d.matcher, asked)
	for _, entry := range settled {
		d.tally.settled(entry.State)
		if entry.State == store.Retry {
			again = append(again, entry)
		} else {
			d.tally.left(entry)
		}
	}
	return again, err
}
