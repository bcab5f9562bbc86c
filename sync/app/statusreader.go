package app

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"acsync/store"
	"acsync/sync/report"
	"acsync/sync/tenant"
)

const (
	listed     = 20   // conversations in doubt that status names
	latestRuns = 50   // passes whose refusals it names
	recentRuns = 1500 // passes that it looks at: those of a day, if there is one a minute
	retried    = 1000 // of those that wait for a retry, it asks so many when they were first tried
)

// statusReader reads what status shows of an open ledger: for status, or for whoever holds it and tells
// others.
type statusReader struct {
	ledger  tenant.Ledger
	holds   bool   // this process has it open for writing: what is under way is its own
	intents uint64 // given before it was opened; what was begun later is under way
	runs    []store.Run
}

// newStatusReader is that of a process that holds the ledger.
func newStatusReader(ledger tenant.Ledger) *statusReader {
	r := &statusReader{ledger: ledger, holds: true}
	// A ledger that cannot tell is for the command to report.
	if info, err := ledger.Info(); err == nil {
		r.intents = info.Intents
	}
	return r
}

// startHeartbeat lets a command that holds the ledger, of a name, tell others that it does, and what status
// shows.
func startHeartbeat(ledger tenant.Ledger, name string) *tenant.Heartbeat {
	heart := tenant.StartHeartbeat(ledger, name, nil)
	heart.Tell(func() tenant.StatusReader { return newStatusReader(ledger).snapshot })
	return heart
}

// snapshot is what other processes are told; nil where the ledger cannot be read. The summaries of past
// passes are read once: until this process has closed the ledger none comes to them but its own.
func (r *statusReader) snapshot(underWay store.Run) json.RawMessage {
	status := report.Status{Now: time.Now()}
	if err := r.read(&status, underWay); err != nil {
		return nil
	}
	return report.Snapshot(status)
}

// read completes the status with what the ledger tells. A pass under way counts with those that are over,
// but is not the last one.
func (r *statusReader) read(status *report.Status, underWay ...store.Run) (err error) {
	ledger := r.ledger
	if status.Info, err = ledger.Info(); err != nil {
		return err
	}
	status.Place = ledger.Placement()
	doubtful, err := ledger.Waiting(listed, store.InDoubt)
	if err != nil {
		return err
	}
	open, err := ledger.OpenIntents()
	if err != nil {
		return err
	}
	if r.holds {
		left := slices.DeleteFunc(open, func(e store.Entry) bool { return e.Intent > r.intents })
		status.InFlight, open = len(open)-len(left), left
	}
	status.InDoubt = append(open, doubtful...)
	waiting, err := ledger.Waiting(1, store.Scheduled, store.Retry)
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		status.NextDue = waiting[0].Due
	}
	if r.runs == nil {
		if r.runs, err = ledger.Runs(recentRuns); err != nil {
			return fmt.Errorf("read the last pass: %w", err)
		}
		// They are kept for as long as a pass lasts.
		for i := latestRuns; i < len(r.runs); i++ {
			r.runs[i].Refusals = nil
		}
	}
	runs := r.runs
	// One that came to its end is a pass like any, wherever its summary is.
	if left := status.Killed; left != nil && left.Run != nil {
		runs, status.Killed = withLeft(left, runs), nil
	}
	if len(runs) > 0 {
		status.Last = &runs[0]
	}
	for _, run := range underWay {
		if run.Pass != "" {
			run.Ended = status.Now
			runs = append([]store.Run{run}, runs...)
		}
	}
	status.Recent = report.NewRecent(withLeft(status.Killed, runs), status.Now, status.Acknowledged)
	if status.FirstTried, err = firstTried(ledger); err != nil {
		return err
	}
	backfills, err := ledger.Backfills()
	if err != nil {
		return fmt.Errorf("read the back-fills: %w", err)
	}
	status.Backfills = slices.DeleteFunc(
		backfills, func(b store.Backfill) bool { return !b.Finished.IsZero() })
	status.Refused, err = openRefusals(ledger, runs[:min(len(runs), latestRuns)])
	return err
}

func firstTried(ledger tenant.Ledger) (first time.Time, err error) {
	entries, err := ledger.Waiting(retried, store.Retry)
	if err != nil {
		return first, fmt.Errorf("read what is to be retried: %w", err)
	}
	for _, e := range entries {
		if !e.First.IsZero() && (first.IsZero() || e.First.Before(first)) {
			first = e.First
		}
	}
	return first, nil
}

// openRefusals are the refusals of the latest passes that still stand, each once, the latest first: what an
// expression failed on may have been asked about since.
func openRefusals(ledger tenant.Ledger, runs []store.Run) ([]store.Refusal, error) {
	var kept []store.Refusal
	seen := map[store.Key]bool{}
	for _, run := range runs {
		// A pass notes them as they come.
		for _, refusal := range slices.Backward(run.Refusals) {
			key := store.Key{Conversation: refusal.Conversation, Recovery: refusal.Kind != ""}
			if seen[key] {
				continue
			}
			seen[key] = true
			known, err := ledger.Lookup([]store.Key{key})
			if err != nil {
				return nil, fmt.Errorf("look up what was rejected: %w", err)
			}
			for k, record := range known {
				if k.Recovery == key.Recovery && record.State == store.Rejected {
					kept = append(kept, refusal)
					break
				}
			}
		}
	}
	return kept, nil
}

// withLeft adds the pass of whoever has left its word behind, if no process has entered it into the ledger
// since.
func withLeft(holder *store.Holder, runs []store.Run) []store.Run {
	if holder == nil {
		return runs
	}
	left := holder.Left()
	if left == nil {
		return runs
	}
	// What it had said before it let go of the ledger is out of date.
	runs = slices.DeleteFunc(
		slices.Clone(runs), func(run store.Run) bool { return run.Pass == left.Pass && run.LetGo })
	if slices.ContainsFunc(runs, func(run store.Run) bool { return run.Pass == left.Pass }) {
		return runs
	}
	return append([]store.Run{*left}, runs...)
}
