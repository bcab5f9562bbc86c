package work

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"acsync/store"
	"acsync/store/postgres"
)

const (
	// standingsFor is how long the figures of all tenants are told before they are read anew.
	standingsFor = 30 * time.Second
	// ticksMissed is how many looks at the schedule may be missing before a worker is not ready.
	ticksMissed = 3
	// grace is how much longer a look may take where much goes on.
	grace = 20 * time.Second
	// answerTime is how long an answer may take.
	answerTime = 10 * time.Second
)

// Figures are what a worker tells of itself and of all tenants.
type Figures struct {
	database *postgres.Database
	passes   *prometheus.CounterVec
	running  prometheus.Gauge
	registry *prometheus.Registry
	names    func(ledger string) string // of the tenant that a ledger is of; empty: none that is served

	mu   sync.Mutex
	read time.Time
	all  []postgres.Standing
}

// NewFigures are those of a worker that has done nothing yet.
func NewFigures(d *postgres.Database, names func(ledger string) string) *Figures {
	f := &Figures{
		database: d, names: names, registry: prometheus.NewRegistry(),
		passes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "acsync_work_passes_total", Help: "Passes, or slices of them, that this worker has made.",
		}, []string{"tenant", "exit"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "acsync_work_jobs_running", Help: "Jobs that this worker is working on.",
		}),
	}
	f.registry.MustRegister(f.passes, f.running, f)
	return f
}

// Began counts a job that has begun.
func (f *Figures) Began() { f.running.Inc() }

// Ended counts a job that has ended with a code.
func (f *Figures) Ended(tenant string, code int) {
	f.running.Dec()
	f.passes.WithLabelValues(tenant, fmt.Sprint(code)).Inc()
}

var (
	ticked = prometheus.NewDesc("acsync_work_last_tick_timestamp_seconds",
		"When the schedule was last looked at, by any worker.", nil, nil)
	checkpoint = of("acsync_tenant_checkpoint_timestamp_seconds", "Up to here all conversations are dealt with.")
	nextPass   = of("acsync_tenant_next_pass_timestamp_seconds", "When the next pass is due.")
	paused     = of("acsync_tenant_paused", "1 while no passes are made.")
	failures   = of("acsync_tenant_failures", "Passes in a row that could not work.")
	inDoubt    = of("acsync_tenant_in_doubt", "Survey requests of which it is not known whether they arrived.")
	waiting    = of("acsync_tenant_waiting", "Survey requests that wait for their time or for another try.")
	holding    = of("acsync_tenant_running", "1 while a process has the ledger.")
)

func of(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"tenant"}, nil)
}

// Describe tells Prometheus nothing beforehand: which tenants there are changes.
func (f *Figures) Describe(chan<- *prometheus.Desc) {}

// Collect tells where all tenants stand. What the database does not tell is left out.
func (f *Figures) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	if at, _, err := f.database.LastTick(ctx); err == nil && !at.IsZero() {
		out <- prometheus.MustNewConstMetric(ticked, prometheus.GaugeValue, seconds(at))
	}
	for _, s := range f.standings(ctx) {
		name := f.names(s.Ledger)
		if name == "" {
			continue
		}
		tell := func(d *prometheus.Desc, value float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, name)
		}
		tell(checkpoint, seconds(s.Checkpoint))
		if !s.NextPass.IsZero() {
			tell(nextPass, seconds(s.NextPass))
		}
		tell(paused, one(s.Paused))
		tell(failures, float64(s.Failures))
		tell(inDoubt, float64(s.Counts[store.InDoubt]))
		tell(waiting, float64(s.Counts[store.Scheduled]+s.Counts[store.Retry]))
		tell(holding, one(s.Held))
	}
}

// standings are read once for all who ask within a while.
func (f *Figures) standings(ctx context.Context) []postgres.Standing {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.read) < standingsFor {
		return f.all
	}
	all, err := f.database.Standings(ctx)
	if err != nil {
		return nil
	}
	f.all, f.read = all, time.Now()
	return all
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// Serve answers /metrics, /healthz (the process lives) and /readyz (the database answers, and somebody looks
// at the schedule) at an address, until the context ends. Tick is the time between two looks.
func (f *Figures) Serve(ctx context.Context, l net.Listener, tick time.Duration) error {
	began := time.Now()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(f.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := f.ready(r.Context(), tick, began); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: answerTime, WriteTimeout: 2 * answerTime}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ready says why a worker is of no use: what it says has no address and no name in it.
func (f *Figures) ready(ctx context.Context, tick time.Duration, began time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	at, ago, err := f.database.LastTick(ctx)
	most := ticksMissed*tick + grace
	switch {
	case err != nil:
		return errors.New("the database does not answer")
	case (at.IsZero() || ago > most) && time.Since(began) > most:
		return fmt.Errorf("nobody has looked at the schedule for %s", ago.Round(time.Second))
	}
	return nil
}
