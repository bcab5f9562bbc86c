package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// wouldSend is the decision of a dry run that a real pass would carry out.
const wouldSend = "would_send"

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
	{store.Retry.String(), 3, doc.Warn, "certainly not sent; tried again"},
	{store.Scheduled.String(), 4, doc.Warn, "decided; a later pass sends it"},
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

func because(reason decide.Reason) string {
	return strings.TrimSuffix(string(reason)+" ("+reason.Explain()+")", " ()")
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
	case decide.Limited, decide.Unreachable, decide.Credentials, decide.Stopped, decide.Paused,
		decide.Delayed, decide.NotArrived, decide.ByHand:
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
