package sync

import (
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/deliver"
	"acsync/sync/fetch"
)

// Result is what a pass did. It is complete also when the pass ended early: what was found is accounted for.
type Result struct {
	Pass         string // such as 20261122T201500Z-7f3a
	Mode         string // "run", "rehearse", "backfill", "plan" or "apply"
	DryRun       bool
	fetch.Window // the range that was to be read
	// up to which everything is read and recorded; after a dry run where a real pass would put it
	Checkpoint time.Time
	Made       time.Time      // when the plan was made that is carried out; zero for other passes
	Backfill   store.Backfill // how far a back-fill has come, and its whole range; zero for other passes
	Counted    fetch.Estimate // of what a back-fill had before it; zero where nothing was counted
	Started    time.Time      // this machine's clock
	Ended      time.Time

	Found  int                 // distinct conversations, those taken up from the ledger included
	Due    int                 // of these: taken up from the ledger
	Counts map[store.State]int // by disposition
	// of the accepted, or in a dry run of those that would be sent: service recoveries
	Followed int
	// of the same: those with do_not_send, which Agent Connect counts and mails to nobody
	Flagged int
	Planned int // dry run: those that a real pass would send; they are in no other count
	// of the same: how many customers would be mailed, and how many of these about several conversations
	Customers, Repeated int
	Reasons             Reasons // why, by disposition
	// conversations that were skipped because their agents, by id, have no active profile
	Unlisted map[string]int
	NextDue  time.Time // when the first of those that are delayed is to be sent; zero for none
	// of these: in doubt until Agent Connect's data told, by what they became then
	Settled map[store.State]int
	// seen for the first time below the checkpoint that an earlier pass had closed
	Late     int
	Latest   time.Duration   // how far below it at most
	Unseen   int             // counted by Kustomer, but not shown to this key, or broken
	Unread   int             // of these: broken, and perhaps readable later
	Refusals []store.Refusal // the first hundred of those that were rejected
	Notices  []string        // what the operator should know
	Fuse     string          // which fuse blew, and why; empty for none
	// which of the operator's own limits was reached: max, confirm-first-run; empty for none
	Limit  string
	Stale  fetch.Window // the resolutions of those that were skipped as stale; zero for none
	Failed fetch.Window // the resolutions of those that an expression failed on; zero for none
	// why Agent Connect took nothing more, though certainly nothing is lost; empty if it did
	Down    string
	Reread  time.Time     // when it has read far back again, earlier if that failed; zero if it has not
	Outage  *store.Outage // it leaves Agent Connect down; nil: up, as far as known
	Refused bool          // Agent Connect refused the key
	Exit    int           // the exit code that goes with it

	Forgotten int // keys that the ledger has forgotten, because they were older than Options.Retain
}

// Reasons counts, for each disposition, why.
type Reasons map[store.State]map[decide.Reason]int

// Of is the counts of some dispositions together; never nil.
func (r Reasons) Of(states ...store.State) map[decide.Reason]int {
	sum := map[decide.Reason]int{}
	for _, state := range states {
		for reason, n := range r[state] {
			sum[reason] += n
		}
	}
	return sum
}

// Broken counts what was rejected because an expression of the configuration failed on it.
func (r Reasons) Broken() int {
	sum := 0
	for reason, n := range r[store.Rejected] {
		if reason.Broken() {
			sum += n
		}
	}
	return sum
}

// Parked counts what is tried again, and needs a hand all the same: others of its kind do not fail.
func (r Reasons) Parked() int {
	sum := 0
	for reason, n := range r.Of(store.Scheduled, store.Retry) {
		if reason.Parked() {
			sum += n
		}
	}
	return sum
}

// Unfollowed counts what the condition of recoveries holds for and was never asked about: the operator may
// mean something else by it.
func (r Result) Unfollowed() int { return r.Reasons[store.Skipped][decide.NoFirstRequest] }

// Oddities counts what needs a hand besides what is rejected or in doubt.
func (r Result) Oddities() int { return r.Unseen + r.Reasons.Parked() + r.Unfollowed() }

func (r Reasons) add(state store.State, reason decide.Reason, n int) {
	if r[state] == nil {
		r[state] = map[decide.Reason]int{}
	}
	if r[state][reason] += n; r[state][reason] == 0 {
		delete(r[state], reason)
	}
}

// add counts a disposition. What was found is counted when it is read, so that Accounted compares two counts.
func (r *Result) add(row Row) {
	if (row.Planned || row.State == store.Accepted) && row.Key.Recovery {
		r.Followed++
	}
	if (row.Planned || row.State == store.Accepted) && row.Flagged {
		r.Flagged++
	}
	if row.Planned {
		r.Planned++
		return
	}
	r.Counts[row.State]++
	if !row.Due.IsZero() {
		r.NextDue = earlier(r.NextDue, row.Due)
	}
	if row.Reason != "" {
		r.Reasons.add(row.State, row.Reason, 1)
	}
	switch {
	case row.State == store.Skipped && row.Reason == decide.AgentUnknown:
		r.unlisted(row.Agent, 1)
	case row.State == store.Skipped && row.Reason == decide.Stale:
		r.Stale = r.Stale.Widen(row.Resolution)
	case row.State == store.Rejected && row.Reason.Broken():
		r.Failed = r.Failed.Widen(row.Resolution)
	}
	if row.State == store.Rejected && len(r.Refusals) < keptRefusals {
		r.Refusals = append(r.Refusals, store.Refusal{
			Conversation: row.Key.Conversation, Reason: string(row.Reason), Kind: row.Key.Kind(),
		})
	}
}

func (r *Result) unlisted(agent string, n int) {
	if r.Unlisted == nil {
		r.Unlisted = map[string]int{}
	}
	if r.Unlisted[agent] += n; r.Unlisted[agent] == 0 {
		delete(r.Unlisted, agent)
	}
}

// Position is the time up to which everything is read and recorded: the checkpoint, or that of a back-fill.
func (r Result) Position() time.Time {
	if !r.Backfill.Begun.IsZero() {
		return r.Backfill.Position
	}
	return r.Checkpoint
}

// Accounted reports whether every conversation that was found has exactly one disposition.
func (r Result) Accounted() bool {
	sum := r.Planned
	for _, state := range store.States() {
		sum += r.Counts[state]
	}
	return sum == r.Found
}

// keptRefusals is how many refusals the ledger's summary of a pass names.
const keptRefusals = 100

func (r Result) summary() *store.Run {
	counts, reasons := map[string]int{}, map[string]int{}
	for state, n := range r.Counts {
		counts[state.String()] = n
	}
	for reason, n := range r.Reasons.Of(store.States()...) {
		reasons[string(reason)] = n
	}
	// What stands behind has words that a server has chosen, and those are not for the ledger.
	fuse, _, _ := strings.Cut(r.Fuse, "; ")
	return &store.Run{
		Pass: r.Pass, Mode: r.Mode, Started: r.Started, Ended: r.Ended, From: r.From, To: r.To,
		Checkpoint: r.Checkpoint, Found: r.Found, Counts: counts, Reasons: reasons, Refusals: r.Refusals,
		Fuse: fuse, Exit: r.Exit, Outage: r.Outage, Reread: r.Reread,
		Late: r.Late, Latest: r.Latest.Seconds(),
	}
}

// Row is what became of one conversation in a pass.
type Row struct {
	Key        store.Key
	Customer   string // id
	Agent      string // id
	Resolution time.Time
	State      store.State           // its disposition
	Due        time.Time             // when its delay is over; zero unless it is delayed
	Planned    bool                  // a dry run: a real pass would send it
	Reason     decide.Reason         // empty when accepted or planned
	Status     int                   // HTTP status of the last answer; 0 for none
	Message    string                // the server's words; free of personal data
	Request    *agentconnect.Request // what was or would be sent; nil for a skip
	decide.RowDetails
}

func rowOf(c decide.Case, o deliver.Outcome) Row {
	row := Row{
		Key: c.Key, Customer: c.Conversation.CustomerID, Resolution: c.Resolution(),
		State: o.State, Planned: o.Planned, Reason: o.Reason, Status: o.Status, Message: o.Message,
		Due: o.Due,
	}
	row.RowDetails = decide.DetailsOf(c, o.At)
	if c.Agent != nil {
		row.Agent = c.Agent.ID
	}
	if c.Send() {
		row.Request = &c.Request
	}
	return row
}

func rowOfEntry(e store.Entry) Row {
	row := rowOf(decide.WaitingCase(e), stillWaiting(asKept(e.Record)))
	row.Request = nil // it was not decided
	return row
}

// asKept is the disposition of what stays in the ledger.
func asKept(r store.Record) deliver.Outcome {
	o := deliver.Outcome{State: r.State, Reason: decide.Reason(r.Reason), Status: r.Status}
	if o.Reason == decide.Delayed {
		o.Due = r.Due
	}
	return o
}

// stillWaiting is that of what is due although the pass stopped: it is no longer delayed.
func stillWaiting(o deliver.Outcome) deliver.Outcome {
	if o.Reason == decide.Delayed {
		o.Reason, o.Due = decide.Stopped, time.Time{}
	}
	return o
}
