package schedule

import (
	"fmt"
	"strings"
	"time"

	"acsync/sync/exit"
)

// workWatch is a fleet of workers as Prometheus and Grafana watch over it. Every worker tells the figures
// of all tenants, so that the highest of what they tell counts.
type workWatch struct{ Fleet }

// silent is after how many seconds without a look at the schedule somebody is told: they look every few
// seconds, and it takes up to twenty until another one does it when the one that did was killed.
const silent = 60

// of is a figure of all tenants.
func (workWatch) of(name string) string { return "max by (tenant) (acsync_tenant_" + name + ")" }

// passes are those of the last hour that ended with one of some codes.
func (workWatch) passes(codes ...exit.Code) string {
	var each []string
	for _, code := range codes {
		each = append(each, fmt.Sprint(int(code)))
	}
	return fmt.Sprintf(`sum by (tenant, exit) (increase(acsync_work_passes_total{exit=~"%s"}[1h]))`,
		strings.Join(each, "|"))
}

// Rules are those for Prometheus. Each says what to do.
func (w workWatch) Rules() []Rule {
	const critical, warning = "critical", "warning"
	status := "acsync tenants status --config-dir " + ShellWord(w.Dir)
	pause := int(time.Duration(w.Every) / time.Second)
	return []Rule{
		{
			"AcsyncNoWorker", "absent(acsync_work_last_tick_timestamp_seconds)", "5m", critical,
			"No worker of acsync is seen.",
			"Do any run, does Prometheus scrape them, and does the database answer? Nobody is forgotten meanwhile.",
		},
		{
			"AcsyncNoTick", fmt.Sprintf("time() - max(acsync_work_last_tick_timestamp_seconds) > %d", silent), "2m",
			critical, "No worker of acsync has looked at the schedule for {{ $value | humanizeDuration }}.",
			"Look at the logs of the workers, and at /readyz. Until it is mended acsync tenants run --all " +
				"makes passes, by the same ledgers.",
		},
		{
			"AcsyncTenantOverdue",
			fmt.Sprintf("(time() - %s > %d) unless on (tenant) (%s == 1)", w.of("next_pass_timestamp_seconds"), 3*pause,
				w.of("paused")), "5m", warning,
			"A pass of {{ $labels.tenant }} has been due for {{ $value | humanizeDuration }}.",
			"Are there enough workers, and places in them (--workers)? " + status,
		},
		{
			"AcsyncTenantBehind",
			fmt.Sprintf("time() - %s > %d", w.of("checkpoint_timestamp_seconds"), int(w.MaxAge.Seconds())/2), "5m",
			critical, "Nothing newer than {{ $value | humanizeDuration }} was read for {{ $labels.tenant }}.",
			"After sync.max_age conversations are stale, and are not asked about by themselves. " + status,
		},
		{
			"AcsyncTenantPaused", w.of("paused") + " == 1", "15m", warning,
			"No passes are made for {{ $labels.tenant }}: it is paused.",
			status + " says why; acsync tenants resume lets passes be made again.",
		},
		{
			"AcsyncTenantFailing", w.of("failures") + " >= 3", "0m", critical,
			"The last {{ $value }} passes of {{ $labels.tenant }} could not work.", status + " says what is wrong.",
		},
		{
			"AcsyncTenantCannotWork",
			w.passes(exit.Credentials, exit.LedgerMissing, exit.Usage, exit.LedgerDamaged) + " > 0", "0m", critical,
			"acsync cannot work for {{ $labels.tenant }}: exit code {{ $labels.exit }}.",
			"4: renew a key; 10: the ledger is missing; 12: mend the configuration; 14: the ledger cannot be used. " +
				status + " says more.",
		},
		{
			"AcsyncTenantFuseBlown", w.passes(exit.Fuse) + " > 0", "0m", critical,
			"A fuse has stopped the sending for {{ $labels.tenant }}.",
			"Look at the last pass before the next one goes on. " + status,
		},
		{
			"AcsyncTenantNeedsHand", w.passes(exit.NeedsHand) + " > 0", "1h", warning,
			"Passes of {{ $labels.tenant }} did their work, and somebody has to look.",
			status + " shows what was rejected or is in doubt.",
		},
		{
			"AcsyncTenantInDoubt", w.of("in_doubt") + " > 0", "24h", warning,
			"Survey requests of {{ $labels.tenant }} have been in doubt for a day, now {{ $value }}.",
			"They are not sent again by themselves: acsync resolve settles them.",
		},
	}
}

func (w workWatch) alerts() ([]File, error) {
	text, err := render("fleet-alerts.yaml.tmpl", w)
	return []File{{w.Name + "-alerts.yaml", text}}, err
}

func (w workWatch) dashboard() ([]File, error) {
	b := newBoard(w.Name, "acsync workers", "Import it in Grafana: Dashboards, New, Import, with a data source "+
		"of Prometheus that scrapes the workers.")
	pause := int(time.Duration(w.Every) / time.Second)
	b.stat("Last tick", "How long ago a worker last looked at the schedule.", "s",
		"time() - max(acsync_work_last_tick_timestamp_seconds)", silent/2, silent)
	b.stat("Overdue", "The longest that a pass has been due.", "s",
		"max(time() - "+w.of("next_pass_timestamp_seconds")+")", pause, 3*pause)
	b.stat("Checkpoint", "How long ago the oldest time is up to which all of a tenant is read.", "s",
		"max(time() - "+w.of("checkpoint_timestamp_seconds")+")", 4*pause, int(w.MaxAge/time.Second)/2)
	b.stat("Paused", "Tenants for whom no passes are made.", "none", "sum("+w.of("paused")+")", 1, len(w.Members))
	b.stat("Failing", "Tenants whose last passes could not work.", "none",
		"count("+w.of("failures")+" > 0) or vector(0)", 1, 3)
	b.stat("In doubt", "May have arrived, and are not sent again by themselves.", "none",
		"sum("+w.of("in_doubt")+")", 1, 50)
	b.chart("Checkpoints", "How old the ten oldest are.", "s",
		"topk(10, time() - "+w.of("checkpoint_timestamp_seconds")+")", "{{tenant}}")
	b.chart("Waiting", "Survey requests that wait, of the ten tenants with the most.", "none",
		"topk(10, "+w.of("waiting")+")", "{{tenant}}")
	b.chart("Passes", "Passes, or slices of them, by exit code.", "none",
		"sum by (exit) (rate(acsync_work_passes_total[15m])) * 900", "{{exit}}")
	b.chart("Jobs", "Jobs under way, by worker.", "none", "acsync_work_jobs_running", "{{instance}}")
	b.chart("At work", "Ledgers that a process has.", "none", "sum("+w.of("running")+")", "")
	b.chart("Failures", "Passes in a row that could not work, of the ten tenants with the most.", "none",
		"topk(10, "+w.of("failures")+" > 0)", "{{tenant}}")
	text, err := b.JSON()
	return []File{{w.Name + "-dashboard.json", text}}, err
}
