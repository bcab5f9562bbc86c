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
	"acsync/sync/exit"
	"acsync/sync/report"
)

// TestReportThatFails has a report's directory vanish during the pass: the exit code tells it only when the pass has nothing
// graver to tell, what is printed agrees with it, and the other report is written.
func TestReportThatFails(t *testing.T) {
	for _, test := range []struct {
		name    string
		exit    exit.Code
		problem error
		want    exit.Code
	}{
		{"a pass without fault", exit.Done, nil, exit.Failed},
		{"a pass that needs a hand", exit.NeedsHand, nil, exit.NeedsHand},
		{"a pass that ended early", exit.Credentials, errors.New("refused"), exit.Credentials},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			files := &reports{}
			for _, name := range []string{filepath.Join("gone", "a.md"), "b.md"} {
				files.files = append(files.files, output{path: filepath.Join(dir, name), real: filepath.Join(dir, name)})
			}
			var out bytes.Buffer
			set := flag.NewFlagSet("run", flag.ContinueOnError)
			set.Bool(flagJSON, true, "")
			at := time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)
			made := report.Pass{Result: surveysync.Result{Mode: "run", Started: at, Ended: at, Exit: int(test.exit)}}
			p := pass{reports: files, told: &notifier{}, session: &session{
				commandLine: &commandLine{stdout: &out, stderr: &out}, c: cli.NewContext(cli.NewApp(), set, nil),
			}}
			err := p.conclude(made, test.problem, nil)
			if got := exitCode(err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
			if err == nil || !strings.Contains(err.Error(), filepath.Join("gone", "a.md")) {
				t.Errorf("the error is %v", err)
			}
			if test.problem != nil && !errors.Is(err, test.problem) {
				t.Errorf("what ended the pass is hidden by %v", err)
			}
			if test.want == exit.Failed && !strings.Contains(out.String(), `"exit":1}`) {
				t.Errorf("the report says %s", out.String())
			}
			if _, err := os.Stat(filepath.Join(dir, "b.md")); err != nil {
				t.Error(err)
			}
		})
	}
}
