package notify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"acsync/store"
	"acsync/sync/exit"
)

// Textfile is a file for the textfile collector of node_exporter: how the last pass of each mode went, and
// where the ledger stands. What a pass cannot know, because it could not read the ledger, stays as an earlier
// one has written it.
type Textfile struct {
	Path   string
	Tenant string // a label of all figures: several tenants may be on one machine
}

// Figures are what a pass has to say in numbers.
type Figures struct {
	Run    store.Run      // the pass; with no id where it ended before it began
	Calls  map[string]int // to each service
	Many   map[string]int // answers of each that there were too many calls (429)
	Ledger *LedgerFigures // nil: the ledger could not be read
}

// LedgerFigures are those of the ledger behind a pass.
type LedgerFigures struct {
	store.Info
	Now        time.Time
	Runs       []store.Run // past passes, the newest first
	Doubts     int
	FirstDoubt time.Time // zero for none
	FirstTried time.Time // of what is to be retried; zero for none
	NextDue    time.Time // of what waits; zero for none
	Signals    []Signal
}

// Write writes the file in one step. Others can read it: node_exporter runs as a user of its own.
func (t Textfile) Write(f Figures) error {
	registry := prometheus.NewRegistry()
	g := gauges{prometheus.WrapRegistererWith(prometheus.Labels{"tenant": t.Tenant}, registry)}
	g.pass(f)
	if f.Ledger != nil {
		g.ledger(*f.Ledger)
	}
	// What an earlier version or somebody else has put there is no reason to write nothing.
	old, _ := t.read()
	err := prometheus.WriteToTextfile(t.Path, prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		now, err := registry.Gather()
		return carryOver(now, old, f.Ledger != nil), err
	}))
	if err != nil {
		return fmt.Errorf("write the figures for Prometheus to %s: %w", t.Path, cause(err))
	}
	return nil
}

// cause leaves out the name of a file in between, which nobody has chosen.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}

// LastEnded is the pass of a mode that wrote the file last, as far as that tells: when it ended, and with
// which exit code. It reports false where there is none.
func (t Textfile) LastEnded(mode string) (run store.Run, ok bool) {
	old, err := t.read()
	if err != nil {
		return run, false
	}
	ended, ok := t.of(old["acsync_last_completion_timestamp_seconds"], mode)
	code, coded := t.of(old["acsync_last_exit_code"], mode)
	at := time.UnixMilli(int64(ended * 1000)).UTC()
	return store.Run{Mode: mode, Started: at, Ended: at, Exit: int(code)}, ok && coded
}

// of is the figure of this tenant and a mode.
func (t Textfile) of(family *dto.MetricFamily, mode string) (float64, bool) {
	for _, metric := range family.GetMetric() {
		if label(metric, "tenant") == t.Tenant && label(metric, "mode") == mode {
			return metric.GetGauge().GetValue(), true
		}
	}
	return 0, false
}

func label(metric *dto.Metric, name string) string {
	for _, pair := range metric.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

func (t Textfile) read() (map[string]*dto.MetricFamily, error) {
	file, err := os.Open(t.Path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(file)
}

// ofModes begin the names of figures that each mode has its own of.
var ofModes = []string{"acsync_last_", "acsync_pass_"}

// carryOver adds to the figures of a pass what it cannot know: how the last passes of other modes ended, and,
// where the ledger was not read, what stands there.
func carryOver(now []*dto.MetricFamily, old map[string]*dto.MetricFamily, read bool) []*dto.MetricFamily {
	for name, family := range old {
		i := slices.IndexFunc(now, func(f *dto.MetricFamily) bool { return f.GetName() == name })
		its := slices.ContainsFunc(ofModes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		switch {
		case !strings.HasPrefix(name, "acsync_"):
		case i < 0 && (its || !read):
			now = append(now, family)
		case i >= 0 && its:
			addMissing(now[i], family)
		}
	}
	slices.SortFunc(now, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return now
}

// addMissing adds those figures whose mode has none.
func addMissing(to, from *dto.MetricFamily) {
	for _, metric := range from.GetMetric() {
		has := func(m *dto.Metric) bool { return label(m, "mode") == label(metric, "mode") }
		if !slices.ContainsFunc(to.GetMetric(), has) {
			to.Metric = append(to.Metric, metric)
		}
	}
}

// gauges makes figures; each is the state at the end of a pass, so that none is a counter.
type gauges struct{ to prometheus.Registerer }

// one is a figure by itself.
func (g gauges) one(name, help string, value float64) { g.by(name, help)(value) }

// by is a figure for each combination of some labels.
func (g gauges) by(name, help string, labels ...string) func(value float64, values ...string) {
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "acsync_" + name, Help: help}, labels)
	g.to.MustRegister(gauge)
	return func(value float64, values ...string) { gauge.WithLabelValues(values...).Set(value) }
}

func (g gauges) pass(f Figures) {
	run := f.Run
	runs := []store.Run{run}
	if f.Ledger != nil {
		runs = append(runs, f.Ledger.Runs...)
	}
	g.lastPasses(runs)
	if run.Pass == "" {
		return
	}
	g.to = prometheus.WrapRegistererWith(prometheus.Labels{"mode": run.Mode}, g.to)
	disposed := g.by("pass_conversations", "Conversations of the last pass of a mode, by disposition.", "disposition")
	for _, state := range store.States() {
		disposed(float64(run.Counts[state.String()]), state.String())
	}
	reasons := g.by("pass_reasons", "Conversations of the last pass of a mode, by the reason of their disposition.",
		"reason")
	for reason, n := range run.Reasons {
		reasons(float64(n), reason)
	}
	g.one("pass_found", "Conversations that the last pass of a mode found or took up.", float64(run.Found))
	g.one("pass_late", "Conversations that the last pass of a mode saw first below the checkpoint.", float64(run.Late))
	g.one("pass_late_max_seconds", "How far below the checkpoint at most.", run.Latest)
	g.one("pass_fuse_blown", "Whether a fuse stopped the last pass of a mode (1) or not (0).", number(run.Fuse != ""))
	g.one("pass_receiver_down", "Whether the last pass of a mode left Agent Connect down (1) or not (0).",
		number(run.Outage != nil))
	calls := g.by("pass_calls", "Calls of the last pass of a mode, by service.", "service")
	for service, n := range f.Calls {
		calls(float64(n), service)
	}
	limited := g.by("pass_calls_limited", "Calls of the last pass of a mode that were answered with 429.",
		"service")
	for service, n := range f.Many {
		limited(float64(n), service)
	}
}

// lastPasses has for each mode how its newest pass ended, and when one last did its work.
func (g gauges) lastPasses(runs []store.Run) {
	ended := g.by("last_completion_timestamp_seconds", "When the last pass ended, by mode.", "mode")
	code := g.by("last_exit_code", "Exit code of the last pass of a mode, by mode.", "mode")
	took := g.by("last_duration_seconds", "How long the last pass took, by mode.", "mode")
	success := g.by("last_success_timestamp_seconds",
		"When the last pass ended that did its work (exit code 0 or 3), by mode.", "mode")
	known, succeeded := map[string]bool{}, map[string]bool{}
	for _, run := range runs {
		if run.Killed {
			continue
		}
		if !known[run.Mode] {
			known[run.Mode] = true
			ended(seconds(run.Ended), run.Mode)
			code(float64(run.Exit), run.Mode)
			took(run.Ended.Sub(run.Started).Seconds(), run.Mode)
		}
		if !succeeded[run.Mode] && Works(exit.Code(run.Exit)) {
			succeeded[run.Mode] = true
			success(seconds(run.Ended), run.Mode)
		}
	}
}

func (g gauges) ledger(l LedgerFigures) {
	g.one("checkpoint_timestamp_seconds", "Up to when every conversation is read and recorded.",
		seconds(l.Checkpoint))
	g.one("checkpoint_age_seconds", "How old the checkpoint was when this was written.",
		l.Now.Sub(l.Checkpoint).Seconds())
	keys := g.by("ledger_conversations", "Conversations of the ledger, by disposition.", "disposition")
	for _, state := range store.States() {
		keys(float64(l.Counts[state]), state.String())
	}
	g.one("ledger_size_bytes", "Size of the file.", float64(l.Size))
	g.one("in_doubt", "Survey requests that may have arrived or not.", float64(l.Doubts))
	g.one("in_doubt_oldest_seconds", "How long the oldest doubt lasts; 0 for none.", since(l.Now, l.FirstDoubt))
	g.one("retries", "Survey requests that were certainly not sent, and are tried again.",
		float64(l.Counts[store.Retry]))
	g.one("retries_oldest_seconds", "How long ago the first of them was first tried; 0 for none.",
		since(l.Now, l.FirstTried))
	g.one("due_lag_seconds", "For how long the first of those that wait has been due; 0 for none.",
		max(since(l.Now, l.NextDue), 0))
	g.one("index_lag_max_seconds", "How late a conversation has been seen at most since the ledger was made.",
		l.Lateness.Greatest.Seconds())
	lights := g.by("light", "The lights of acsync status: 0 ok, 1 look, 2 act.", "light")
	for _, s := range l.Signals {
		level := slices.Index([]string{"ok", "look", "act"}, s.Level)
		lights(float64(level), strings.ReplaceAll(s.Name, " ", "_"))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func since(now, then time.Time) float64 {
	if then.IsZero() {
		return 0
	}
	return now.Sub(then).Seconds()
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
