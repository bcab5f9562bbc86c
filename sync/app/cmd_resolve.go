package app

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/verify"
)

func (s *shell) resolveCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "resolve",
		Usage: "settle what is in doubt: from Agent Connect's data, or by your own word",
		Description: "Without a decision, Agent Connect's own data are asked (agent_connect.api_secret_file): what they show is accepted,\n" +
			"what certainly did not arrive is sent again by the next pass, the rest stays in doubt. Every pass begins with that.\n" +
			"By hand, look the conversations up in Agent Connect first: what you send again may be a second mail.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: flagResend, Usage: "they did not arrive: the next pass sends them again"},
			&cli.BoolFlag{Name: flagAccept, Usage: "they did arrive"},
			&cli.BoolFlag{Name: flagDrop, Usage: "never send them; also for what is scheduled or to be retried"},
			&cli.StringSliceFlag{Name: flagID, Usage: "decide about the conversation with this `ID`, or one resolution of it: ID@TIME; can be repeated"},
			&cli.BoolFlag{Name: flagAll, Usage: "decide about all that are in doubt"},
			ifLockedFlag(),
		},
		Action: s.resolve,
	})
}

// resolve settles doubts.
func (s *shell) resolve(c *cli.Context) (err error) {
	action, choice, err := decision(c)
	if err != nil {
		return err
	}
	overlap, err := ifLocked(c)
	if err != nil {
		return err
	}
	terminal, tenant, err := s.begin(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	if action == 0 && !tenant.remembers() {
		return usagef("Agent Connect's data cannot be asked without the API secret: set agent_connect.api_secret_file or " +
			"AGENT_CONNECT_API_SECRET, or decide by hand with --resend, --accept or --drop and --id or --all")
	}
	var ledger *bolt.Ledger
	err = overlap.open(c.Context, func() (err error) { ledger, err = tenant.ledger(); return err })
	if overlap.skips(err) {
		return s.saySkipped(c, err)
	}
	if err != nil {
		return err
	}
	closeLedger := startPulse(ledger, c.Command.Name, nil).before(ledger.Close)
	defer func() { err = errors.Join(err, closeLedger()) }()
	var settled []verify.Settled
	if action != 0 {
		settled, err = verify.Resolve(c.Context, ledger, choice, action)
	} else {
		var clients *clients
		if err := tenant.config.Ready(); err != nil {
			return err
		}
		if clients, err = connect(tenant.config, terminal.logger(s.stderr)); err == nil {
			settled, err = verify.Verify(c.Context, ledger, tenant.verification(clients))
		}
	}
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	err = errors.Join(err, closeLedger())
	if err != nil && len(settled) == 0 {
		return err
	}
	said := s.sayResolved(c, terminal, tenant.name, settled)
	switch code := exitCode(err); {
	case err == nil:
		return said
	case code == exitFailed && action == 0 && !errors.As(err, new(*store.WriteError)): // the data could not be read, whatever came in their place
		return ended{exitTemporary, err}
	default: // it says more than that something is unresolved
		return err
	}
}

// decision is what the flags say: no action asks Agent Connect.
func decision(c *cli.Context) (verify.Action, verify.Selection, error) {
	choice := verify.Selection{All: c.Bool(flagAll), IDs: c.StringSlice(flagID)}
	var actions []verify.Action
	for _, each := range []struct {
		flag   string
		action verify.Action
	}{{flagResend, verify.Resend}, {flagAccept, verify.Accept}, {flagDrop, verify.Drop}} {
		if c.Bool(each.flag) {
			actions = append(actions, each.action)
		}
	}
	for _, id := range choice.IDs {
		if _, _, err := verify.ParseID(id); err != nil {
			return 0, choice, usagef("--%s %v; nothing was changed", flagID, err)
		}
	}
	chosen := choice.All || len(choice.IDs) > 0
	switch {
	case len(actions) > 1:
		return 0, choice, usagef("--%s, --%s and --%s exclude each other; nothing was changed", flagResend, flagAccept, flagDrop)
	case len(actions) == 0 && chosen:
		return 0, choice, usagef("say what to do with them: --%s, --%s or --%s; nothing was changed", flagResend, flagAccept, flagDrop)
	case len(actions) == 0:
		return 0, choice, nil
	case choice.All == (len(choice.IDs) > 0):
		return 0, choice, usagef("say which: --%s ID, once or more, or --%s; nothing was changed", flagID, flagAll)
	}
	return actions[0], choice, nil
}

// sayResolved tells what became of each, and exits 3 while something stays in doubt.
func (s *shell) sayResolved(c *cli.Context, t terminal, tenant string, settled []verify.Settled) error {
	var err error
	if c.Bool(flagJSON) {
		err = report.ResolvedJSON(s.stdout, settled)
	} else {
		err = doc.Text(s.stdout, report.ResolvedDoc(settled, tenant, here(c)), t.style())
	}
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if report.Unresolved(settled) > 0 {
		return ended{exitNeedsHand, nil}
	}
	return nil
}
