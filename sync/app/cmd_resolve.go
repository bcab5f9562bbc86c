package app

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/exit"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
	"acsync/sync/verify"
)

func resolveCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "resolve", Category: groupMend,
		Usage: "settle what is in doubt: by Agent Connect's data, or your word",
		UsageText: `acsync resolve  # by Agent Connect's data
acsync resolve --accept --id 6b03d563d6d86715a047ed41  # it is in Agent Connect
acsync resolve --resend --id 6b03d563d6d86715a047ed41  # it is certainly not there`,
		Description: `Without a decision, Agent Connect's own data are asked
(agent_connect.api_secret_file): what they show is accepted, what certainly did not
arrive is sent again by the next pass, the rest stays in doubt. Every pass begins with
that. By hand, look the conversations up in Agent Connect first: what you send again
may be a second mail.`,
		Flags: []cli.Flag{
			toggle(flagResend, "they did not arrive: the next pass sends them again"),
			toggle(flagAccept, "they did arrive"),
			toggle(flagDrop, "never send them; also for what is scheduled or to be retried"),
			values(flagID, "decide about the conversation with this `ID`, or one resolution of it: "+
				"ID@TIME; can be repeated"),
			toggle(flagAll, "decide about all that are in doubt"),
			ifLockedFlag(),
		},
		Action: in(l, func(s *session) error {
			d, err := readDecision(s.c)
			if err != nil {
				return err
			}
			return d.carryOut(s)
		}),
	})
}

type decision struct {
	action verify.Action // 0: Agent Connect's data are asked
	choice verify.Selection
	lock   lockPolicy
}

func readDecision(c *cli.Context) (d decision, err error) {
	d.choice = verify.Selection{All: c.Bool(flagAll), IDs: c.StringSlice(flagID)}
	chosen, actions := d.choice.All || len(d.choice.IDs) > 0, 0
	for flag, action := range map[string]verify.Action{
		flagResend: verify.Resend, flagAccept: verify.Accept, flagDrop: verify.Drop,
	} {
		if c.Bool(flag) {
			d.action = action
			actions++
		}
	}
	for _, id := range d.choice.IDs {
		if _, _, err := verify.ParseID(id); err != nil {
			return d, usagef("--%s %v; nothing was changed", flagID, err)
		}
	}
	switch {
	case actions > 1:
		return d, usagef("--%s, --%s and --%s exclude each other; nothing was changed",
			flagResend, flagAccept, flagDrop)
	case actions == 0 && chosen:
		return d, usagef("say what to do with them: --%s, --%s or --%s; nothing was changed", flagResend,
			flagAccept, flagDrop)
	case actions == 1 && d.choice.All == (len(d.choice.IDs) > 0):
		return d, usagef("say which: --%s ID, once or more, or --%s; nothing was changed", flagID, flagAll)
	}
	d.lock, err = readLockPolicy(c)
	return d, err
}

func (d decision) carryOut(s *session) (err error) {
	var ledger tenant.Ledger
	err = d.lock.open(s, func() (err error) {
		ledger, err = s.tenant.Open(tenant.Access{})
		return err
	})
	if err != nil {
		return err
	}
	closeLedger := startHeartbeat(ledger, commandName(s.c)).Before(ledger.Close)
	settled, err := d.settle(s, ledger)
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	err = errors.Join(err, closeLedger())
	if err != nil && len(settled) == 0 {
		return err
	}
	said := sayResolved(s, settled)
	// The data could not be read, whatever came in their place.
	if exitCode(err) == exit.Failed && d.action == 0 && !errors.As(err, new(*store.WriteError)) {
		return ended{exit.Temporary, err}
	}
	// It says more than that something is unresolved.
	return cmp.Or(err, said)
}

// settle lets the operator decide, or Agent Connect's data.
func (d decision) settle(s *session, ledger tenant.Ledger) ([]verify.Settled, error) {
	if d.action != 0 {
		return verify.Resolve(s.c.Context, ledger, d.choice, d.action)
	}
	info, err := ledger.Info()
	switch {
	case err != nil:
		return nil, err
	case info.Counts[store.InDoubt]+info.Counts[store.Sending] == 0:
		return nil, nil
	case !s.tenant.Remembers():
		return nil, cannotAsk(s)
	}
	if err := s.tenant.Config.Ready(); err != nil {
		return nil, err
	}
	clients, err := s.connect()
	if err != nil {
		return nil, err
	}
	return verify.Verify(s.c.Context, ledger, s.tenant.Verification(clients))
}

// cannotAsk is why Agent Connect's data do not tell what became of a survey request.
func cannotAsk(s *session) error {
	const byHand = "decide by hand with --resend, --accept or --drop and --id or --all"
	if s.tenant.Demo != nil {
		return usagef("the sandbox's Agent Connect forgets with each command what it was sent, and cannot " +
			"be asked: " + byHand)
	}
	return usagef("Agent Connect's data cannot be asked without the API secret: set " +
		"agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET, or " + byHand)
}

// sayResolved tells what became of each. What was named and is not in doubt is the caller's mistake; else it
// exits 3 while something stays in doubt.
func sayResolved(s *session, settled []verify.Settled) error {
	var err error
	if s.c.Bool(flagJSON) {
		err = report.ResolvedJSON(s.stdout, settled)
	} else {
		err = doc.Text(s.stdout, report.ResolvedDoc(settled, s.tenant.Name, here(s.c)), s.terminal.style())
	}
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	for _, each := range settled {
		if each.Refusal != "" {
			err = errors.Join(err, notInDoubt(each))
		}
	}
	if err == nil && report.Unresolved(settled) > 0 {
		err = ended{exit.NeedsHand, nil}
	}
	return err
}

func notInDoubt(s verify.Settled) error {
	id := shellPath(doc.Printable(s.Conversation))
	if s.Before == store.Unknown {
		return usagef("--%s %s: the ledger does not know of it, and nothing was changed; acsync explain %s "+
			"asks Kustomer too", flagID, id, id)
	}
	return usagef("--%s %s: %s, and was left as it is; acsync explain %s shows why", flagID, id,
		s.Refusal, id)
}
