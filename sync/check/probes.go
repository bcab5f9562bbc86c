package check

import (
	"errors"
	"slices"
	"strings"
	"time"

	"acsync/sync/config"
	"acsync/sync/decide"
)

// Subject is what is looked at. Whatever of it is missing, the probes say so.
type Subject struct {
	File     string // of the configuration
	Faults   error  // why the configuration cannot be used; nil: it can
	Config   config.Config
	Settings []Setting // as [Settings] gives them
	Warnings []string  // of what works, and hardly as it was meant

	Policy       decide.Policy
	Kustomer     Kustomer     // nil: it cannot be called
	AgentConnect AgentConnect // nil: it cannot be called
	Calls        func() int   // to Kustomer so far

	Ledger *Ledger // nil: the configuration does not say where it is
	Now    func() time.Time
}

// Quick are the probes that need little time: the keys, Kustomer's clock and the roles.
func Quick(s Subject) []Probe {
	k, a := s.services()
	k.rows = fewRows // nobody looks at what passes would find
	return append(k.probes(), a.probes()[:2]...)
}

// Local are the probes that call no service.
func Local(s Subject) []Probe {
	return append(s.configuration().probes(), s.ledgerProbes()...)
}

func (s Subject) ledgerProbes() []Probe {
	if s.Ledger == nil {
		return nil
	}
	return s.Ledger.probes()
}

// All are all probes. They make at most [MostCalls] calls.
func All(s Subject) []Probe {
	if s.Faults != nil {
		return Local(s)
	}
	k, a := s.services()
	facts := &tenantFacts{
		kustomerSide: k, calls: s.Calls,
		settle: time.Duration(s.Config.Sync.Settle), overlap: time.Duration(s.Config.Sync.Overlap),
	}
	if s.Ledger != nil && s.Ledger.Open == nil {
		facts.lateness = &s.Ledger.Info.Lateness
	}
	day := &lastDay{kustomerSide: k, connect: a, policy: s.Policy}
	return slices.Concat(
		s.configuration().probes(), k.probes(), a.probes(), facts.probes(), day.probes(), s.ledgerProbes())
}

// MostCalls is how many calls all probes make at most, where none fails: to both services together.
const MostCalls = 30

func (s Subject) configuration() configuration {
	return configuration{s.File, s.Faults, s.Settings, s.Warnings}
}

func (s Subject) services() (*kustomerSide, *connectSide) {
	k := &kustomerSide{client: s.Kustomer, settings: s.Config, now: s.Now, rows: pageSize}
	a := &connectSide{client: s.AgentConnect, settings: s.Config, now: s.Now}
	missing, _ := errors.AsType[config.Faults](s.Config.Ready())
	for _, f := range missing {
		switch {
		// The line of the test key says it.
		case f.Key == "agent_connect.test_api_key":
		case strings.HasPrefix(f.Key, "kustomer."):
			k.lacks = append(k.lacks, f)
		default:
			a.lacks = append(a.lacks, f)
		}
	}
	return k, a
}
