package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/tenant"
)

func initCommand(l *commandLine) *cli.Command {
	return command(&cli.Command{
		Name:  "init",
		Usage: "write a configuration if there is none, and create the ledger",
		Description: `The first pass begins at --start: what was marked done before is never asked about by
run. A ledger that exists is never touched. No other command creates one: a lost
ledger would mean asking everybody again.`,
		Flags: []cli.Flag{
			preset(flagStart, "now",
				"where the first window begins: `TIME` is now, 24h ago, a date, or a time"),
		},
		Action: func(c *cli.Context) error { return initialize(l, c) },
	})
}

func initialize(l *commandLine, c *cli.Context) error {
	if c.Bool(flagSandbox) {
		return usagef("init has nothing to do for the sandbox: run --sandbox creates its ledger by itself")
	}
	path := c.String(flagConfig)
	if path == "" {
		return usagef("--%s is empty; name the file", flagConfig)
	}
	t, err := newTerminal(l, c)
	if err != nil {
		return err
	}
	source := (&session{commandLine: l, terminal: t}).source()
	source.Path = path
	_, err = os.Lstat(path)
	// Whatever is there is for its reader to judge.
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		source.Text = l.example
	}
	cfg, err := tenant.Load(source)
	if err != nil {
		return err
	}
	start, err := firstStart(c, l.times(cfg, time.Now().UTC()))
	if err != nil {
		return err
	}
	if fresh {
		if err := writeExample(path, l.example); err != nil {
			return err
		}
	}
	if err := (&tenant.Tenant{Config: cfg}).CreateLedger(start, false); err != nil {
		// Where the ledger cannot be made, nothing was done.
		if fresh {
			err = errors.Join(err, os.Remove(path))
		}
		return err
	}
	if c.Bool(flagJSON) {
		return l.printJSON(map[string]any{
			"schema": "acsync.init/1", "config": path, "config_written": fresh, "ledger": cfg.Ledger.Path,
			"start": start,
		})
	}
	if fresh {
		fmt.Fprintf(l.stdout, "wrote    %s\n", path)
	}
	fmt.Fprintf(l.stdout, "created  %s\nstart    %s: nothing marked done before is asked about by run\n",
		cfg.Ledger.Path, start.UTC().Format("2006-01-02 15:04:05 UTC"))
	if age := time.Since(start); age > time.Duration(cfg.Sync.MaxAge) {
		fmt.Fprintf(l.stdout, "note     what was marked done more than sync.max_age (%s) ago is skipped as "+
			"stale\n", cfg.Sync.MaxAge)
	}
	if missing := cfg.Ready(); missing != nil {
		fmt.Fprintf(l.stdout, "\nBefore the first pass:\n%v\n", missing)
	}
	fmt.Fprintf(l.stdout, "\nThen look before you leap:  acsync run --config %s --dry-run\n",
		shellPath(path))
	return nil
}

// firstStart is the time of --start, which a pass must be able to reach.
func firstStart(c *cli.Context, t times) (time.Time, error) {
	now := t.now
	start, err := t.parse(flagStart, c.String(flagStart))
	switch at := start.Format(time.RFC3339); {
	case err != nil:
	case start.After(now):
		err = usagef("--%s %s lies in the future; a pass would never reach it", flagStart, at)
	case start.Before(now.Add(-surveysync.Horizon)):
		err = usagef("--%s %s is more than two years ago; Kustomer's search shows nothing that old",
			flagStart, at)
	}
	return start, err
}

func writeExample(path string, example []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	file, err := newOutput(flagConfig, path)
	if err == nil {
		err = file.write(example)
	}
	return err
}
