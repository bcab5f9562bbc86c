package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"acsync/sync/exit"
)

// watch is a job as Prometheus and Grafana watch over it.
type watch struct {
	Job
	dir string // of many tenants, whose figures all count; empty: it is one
}

// Rule is one of Prometheus, which tells somebody.
type Rule struct {
	Name, Expr    string
	For           string // how long it must hold
	Severity      string // critical, warning
	Summary, Todo string
}

// metric is a figure of this tenant; the passes that are scheduled are those of the mode "run".
func (w watch) metric(name string, labels ...string) string {
	all := labels
	if w.dir == "" {
		all = append([]string{"tenant=" + strconv.Quote(w.Tenant)}, labels...)
	}
	return "acsync_" + name + "{" + strings.Join(all, ",") + "}"
}

// runs is a figure of the scheduled passes.
func (w watch) runs(name string) string { return w.metric(name, `mode="run"`) }

// oneOf holds when a figure is one of some exit codes.
func oneOf(metric string, codes ...exit.Code) string {
	var cases []string
	for _, code := range codes {
		cases = append(cases, fmt.Sprintf("%s == %d", metric, code))
	}
	return strings.Join(cases, " or ")
}

// pauses is a time in seconds in which so many passes begin.
func (w watch) pauses(n int) int { return n * int(time.Duration(w.Every)/time.Second) }

// Rules are those for Prometheus. Each says what to do.
func (w watch) Rules() []Rule {
	const critical, warning = "critical", "warning"
	status := "acsync status --config " + ShellWord(w.Config)
	if w.dir != "" {
		status = "acsync tenants status --config-dir " + ShellWord(w.dir)
	}
	// A figure stays as it is until the next pass: two of them must agree, but nobody waits a day for that.
	next, twice := min(w.Every, Every(time.Hour)).flag(), min(2*w.Every, Every(time.Hour)).flag()
	rules := []Rule{
		{
			"AcsyncNeverSeen", "absent(" + w.runs("last_completion_timestamp_seconds") + ")", "1h", critical,
			"No pass of acsync has ever been seen.",
			"Does the schedule run, is notify.prometheus_textfile set, and does node_exporter read that directory?",
		},
		{
			"AcsyncNotRunning",
			fmt.Sprintf("time() - %s > %d", w.runs("last_completion_timestamp_seconds"), w.pauses(3)), "5m", critical,
			"No pass of acsync has ended for {{ $value | humanizeDuration }}.",
			"Look at the schedule and its log. Nobody is forgotten meanwhile: the next pass goes on where the " +
				"last one stopped.",
		},
		{
			"AcsyncFailing",
			fmt.Sprintf("time() - %s > %d", w.runs("last_success_timestamp_seconds"), max(w.pauses(4), 3600)), "5m",
			critical, "No pass of acsync has done its work for {{ $value | humanizeDuration }}.",
			status + " says what is wrong, and what to do.",
		},
		{
			"AcsyncCannotWork",
			oneOf(w.runs("last_exit_code"), exit.Credentials, exit.LedgerMissing, exit.Usage, exit.LedgerDamaged),
			"0m", critical, "acsync cannot work: exit code {{ $value }}.",
			"4: renew a key; 10: the ledger is missing; 12: mend the configuration; 14: the ledger cannot be used. " +
				status + " says more.",
		},
		{
			"AcsyncFuseBlown", w.runs("pass_fuse_blown") + " == 1", "0m", critical,
			"A fuse has stopped acsync's sending.", "Look at the last pass before the next one goes on: " + status,
		},
		{
			"AcsyncFallingBehind",
			fmt.Sprintf("time() - %s > %d", w.metric("checkpoint_timestamp_seconds"), int(w.MaxAge.Seconds())/2), "5m",
			critical, "acsync has read nothing newer than {{ $value | humanizeDuration }}.",
			"After sync.max_age conversations are stale, and are not asked about by themselves. " + status,
		},
		{
			"AcsyncNeedsHand", oneOf(w.runs("last_exit_code"), exit.NeedsHand), "1h", warning,
			"acsync did its work, and somebody has to look.", status + " shows what was rejected or is in doubt.",
		},
		{
			"AcsyncInDoubt", fmt.Sprintf("%s > %d", w.metric("in_doubt_oldest_seconds"), 24*3600), next, warning,
			"A survey request has been in doubt for {{ $value | humanizeDuration }}.",
			"It is not sent again by itself: acsync resolve settles it.",
		},
		{
			"AcsyncRetriesLast", fmt.Sprintf("%s > %d", w.metric("retries_oldest_seconds"), 24*3600), next, warning,
			"A survey request has been tried again for {{ $value | humanizeDuration }}.", status + " names it.",
		},
		{
			"AcsyncBacklog",
			fmt.Sprintf("%s > %d", w.metric("due_lag_seconds"), max(w.pauses(4), 3600)), next, warning,
			"What waits has been due for {{ $value | humanizeDuration }}.",
			"Passes come to a limit (sync.max_per_run, --max) or are too rare. " + status,
		},
		{
			"AcsyncAgentConnectDown", w.runs("pass_receiver_down") + " == 1", twice, warning,
			"Agent Connect does not answer acsync.", "What was not sent is kept, and sent when it answers again.",
		},
		{
			"AcsyncLimited",
			fmt.Sprintf("%s / %s > 0.1", w.runs("pass_calls_limited"), w.runs("pass_calls")), twice, warning,
			"{{ $value | humanizePercentage }} of the calls to {{ $labels.service }} were too many (429).",
			"Lower its requests_per_minute, or ask who else uses the limit.",
		},
		{
			"AcsyncLight", w.metric("light") + " == 2", twice, critical,
			"A light of acsync status says ACT: {{ $labels.light }}.", status + " says what to do.",
		},
	}
	// Where none was ever seen there is no tenant to name.
	for i := range rules[1:] {
		if w.dir != "" {
			rules[1+i].Summary = "{{ $labels.tenant }}: " + rules[1+i].Summary
		}
	}
	return rules
}
