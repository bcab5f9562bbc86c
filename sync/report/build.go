package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// Detail is what a report tells beside the counts of a pass. The zero Detail works: in UTC, without conversations.
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
	tally, hands := tallyOf(p), handsOf(rows)
	r := Report{
		Schema: Schema, Tenant: p.Tenant, Pass: p.Pass, Mode: p.Mode, DryRun: p.DryRun, Revealed: d.Rows != nil && d.Rows.Reveal,
		From: Moment{p.From}, To: Moment{p.To}, Checkpoint: Moment{p.Checkpoint}, ReadUpTo: Moment{p.Position()}, PlanMade: Moment{p.Made}, Started: Moment{p.Started}, Ended: Moment{p.Ended},
		Timezone: zoneName(zone, p.Started), Found: p.Found, Due: p.Due, Tally: tally, Recoveries: p.Followed, Flagged: p.Flagged,
		Verdict:      verdict(p, tally, hands, d.Problem),
		Dispositions: dispositionsOf(p), Hands: hands, Timeline: newTimeline(rows, p.From, p.To, zone),
		Channels: named(groups(rows, byChannel)), Agents: named(groups(rows, byAgent)),
		Teams: named(groups(rows, byTeam)), Brands: named(groups(rows, byBrand)),
		Days:     inOrder(groups(rows, byTime(zone, time.DateOnly))),
		Hours:    inOrder(groups(rows, byTime(zone, "15"))),
		Requests: p.Calls, Settings: maskSettings(d.Settings), Digest: d.Digest, Rows: rows, Exit: p.Exit, zone: zone,
	}
	if r.Rows == nil {
		r.Rows = []Row{}
	}
	return r
}

// dispositionsOf counts what became of the conversations, and why.
func dispositionsOf(p Pass) []Disposition {
	list := []Disposition{}
	if p.DryRun && p.Planned > 0 {
		list = append(list, Disposition{wouldSend, p.Planned, ratio(p.Planned, p.Found), "a real pass would ask these", []ReasonCount{}})
	}
	for _, d := range dispositions {
		n := p.Counts[d.state]
		if n == 0 {
			continue
		}
		disposition := Disposition{d.state.String(), n, ratio(n, p.Found), d.means(p), []ReasonCount{}}
		for _, reason := range byFrequency(p.Reasons[d.state]) {
			n := p.Reasons[d.state][reason]
			disposition.Reasons = append(disposition.Reasons, ReasonCount{Reason: string(reason), Count: n, Share: ratio(n, p.Found), Meaning: reason.Explain()})
		}
		list = append(list, disposition)
	}
	return list
}

// byFrequency are the reasons, the most frequent first.
func byFrequency(counts map[decide.Reason]int) []decide.Reason {
	return slices.SortedFunc(maps.Keys(counts), func(a, b decide.Reason) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(string(a), string(b)))
	})
}

// maskSettings masks the addresses in settings: a rule can name one.
func maskSettings(settings []Setting) []Setting {
	masked := make([]Setting, len(settings))
	for i, setting := range settings {
		masked[i] = setting
		masked[i].Value = maskAll(setting.Value)
	}
	return masked
}

// ratio is a share, 0 to 1.
func ratio(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// states are all dispositions by name, in the order in which they are looked at: what needs a hand first.
var states = []string{
	store.Rejected.String(), store.InDoubt.String(), store.Sending.String(), store.Retry.String(), store.Scheduled.String(),
	wouldSend, store.Accepted.String(), store.Dropped.String(), store.Skipped.String(),
}

// zoneName is what a reader knows the zone by: its own name, or of this machine's zone the one that holds at the time.
func zoneName(zone *time.Location, at time.Time) string {
	if zone == time.Local {
		return at.In(zone).Format("MST")
	}
	return zone.String()
}
