package app

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	surveysync "acsync/sync"
	"acsync/sync/report"
)

// TestReportThatFails has a report's directory vanish during the pass: the exit code tells it only when the pass has nothing
// graver to tell, what is printed agrees with it, and the other report is written.
func TestReportThatFails(t *testing.T) {
	for _, test := range []struct {
		name    string
		exit    int
		problem error
		want    int
	}{
		{"a pass without fault", exitDone, nil, exitFailed},
		{"a pass that needs a hand", exitNeedsHand, nil, exitNeedsHand},
		{"a pass that ended early", exitCredentials, errors.New("refused"), exitCredentials},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			files := &reports{}
			for _, path := range []string{filepath.Join(dir, "gone", "a.md"), filepath.Join(dir, "b.md")} {
				render, err := report.RendererFor(path)
				if err != nil {
					t.Fatal(err)
				}
				files.files = append(files.files, reportFile{path, render})
			}
			var out bytes.Buffer
			s := &shell{stdout: &out, stderr: &out}
			set := flag.NewFlagSet("run", flag.ContinueOnError)
			set.Bool(flagJSON, true, "")
			at := time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)
			pass := report.Pass{Result: surveysync.Result{Mode: "run", Started: at, Ended: at, Exit: test.exit}}
			err := s.conclude(cli.NewContext(cli.NewApp(), set, nil), terminal{}, files, pass, test.problem, nil)
			if got := exitCode(err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
			if err == nil || !strings.Contains(err.Error(), filepath.Join("gone", "a.md")) {
				t.Errorf("the error is %v", err)
			}
			if test.problem != nil && !errors.Is(err, test.problem) {
				t.Errorf("what ended the pass is hidden by %v", err)
			}
			if test.want == exitFailed && !strings.Contains(out.String(), `"exit":1}`) {
				t.Errorf("the report says %s", out.String())
			}
			if _, err := os.Stat(filepath.Join(dir, "b.md")); err != nil {
				t.Error(err)
			}
		})
	}
}
