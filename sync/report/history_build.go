package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// NewHistory makes the report of those passes, the newest first, that began in the window.
func NewHistory(runs []store.Run, about Past) History {
	zone := cmp.Or(about.Zone, time.UTC)
	h := History{
		Schema: HistorySchema, Tenant: about.Tenant, From: Moment{about.Window.From}, To: Moment{about.Window.To},
		Timezone: zoneName(zone, about.Window.To), zone: zone, here: about.Here, asks: about.Asks, cut: about.Cut, Rejections: []Rejection{}, Passes: []PastPass{}, Trend: []Stretch{},
	}
	h.Late.Overlap = about.Overlap.Seconds()
	total := Pass{Result: surveysync.Result{Counts: map[store.State]int{}}}
	reasons, modes, exits := map[decide.Reason]int{}, map[string]int{}, map[int]int{}
	for i, run := range runs {
		if i == 0 {
			h.Latest = new(pastPass(run))
		}
		if run.Started.Before(about.Window.From) || !run.Started.Before(about.Window.To) {
			continue
		}
		h.add(run)
		total.Found += run.Found
		for state, n := range statesOf(run) {
			total.Counts[state] += n
		}
		for reason, n := range run.Reasons {
			reasons[decide.Reason(reason)] += n
		}
		modes[run.Mode]++
		if run.Killed {
			h.Killed++
			continue
		}
		exits[run.Exit]++
	}
	total.Reasons = surveysync.Reasons{store.Rejected: reasons} // the ledger keeps them together; of these only failed expressions matter here
	h.Found, h.Tally, h.Dispositions, h.broken = total.Found, tallyOf(total), dispositionsOf(total), total.Reasons.Broken()
	for i := range h.Dispositions {
		h.Dispositions[i].Reasons = nil
	}
	h.Reasons, h.Modes, h.Exits = countReasons(reasons, total.Found, about.Here), countModes(modes), countExits(exits, about.Ending)
	if len(h.Passes) > 0 {
		h.last = h.Passes[0].ending(about.Ending)
		h.trend(about.Window, about.Ending)
	}
	h.Verdict = h.verdict()
	return h
}

// add takes in a pass of the range.
func (h *History) add(run store.Run) {
	h.Passes = append(h.Passes, pastPass(run))
	for _, refusal := range slices.Backward(run.Refusals) { // a pass notes them as they come
		h.Rejections = append(h.Rejections, Rejection{run.Pass, Moment{run.Started}, refusal})
	}
	h.Late.Count += run.Late
	h.Late.Seconds = max(h.Late.Seconds, run.Latest)
	if run.Mode == "run" && !run.Killed {
		h.Behind = max(h.Behind, run.Ended.Sub(run.Checkpoint).Seconds())
	}
}

// statesOf are the counts of a pass by disposition. A name that is none, of another version's, is left out.
func statesOf(run store.Run) map[store.State]int {
	counts := map[store.State]int{}
	for _, state := range store.States() {
		if n := run.Counts[state.String()]; n > 0 {
			counts[state] = n
		}
	}
	return counts
}

func pastPass(run store.Run) PastPass {
	return PastPass{
		Pass: run.Pass, Mode: run.Mode, Started: Moment{run.Started}, Ended: Moment{run.Ended}, From: Moment{run.From}, To: Moment{run.To},
		Checkpoint: Moment{run.Checkpoint}, Counts: neverNil(run.Counts), Reasons: neverNil(run.Reasons),
		Tally: tallyOf(Pass{Result: surveysync.Result{Found: run.Found, Counts: statesOf(run)}}),
		Late:  run.Late, Latest: run.Latest, Fuse: run.Fuse, Exit: run.Exit, Killed: run.Killed,
	}
}

// neverNil keeps null out of JSON.
func neverNil(counts map[string]int) map[string]int {
	if counts == nil {
		return map[string]int{}
	}
	return counts
}

func countReasons(counts map[decide.Reason]int, found int, here string) []ReasonCount {
	list := []ReasonCount{}
	for _, reason := range byFrequency(counts) {
		list = append(list, ReasonCount{string(reason), counts[reason], ratio(counts[reason], found), reason.Explain(), remedyOf(reason, here)})
	}
	return list
}

func countModes(counts map[string]int) []ModeCount {
	list := []ModeCount{}
	for mode, n := range counts {
		list = append(list, ModeCount{mode, n})
	}
	slices.SortFunc(list, func(a, b ModeCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Mode, b.Mode))
	})
	return list
}

func countExits(counts map[int]int, ending func(int) Ending) []ExitCount {
	list := []ExitCount{}
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		end := ending(code)
		list = append(list, ExitCount{code, counts[code], cmp.Or(end.Meaning, "not an exit code of this version"), end.Level})
	}
	return list
}

// trend counts the passes by day, or by more days where the range is long. A range that was given as beginning long before the
// first pass begins with that.
func (h *History) trend(w fetch.Window, ending func(int) Ending) {
	first, last := h.Passes[0].Started.Time, h.Passes[0].Started.Time
	for _, p := range h.Passes { // a clock can be set back: their order is not that of time
		if p.Started.Before(first) {
			first = p.Started.Time
		}
		if p.Started.After(last) {
			last = p.Started.Time
		}
	}
	from, to := w.From, w.To
	if first.Sub(from) > mostSlots*24*time.Hour {
		from = first
	}
	if to.Sub(last) > mostSlots*24*time.Hour {
		to = last.Add(time.Millisecond)
	}
	step := 0
	for step < len(steps)-1 && (steps[step].days == 0 || to.Sub(from) > mostSlots*steps[step].width) {
		step++
	}
	h.Step = steps[step].name
	for _, at := range starts(from, to, h.zone, step) {
		h.Trend = append(h.Trend, Stretch{From: Moment{at}})
	}
	for _, p := range h.Passes {
		at, exact := slices.BinarySearchFunc(h.Trend, p.Started.Time, func(s Stretch, t time.Time) int { return s.From.Compare(t) })
		if !exact {
			at = max(at-1, 0) // where the clocks show a midnight twice, the first day may begin with the second
		}
		h.Trend[at].add(p, p.ending(ending).Level == LightAct)
	}
}

func (s *Stretch) add(p PastPass, failed bool) {
	s.Passes++
	if failed {
		s.Failed++
	}
	s.Late += p.Late
	s.Latest = max(s.Latest, p.Latest)
	s.Tally = s.plus(p.Tally)
}

// plus is the sum of two counts.
func (t Tally) plus(o Tally) Tally {
	return Tally{
		Found: t.Found + o.Found, Sent: t.Sent + o.Sent, Rejected: t.Rejected + o.Rejected, InDoubt: t.InDoubt + o.InDoubt,
		Waiting: t.Waiting + o.Waiting, Skipped: t.Skipped + o.Skipped,
	}
}
