package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/exit"
	"acsync/sync/notify"
	"acsync/sync/tenant"
)

const (
	// tellTime is how long it may take to tell how a pass ended, and hurriedTime the same behind a signal.
	tellTime    = 8 * time.Second
	hurriedTime = 2 * time.Second
)

// notifier tells others of a pass, as the section notify of the configuration says. It changes neither the
// pass nor its exit code: what cannot be told is a warning.
type notifier struct {
	*session
	healthcheck *notify.Healthcheck // nil: none
	webhook     *notify.Webhook     // nil: none
	textfile    *notify.Textfile    // nil: none
	began       time.Time
	clients     *tenant.Clients // nil: it has not come to them

	begun  bool                  // the engine has; a pass that is skipped never does
	told   bool                  // how it ended
	ledger *notify.LedgerFigures // nil: it was not read
}

// newNotifier refuses a file that could not be written at the end of the pass. Dry runs, plans and rehearsals
// tell nobody, nor do passes of --sandbox unless that is asked for.
func newNotifier(s *session, dry bool) (n *notifier, err error) {
	n = &notifier{session: s, began: time.Now()}
	set := s.tenant.Config.Notify
	if dry || s.tenant.Rehearsal != nil || s.tenant.Demo != nil && !set.Sandbox {
		return n, nil
	}
	// Somebody who makes another pass by hand must not stand in for the schedule that is watched.
	if set.HealthcheckURL.IsSet() && s.c.Command.Name == "run" {
		n.healthcheck, err = notify.NewHealthcheck(set.HealthcheckURL.Reveal(), userAgent())
	}
	if err == nil && set.WebhookURL.IsSet() {
		n.webhook, err = notify.NewWebhook(set.WebhookURL.Reveal(), userAgent())
	}
	if err != nil || set.PrometheusTextfile == "" {
		return n, err
	}
	file, err := findOutput(set.PrometheusTextfile)
	if err == nil {
		// It is read at any time, so that it is never written in its place.
		err = file.unplaced()
	}
	if err != nil {
		return n, usagef("notify.prometheus_textfile: %s cannot be written: %v; nothing was done",
			set.PrometheusTextfile, err)
	}
	n.textfile = &notify.Textfile{Path: file.real, Tenant: s.tenant.Name}
	return n, nil
}

// Observe tells that a pass begins.
func (n *notifier) Observe(event surveysync.Event) {
	if _, started := event.(surveysync.PassStarted); !started || n.begun {
		return
	}
	n.begun = true
	if n.healthcheck != nil {
		// What becomes of the pass is nothing to this call.
		n.healthcheck.Start(context.WithoutCancel(n.c.Context))
	}
}

// read takes from the ledger what there is to tell, before a pass closes it.
func (n *notifier) read(ledger surveysync.Ledger) {
	shared, open := ledger.(*tenant.Shared)
	if !open || n.webhook == nil && n.textfile == nil {
		return
	}
	figures, err := n.figures(shared.Ledger)
	// A ledger that cannot tell is what the pass itself has failed on.
	if err == nil {
		n.ledger = figures
	}
}

func (n *notifier) figures(ledger tenant.Ledger) (*notify.LedgerFigures, error) {
	reader, status := newStatusReader(ledger), newStatus(n.session)
	if err := reader.read(&status); err != nil {
		return nil, err
	}
	doubts, err := ledger.Waiting(retried, store.InDoubt)
	if err != nil {
		return nil, err
	}
	judge(n.session, &status)
	figures := &notify.LedgerFigures{
		Info: status.Info, Now: status.Now, Runs: reader.runs,
		Doubts:     status.Counts[store.InDoubt] + status.Counts[store.Sending],
		FirstTried: status.FirstTried, NextDue: status.NextDue,
	}
	for _, e := range append(doubts, status.InDoubt...) {
		if figures.FirstDoubt.IsZero() || e.At.Before(figures.FirstDoubt) {
			figures.FirstDoubt = e.At
		}
	}
	for _, signal := range status.Signals() {
		figures.Signals = append(figures.Signals, notify.Signal(signal))
	}
	return figures, nil
}

// end tells how the pass ended, once.
func (n *notifier) end(code exit.Code) {
	// One that was skipped was no pass.
	skipped := !n.begun && code == exit.Done
	if n.told || skipped || n.healthcheck == nil && n.webhook == nil && n.textfile == nil {
		return
	}
	n.told = true
	runs := n.runs(code)
	within := tellTime
	if n.c.Context.Err() != nil {
		within = hurriedTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(n.c.Context), within)
	defer cancel()
	var unchecked, unsent, unwritten error
	var calls sync.WaitGroup
	if n.healthcheck != nil {
		calls.Go(func() { unchecked = n.healthcheck.End(ctx, code, n.summary(code, runs[0])) })
	}
	if n.webhook != nil {
		calls.Go(func() { unsent = n.webhook.Tell(ctx, notify.Changes(n.tenant.Name, runs, n.signals())) })
	}
	// Where it remembers the pass before, that was read above.
	if n.textfile != nil {
		unwritten = n.textfile.Write(n.numbers(code, runs[0]))
	}
	calls.Wait()
	log := n.terminal.logger(n.stderr)
	for _, err := range []error{unchecked, unsent, unwritten} {
		if err != nil {
			log.Warn(err.Error() + "; the pass itself is not touched by that")
		}
	}
}

func (n *notifier) signals() []notify.Signal {
	if n.ledger == nil {
		return nil
	}
	return n.ledger.Signals
}

// runs are the pass, and those before it as far as they are known, the newest first. A pass that could not
// open the ledger has left its word in the file for Prometheus alone.
func (n *notifier) runs(code exit.Code) []store.Run {
	now := time.Now().UTC()
	mode := n.c.Command.Name
	runs := []store.Run{{Mode: mode, Started: n.began.UTC(), Ended: now, Exit: int(code)}}
	// One that was refused at once has left no summary.
	if n.ledger != nil && len(n.ledger.Runs) > 0 {
		if own := n.ledger.Runs[0]; own.Mode == mode && !own.Started.Before(n.began.UTC()) {
			runs = nil
		}
		runs = append(runs, n.ledger.Runs...)
	}
	if n.textfile == nil {
		return runs
	}
	last, known := n.textfile.LastEnded(mode)
	newest := slices.IndexFunc(runs[1:], func(r store.Run) bool { return r.Mode == mode && !r.Killed })
	if known && (newest < 0 || last.Ended.After(runs[1+newest].Ended.Add(time.Second))) {
		runs = slices.Insert(runs, 1, last)
	}
	return runs
}

// summary is for whoever looks at a health check: counts and states, as all that leaves the machine.
func (n *notifier) summary(code exit.Code, run store.Run) string {
	text := fmt.Sprintf("acsync %s: %s", n.tenant.Name, run.Mode)
	if run.Pass != "" {
		text += ", pass " + run.Pass
	}
	text += fmt.Sprintf(": exit %d, %s", code, code)
	var counts []string
	for _, state := range store.States() {
		if count := run.Counts[state.String()]; count > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", count, state))
		}
	}
	if len(counts) > 0 {
		text += "; " + strings.Join(counts, ", ")
	}
	return text
}

func (n *notifier) numbers(code exit.Code, run store.Run) notify.Figures {
	run.Exit = int(code)
	figures := notify.Figures{Run: run, Ledger: n.ledger}
	if n.clients != nil {
		figures.Calls, figures.Many = byService(n.clients.Calls()), byService(n.clients.Limited())
	}
	return figures
}

// byService gives counts their names in figures.
func byService(c tenant.Calls) map[string]int {
	return map[string]int{
		"kustomer": c.Kustomer, "kustomer_search": c.KustomerSearch, "agent_connect": c.AgentConnect,
		"agent_connect_data": c.AgentConnectData,
	}
}
