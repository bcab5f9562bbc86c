package app

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/plan"
	"acsync/sync/report"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

func planCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "plan", Category: groupRun,
		Usage: "make a dry run, and save it as a file that apply carries out",
		UsageText: `acsync plan --out plan.json  # what run would send now
acsync plan --out week.json --from "7d ago" --to now --expires 4h  # a back-fill, for the next four hours
acsync plan show plan.json  # look at it again`,
		Description: `Reads and decides as run does, or with --from and --to as backfill does, and sends
nothing. The file holds ids, times and hashes, no names and no addresses. Look at the
report, then: acsync apply FILE.`,
		Flags: append([]cli.Flag{
			value(flagOut, "write the plan to `FILE`, which is replaced"),
			described(flagExpires, "24h",
				"let it be carried out within a `DURATION` such as 4h, and not later"),
			toggle(flagDetailed, fmt.Sprintf("exit %d when there is something to send, in place of 0 and 3",
				exit.WouldSend)),
			value(flagFrom,
				"the `TIME` at which the range begins, as of backfill; by default it is what run would read"),
			value(flagTo, "the `TIME` before which the range ends; also now"),
		}, passFlagsBut(flagDryRun, flagConfirm, flagKnock, flagSuccess)...),
		Action: inPass(l, func(s *session) error {
			file, err := newPlanFile(s.c)
			if err != nil {
				return err
			}
			return makePass(s, file, file.prepare)
		}),
		Subcommands: []*cli.Command{showPlanCommand(l)},
	})
}

func showPlanCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name: "show", ArgsUsage: "FILE", Usage: "show a saved plan again, with its fingerprint",
		UsageText: `acsync plan show plan.json  # what it would send
acsync plan show plan.json --report plan.html  # as a page`,
		Description: `Reads the file alone: no service is asked, and no ledger is needed. A plan that was
changed is refused; one that cannot be carried out any more is shown, and says why.`,
		Flags: []cli.Flag{noPagerFlag(), reportFlag()},
		Action: func(c *cli.Context) error {
			// Those of plan would be read, and mean nothing here.
			if flags := c.Lineage()[1].LocalFlagNames(); len(flags) > 0 {
				return usagef("the flags of plan show stand behind it, not --%s before it", flags[0])
			}
			return reading(l, showPlan)(c)
		},
	})
}

// showPlan shows a saved plan, whether or not it can still be carried out.
func showPlan(s *session) error {
	files, err := reportFiles(s)
	if err != nil {
		return err
	}
	path := s.c.Args().First()
	text, err := readPlanFile(path)
	if err != nil {
		return err
	}
	shown := report.Plan{
		Subject: s.tenant.Name, Path: shellPath(path), Here: here(s.c), Zone: s.tenant.Config.Location(),
	}
	if shown.Plan, shown.Obstacle, err = plan.Look(text, s.tenant.PlanTerms(s.clock())); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := writeReports(files, shown, report.PlanRendererFor); err != nil {
		return err
	}
	return show(s, shown, report.PlanJSON, func(p report.Plan) doc.Doc { return report.PlanDoc(p, 0) })
}

type planFile struct {
	output
	valid    config.Duration
	detailed bool // --detailed-exitcode
	planner  *surveysync.Planner
	saved    *plan.Plan // nil as long as it is not
}

// newPlanFile reads the flags of a plan, and refuses before the dry run what could not be written after it.
func newPlanFile(c *cli.Context) (*planFile, error) {
	f := &planFile{
		valid: config.Duration(plan.DefaultValid), detailed: c.Bool(flagDetailed),
	}
	f.path = strings.TrimSpace(c.String(flagOut))
	switch {
	case f.path == "":
		return nil, usagef("say where to: --%s FILE", flagOut)
	case strings.ContainsFunc(f.path, unicode.IsControl):
		return nil, usagef("--%s %q cannot be shown on one line; choose another name", flagOut, f.path)
	case strings.HasPrefix(f.path, "-"):
		return nil, usagef("--%s %q looks like a flag, or like stdout; a plan needs a file (./%s is one)",
			flagOut, f.path, f.path)
	}
	if lock, err := readLockPolicy(c); err != nil || lock.skip {
		return nil, cmp.Or(err, usagef("--%s skip would leave no plan, and tell nothing of what there is to "+
			"send; choose fail or wait=5m", flagIfLocked))
	}
	if c.IsSet(flagExpires) {
		err := f.valid.UnmarshalText([]byte(c.String(flagExpires)))
		valid := time.Duration(f.valid)
		if err != nil || valid < plan.ShortestValid || valid > plan.LongestValid {
			return nil, usagef("--%s %q: give a duration from 1m to 365d, such as 4h or 2d", flagExpires,
				c.String(flagExpires))
		}
	}
	var err error
	if f.output, err = newOutput(flagOut, f.path); err != nil {
		return nil, err
	}
	for _, other := range c.StringSlice(flagReport) {
		if sameFile(other, f.path) {
			return nil, usagef("--%s and --%s both name %q", flagOut, flagReport, f.path)
		}
	}
	return f, nil
}

func (f *planFile) prepare(s *session, o *surveysync.Options) error {
	o.DryRun, o.Unconfirmed, o.ExitCode = true, 0, f.verdict
	f.planner = surveysync.NewPlanner(s.tenant.Config.AgentConnect.APIKey.Reveal())
	if err := refuseOverwrite(s, flagOut, f.path); err != nil {
		return err
	}
	if s.c.IsSet(flagFrom) || s.c.IsSet(flagTo) {
		if err := overRange(s, o); err != nil {
			return err
		}
	}
	return s.tenant.NeedLedger()
}

// verdict is the exit code of a dry run: with --detailed-exitcode, whether there is something to send.
func (f *planFile) verdict(r surveysync.Result, err error) int {
	code := tenant.ExitCode(r, err)
	if f.detailed && r.Planned > 0 && (code == int(exit.Done) || code == int(exit.NeedsHand)) {
		return int(exit.WouldSend)
	}
	return code
}

// end saves the plan of a dry run that came to its end. The error is what ended the pass.
func (f *planFile) end(s *session, engine *surveysync.Engine, result *surveysync.Result, err error) error {
	switch {
	case errors.As(err, new(timeUp)), errors.As(err, new(interrupted)):
		return unplanned{err}
	case err != nil:
		return fmt.Errorf("%w; no plan was saved", err)
	}
	if err = f.save(s, engine, *result); err != nil {
		result.Exit = tenant.ExitCode(*result, err)
	}
	return err
}

func (f *planFile) save(s *session, engine *surveysync.Engine, result surveysync.Result) error {
	info, err := engine.Ledger.Info()
	if err != nil {
		return fmt.Errorf("read the ledger for the plan: %w", err)
	}
	made, err := f.planner.Plan(result, info, s.tenant.PlanTerms(s.clock()), time.Duration(f.valid))
	if err != nil {
		return err
	}
	made.Program = builtFrom().String()
	text, err := plan.Marshal(made)
	if err == nil {
		// Whatever the ids in it are, it can be looked at on a terminal.
		var visible bytes.Buffer
		v := doc.Visible{To: &visible}
		_, err = v.Write(text)
		err = errors.Join(err, v.Close(), f.write(visible.Bytes()))
	}
	if err != nil {
		return fmt.Errorf("write the plan %s: %w; no plan was saved", f.path, err)
	}
	f.saved = &made
	return nil
}

// fingerprint is that of the plan that was saved; empty for none.
func (f *planFile) fingerprint() string {
	if f.saved == nil {
		return ""
	}
	return f.saved.Fingerprint()
}

func (f *planFile) say(c *cli.Context, w io.Writer) error {
	if f.saved == nil || c.Bool(flagJSON) {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nplan saved to %s: %d to send; apply with: acsync apply%s %s\n",
		f.path, len(f.saved.Send), here(c), shellPath(f.path))
	return err
}

type unplanned struct{ cause error }

func (unplanned) Error() string {
	return "stopped before the dry run came to its end; no plan was saved, and nothing was done"
}

func (u unplanned) Unwrap() error { return u.cause }
