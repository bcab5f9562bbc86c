package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/config"
)

func (s *shell) initCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "init",
		Usage: "write a configuration if there is none, and create the ledger",
		Description: "The first pass begins at --start: what was marked done before is never asked about by run. A ledger that\n" +
			"exists is never touched. No other command creates one: a lost ledger would mean asking everybody again.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: flagStart, Value: "now", Usage: "where the first window begins: `TIME` is now, 24h ago, a date, or a time"},
		},
		Action: s.init,
	})
}

// init prepares a tenant.
func (s *shell) init(c *cli.Context) (err error) {
	if c.Bool(flagSandbox) {
		return usagef("init has nothing to do for the sandbox: run --sandbox creates its ledger by itself")
	}
	path := c.String(flagConfig)
	if path == "" {
		return usagef("--%s is empty; name the file", flagConfig)
	}
	wrote, err := s.writeExample(path)
	if err != nil {
		return err
	}
	cfg, err := load(config.Source{Path: path, Env: s.env})
	if err != nil {
		return err
	}
	zone, err := cfg.Location()
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	start, err := parseTime(flagStart, c.String(flagStart), zone, now)
	if err != nil {
		return err
	}
	switch {
	case start.After(now):
		return usagef("--%s %s lies in the future; a pass would never reach it", flagStart, start.Format(time.RFC3339))
	case start.Before(now.Add(-surveysync.Horizon)):
		return usagef("--%s %s is more than two years ago; Kustomer's search shows nothing that old", flagStart, start.Format(time.RFC3339))
	}
	if err := bolt.Create(cfg.Ledger.Path, start, createOptions(cfg)); err != nil {
		return err
	}
	return s.sayInit(c, path, wrote, cfg, start)
}

// writeExample writes the example configuration where there is no file yet.
func (s *shell) writeExample(path string) (bool, error) {
	_, err := os.Lstat(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return false, nil // whatever it is, it is for config.Load to judge
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, fmt.Errorf("write the configuration: %w", err)
	}
	if err := writePrivate(path, s.app.Example); err != nil {
		return false, fmt.Errorf("write the configuration: %w", err)
	}
	return true, nil
}

func (s *shell) sayInit(c *cli.Context, path string, wrote bool, cfg config.Config, start time.Time) error {
	if c.Bool(flagJSON) {
		return writeJSON(s.stdout, map[string]any{
			"schema": "acsync.init/1", "config": path, "config_written": wrote, "ledger": cfg.Ledger.Path, "start": start,
		})
	}
	if wrote {
		fmt.Fprintf(s.stdout, "wrote    %s\n", path)
	}
	fmt.Fprintf(s.stdout, "created  %s\n", cfg.Ledger.Path)
	fmt.Fprintf(s.stdout, "start    %s: nothing marked done before is asked about by run\n", start.UTC().Format("2006-01-02 15:04:05 UTC"))
	if age := time.Since(start); age > time.Duration(cfg.Sync.MaxAge) {
		fmt.Fprintf(s.stdout, "note     what was marked done more than sync.max_age (%s) ago is skipped as stale\n", cfg.Sync.MaxAge)
	}
	if missing := cfg.Ready(); missing != nil {
		fmt.Fprintf(s.stdout, "\nBefore the first pass:\n%v\n", missing)
	}
	fmt.Fprintf(s.stdout, "\nThen look before you leap:  acsync run --config %s --dry-run\n", path)
	return nil
}
