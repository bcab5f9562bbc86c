package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"acsync/store"
)

// historyColumns are those of the CSV form. Their names stay; new ones come at the end.
var historyColumns = []string{
	"pass", "mode", "started_at", "ended_at", "from", "to", "checkpoint", "found", "accepted", "rejected", "in_doubt", "retry", "scheduled",
	"dropped", "skipped", "late", "latest_seconds", "fuse", "exit", "exit_meaning",
}

// HistoryCSV writes a line for each pass (RFC 4180, UTF-8), the latest first, times in the report's zone.
func HistoryCSV(w io.Writer, h History) error {
	meanings := map[int]string{}
	for _, exit := range h.Exits {
		meanings[exit.Code] = exit.Meaning
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(historyColumns); err != nil {
		return err
	}
	for _, p := range h.Passes {
		at := func(m Moment) string { return h.local(m, time.RFC3339) }
		line := []string{p.Pass, p.Mode, at(p.Started), at(p.Ended), at(p.From), at(p.To), at(p.Checkpoint), strconv.Itoa(p.Found)}
		for _, state := range []store.State{store.Accepted, store.Rejected, store.InDoubt, store.Retry, store.Scheduled, store.Dropped, store.Skipped} {
			line = append(line, strconv.Itoa(p.Counts[state.String()]))
		}
		exit, meaning := strconv.Itoa(p.Exit), meanings[p.Exit]
		if p.Killed {
			exit, meaning = "", killedWord
		}
		line = append(line, strconv.Itoa(p.Late), strconv.FormatFloat(p.Latest, 'f', -1, 64), p.Fuse, exit, meaning)
		for i := range line {
			line[i] = harmless(line[i])
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
