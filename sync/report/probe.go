package report

import (
	"fmt"
	"strings"
	"time"

	"acsync/store"
)

// Probe is a status in the manner of monitoring plugins: one line, with figures behind a bar, and the exit
// code that goes with it.
type Probe struct {
	Code int // 0 ok, 1 warning, 2 critical, 3 unknown
	Line string
}

// The exit codes of monitoring plugins.
const (
	ProbeOK = iota
	ProbeWarning
	ProbeCritical
	ProbeUnknown
)

var probeWords = [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}

// NewProbe is a probe without figures, for what is known without a ledger.
func NewProbe(code int, text string) Probe {
	// A bar begins the figures, and a second line would be another text.
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, "|", "/")), " ")
	return Probe{code, "ACSYNC " + probeWords[code] + ": " + text}
}

// ProbeOf is the worst of the lights, and what those say that are not green, the worst of them first.
func ProbeOf(s Status) Probe {
	signals := s.Signals()
	code, level := ProbeOK, worst(signals)
	texts := []string{"all lights are green, the checkpoint is of " + show(s.Checkpoint)}
	if level != SignalOK {
		texts = nil
	}
	for i, each := range []string{SignalLook, SignalAct} {
		if each == level {
			code = i + 1
		}
	}
	for _, each := range []string{SignalAct, SignalLook} {
		for _, signal := range signals {
			if signal.Level == each {
				texts = append(texts, signal.Name+": "+signal.Text)
			}
		}
	}
	probe := NewProbe(code, strings.Join(texts, "; "))
	probe.Line += " | " + strings.Join(probeFigures(s), " ")
	return probe
}

// probeFigures are what monitors draw; none is below 0.
func probeFigures(s Status) []string {
	figure := func(name string, value int64, unit string) string {
		return fmt.Sprintf("%s=%d%s;;;0", name, max(value, 0), unit)
	}
	figures := []string{
		figure("checkpoint_age", int64(s.Now.Sub(s.Checkpoint)/time.Second), "s"),
		figure("in_doubt", int64(s.doubtful()), ""),
		figure("retries", int64(s.Counts[store.Retry]), ""),
		figure("scheduled", int64(s.Counts[store.Scheduled]), ""),
		figure("accepted_lately", int64(s.Recent.Accepted), ""),
		figure("rejected_lately", int64(s.Recent.Rejected), ""),
		figure("ledger_size", s.Size, "B"),
	}
	if s.Last != nil {
		figures = append(figures, figure("last_pass_age", int64(s.Now.Sub(s.Last.Ended)/time.Second), "s"))
	}
	return figures
}
