package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/report"
)

// reports are the files that --report names, written however the pass ends. The zero reports are none.
type reports struct {
	paths []string
	rows  *report.Rows
	about report.Detail
}

func newReports(s *session) (*reports, error) {
	paths, err := reportPaths(s)
	if err != nil || len(paths) == 0 {
		return &reports{}, err
	}
	r, cfg := &reports{paths: paths}, s.tenant.Config
	r.rows = &report.Rows{AppURL: cfg.KustomerAppURL(), Reveal: s.c.Bool(flagReveal)}
	r.about = report.Detail{Rows: r.rows, Zone: cfg.Location(), Digest: cfg.Digest()}
	for _, shown := range cfg.Show() {
		r.about.Settings = append(r.about.Settings, report.Setting(shown))
	}
	return r, nil
}

func (r *reports) Observe(event surveysync.Event) {
	if r.rows != nil {
		r.rows.Observe(event)
	}
}

func (r *reports) write(pass report.Pass, problem error) error {
	if len(r.paths) == 0 {
		return nil
	}
	r.about.Problem = problem
	made := report.New(pass, r.about)
	var failed []error
	for _, path := range r.paths {
		if err := writeReport(path, made, report.RendererFor); err != nil {
			failed = append(failed, fmt.Errorf("%w; the pass itself is not touched by that", err))
		}
	}
	return errors.Join(failed...)
}

// writeReport writes one file, whole or not at all, for its owner's eyes alone.
func writeReport[T any](
	path string, made T, rendererFor func(path string) (func(io.Writer, T) error, error),
) error {
	var out bytes.Buffer
	render, err := rendererFor(path)
	if err == nil {
		err = render(&out, made)
	}
	if err == nil {
		err = writePrivate(path, out.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write the report %s: %w", path, err)
	}
	return nil
}

// reportPaths are the files of --report. What could not be written after a pass is refused before it.
func reportPaths(s *session) ([]string, error) {
	if s.c.Bool(flagReveal) && !s.c.IsSet(flagReport) {
		return nil, usagef("--%s is about the files of --%s, and there is none", flagReveal, flagReport)
	}
	paths, seen := s.c.StringSlice(flagReport), map[string]bool{}
	for _, path := range paths {
		if _, err := report.RendererFor(path); err != nil {
			return nil, usagef("--%s: %v", flagReport, err)
		}
		full, err := writable(path)
		if err != nil {
			return nil, usagef("--%s %q cannot be written: %v; nothing was done", flagReport, path, err)
		}
		if seen[full] {
			return nil, usagef("--%s names %q twice", flagReport, path)
		}
		if err := refuseOverwrite(s, flagReport, path); err != nil {
			return nil, err
		}
		seen[full] = true
	}
	return paths, nil
}

// writable returns the full path of a file, and why none can take the place of what is there.
func writable(path string) (full string, err error) {
	if full, err = filepath.Abs(path); err != nil {
		return "", err
	}
	for _, devices := range []string{"/dev/", "/proc/"} {
		if strings.HasPrefix(full, devices) {
			return full, fmt.Errorf("%s is no place for a file", devices)
		}
	}
	if _, err := os.Lstat(full); err == nil {
		switch info, err := os.Stat(full); {
		case err != nil:
			return full, errors.New("it is a link that leads nowhere")
		case !info.Mode().IsRegular():
			return full, errors.New("there is something that is no file")
		}
	}
	probe, err := os.CreateTemp(filepath.Dir(full), ".acsync-*")
	if err != nil {
		// The probe's own name says nothing.
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			err = fmt.Errorf("directory %s: %w", filepath.Dir(full), cause.Err)
		}
		return full, err
	}
	return full, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// refuseOverwrite refuses to write a file, named by a flag, in the place of one that acsync itself needs.
func refuseOverwrite(s *session, flag, path string) error {
	cfg := s.tenant.Config
	needed := append(bolt.Files(cfg.Ledger.Path), s.c.String(flagConfig), cfg.Kustomer.APIKeyFile,
		cfg.AgentConnect.APIKeyFile, cfg.AgentConnect.APISecretFile,
		s.c.Args().First()) // the plan that is carried out
	for _, each := range needed {
		if each != "" && sameFile(path, each) {
			return usagef("--%s %q would replace %s; nothing was done", flag, path, each)
		}
	}
	return nil
}

// sameFile reports whether two paths lead to the same place, whether or not there is a file yet.
func sameFile(a, b string) bool {
	same := func(a, b string) bool {
		first, err := os.Stat(a)
		second, other := os.Stat(b)
		return err == nil && other == nil && os.SameFile(first, second)
	}
	return same(a, b) || filepath.Base(a) == filepath.Base(b) && same(filepath.Dir(a), filepath.Dir(b))
}
