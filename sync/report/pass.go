package report

import (
	"io"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
)

// Pass is what is known of one pass when it has ended.
type Pass struct {
	surveysync.Result
	Tenant    string // the organisation, or "sandbox"
	Here      string // the flags that point a command at the same ledger; empty, or begins with a blank
	Again     string // the command that goes on with a back-fill
	Calls     Calls
	Attention []surveysync.Row // some of the rejected and in doubt
	// what ended it before its end: SIGINT, max-duration, credentials …; empty for nothing
	EndedBy string
	// fingerprint of the plan that the pass was saved as, or carries out; empty for none
	Plan string
}

// Calls counts the requests to both services, each attempt by itself.
type Calls struct {
	Kustomer         int `json:"kustomer"` // all of them, searches included
	KustomerSearch   int `json:"kustomer_search"`
	AgentConnect     int `json:"agent_connect"`
	AgentConnectData int `json:"agent_connect_data"`
}

// backfill reports whether the pass has a range of its own, and was begun.
func (p Pass) backfill() bool { return !p.Backfill.Begun.IsZero() }

// paused reports whether the pass is a back-fill that has something left to do.
func (p Pass) paused() bool { return p.backfill() && !p.DryRun && p.Position().Before(p.To) }

// rehearsed reports whether the pass was made with the test key: no customer was asked.
func (p Pass) rehearsed() bool { return p.Mode == "rehearse" }

// planned reports whether the pass carries out a plan.
func (p Pass) planned() bool { return !p.Made.IsZero() }

func (p Pass) duration() time.Duration { return p.Ended.Sub(p.Started) }

// counts are those of the dispositions, with what a real pass would send.
func (p Pass) counts() map[string]int {
	counts := byState(p.Counts)
	counts[wouldSend] = p.Planned
	return counts
}

// dispositions counts what became of the conversations, and why.
func (p Pass) dispositions() []Disposition {
	reasons := map[string]map[decide.Reason]int{}
	for state, counts := range p.Reasons {
		reasons[state.String()] = counts
	}
	list := countDispositions(p.counts(), p.Found, p.Reasons.Broken() > 0)
	for i, d := range list {
		list[i].Reasons = countReasons(reasons[d.Name], p.Found)
		if d.Name == store.Scheduled.String() && p.planned() {
			list[i].Meaning = "as planned, and left for now"
		}
	}
	return list
}

// JSON writes the pass as one object on one line, schema acsync.pass/1.
func JSON(w io.Writer, p Pass) error {
	attention := []object{}
	for _, row := range p.Attention {
		attention = append(attention, object{
			"id", row.Key.Conversation,
			"resolution", stamp(row.Resolution), // when it was marked done
			"state", row.State.String(), "reason", row.Reason, "status", row.Status,
			"message", row.Message, // Agent Connect's words, without personal data
			"kind", when(row.Key.Recovery, row.Key.Kind()),
		})
	}
	return writeJSON(w, object{
		"schema", "acsync.pass/1", "pass", p.Pass, "mode", p.Mode, "dry_run", p.DryRun,
		"from", stamp(p.From), "to", stamp(p.To),
		"checkpoint", stamp(p.Checkpoint), // of a dry run: where a real pass would have put it
		"found", p.Found,
		"due", p.Due, // of these: taken up from the ledger
		"accepted", p.Counts[store.Accepted],
		"recoveries", p.Followed, // of the accepted, or in a dry run of those that would be sent
		"flagged", p.Flagged, // of the same: with do_not_send, so that nobody is mailed
		"scheduled", p.Counts[store.Scheduled], "rejected", p.Counts[store.Rejected],
		"retry", p.Counts[store.Retry], "in_doubt", p.Counts[store.InDoubt],
		"dropped", p.Counts[store.Dropped], "skipped", p.Counts[store.Skipped],
		"would_send", p.Planned, // dry run only
		"customers", when(p.DryRun, p.Customers), // of these, told apart by their addresses
		"customers_repeated", when(p.DryRun, p.Repeated), // asked about several conversations
		"reasons", p.Reasons.Of(store.Skipped), "rejections", p.Reasons.Of(store.Rejected),
		"waits", p.Reasons.Of(store.Scheduled, store.Retry, store.InDoubt),
		"next_due", stamp(p.NextDue), // of the delayed ones; empty for none
		"attention", attention, // the first hundred of those that need a hand
		"agents_unknown", byName(p.Unlisted), "late", lateJSON(p.Late, p.Latest),
		"notices", append([]string{}, p.Notices...),
		"forgotten", p.Forgotten, // keys older than ledger.retain that the ledger has forgotten
		"unseen", p.Unseen, // counted by Kustomer, but not shown to this key
		"requests", p.Calls, "duration_seconds", p.duration().Seconds(), "fuse", p.Fuse,
		// which of the operator's limits ended it: max, max-duration, confirm-first-run
		"limited_by", p.Limit,
		"down", p.Down, // why Agent Connect took nothing more, though nothing is lost
		"outage", outageJSON(p.Outage), // it leaves Agent Connect down; else null
		"ended_by", p.EndedBy, // what ended it before its end, such as SIGTERM
		"plan_made", when(p.planned(), stamp(p.Made)),
		"plan_fingerprint", when(p.Plan != "", p.Plan), // of the plan that is saved, or carried out
		"backfill", ofBackfillJSON(p),
		"stale", when(!p.Stale.Empty(), rangeJSON(p.Stale.From, p.Stale.To)), // of those skipped as stale
		"exit", p.Exit,
	}, oneLine)
}

// ofBackfillJSON is how far the back-fill has come that a pass is of, and what is left; omitted where it is
// of none.
func ofBackfillJSON(p Pass) any {
	return when(p.backfill(), append(backfillJSON(p.Backfill), "left", restJSON(p)))
}

// backfillJSON is how far a back-fill has come; of a dry run: would have come.
func backfillJSON(b store.Backfill) object {
	return append(rangeJSON(b.From, b.To), object{
		"position", stamp(b.Position), // up to here it is read and recorded
		"begun", stamp(b.Begun),
		"finished", stamp(b.Finished), // empty while it is not
	}...)
}

// outageJSON is since when Agent Connect is down, and from when on a pass tries it again; null for never.
func outageJSON(o *store.Outage) any {
	if o == nil {
		return nil
	}
	return object{"since", stamp(o.Since), "next", stamp(o.Next), "knocks", o.Knocks}
}

// rangeJSON is a half-open range of resolution times; an empty end is now.
func rangeJSON(from, to time.Time) object { return object{"from", stamp(from), "to", stamp(to)} }

// lateJSON counts conversations seen first below the checkpoint of an earlier pass, and how far at most.
func lateJSON(n int, greatest time.Duration) object {
	return object{"count", n, "greatest_seconds", greatest.Seconds()}
}
