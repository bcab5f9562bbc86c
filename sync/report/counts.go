package report

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// Tally counts conversations by what became of them.
type Tally struct {
	Found    int `json:"found"`
	Sent     int `json:"sent"` // of a dry run: a real pass would send
	Rejected int `json:"rejected"`
	InDoubt  int `json:"in_doubt"`
	Waiting  int `json:"waiting"` // scheduled, or to be tried again; of past passes also what is untold
	Skipped  int `json:"skipped"` // and dropped
}

// tallyOf counts conversations by their dispositions; names of another version are found, and nothing else.
func tallyOf(found int, counts map[string]int) Tally {
	var t Tally
	for _, d := range dispositions {
		t.add(d.name, counts[d.name])
	}
	t.Found = found
	return t
}

// Hand is the number of those that need one.
func (t Tally) Hand() int { return t.Rejected + t.InDoubt }

func (t *Tally) add(name string, n int) {
	t.Found += n
	switch name {
	case wouldSend, store.Accepted.String():
		t.Sent += n
	case store.Rejected.String():
		t.Rejected += n
	case store.InDoubt.String():
		t.InDoubt += n
	case store.Skipped.String(), store.Dropped.String():
		t.Skipped += n
	default:
		t.Waiting += n
	}
}

func (t Tally) plus(o Tally) Tally {
	return Tally{
		t.Found + o.Found, t.Sent + o.Sent, t.Rejected + o.Rejected, t.InDoubt + o.InDoubt,
		t.Waiting + o.Waiting, t.Skipped + o.Skipped,
	}
}

// segments are the counts in the order in which they are drawn.
func (t Tally) segments(sent, waiting string) []doc.Segment {
	return []doc.Segment{
		{Tone: doc.Good, Label: sent, N: t.Sent},
		{Tone: doc.Bad, Label: "rejected or in doubt", N: t.Hand()},
		{Tone: doc.Warn, Label: waiting, N: t.Waiting},
		{Tone: doc.Quiet, Label: "skipped", N: t.Skipped},
	}
}

// numbers are the counts as the head of a page has them.
func (t Tally) numbers(sent, waiting string) []doc.Number {
	numbers := []doc.Number{{Tone: "found", Label: "Found", Value: thousands(t.Found)}}
	for _, s := range t.segments(sent, waiting) {
		if s.Tone == doc.Bad && s.N == 0 {
			s.Tone = ""
		}
		numbers = append(numbers, doc.Number{
			Tone: s.Tone, Label: capital(s.Label), Value: thousands(s.N), Share: share(s.N, t.Found),
		})
	}
	return numbers
}

// sumColumns are the columns of a table of tallies, and sums its cells. A page and a terminal have room for
// one column of what needs a hand.
func sumColumns(sent, waiting string) []doc.Column {
	narrow := doc.ForTerminal | doc.ForPage
	return []doc.Column{
		{Name: "found", Number: true},
		{Name: sent, Number: true},
		{Name: "hand", Number: true, Only: narrow},
		{Name: "rejected", Number: true, Only: doc.ForMarkdown},
		{Name: "in doubt", Number: true, Only: doc.ForMarkdown},
		{Name: waiting, Number: true},
		{Name: "skip", Number: true},
	}
}

func (t Tally) sums() []doc.Cell {
	return doc.Texts(thousands(t.Found), thousands(t.Sent), thousands(t.Hand()), thousands(t.Rejected),
		thousands(t.InDoubt), thousands(t.Waiting), thousands(t.Skipped))
}

// Group counts the conversations of a channel, an agent, a team, a brand, a day or an hour.
type Group struct {
	ID      string `json:"id"`   // empty: none
	Name    string `json:"name"` // the same as the id where there is no better
	Address string `json:"address,omitempty"`
	Tally
}

func (g Group) label() string { return cmp.Or(g.Name, "(none)") }

// groups counts rows by what they belong to, the most frequent first.
func groups(rows iter.Seq[Row], of func(Row) []Group) []Group {
	byID := map[string]*Group{}
	for row := range rows {
		for _, g := range of(row) {
			if byID[g.ID] == nil {
				g.Name = cmp.Or(g.Name, g.ID)
				byID[g.ID] = &g
			}
			byID[g.ID].add(row.Decision, 1)
		}
	}
	list := make([]Group, 0, len(byID))
	for _, group := range byID {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(
			cmp.Compare(b.Found, a.Found), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return list
}

func byChannel(row Row) []Group { return []Group{{ID: row.Channel}} }

func byBrand(row Row) []Group { return []Group{{ID: row.Brand}} }

func byAgent(row Row) []Group {
	return []Group{{ID: row.AgentID, Name: row.Agent, Address: row.agentAddress}}
}

func byTeam(row Row) (list []Group) {
	for _, id := range row.Teams {
		list = append(list, Group{ID: id})
	}
	if len(list) == 0 {
		return []Group{{}}
	}
	return list
}

// byTime groups by a part of the resolution's time in the zone.
func byTime(zone *time.Location, layout string) func(Row) []Group {
	return func(row Row) []Group {
		if row.Resolution.IsZero() {
			return nil
		}
		return []Group{{ID: row.Resolution.In(zone).Format(layout)}}
	}
}

// inOrder sorts groups by their id, which is a time.
func inOrder(list []Group) []Group {
	slices.SortFunc(list, func(a, b Group) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// named leaves out a breakdown that tells nothing: one that knows of no name.
func named(list []Group) []Group {
	if len(list) == 1 && list[0].ID == "" {
		return []Group{}
	}
	return list
}

// wouldSend is the decision of a dry run that a real pass would carry out.
const wouldSend = "would_send"

// untold is what a pass in the ledger's history found and said no more of.
const untold = "untold"

type disposition struct {
	name    string
	urgency int // the order in which they are looked at
	tone    doc.Tone
	meaning string
}

// dispositions are in the order of a table: done, needs a hand, waits, was not to be done.
var dispositions = []disposition{
	{wouldSend, 5, doc.Good, "a real pass would ask these"},
	{store.Accepted.String(), 6, doc.Good, "Agent Connect took the request"},
	{store.Rejected.String(), 1, doc.Bad, "Agent Connect refused it for good"},
	{store.InDoubt.String(), 0, doc.Bad, "may have arrived; not sent again"},
	{store.Sending.String(), 2, doc.Bad, "under way, or left by a crash"},
	{store.Retry.String(), 3, doc.Warn, "not taken yet; tried again"},
	{store.Scheduled.String(), 4, doc.Warn, "decided; a later pass sends it"},
	{untold, 9, doc.Warn, "the pass said no more of these"},
	{store.Dropped.String(), 7, doc.Quiet, "given up by hand"},
	{store.Skipped.String(), 8, doc.Quiet, "not to be asked"},
}

// refusedOrFailed is what rejected means where not all of it is Agent Connect's answer.
const refusedOrFailed = "refused, or an expression failed"

// dispositionOf finds one by its name; an unknown one has no meaning.
func dispositionOf(name string) disposition {
	if i := slices.IndexFunc(dispositions, func(d disposition) bool { return d.name == name }); i >= 0 {
		return dispositions[i]
	}
	return disposition{name: name, tone: doc.Warn}
}

// Disposition counts one of them, with its reasons.
type Disposition struct {
	Name    string  `json:"name"`
	Count   int     `json:"count"`
	Share   float64 `json:"share"` // of what was found, 0 to 1
	Meaning string  `json:"meaning"`
	// the most frequent first; nil and left out where they are not known by disposition
	Reasons []ReasonCount `json:"reasons,omitzero"`
}

// ReasonCount counts one reason.
type ReasonCount struct {
	Reason  string  `json:"reason"`
	Count   int     `json:"count"`
	Share   float64 `json:"share"`
	Meaning string  `json:"meaning"`
	Remedy  string  `json:"remedy,omitempty"` // what to do about it; of past rejections alone
}

// countDispositions are those that occur, in the order of a table; names of another version are left out.
// Where some failed, not all that is rejected is Agent Connect's answer.
func countDispositions(counts map[string]int, found int, failed bool) []Disposition {
	list := []Disposition{}
	for _, d := range dispositions {
		if failed && d.name == store.Rejected.String() {
			d.meaning = refusedOrFailed
		}
		if n := counts[d.name]; n > 0 {
			list = append(list, Disposition{d.name, n, ratio(n, found), d.meaning, nil})
		}
	}
	return list
}

func countReasons(counts map[decide.Reason]int, found int) []ReasonCount {
	list := []ReasonCount{}
	for _, reason := range byFrequency(counts) {
		n := counts[reason]
		list = append(list, ReasonCount{string(reason), n, ratio(n, found), reason.Explain(), ""})
	}
	return list
}

func meaningOf(decision string, reason decide.Reason) string {
	return cmp.Or(reason.Explain(), dispositionOf(decision).meaning)
}

// worded is a reason as people read it: the words before the code.
func worded(reason decide.Reason) string {
	return strings.TrimPrefix(reason.Explain()+" · "+string(reason), " · ")
}

// usualState is the disposition that a reason goes with, or mostly goes with.
func usualState(reason decide.Reason) store.State {
	switch {
	case reason.Broken():
		return store.Rejected
	case slices.Contains(decide.SkipReasons(), reason), strings.HasPrefix(string(reason), "rule:"):
		return store.Skipped
	}
	switch reason {
	case decide.Refused, decide.EmployeeNotFound, decide.EmployeeDeactivated, decide.EmployeeIncomplete,
		decide.InvalidCustomer, decide.ChannelNotEnabled, decide.ChannelManual, decide.BrandRefused,
		decide.LanguageRefused, decide.FirstNotFound, decide.GaveUp:
		return store.Rejected
	case decide.Limited, decide.Unreachable, decide.TooLate, decide.Credentials, decide.Forbidden,
		decide.Gateway, decide.Stopped, decide.Paused, decide.Delayed, decide.NotArrived, decide.ByHand:
		return store.Retry
	case decide.Verified:
		return store.Accepted
	}
	return store.InDoubt
}

func byState(counts map[store.State]int) map[string]int {
	named := map[string]int{}
	for state, n := range counts {
		named[state.String()] = n
	}
	return named
}

// byFrequency are names with their counts, the most frequent first.
func byFrequency[K ~string](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(string(a), string(b)))
	})
}

// countTable is a table of how many there are of what, which dispositions and reasons are shown in.
type countTable struct {
	doc.Table
	of int
}

func newCounts(what, caption string, of int) *countTable {
	return &countTable{of: of, Table: doc.Table{
		Class: "dispositions", Caption: caption,
		Columns: []doc.Column{
			{Name: what, Min: 23, Max: 32},
			{Name: "count", Number: true, Min: 7},
			{Name: "share", Number: true, Min: 6},
			{Name: "meaning", Optional: true},
		},
	}}
}

func (t *countTable) add(weight doc.Weight, tone doc.Tone, name string, n int, meaning string) *doc.Row {
	row := t.Add(name, thousands(n), share(n, t.of), meaning)
	row.Weight, row.Cells[0].Tone = weight, tone
	return row
}

func (t *countTable) addDispositions(list []Disposition) {
	for _, d := range list {
		t.add(doc.Normal, dispositionOf(d.Name).tone, spaced(d.Name), d.Count, d.Meaning)
	}
}
