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

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/report"
)

// reports are the files that --report names. They hear what the pass does, and are written when it has ended,
// however it ended. The zero reports are none.
type reports struct {
	files []reportFile
	rows  *report.Rows
	about report.Detail
}

// reportFile is one of them.
type reportFile struct {
	path   string
	render func(io.Writer, report.Report) error
}

// checkReports refuses before a pass what could not be written after it.
func checkReports(c *cli.Context) error {
	if c.Bool(flagReveal) && !c.IsSet(flagReport) {
		return usagef("--%s is about the files of --%s, and there is none", flagReveal, flagReport)
	}
	seen := map[string]bool{}
	for _, path := range c.StringSlice(flagReport) {
		if _, err := report.RendererFor(path); err != nil {
			return usagef("--%s: %v", flagReport, err)
		}
		full, err := filepath.Abs(path)
		if err == nil {
			err = writable(full)
		}
		if err != nil {
			return usagef("--%s %q cannot be written: %v; nothing was done", flagReport, path, err)
		}
		if seen[full] {
			return usagef("--%s names %q twice", flagReport, path)
		}
		seen[full] = true
	}
	return nil
}

// writable reports whether a file can take the place of what is at path.
func writable(path string) error {
	for _, devices := range []string{"/dev/", "/proc/"} {
		if strings.HasPrefix(path, devices) {
			return fmt.Errorf("%s is no place for a file", devices)
		}
	}
	if _, err := os.Lstat(path); err == nil {
		if _, err := os.Stat(path); err != nil {
			return errors.New("it is a link that leads nowhere")
		}
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("there is something that is no file")
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".acsync-*")
	if err != nil {
		// The probe's own name says nothing.
		if cause, ok := errors.AsType[*fs.PathError](err); ok {
			err = fmt.Errorf("directory %s: %w", filepath.Dir(path), cause.Err)
		}
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// newReports makes the files of a pass ready to listen.
func newReports(s *session) (*reports, error) {
	r, cfg := &reports{}, s.tenant.Config
	for _, path := range s.c.StringSlice(flagReport) {
		if err := refuseOverwrite(s, flagReport, path); err != nil {
			return nil, err
		}
		render, err := report.RendererFor(path)
		if err != nil {
			return nil, err
		}
		r.files = append(r.files, reportFile{path, render})
	}
	if len(r.files) == 0 {
		return r, nil
	}
	zone, err := cfg.Location()
	if err != nil {
		return nil, err
	}
	r.rows = &report.Rows{AppURL: cfg.KustomerAppURL(), Reveal: s.c.Bool(flagReveal)}
	r.about = report.Detail{Rows: r.rows, Zone: zone, Digest: cfg.Digest()}
	for _, shown := range cfg.Show() {
		setting := report.Setting{Key: shown.Key, Value: shown.Value, Default: shown.Default}
		r.about.Settings = append(r.about.Settings, setting)
	}
	return r, nil
}

// Observe keeps what the files will tell.
func (r *reports) Observe(event surveysync.Event) {
	if r.rows != nil {
		r.rows.Observe(event)
	}
}

// write writes the files, each whole or not at all, for their owner's eyes alone. The problem is what ended
// the pass early.
func (r *reports) write(pass report.Pass, problem error) error {
	if len(r.files) == 0 {
		return nil
	}
	about := r.about
	about.Problem = problem
	made := report.New(pass, about)
	var failed []error
	for _, file := range r.files {
		err := writeReport(file.path, func(w io.Writer) error { return file.render(w, made) })
		if err != nil {
			failed = append(failed, fmt.Errorf("%w; the pass itself is not touched by that", err))
		}
	}
	return errors.Join(failed...)
}

// writeReport writes one file, whole or not at all, for its owner's eyes alone.
func writeReport(path string, render func(io.Writer) error) error {
	var out bytes.Buffer
	err := render(&out)
	if err == nil {
		err = writePrivate(path, out.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write the report %s: %w", path, err)
	}
	return nil
}
