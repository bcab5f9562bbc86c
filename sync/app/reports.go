package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"acsync/store/bolt"
	surveysync "acsync/sync"
	"acsync/sync/report"
	"acsync/sync/report/doc"
)

// reports are the files that --report names, written however the pass ends. The zero reports are none.
type reports struct {
	files []output
	rows  *report.Rows
	about report.Detail
}

func newReports(s *session) (*reports, error) {
	files, err := reportFiles(s)
	if err != nil || len(files) == 0 {
		return &reports{}, err
	}
	r, cfg := &reports{files: files}, s.tenant.Config
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
	if len(r.files) == 0 {
		return nil
	}
	r.about.Problem = problem
	made := report.New(pass, r.about)
	var failed []error
	for _, file := range r.files {
		if err := writeReport(file, made, report.RendererFor); err != nil {
			failed = append(failed, fmt.Errorf("%w; the pass itself is not touched by that", err))
		}
	}
	return errors.Join(failed...)
}

// publish writes an answer into the files of --report, and shows it.
func publish[T any](
	s *session, files []output, made T, rendererFor func(path string) (func(io.Writer, T) error, error),
	asJSON func(io.Writer, T) error, asText func(T) doc.Doc,
) error {
	if err := writeReports(files, made, rendererFor); err != nil {
		return err
	}
	if err := show(s, made, asJSON, asText); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

// writeReports writes the files one after the other, until one cannot be written.
func writeReports[T any](
	files []output, made T, rendererFor func(path string) (func(io.Writer, T) error, error),
) error {
	for _, file := range files {
		if err := writeReport(file, made, rendererFor); err != nil {
			return err
		}
	}
	return nil
}

func writeReport[T any](
	file output, made T, rendererFor func(path string) (func(io.Writer, T) error, error),
) error {
	render, err := rendererFor(file.path)
	if err == nil {
		err = file.stream(func(w io.Writer) error { return render(w, made) })
	}
	if err != nil {
		return fmt.Errorf("write the report %s: %w", file.path, err)
	}
	return nil
}

// reportFiles are those of --report. What could not be written after a pass is refused before it.
func reportFiles(s *session) (files []output, err error) {
	if s.c.Bool(flagReveal) && !s.c.IsSet(flagReport) {
		return nil, usagef("--%s is about the files of --%s, and there is none", flagReveal, flagReport)
	}
	for _, path := range s.c.StringSlice(flagReport) {
		if _, err := report.RendererFor(path); err != nil {
			return nil, usagef("--%s: %v", flagReport, err)
		}
		file, err := newOutput(flagReport, path)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(files, func(other output) bool { return sameFile(other.real, file.real) }) {
			return nil, usagef("--%s names %q twice", flagReport, path)
		}
		if err := refuseOverwrite(s, flagReport, path); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// refuseOverwrite refuses to write a file, named by a flag, in the place of one that acsync itself needs.
func refuseOverwrite(s *session, flag, path string) error {
	cfg := s.tenant.Config
	needed := []string{
		s.from, cfg.Kustomer.APIKeyFile, cfg.AgentConnect.APIKeyFile,
		cfg.AgentConnect.APISecretFile, cfg.AgentConnect.TestAPIKeyFile,
		cfg.Notify.HealthcheckURLFile, cfg.Notify.WebhookURLFile, cfg.Notify.PrometheusTextfile,
		s.c.Args().First(), // the plan that is carried out, or shown
		s.c.String(flagWith), s.c.String(flagExpect),
	}
	for _, ledger := range s.tenant.Ledgers() {
		needed = append(needed, bolt.Files(ledger)...)
	}
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
