package app

import (
	"errors"
	"time"

	"acsync/store"
	"acsync/sync/config"
	"acsync/sync/journey"
	"acsync/sync/sandbox"
	"acsync/sync/tenant"
)

// lentLedger is a ledger that is opened for each reading, and closed when that has ended: a command that asks
// the services for minutes keeps no pass from it.
type lentLedger struct {
	*session
	lock lockPolicy
	info store.Info
}

// lend lends the ledger to a command that only reads. It is nil where none was ever made, but of a
// demonstration, which has one that holds what it would begin with. The stand-ins of a demonstration then
// know what the ledger has as accepted.
func (s *session) lend(lock lockPolicy) (journey.Ledger, error) {
	lent := &lentLedger{session: s, lock: lock}
	err := lent.read(func(ledger tenant.Ledger) (err error) {
		lent.info, err = ledger.Info()
		return err
	})
	switch {
	case errors.Is(err, tenant.ErrUnmade) && s.tenant.Demo != nil:
		lent.info = store.Info{Start: s.tenant.Demo.Start, Checkpoint: s.tenant.Demo.Start}
	case errors.Is(err, store.ErrMissing) && !s.tenant.Abandoned():
		return nil, nil
	case err != nil:
		return nil, err
	}
	return lent, s.remind(lent)
}

// Info is what there was to say of the ledger when it was lent.
func (l *lentLedger) Info() (store.Info, error) { return l.info, nil }

// lateWait is how long a command waits for a pass once it has read the services for minutes.
const lateWait = 30 * time.Minute

// Each gives every entry, and what is left of each that was erased.
func (l *lentLedger) Each(fn func(store.Entry) error) error {
	defer func() { l.lock = lockPolicy{wait: max(l.lock.wait, lateWait)} }()
	err := l.read(func(ledger tenant.Ledger) error { return everything(ledger)(fn) })
	if !errors.Is(err, tenant.ErrUnmade) || l.tenant.Demo == nil {
		return err
	}
	for _, e := range l.tenant.Demo.Known {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

func (l *lentLedger) read(what func(tenant.Ledger) error) error {
	var ledger tenant.Ledger
	err := l.lock.open(l.session, func() (err error) {
		ledger, err = l.tenant.Open(tenant.Access{ReadOnly: true})
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(what(ledger), ledger.Close())
}

// usualWait is after how long a scheduled pass asks.
const usualWait = 10 * time.Minute

// remind tells the stand-ins of a demonstration what the passes before have sent, and lends this command
// their secret, which passes do without. So that there is something to see at once, each request counts as
// sent as soon as a scheduled pass would have sent it.
func (s *session) remind(ledger journey.Ledger) error {
	if s.tenant.Demo == nil {
		return nil
	}
	info, err := ledger.Info()
	if err != nil {
		return err
	}
	var taken []sandbox.Taken
	err = ledger.Each(func(e store.Entry) error {
		if e.State != store.Accepted || e.Recovery {
			return nil
		}
		one := sandbox.Taken{ID: e.Conversation, At: e.Record.Resolution.Add(usualWait)}
		if e.At.Before(one.At) {
			one.At = e.At
		}
		if e.Intent > 0 {
			one.Stamp = store.Intent{Ledger: info.ID, Number: e.Intent}.String()
		}
		taken = append(taken, one)
		return nil
	})
	if err != nil {
		return err
	}
	s.stand.Remind(taken)
	s.tenant.Demo.Reminded = true
	s.tenant.Config.AgentConnect.APISecret = config.NewSecret(s.stand.AgentConnectSecret())
	return nil
}
