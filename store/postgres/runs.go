package postgres

import (
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"acsync/store"
)

// addRun writes the summary of a pass, in the place of what was known of it before it came to its end.
func addRun(t *txn, run *store.Run) error {
	text, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("the summary of pass %s cannot be written: %w", run.Pass, err)
	}
	t.later("delete from acsync.runs where ledger = $1 and pass = $2 and killed", t.no, run.Pass)
	t.later(`insert into acsync.runs (ledger, number, pass, killed, summary)
		select $1::integer, coalesce(max(number), 0) + 1, $2::text, $3::boolean, $4::text::json
		from acsync.runs where ledger = $1`, t.no, run.Pass, run.Killed, string(text))
	return nil
}

// adoptRun enters the pass of a holder that was killed. One that was killed after it had written its own
// summary keeps that; what it had said before it let go of the ledger is brought up to date.
func adoptRun(t *txn, run *store.Run) error {
	if run == nil {
		return nil
	}
	known, err := ask(t, scanRun, "select summary::text from acsync.runs where ledger = $1 and pass = $2",
		t.no, run.Pass)
	if err != nil {
		return err
	}
	for _, k := range known {
		switch {
		case !k.Killed:
			return nil
		// Its reasons its process has not told since.
		case run.Killed:
			run.Reasons, run.Refusals = k.Reasons, k.Refusals
		}
	}
	return addRun(t, run)
}

func scanRun(row pgx.CollectableRow) (run store.Run, err error) {
	var text string
	if err := row.Scan(&text); err != nil {
		return run, err
	}
	if err := json.Unmarshal([]byte(text), &run); err != nil {
		return run, damaged("the summary of a pass cannot be read")
	}
	return run, nil
}
