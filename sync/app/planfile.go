package app

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/plan"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// largestPlan is more than a plan of a million conversations takes.
const largestPlan = 256 << 20

// planFile is where a plan is written to, and how.
type planFile struct {
	path     string
	valid    config.Duration
	detailed bool // --detailed-exitcode
	planner  *surveysync.Planner
	saved    bool
	toSend   int
}

// newPlanFile reads the flags of a plan, and refuses before the dry run what could not be written after it.
func newPlanFile(c *cli.Context) (*planFile, error) {
	f := &planFile{
		path: strings.TrimSpace(c.String(flagOut)), valid: config.Duration(plan.DefaultValid),
		detailed: c.Bool(flagDetailed),
	}
	switch {
	case f.path == "":
		return nil, usagef("say where to: --%s FILE", flagOut)
	case strings.ContainsFunc(f.path, unicode.IsControl):
		return nil, usagef("--%s %q cannot be shown on one line; choose another name", flagOut, f.path)
	case strings.HasPrefix(f.path, "-"):
		return nil, usagef(
			"--%s %q looks like a flag, or like stdout; a plan needs a file (./%s is one)", flagOut,
			f.path, f.path)
	}
	if lock, err := readLockPolicy(c); err != nil || lock.skip {
		return nil, cmp.Or(
			err, usagef("--%s skip would leave no plan, and tell nothing of what there is to send; choose "+
				"fail or wait=5m", flagIfLocked))
	}
	if c.IsSet(flagExpires) {
		err := f.valid.UnmarshalText([]byte(c.String(flagExpires)))
		if err != nil || time.Duration(f.valid) < plan.ShortestValid ||
			time.Duration(f.valid) > plan.LongestValid {
			return nil, usagef("--%s %q: give a duration from 1m to 365d, such as 4h or 2d", flagExpires,
				c.String(flagExpires))
		}
	}
	full, err := filepath.Abs(f.path)
	if err == nil {
		err = writable(full)
	}
	if err != nil {
		return nil, usagef("--%s %q cannot be written: %v; nothing was done", flagOut, f.path, err)
	}
	for _, report := range c.StringSlice(flagReport) {
		if sameFile(report, full) {
			return nil, usagef("--%s and --%s both name %q", flagOut, flagReport, f.path)
		}
	}
	return f, nil
}

// prepare makes the pass a dry run that the file hears.
func (f *planFile) prepare(s *session, o *surveysync.Options) error {
	if err := s.tenant.Config.Ready(); err != nil {
		return err
	}
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

// hear lets the plan hear the dry run; there may be none.
func (f *planFile) hear(by observers) observers {
	if f == nil {
		return by
	}
	return append(by, f.planner)
}

// say tells where the plan of a dry run is, in the report for people; there may be none.
func (f *planFile) say(c *cli.Context, w io.Writer) error {
	if f == nil || !f.saved || c.Bool(flagJSON) {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nplan saved to %s: %d to send; apply with: acsync apply%s %s\n",
		f.path, f.toSend, here(c), shellPath(f.path))
	return err
}

// end saves the plan of a dry run that came to its end; there may be none to save. The error is what ended
// the pass.
func (f *planFile) end(s *session, engine *surveysync.Engine, result *surveysync.Result, err error) error {
	switch {
	case f == nil:
		return err
	case errors.As(err, new(timeUp)), errors.As(err, new(Interrupted)):
		return unplanned{err}
	case err != nil:
		return fmt.Errorf("%w; no plan was saved", err)
	}
	if err = f.save(s, engine, result); err != nil {
		result.Exit = tenant.ExitCode(*result, err)
	}
	return err
}

// unplanned is a dry run that was stopped before there was a plan.
type unplanned struct{ cause error }

// Error says that nothing was kept.
func (unplanned) Error() string {
	return "stopped before the dry run came to its end; no plan was saved, and nothing was done"
}

// Unwrap is what stopped it.
func (u unplanned) Unwrap() error { return u.cause }

// verdict is the exit code of a dry run that is saved. Where that was asked for, it tells that there is
// something to send rather than that something needs a hand.
func (f *planFile) verdict(r surveysync.Result, err error) int {
	code := tenant.ExitCode(r, err)
	if f.detailed && r.Planned > 0 && (code == int(exit.Done) || code == int(exit.NeedsHand)) {
		return int(exit.WouldSend)
	}
	return code
}

// save writes the plan of a dry run, whole or not at all, for its owner's eyes alone.
func (f *planFile) save(s *session, engine *surveysync.Engine, result *surveysync.Result) error {
	info, err := engine.Ledger.Info()
	if err != nil {
		return fmt.Errorf("read the ledger for the plan: %w", err)
	}
	made, err := f.planner.Plan(*result, info, s.tenant.PlanTerms(s.clock()), time.Duration(f.valid))
	if err != nil {
		return err
	}
	made.Program = version()
	text, err := plan.Marshal(made)
	if err == nil {
		err = writePrivate(f.path, visible(text))
	}
	if err != nil {
		return fmt.Errorf("write the plan %s: %w; no plan was saved", f.path, err)
	}
	f.saved, f.toSend = true, len(made.Send)
	return nil
}

// visible is JSON that can be looked at on a terminal, whatever the ids in it are.
func visible(text []byte) []byte {
	var out bytes.Buffer
	v := doc.Visible{To: &out}
	_, _ = v.Write(text) // a buffer takes everything
	_ = v.Close()
	return out.Bytes()
}

// readPlan reads the plan in a file, for the tenant.
func readPlan(path string, terms plan.Terms) (*plan.Plan, error) {
	if path == "-" {
		return nil, usagef("a plan is read from a file, not from stdin; nothing was sent")
	}
	info, err := os.Stat(path)
	var text []byte
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("it is no regular file")
	case info.Size() > largestPlan:
		err = errors.New("it is larger than any plan")
	default:
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, usagef("the plan %q cannot be read: %v; nothing was sent", path, err)
	}
	made, err := plan.Read(text, terms)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &made, nil
}
