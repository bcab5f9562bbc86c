package report

import (
	"encoding/json"
	"io"

	"acsync/store"
	surveysync "acsync/sync"
)

// passJSON is the form of a pass for programs, schema acsync.pass/1. Fields may be added, never
// renamed or removed.
type passJSON struct {
	Schema     string `json:"schema"`
	Pass       string `json:"pass"`
	Mode       string `json:"mode"`
	DryRun     bool   `json:"dry_run"`
	From       string `json:"from"`
	To         string `json:"to"`
	Checkpoint string `json:"checkpoint"` // of a dry run: where a real pass would have put it
	Found      int    `json:"found"`
	Due        int    `json:"due"` // of these: taken up from the ledger
	Accepted   int    `json:"accepted"`
	// of the accepted, or in a dry run of those that would be sent
	Recoveries int            `json:"recoveries"`
	Flagged    int            `json:"flagged"` // of the same: with do_not_send, so that nobody is mailed
	Scheduled  int            `json:"scheduled"`
	Rejected   int            `json:"rejected"`
	Retry      int            `json:"retry"`
	InDoubt    int            `json:"in_doubt"`
	Dropped    int            `json:"dropped"`
	Skipped    int            `json:"skipped"`
	WouldSend  int            `json:"would_send"` // dry run only
	Reasons    map[string]int `json:"reasons"`    // of the skips
	Rejections map[string]int `json:"rejections"` // of the refusals
	Waits      map[string]int `json:"waits"`      // of what is scheduled, to be retried or in doubt
	// when the first of the delayed ones is to be sent; empty for none
	NextDue   string          `json:"next_due"`
	Attention []attentionJSON `json:"attention"` // the first hundred of the rejected and in doubt
	// conversations that were skipped for that, by the agent's id in Kustomer
	Unlisted  map[string]int `json:"agents_unknown"`
	Late      lateJSON       `json:"late"`
	Notices   []string       `json:"notices"`
	Forgotten int            `json:"forgotten"` // keys older than ledger.retain that the ledger has forgotten
	Unseen    int            `json:"unseen"`    // counted by Kustomer, but not shown to this key
	Requests  Calls          `json:"requests"`
	Duration  float64        `json:"duration_seconds"`
	Fuse      string         `json:"fuse"`
	// which of the operator's limits ended the pass: max, max-duration, confirm-first-run
	LimitedBy string `json:"limited_by"`
	// why Agent Connect took nothing more, though nothing is lost
	Down string `json:"down"`
	// what ended the pass before its end, such as SIGTERM; see the README
	EndedBy  string        `json:"ended_by"`
	PlanMade string        `json:"plan_made,omitempty"` // of an apply: when its plan was made
	Backfill *backfillJSON `json:"backfill,omitempty"`  // of a back-fill: its whole range
	// the resolutions of those that were skipped as stale
	Stale *rangeJSON `json:"stale,omitempty"`
	Exit  int        `json:"exit"`
}

// rangeJSON is a half-open range of resolution times.
type rangeJSON struct {
	From string `json:"from"`
	To   string `json:"to"` // empty for "now"
}

// backfillJSON is how far a back-fill has come; of a dry run: would have come.
type backfillJSON struct {
	rangeJSON
	Position string `json:"position"` // up to here it is read and recorded
	Begun    string `json:"begun"`
	Finished string `json:"finished"` // empty while it is not
}

func backfillOf(p Pass) *backfillJSON {
	if !p.backfill() {
		return nil
	}
	b := backfillAs(p.Backfill)
	return &b
}

func backfillAs(b store.Backfill) backfillJSON {
	return backfillJSON{
		rangeJSON{stamp(b.From), stamp(b.To)},
		stamp(b.Position), stamp(b.Begun),
		stamp(b.Finished),
	}
}

func staleOf(p Pass) *rangeJSON {
	if p.Stale.Empty() {
		return nil
	}
	return &rangeJSON{stamp(p.Stale.From), stamp(p.Stale.To)}
}

// JSON writes the pass as one object on one line.
func JSON(w io.Writer, p Pass) error {
	return json.NewEncoder(w).Encode(passJSON{
		Schema: "acsync.pass/1", Pass: p.Pass, Mode: p.Mode, DryRun: p.DryRun, From: stamp(p.From),
		To: stamp(p.To), Checkpoint: stamp(p.Checkpoint), Found: p.Found, Due: p.Due, WouldSend: p.Planned,
		Accepted: p.Counts[store.Accepted], Recoveries: p.Followed, Flagged: p.Flagged,
		Scheduled: p.Counts[store.Scheduled], Rejected: p.Counts[store.Rejected],
		Retry:   p.Counts[store.Retry],
		InDoubt: p.Counts[store.InDoubt], Dropped: p.Counts[store.Dropped], Skipped: p.Counts[store.Skipped],
		Late: lateJSON{p.Late, p.Latest.Seconds()}, Notices: append([]string{}, p.Notices...),
		Forgotten: p.Forgotten, Unseen: p.Unseen, Reasons: byName(p.Reasons.Of(store.Skipped)),
		Rejections: byName(p.Reasons.Of(store.Rejected)),
		Waits:      byName(p.Reasons.Of(store.Scheduled, store.Retry, store.InDoubt)),
		Unlisted:   byName(p.Unlisted),
		NextDue:    stamp(p.NextDue), Attention: attentionList(p.Attention), Requests: p.Calls,
		Duration: p.duration().Seconds(), Fuse: p.Fuse, LimitedBy: p.Limit, Exit: p.Exit, Down: p.Down,
		EndedBy: p.EndedBy, PlanMade: stamp(p.Made), Backfill: backfillOf(p), Stale: staleOf(p),
	})
}

// lateJSON tells how many conversations were seen for the first time below the checkpoint of an earlier pass,
// and how far below it at most.
type lateJSON struct {
	Count   int     `json:"count"`
	Seconds float64 `json:"greatest_seconds"`
}

// byName is the counts with plain names; never null.
func byName[K ~string](counts map[K]int) map[string]int {
	named := make(map[string]int, len(counts))
	for name, n := range counts {
		named[string(name)] = n
	}
	return named
}

// attentionJSON is a conversation that needs a hand, for programs.
type attentionJSON struct {
	ID      string `json:"id"`
	Done    string `json:"resolution"` // when it was marked done
	State   string `json:"state"`
	Reason  string `json:"reason"`
	Status  int    `json:"status"`
	Message string `json:"message"`        // Agent Connect's words, without personal data
	Kind    string `json:"kind,omitempty"` // "recovery" when it is one
}

func attentionList(rows []surveysync.Row) []attentionJSON {
	list := make([]attentionJSON, 0, len(rows))
	for _, row := range rows {
		list = append(list, attentionJSON{
			row.Key.Conversation, stamp(row.Resolution), row.State.String(),
			string(row.Reason), row.Status, row.Message, row.Key.Kind(),
		})
	}
	return list
}
