package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// Job is acsync as cron runs it: a program, a directory with its configuration and its ledger.
type Job struct {
	Program string
	Dir     string // exists
	Stand   *Stand
	// What is permitted, in requests a minute to each service; 0 is 100,000, the most that can be configured.
	PerMinute   int
	Concurrency int       // 0 is acsync's default
	Start       time.Time // of the first window
}

const (
	mostPerMinute = 100_000
	// mostPerRun is above what any measurement sends: the fuse is not what is measured.
	mostPerRun = 100_000_000
	// confirmed is what an operator says who knows how much the first pass sends.
	confirmed = "--confirm-first-run=100000000"
)

// Init writes the configuration and makes the ledger.
func (j *Job) Init(ctx context.Context) error {
	program, err := filepath.Abs(j.Program)
	if err != nil {
		return err
	}
	j.Program = program
	perMinute := j.PerMinute
	if perMinute == 0 {
		perMinute = mostPerMinute
	}
	text := fmt.Sprintf(`[kustomer]
org = %q
base_url = %q
api_key = %q
requests_per_minute = %d
searches_per_minute = %d
[agent_connect]
base_url = %q
api_key = %q
api_secret = %q
requests_per_minute = %d
verify_after = "0s"
`, j.Stand.Org(), j.Stand.KustomerURL(), j.Stand.KustomerKey(), perMinute, perMinute,
		j.Stand.AgentConnectURL(), j.Stand.AgentConnectKey(), j.Stand.AgentConnectSecret(), perMinute)
	if j.Concurrency > 0 {
		text += fmt.Sprintf("concurrency = %d\n", j.Concurrency)
	}
	text += fmt.Sprintf("[sync]\nmax_per_run = %d\n", mostPerRun)
	if err := os.WriteFile(filepath.Join(j.Dir, "config.toml"), []byte(text), 0o600); err != nil {
		return err
	}
	out, err := j.command(ctx, "init", "--start", j.Start.UTC().Format(time.RFC3339)).CombinedOutput()
	if err != nil {
		return fmt.Errorf("acsync init: %w\n%s", err, out)
	}
	return nil
}

// command is one of the program's, with nothing of this environment.
func (j *Job) command(ctx context.Context, name string, flags ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, j.Program, append([]string{name, "--config", "config.toml"}, flags...)...)
	c.Dir, c.Env = j.Dir, []string{"HOME=" + j.Dir}
	return c
}

// Pass is what a pass says of itself.
type Pass struct {
	Found     int    `json:"found"`
	Accepted  int    `json:"accepted"`
	Scheduled int    `json:"scheduled"`
	Retry     int    `json:"retry"`
	InDoubt   int    `json:"in_doubt"`
	NextDue   string `json:"next_due"`
	Exit      int    `json:"exit"`
}

// Open reports whether a later pass has something to do about what this one found.
func (p Pass) Open() bool { return p.Scheduled+p.Retry+p.InDoubt > 0 }

// Run makes a pass. One that the context kills is no error, and says nothing. Nor are the exit codes that
// tell cron to come again.
func (j *Job) Run(ctx context.Context, flags ...string) (Pass, Cost, error) {
	var out, errs bytes.Buffer
	c := j.command(ctx, "run", append([]string{"--json", confirmed}, flags...)...)
	c.Stdout, c.Stderr = &out, &errs
	cost, err := Run(c)
	if ctx.Err() != nil {
		return Pass{}, cost, nil
	}
	// All accounted for, something parked or in doubt, temporary.
	fine := []int{0, 3, 5}
	exit, exited := errors.AsType[*exec.ExitError](err)
	if err != nil && (!exited || !slices.Contains(fine, exit.ExitCode())) {
		return Pass{}, cost, fmt.Errorf("acsync run: %w\n%s", err, errs.String())
	}
	var p Pass
	if err := json.Unmarshal(out.Bytes(), &p); err != nil {
		return Pass{}, cost, fmt.Errorf("acsync run printed %q: %w", out.String(), err)
	}
	return p, cost, nil
}

// LedgerSize is the length of the ledger's file, in bytes.
func (j *Job) LedgerSize() (int64, error) {
	info, err := os.Stat(filepath.Join(j.Dir, "acsync.db"))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
