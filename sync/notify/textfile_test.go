package notify

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"acsync/store"
)

// figures reads a textfile as Prometheus does.
func figures(t *testing.T, path string) map[string]float64 {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("Prometheus cannot read it: %v\n%s", err, text)
	}
	found := map[string]float64{}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, pair := range metric.GetLabel() {
				labels = append(labels, pair.GetName()+"="+pair.GetValue())
			}
			slices.Sort(labels)
			found[fmt.Sprintf("%s{%s}", name, strings.Join(labels, ","))] = metric.GetGauge().GetValue()
		}
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("Prometheus' own linter says %v, %v", problems, err)
	}
	return found
}

func wants(t *testing.T, found map[string]float64, want map[string]float64) {
	t.Helper()
	got := map[string]float64{}
	for name := range want {
		if value, ok := found[name]; ok {
			got[name] = value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func someFigures() Figures {
	run := store.Run{
		Pass: "p", Mode: "run", Started: noon.Add(-time.Minute), Ended: noon, Found: 7, Exit: 5, Late: 1, Latest: 2.5,
		Counts: map[string]int{"accepted": 4, "skipped": 3}, Reasons: map[string]int{"spam": 2, "rule:a b": 1},
	}
	earlier := run
	earlier.Exit, earlier.Ended = 0, noon.Add(-time.Hour)
	return Figures{
		Run: run, Calls: map[string]int{"kustomer": 9}, Many: map[string]int{"kustomer": 2},
		Ledger: &LedgerFigures{
			Info: store.Info{
				Checkpoint: noon.Add(-3 * time.Minute), Size: 4096,
				Counts: map[store.State]int{store.Accepted: 4, store.InDoubt: 2, store.Retry: 1},
			},
			Now: noon, Runs: []store.Run{run, earlier}, Doubts: 2, FirstDoubt: noon.Add(-time.Hour),
			FirstTried: noon.Add(-2 * time.Hour), NextDue: noon.Add(time.Hour),
			Signals: []Signal{{"last pass", "look", "", ""}, {"retries", "act", "", ""}},
		},
	}
}

func TestTextfile(t *testing.T) {
	file := Textfile{filepath.Join(t.TempDir(), "acsync.prom"), "acme"}
	if err := file.Write(someFigures()); err != nil {
		t.Fatal(err)
	}
	wants(t, figures(t, file.Path), map[string]float64{
		"acsync_last_completion_timestamp_seconds{mode=run,tenant=acme}":       float64(noon.Unix()),
		"acsync_last_success_timestamp_seconds{mode=run,tenant=acme}":          float64(noon.Unix() - 3600),
		"acsync_last_exit_code{mode=run,tenant=acme}":                          5,
		"acsync_last_duration_seconds{mode=run,tenant=acme}":                   60,
		"acsync_pass_found{mode=run,tenant=acme}":                              7,
		"acsync_pass_conversations{disposition=accepted,mode=run,tenant=acme}": 4,
		"acsync_pass_conversations{disposition=rejected,mode=run,tenant=acme}": 0,
		"acsync_pass_reasons{mode=run,reason=rule:a b,tenant=acme}":            1,
		"acsync_pass_calls{mode=run,service=kustomer,tenant=acme}":             9,
		"acsync_pass_calls_limited{mode=run,service=kustomer,tenant=acme}":     2,
		"acsync_pass_late_max_seconds{mode=run,tenant=acme}":                   2.5,
		"acsync_checkpoint_age_seconds{tenant=acme}":                           180,
		"acsync_ledger_conversations{disposition=in_doubt,tenant=acme}":        2,
		"acsync_ledger_size_bytes{tenant=acme}":                                4096,
		"acsync_in_doubt{tenant=acme}":                                         2,
		"acsync_in_doubt_oldest_seconds{tenant=acme}":                          3600,
		"acsync_retries{tenant=acme}":                                          1,
		"acsync_retries_oldest_seconds{tenant=acme}":                           7200,
		"acsync_due_lag_seconds{tenant=acme}":                                  0,
		"acsync_light{light=last_pass,tenant=acme}":                            1,
		"acsync_light{light=retries,tenant=acme}":                              2,
	})
	if info, err := os.Stat(file.Path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o644 {
		t.Errorf("node_exporter may not read it: %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(file.Path))
	if err != nil || len(entries) != 1 {
		t.Errorf("it left %v, %v behind", entries, err)
	}
}

// TestTextfileKeepsWhatIsNotKnown holds that a pass without a ledger, and one of another mode, leave the figures that they
// cannot know: an alert on their age must not go off, or fall silent, because they are gone.
func TestTextfileKeepsWhatIsNotKnown(t *testing.T) {
	file := Textfile{filepath.Join(t.TempDir(), "acsync.prom"), "acme"}
	if err := file.Write(someFigures()); err != nil {
		t.Fatal(err)
	}
	before := figures(t, file.Path)
	failed := store.Run{Mode: "run", Started: noon.Add(time.Hour), Ended: noon.Add(time.Hour), Exit: 14}
	if err := file.Write(Figures{Run: failed}); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]float64{
		"acsync_last_completion_timestamp_seconds{mode=run,tenant=acme}": float64(noon.Unix() + 3600),
		"acsync_last_exit_code{mode=run,tenant=acme}":                    14,
		"acsync_last_duration_seconds{mode=run,tenant=acme}":             0,
	} {
		before[name] = value
	}
	if diff := cmp.Diff(before, figures(t, file.Path)); diff != "" {
		t.Errorf("without the ledger (-want +got):\n%s", diff)
	}
	if last, ok := file.LastEnded("run"); !ok || last.Exit != 14 || !last.Ended.Equal(failed.Ended) {
		t.Errorf("the last that it knows of is %+v, %t", last, ok)
	}
	other := someFigures()
	other.Run.Mode, other.Run.Reasons, other.Ledger.Runs = "backfill", nil, nil
	if err := file.Write(other); err != nil {
		t.Fatal(err)
	}
	wants(t, figures(t, file.Path), map[string]float64{
		"acsync_last_exit_code{mode=run,tenant=acme}":                 14,
		"acsync_last_exit_code{mode=backfill,tenant=acme}":            5,
		"acsync_last_success_timestamp_seconds{mode=run,tenant=acme}": float64(noon.Unix() - 3600),
		"acsync_pass_reasons{mode=run,reason=spam,tenant=acme}":       2,
		"acsync_pass_found{mode=backfill,tenant=acme}":                7,
	})
	if _, ok := (Textfile{file.Path, "other"}).LastEnded("run"); ok {
		t.Error("it knows of the pass of another tenant")
	}
}

// TestTextfileInThePlaceOfAnother holds that what is no textfile is replaced, and what cannot be written told once.
func TestTextfileInThePlaceOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "acsync.prom")
	if err := os.WriteFile(path, []byte("{ no figures"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := (Textfile{path, "acme"}).LastEnded("run"); ok {
		t.Error("it knows of a pass")
	}
	if err := (Textfile{path, "acme"}).Write(someFigures()); err != nil {
		t.Fatal(err)
	}
	figures(t, path)
	gone := filepath.Join(t.TempDir(), "gone", "acsync.prom")
	if err := (Textfile{gone, "acme"}).Write(someFigures()); err == nil || strings.Count(err.Error(), "gone") != 1 {
		t.Errorf("the error is %v", err)
	}
}
