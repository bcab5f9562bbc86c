package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
	"acsync/sync/verify"
)

const retryHelp = `By a reason, all that were rejected for it; by an id, also what was dropped. The
next pass reads each from Kustomer, decides anew and sends it, whatever its age.
What may have arrived is looked up in Agent Connect's data first, which needs
agent_connect.api_secret_file: what they show is accepted. The reasons are:
  `

func retryCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "retry", Category: groupMend,
		Usage: "ask again about what was refused, once the cause is mended",
		UsageText: `acsync retry --reason employee_not_found --dry-run  # what would be taken up again
acsync retry --reason employee_not_found --since 7d  # of a week
acsync retry --id 6b03d563d6d86715a047ed41  # this one alone`,
		Description: retryHelp + strings.Join(mendable(), "\n  "),
		Flags: []cli.Flag{
			values(flagReason, "take up again what was rejected for this `REASON`; rule_error is that of "+
				"all expressions; can be repeated"),
			described(flagSince, "ever", "only what was rejected since `TIME`"),
			values(flagID, "take up again the conversation with this `ID`, or one resolution of it: "+
				"ID@TIME; can be repeated"),
			toggle(flagMayHaveArrived, "also what may have arrived and cannot be looked up: its customer may "+
				"be asked twice"),
			toggle(flagDryRun, "look everything up and say what would be done, but write nothing"),
			ifLockedFlag(),
		},
		Action: in(l, func(s *session) error {
			r, err := readRetrial(s)
			if err != nil {
				return err
			}
			return r.carryOut(s)
		}),
	})
}

// mendable are the reasons that can be given.
func mendable() (names []string) {
	for _, reason := range decide.Mendable() {
		names = append(names, string(reason))
	}
	return names
}

type retrial struct {
	verify.RetryOptions
	lock lockPolicy
}

func readRetrial(s *session) (r retrial, err error) {
	c := s.c
	reasons, ids := c.StringSlice(flagReason), c.StringSlice(flagID)
	r.MayHaveArrived, r.DryRun, r.IDs = c.Bool(flagMayHaveArrived), c.Bool(flagDryRun), ids
	switch {
	case len(reasons) == 0 && len(ids) == 0:
		return r, usagef("say what to ask about again: --%s REASON or --%s ID, once or more; nothing was changed",
			flagReason, flagID)
	case len(reasons) > 0 && len(ids) > 0:
		return r, usagef("--%s and --%s exclude each other; nothing was changed", flagReason, flagID)
	case len(ids) > 0 && c.IsSet(flagSince):
		return r, usagef("--%s goes with --%s alone; nothing was changed", flagSince, flagReason)
	}
	for _, id := range ids {
		if _, _, err := verify.ParseID(id); err != nil {
			return r, usagef("--%s %v; nothing was changed", flagID, err)
		}
	}
	for _, name := range reasons {
		reason := decide.Reason(store.ShortReason(name))
		if err := checkReason(reason); err != nil {
			return r, err
		}
		if !slices.Contains(r.Reasons, reason) {
			r.Reasons = append(r.Reasons, reason)
		}
	}
	if c.IsSet(flagSince) {
		r.Since, err = s.times(s.tenant.Config, s.clock()).since(flagSince, c.String(flagSince))
		if err != nil {
			return r, err
		}
	}
	r.lock, err = readLockPolicy(c)
	return r, err
}

// checkReason refuses a reason for which nothing is rejected, and says what helps where there is something.
func checkReason(reason decide.Reason) error {
	known := strings.Join(mendable(), ", ")
	switch {
	case slices.Contains(decide.Mendable(), reason.Family()):
		return nil
	case slices.Contains(decide.SkipReasons(), reason), strings.HasPrefix(string(reason), "rule:"):
		return usagef("--%s %s: for that nothing is refused but skipped, and decided anew when a pass or a "+
			"back-fill reads it again; there are %s", flagReason, reason, known)
	case reason == decide.ByHand:
		return usagef("--%s %s: what was dropped by hand is named one by one, by --%s; there are %s",
			flagReason, reason, flagID, known)
	case reason == decide.Erased:
		return usagef("--%s %s: what was erased from the ledger is never asked about again; there are %s",
			flagReason, reason, known)
	case slices.Contains(decide.Reasons(), reason):
		return usagef("--%s %s: what stands so is not over: it waits, or acsync resolve settles it; there "+
			"are %s", flagReason, reason, known)
	}
	return usagef("--%s %.60q is no reason for which Agent Connect refuses%s; there are %s", flagReason,
		string(reason), config.Suggest(string(reason), mendable()), known)
}

func (r retrial) carryOut(s *session) error {
	var v verify.Verification
	if s.tenant.Remembers() {
		if err := s.tenant.Config.Ready(); err != nil {
			return err
		}
		clients, err := s.connect()
		if err != nil {
			return err
		}
		v = s.tenant.Verification(clients)
	}
	var ledger tenant.Ledger
	err := r.lock.open(s, func() (err error) {
		if r.DryRun {
			ledger, err = s.tenant.Open(tenant.Access{ReadOnly: true})
		} else {
			ledger, err = s.tenant.OpenLedger()
		}
		return err
	})
	if err != nil {
		return err
	}
	closeLedger := ledger.Close
	if !r.DryRun {
		closeLedger = startHeartbeat(ledger, commandName(s.c)).Before(ledger.Close)
	}
	reopened, err := verify.Retry(s.c.Context, ledger, r.RetryOptions, v)
	// The data could not be read, whatever came in their place.
	if exitCode(err) == exit.Failed && len(reopened) > 0 && !errors.As(err, new(*store.WriteError)) {
		err = ended{exit.Temporary, err}
	}
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	err = errors.Join(err, closeLedger())
	if err != nil && len(reopened) == 0 {
		return err
	}
	said := sayRetried(s, report.Retried{
		List: reopened, Asked: r.RetryOptions, MaxAge: time.Duration(s.tenant.Config.Sync.MaxAge),
		Now: s.clock(), Tenant: s.tenant.Name, Here: here(s.c),
	})
	// It says more than that something was left.
	return cmp.Or(err, said)
}

// sayRetried tells what became of each, and exits 3 where something was left as it was.
func sayRetried(s *session, r report.Retried) error {
	var err error
	if s.c.Bool(flagJSON) {
		err = report.RetriedJSON(s.stdout, r)
	} else {
		err = doc.Text(s.stdout, report.RetriedDoc(r), s.terminal.style())
	}
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if r.Unchanged() > 0 {
		return ended{exit.NeedsHand, nil}
	}
	return nil
}
