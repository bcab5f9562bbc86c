package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/report"
)

func (s *shell) statusCommand() *cli.Command {
	return command(&cli.Command{
		Name:   "status",
		Usage:  "show the checkpoint, the counts by disposition, what waits, and what needs a hand",
		Flags:  []cli.Flag{noPagerFlag()},
		Action: s.status,
	})
}

const (
	listed     = 20   // conversations in doubt that status names
	latestRuns = 50   // passes whose refusals it names
	recentRuns = 1500 // passes that it looks at: those of a day, if there is one a minute
	retried    = 1000 // of those that wait for a retry, it asks so many when they were first tried
)

// status reads the ledger and shows where things stand; while a pass holds it, how far that is. It calls neither service.
func (s *shell) status(c *cli.Context) (err error) {
	terminal, tenant, err := s.begin(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.close()) }()
	ledger, err := tenant.past()
	if errors.Is(err, store.ErrLocked) {
		return s.statusOfRunning(c, terminal, tenant, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	status, err := readStatus(ledger, leftBehind(tenant.config.Ledger.Path))
	// Before anything is printed: who reads that may take long, and until then no pass could begin.
	if err = errors.Join(err, ledger.Close()); err != nil {
		return err
	}
	tenant.complete(&status)
	status.Here = here(c)
	if c.Bool(flagJSON) {
		return report.StatusJSON(s.stdout, status)
	}
	return terminal.answer(report.StatusDoc(status))
}

// past opens the ledger for reading what was done. The stand-ins' own is made by their first pass.
func (t *tenant) past() (*bolt.Ledger, error) {
	ledger, err := t.open(bolt.Options{ReadOnly: true})
	if t.sandbox != nil && errors.Is(err, store.ErrMissing) {
		return nil, fmt.Errorf("%w for the sandbox yet; acsync run --sandbox makes it", store.ErrMissing)
	}
	return ledger, err
}

// readStatus asks the ledger, and what a process left that was killed since; nil for none.
func readStatus(ledger *bolt.Ledger, killed *store.Holder) (report.Status, error) {
	info, err := ledger.Info()
	if err != nil {
		return report.Status{}, err
	}
	doubtful, err := ledger.Waiting(listed, store.InDoubt)
	if err != nil {
		return report.Status{}, err
	}
	open, err := ledger.OpenIntents()
	if err != nil {
		return report.Status{}, err
	}
	waiting, err := ledger.Waiting(1, store.Scheduled, store.Retry)
	if err != nil {
		return report.Status{}, err
	}
	runs, err := ledger.Runs(recentRuns)
	if err != nil {
		return report.Status{}, fmt.Errorf("read the last pass: %w", err)
	}
	status := report.Status{Info: info, InDoubt: append(open, doubtful...), Killed: killed, Now: time.Now()}
	status.Recent = report.NewRecent(withKilled(killed, runs), status.Now)
	if len(waiting) > 0 {
		status.NextDue = waiting[0].Due
	}
	if len(runs) > 0 {
		status.Last, status.Ending = &runs[0], endingOf(runs[0].Exit)
	}
	if status.FirstTried, err = firstTried(ledger); err != nil {
		return report.Status{}, err
	}
	backfills, err := ledger.Backfills()
	if err != nil {
		return report.Status{}, fmt.Errorf("read the back-fills: %w", err)
	}
	status.Backfills = slices.DeleteFunc(backfills, func(b store.Backfill) bool { return !b.Finished.IsZero() })
	status.Refused, err = standing(ledger, runs[:min(len(runs), latestRuns)])
	return status, err
}

// complete adds what the configuration says to what the ledger does.
func (t *tenant) complete(s *report.Status) {
	settings := t.config.Sync
	s.Tenant, s.Ledger, s.Asks, s.Witness = t.name, t.config.Ledger.Path, t.remembers(), t.witness()
	s.Settle, s.Overlap, s.MaxAge = time.Duration(settings.Settle), time.Duration(settings.Overlap), time.Duration(settings.MaxAge)
	s.MaxErrorRate = settings.MaxErrorRate
}

// leftBehind is who had the ledger last, when that process was killed: one that ends takes its word away before it gives up
// the lock. It is asked while the lock is held, so that it is nobody's who is at work. Nil: nobody was.
func leftBehind(path string) *store.Holder {
	holder, err := bolt.ReadHolder(path)
	if err != nil {
		return nil // none, or it tells nothing
	}
	return &holder
}

// firstTried is the earliest first try of what is to be retried; zero for none.
func firstTried(ledger *bolt.Ledger) (time.Time, error) {
	var first time.Time
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

// standing are the refusals of the latest passes that still stand, each once, the latest first: what an expression failed on may have been
// asked about since.
func standing(ledger *bolt.Ledger, runs []store.Run) ([]store.Refusal, error) {
	var kept []store.Refusal
	seen := map[store.Key]bool{}
	for _, run := range runs {
		for _, refusal := range slices.Backward(run.Refusals) { // a pass notes them as they come
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

// writeJSON writes one indented object.
func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
