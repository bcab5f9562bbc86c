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
	Pass         `json:"-"`
	Revealed     bool // addresses are not masked
	Verdict      Verdict
	Timezone     string // of the days and hours
	Tally        Tally
	Dispositions []Disposition // those that occur, in the order of a table
	Concerns     []Concern
	Timeline     Timeline
	Channels     []Group // the most frequent first, like all groups
	Agents       []Group
	Teams        []Group // a conversation of several teams counts for each
	Brands       []Group
	Days         []Group // in the order of time, by the time of resolution
	Hours        []Group // of the day, 00 to 23
	Settings     []Setting
	Digest       string // two passes with the same one decided by the same settings
	Rows         []Row  `json:"conversations"` // by the time of resolution

	zone *time.Location
}

// MarshalJSON writes the report.
func (r Report) MarshalJSON() ([]byte, error) {
	return object{
		"schema", Schema, "tenant", r.Tenant, "pass", r.Result.Pass, "mode", r.Mode, "dry_run", r.DryRun,
		"revealed", r.Revealed, "verdict", r.Verdict,
		"from", stamp(r.From), "to", stamp(r.To), // of the resolutions that were to be read
		"checkpoint", stamp(r.Checkpoint), // of a dry run: where a real pass would have put it
		"read_up_to", stamp(r.Position()), // the checkpoint, or the position of a back-fill
		"plan_made", when(r.planned(), stamp(r.Made)), // when the plan was made that is carried out
		"started", stamp(r.Started), "ended", stamp(r.Ended), "timezone", r.Timezone, "found", r.Found,
		"due", r.Due, // of these: taken up from the ledger
		"tally", r.Tally,
		"recoveries", r.Followed, // of those that were sent, or of a dry run would be
		"flagged", r.Flagged, // of the same: with do_not_send, so that nobody is mailed
		"dispositions", r.Dispositions, "needs_a_hand", r.Concerns, "timeline", r.Timeline,
		"channels", r.Channels, "agents", r.Agents, "teams", r.Teams, "brands", r.Brands, "days", r.Days,
		"hours", r.Hours, "requests", r.Calls, "settings", r.Settings, "settings_digest", r.Digest,
		"conversations", r.Rows, "exit", r.Exit,
	}.MarshalJSON()
}

// Setting is a key of the configuration with its value; never a secret. Addresses in it are masked.
type Setting struct {
	Key     string `json:"key"`
	Value   string `json:"value"`
	Default bool   `json:"default"` // as if the key were not set
}

// Detail is what a report tells beside the counts of a pass. The zero Detail works.
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
		Pass: p, Revealed: d.Rows != nil && d.Rows.Reveal, Verdict: verdictOf(p, tally, concerns, d.Problem),
		Timezone: zoneName(zone, p.Started), Tally: tally, Dispositions: p.dispositions(), Concerns: concerns,
		Timeline: newTimeline(rows, p.From, p.To, zone), Rows: rows, zone: zone,
		Channels: named(groups(rows, byChannel)), Agents: named(groups(rows, byAgent)),
		Teams: named(groups(rows, byTeam)), Brands: named(groups(rows, byBrand)),
		Days:   inOrder(groups(rows, byTime(zone, time.DateOnly))),
		Hours:  inOrder(groups(rows, byTime(zone, "15"))),
		Digest: d.Digest, Settings: make([]Setting, len(d.Settings)),
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
func (r Report) local(t time.Time, layout string) string { return Moment{t}.in(r.zone, layout) }

func (r Report) sentWord() string {
	if r.DryRun {
		return "would send"
	}
	return "sent"
}
