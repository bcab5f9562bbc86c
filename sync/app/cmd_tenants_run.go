package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"acsync/sync/exit"
	"acsync/sync/report/doc"
	"acsync/sync/tenant"
)

// usualWorkers is how many passes are made at once.
const usualWorkers = 4

func tenantsRunCommand(l *commandLine) *cli.Command {
	return fleetCommand(&cli.Command{
		Name:  "run",
		Usage: "make one pass for each tenant, several at once",
		UsageText: `acsync tenants run --all --config-dir /etc/acsync  # for a timer
acsync tenants run --tenant "acme-*" --config-dir /etc/acsync --dry-run  # who would be asked`,
		Description: `Each pass is that of acsync run --if-locked skip for its tenant. What is wrong with one
keeps no other from being served. The exit code is the worst of all. Ctrl-C and SIGTERM
let all passes finish what they have begun, and begin no other.`,
		Flags: []cli.Flag{
			toggle(flagAll, "make the passes of all tenants"),
			chosenFlag(),
			number(flagWorkers, fmt.Sprint(usualWorkers), "make up to `N` passes at once"),
			toggle(flagDryRun, "decide and report, but send nothing and write nothing"),
			number(flagMax, "no limit", "create at most `N` survey requests for each tenant"),
			described(flagMaxDuration, "no limit", "stop each pass after a `DURATION` such as 15m; the rest is "+
				"kept for later"),
			successFlag(),
		},
		Action: inFleet(l, false, runTenants),
	})
}

// madePass is what came of the pass of one tenant.
type madePass struct {
	Tenant  string          `json:"tenant"`
	Exit    exit.Code       `json:"exit"`
	Skipped bool            `json:"skipped"`
	Text    string          `json:"text"` // in one line
	Pass    json.RawMessage `json:"pass"` // as run --json prints it; null where it did not come to that

	accepted int // survey requests
}

func runTenants(f fleet) error {
	workers := f.c.Int(flagWorkers)
	switch {
	case f.c.Bool(flagAll) == (len(f.c.StringSlice(flagTenant)) > 0):
		return usagef("say for whom: either --%s, or --%s NAME; nothing was done", flagAll, flagTenant)
	case f.c.IsSet(flagWorkers) && workers < 1:
		return usagef("--%s %d: give a number of at least 1", flagWorkers, workers)
	case workers < 1:
		workers = usualWorkers
	}
	if _, err := readRunLimits(f.c); err != nil {
		return err
	}
	success, err := readSuccessCodes(f.c)
	if err != nil {
		return err
	}
	f.success = success
	members, err := f.chosen()
	if err != nil {
		return err
	}
	made := makePasses(f, members, workers)
	return concludePasses(f, made)
}

// makePasses makes the passes, a bounded number at once, and says a line of each when that is over.
func makePasses(f fleet, members []tenant.Member, workers int) []madePass {
	made := make([]madePass, len(members))
	var work errgroup.Group
	work.SetLimit(workers)
	var printing sync.Mutex
	errs := &sharedWriter{to: f.stderr}
	for i, m := range members {
		work.Go(func() error {
			made[i] = jobOf(f, m, errs, "skip", "run")
			if f.c.Bool(flagJSON) {
				return nil
			}
			printing.Lock()
			defer printing.Unlock()
			_, _ = fmt.Fprintf(f.stdout, "%-20s exit %-3d %s\n", made[i].Tenant, made[i].Exit, made[i].Text)
			return nil
		})
	}
	_ = work.Wait() // each tells its own error
	return made
}

// jobOf makes the pass of one tenant by a command, as a command line of its own would: with its own ledger,
// clients and pace. Locked is what it does where another process holds the ledger.
func jobOf(f fleet, m tenant.Member, errs *sharedWriter, locked string, command ...string) madePass {
	made := madePass{Tenant: m.Name}
	switch {
	case f.c.Context.Err() != nil:
		made.Exit, made.Text = exitCode(context.Cause(f.c.Context)), "not begun: it was told to stop"
		return made
	case m.Broken != nil:
		made.Exit, made.Text = exitCode(m.Broken), strings.ReplaceAll(m.Broken.Error(), "\n", "; ")
		return made
	}
	args := append([]string{f.program}, command...)
	args = append(args, "--"+flagJSON, "--"+flagIfLocked, locked, "--"+flagConfigDir, f.c.String(flagConfigDir),
		"--"+flagTenant, m.Name, "--"+flagLogLevel, f.c.String(flagLogLevel),
		"--"+flagLogFormat, f.c.String(flagLogFormat))
	for _, name := range []string{flagMax, flagMaxDuration} {
		if f.c.IsSet(name) {
			args = append(args, "--"+name, fmt.Sprint(f.c.Value(name)))
		}
	}
	for _, name := range []string{flagDryRun, flagQuiet} {
		if f.c.Bool(name) {
			args = append(args, "--"+name)
		}
	}
	var out bytes.Buffer
	said := errs.of(m.Name)
	made.Exit = exit.Code(f.again(f.c.Context, m, args, &out, said))
	made.Pass = json.RawMessage(bytes.TrimSpace(out.Bytes()))
	if len(made.Pass) == 0 {
		made.Pass = nil
	}
	made.describe(said.last)
	return made
}

// describe says in a line what came of it. What was complained of last stands where there is no pass to tell
// of.
func (m *madePass) describe(complaint string) {
	var p struct {
		Found, Accepted, Rejected, Retry, Scheduled int
		InDoubt                                     int `json:"in_doubt"`
		Would                                       int `json:"would_send"`
	}
	var skipped struct {
		Skipped bool
		Message string
	}
	if json.Unmarshal(m.Pass, &skipped) == nil && skipped.Skipped {
		m.Skipped, m.Text = true, "skipped: "+skipped.Message
		return
	}
	if json.Unmarshal(m.Pass, &p) != nil {
		m.Text = doc.Printable(complaint)
		return
	}
	m.accepted = p.Accepted
	parts := []string{fmt.Sprintf("found %d", p.Found)}
	for _, each := range []struct {
		n    int
		word string
	}{
		{p.Accepted, "accepted"},
		{p.Would, "would be sent"},
		{p.Rejected, "rejected"},
		{p.InDoubt, "in doubt"},
		{p.Retry + p.Scheduled, "waiting"},
	} {
		if each.n > 0 || each.word == "accepted" {
			parts = append(parts, fmt.Sprintf("%d %s", each.n, each.word))
		}
	}
	m.Text = strings.Join(parts, ", ")
	if m.Exit != exit.Done {
		m.Text += ": " + m.Exit.String()
	}
}

// concludePasses says what came of all, and ends with the worst code.
func concludePasses(f fleet, made []madePass) (err error) {
	worst, well, skipped, accepted := exit.Done, 0, 0, 0
	for _, each := range made {
		worst = exit.Worst(worst, each.Exit)
		switch {
		case each.Skipped:
			skipped++
		case each.Exit == exit.Done:
			well++
		}
		accepted += each.accepted
	}
	if f.c.Bool(flagJSON) {
		err = json.NewEncoder(f.stdout).Encode(map[string]any{
			"schema": "acsync.tenants.run/1", "tenants": made, "exit": worst,
			"accepted": accepted, "strays": f.strays(),
		})
	} else {
		_, err = fmt.Fprintf(f.stdout, "%s: %d well, %d skipped, %d otherwise; %d accepted\n",
			doc.Several(len(made), "tenant", "tenants"), well, skipped, len(made)-well-skipped, accepted)
	}
	f.warnOfStrays()
	if err != nil || worst != exit.Done {
		return ended{exit.Worst(worst, exitCode(err)), err}
	}
	return nil
}

// sharedWriter lets many write lines to one place, each with whose it is.
type sharedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *sharedWriter) of(name string) *memberWriter { return &memberWriter{shared: w, name: name} }

// memberWriter writes what one of many says. It is used by one goroutine at a time.
type memberWriter struct {
	shared *sharedWriter
	name   string
	rest   []byte // of a line that is not ended
	last   string // line that was not a hint
}

func (w *memberWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, after, whole := bytes.Cut(w.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		w.rest = append([]byte{}, after...)
		if err := w.line(line); err != nil {
			return 0, err
		}
	}
}

func (w *memberWriter) line(line []byte) error {
	if !bytes.HasPrefix(line, []byte("hint:")) && len(line) > 0 {
		w.last = string(line)
	}
	text := w.name + ": " + string(line)
	if rest, isObject := bytes.CutPrefix(line, []byte("{")); isObject {
		text = fmt.Sprintf(`{"tenant":%q,%s`, w.name, rest)
	}
	w.shared.mu.Lock()
	defer w.shared.mu.Unlock()
	_, err := fmt.Fprintln(w.shared.to, text)
	return err
}
