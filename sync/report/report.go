// Package report holds what is told of a pass, of the ledger and of one conversation: a document for people
// (see package doc), JSON for programs, and CSV for spreadsheets. It shows counts, ids, reasons and times,
// and addresses only as they may be shown. Its words of advice stand in advice.go.
package report

import (
	"cmp"
	"time"
)

// Schema names the form of a report in JSON. Fields may be added, never renamed or removed.
const Schema = "acsync.report/1"

// Report is all that is told of a pass: every form shows the same. Addresses are masked in it unless it was
// asked to reveal them. Parts that are not known are empty, and are left out.
type Report struct {
	Schema     string  `json:"schema"`
	Tenant     string  `json:"tenant"` // the organisation, or "sandbox"
	Pass       string  `json:"pass"`   // such as 20261122T201500Z-7f3a
	Mode       string  `json:"mode"`   // "run", "backfill", "plan", "apply"
	DryRun     bool    `json:"dry_run"`
	Revealed   bool    `json:"revealed"` // addresses are not masked
	Verdict    Verdict `json:"verdict"`
	From       Moment  `json:"from"` // of the resolutions that were to be read
	To         Moment  `json:"to"`
	Checkpoint Moment  `json:"checkpoint"` // of a dry run: where a real pass would have put it
	// how far the range was read: the checkpoint, or the position of a back-fill
	ReadUpTo   Moment `json:"read_up_to"`
	PlanMade   Moment `json:"plan_made,omitzero"` // when the plan was made that is carried out
	Started    Moment `json:"started"`
	Ended      Moment `json:"ended"`
	Timezone   string `json:"timezone"` // of the days and hours
	Found      int    `json:"found"`
	Due        int    `json:"due"` // of these: taken up from the ledger
	Tally      Tally  `json:"tally"`
	Recoveries int    `json:"recoveries"` // of those that were sent, or of a dry run would be
	Flagged    int    `json:"flagged"`    // of the same: with do_not_send, so that nobody is mailed

	Dispositions []Disposition `json:"dispositions"` // those that occur, in the order of a table
	Concerns     []Concern     `json:"needs_a_hand"`
	Timeline     Timeline      `json:"timeline"`
	Channels     []Group       `json:"channels"` // the most frequent first, like all groups
	Agents       []Group       `json:"agents"`
	Teams        []Group       `json:"teams"` // a conversation of several teams counts for each
	Brands       []Group       `json:"brands"`
	Days         []Group       `json:"days"`  // in the order of time, by the time of resolution
	Hours        []Group       `json:"hours"` // of the day, 00 to 23
	Requests     Calls         `json:"requests"`
	Settings     []Setting     `json:"settings"`
	// two passes with the same one decided by the same settings
	Digest string `json:"settings_digest"`
	Rows   []Row  `json:"conversations"` // by the time of resolution
	Exit   int    `json:"exit"`

	zone *time.Location
	pass Pass
}

// Setting is a key of the configuration with its value; never a secret. Addresses in it are masked.
type Setting struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Default bool   `json:"default"` // as if the key were not set
}

// Detail is what a report tells beside the counts of a pass. The zero Detail works: in UTC, without
// conversations.
type Detail struct {
	Rows     *Rows
	Zone     *time.Location // of days and hours; nil: UTC
	Settings []Setting      // of the configuration; see Report.Settings
	Digest   string
	Problem  error // what ended the pass early; free of personal data
}

// New makes the report of a pass.
func New(p Pass, d Detail) Report {
	zone := cmp.Or(d.Zone, time.UTC)
	rows := d.Rows.sorted()
	tally, concerns := tallyOf(p.Found, p.counts()), concernsOf(p, rows)
	r := Report{
		Schema: Schema, Tenant: p.Tenant, Pass: p.Pass, Mode: p.Mode, DryRun: p.DryRun,
		Revealed: d.Rows != nil &&
			d.Rows.Reveal,
		From: Moment{p.From}, To: Moment{p.To}, Checkpoint: Moment{p.Checkpoint},
		ReadUpTo: Moment{p.Position()},
		PlanMade: Moment{p.Made}, Started: Moment{p.Started}, Ended: Moment{p.Ended},
		Timezone: zoneName(zone, p.Started), Found: p.Found, Due: p.Due, Tally: tally, Recoveries: p.Followed,
		Flagged: p.Flagged, Verdict: verdictOf(p, tally, concerns, d.Problem), Dispositions: p.dispositions(),
		Concerns: concerns, Timeline: newTimeline(rows, p.From, p.To, zone),
		Channels: named(groups(rows, byChannel)), Agents: named(groups(rows, byAgent)),
		Teams: named(groups(rows, byTeam)), Brands: named(groups(rows, byBrand)),
		Days:  inOrder(groups(rows, byTime(zone, time.DateOnly))),
		Hours: inOrder(groups(rows, byTime(zone, "15"))), Requests: p.Calls, Digest: d.Digest,
		Settings: make([]Setting, len(d.Settings)), Rows: rows, Exit: p.Exit, zone: zone, pass: p,
	}
	if r.Rows == nil {
		r.Rows = []Row{}
	}
	for i, setting := range d.Settings {
		r.Settings[i] = setting
		r.Settings[i].Value = maskAll(setting.Value) // a rule can name an address
	}
	return r
}

// local is a time in the report's zone; empty when it is not known.
func (r Report) local(m Moment, layout string) string { return m.in(r.zone, layout) }

func (r Report) sentWord() string {
	if r.DryRun {
		return "would send"
	}
	return "sent"
}
