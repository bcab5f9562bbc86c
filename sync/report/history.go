package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/fetch"
)

// HistorySchema names the form of a report of past passes in JSON. Fields may be added, never renamed
// or removed.
const HistorySchema = "acsync.history/1"

// History is what past passes did, ready to be shown: every renderer shows the same. It is made from what the
// ledger keeps of passes, so that it knows ids, counts, reasons and times, and no people. A conversation that
// several passes have met counts for each of them.
type History struct {
	Schema   string  `json:"schema"`
	Tenant   string  `json:"tenant"` // the organisation, or "sandbox"
	Verdict  Verdict `json:"verdict"`
	From     Moment  `json:"from"` // the passes began at this time or later
	To       Moment  `json:"to"`   // and before this
	Timezone string  `json:"timezone"`
	Found    int     `json:"found"`
	Tally    Tally   `json:"tally"`

	// without reasons: the ledger keeps those of a pass together
	Dispositions []Disposition `json:"dispositions"`
	Reasons      []ReasonCount `json:"reasons"` // the most frequent first
	Modes        []ModeCount   `json:"modes"`
	Exits        []ExitCount   `json:"exits"` // in the order of their codes
	// of the trend: "1d", "7d", "28d"; empty where there was no pass
	Step   string       `json:"step"`
	Trend  []Stretch    `json:"trend"` // in the order of time, also the empty ones
	Late   PastLateness `json:"late"`
	Behind float64      `json:"behind_seconds"` // at most, from the checkpoint to the end of its run
	// passes that never came to their end, and have no exit code; they count as far as they told
	Killed     int         `json:"killed"`
	Rejections []Rejection `json:"rejections"` // the latest first; a pass names its first hundred
	Passes     []PastPass  `json:"passes"`     // the latest first
	// the latest of all passes, also of those that are not in the range; null for none
	Latest *PastPass `json:"latest"`

	zone *time.Location
	here string // the flags that point a command at the same ledger
	asks bool   // passes settle doubts by Agent Connect's data
	cut  bool   // the range was to end in the future

	// how often an expression failed; each pass decides such a conversation anew, and counts it again
	broken int
	last   Ending // of the latest pass of the range
}

// local is a time in the report's zone; empty when it is not known.
func (h History) local(m Moment, layout string) string { return m.in(h.zone, layout) }

// unnamed is how many were rejected beyond those that passes name.
func (h History) unnamed() int { return max(h.Tally.Rejected-len(h.Rejections), 0) }

// failed counts the passes that did not do their work.
func (h History) failed() int {
	n := 0
	for _, exit := range h.Exits {
		if exit.Level == SignalAct {
			n += exit.Count
		}
	}
	return n
}

// add takes in a pass of the range.
func (h *History) add(run store.Run) {
	p := pastPass(run)
	h.Passes, h.Tally = append(h.Passes, p), h.Tally.plus(p.Tally)
	if run.Killed {
		h.Killed++
	}
	for _, refusal := range slices.Backward(run.Refusals) { // a pass notes them as they come
		h.Rejections = append(h.Rejections, Rejection{run.Pass, Moment{run.Started}, refusal})
	}
	h.Late.Count += run.Late
	h.Late.Seconds = max(h.Late.Seconds, run.Latest)
	if run.Mode == "run" && !run.Killed {
		h.Behind = max(h.Behind, run.Ended.Sub(run.Checkpoint).Seconds())
	}
}

// trend counts the passes by day, or by more days where the range is long. A range that was given as
// beginning long before the first pass begins with that.
func (h *History) trend(w fetch.Window, ending func(int) Ending) {
	// A clock can be set back: their order is not that of time.
	byStart := func(a, b PastPass) int { return a.Started.Compare(b.Started.Time) }
	first, last := slices.MinFunc(h.Passes, byStart).Started.Time, slices.MaxFunc(
		h.Passes, byStart).Started.Time
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
		at, exact := slices.BinarySearchFunc(h.Trend, p.Started.Time,
			func(s Stretch, t time.Time) int { return s.From.Compare(t) })
		if !exact {
			// where the clocks show a midnight twice, the first day may begin with the second
			at = max(at-1, 0)
		}
		h.Trend[at].add(p, p.ending(ending).Level == SignalAct)
	}
}

// ModeCount counts the passes of a command.
type ModeCount struct {
	Mode  string `json:"mode"`
	Count int    `json:"count"`
}

// ExitCount counts the passes that ended with an exit code.
type ExitCount struct {
	Code    int    `json:"code"`
	Count   int    `json:"count"`
	Meaning string `json:"meaning"`
	Level   string `json:"level"` // of a signal
}

// Stretch is a day, or some days, of a trend.
type Stretch struct {
	From   Moment  `json:"from"`
	Passes int     `json:"passes"`
	Failed int     `json:"failed"` // of these: those that did not do their work, by their exit codes
	Late   int     `json:"late"`
	Latest float64 `json:"latest_seconds"`
	Tally
}

// add counts a pass.
func (s *Stretch) add(p PastPass, failed bool) {
	s.Passes++
	if failed {
		s.Failed++
	}
	s.Late += p.Late
	s.Latest = max(s.Latest, p.Latest)
	s.Tally = s.plus(p.Tally)
}

// PastLateness tells how late Kustomer's search was in the passes of a history.
type PastLateness struct {
	Count   int     `json:"count"`
	Seconds float64 `json:"greatest_seconds"`
	Overlap float64 `json:"overlap_seconds"` // sync.overlap as it is now
}

// Rejection is a conversation that a pass saw rejected.
type Rejection struct {
	Pass string `json:"pass"`
	At   Moment `json:"at"` // when the pass began
	store.Refusal
}

// PastPass is one pass.
type PastPass struct {
	Pass       string         `json:"pass"`
	Mode       string         `json:"mode"`
	Started    Moment         `json:"started"`
	Ended      Moment         `json:"ended"`
	From       Moment         `json:"from"` // of the resolutions that were to be read
	To         Moment         `json:"to"`
	Checkpoint Moment         `json:"checkpoint"`
	Counts     map[string]int `json:"counts"`
	Reasons    map[string]int `json:"reasons"`
	Tally
	Late   int     `json:"late"`
	Latest float64 `json:"latest_seconds"`
	Fuse   string  `json:"fuse"`
	Exit   int     `json:"exit"`
	Killed bool    `json:"killed"` // it has no exit code, and counts as far as it told until Ended
}

// took is how long the pass took.
func (p PastPass) took() time.Duration { return p.Ended.Sub(p.Started.Time) }

// ending is what the end of the pass asks of whoever looks at it.
func (p PastPass) ending(of func(exit int) Ending) Ending {
	if p.Killed {
		return Ending{Level: SignalLook, Meaning: killedWord, Partial: true}
	}
	return of(p.Exit)
}

// code is the exit code of the pass, or the word for having none.
func (p PastPass) code() string {
	if p.Killed {
		return killedWord
	}
	return strconv.Itoa(p.Exit)
}

// Past says what a history is about.
type Past struct {
	Tenant  string
	Window  fetch.Window   // of the beginnings of passes
	Zone    *time.Location // of the days; nil: UTC
	Cut     bool           // the window was to end in the future, and ends now
	Here    string         // the flags that point a command at the same ledger; empty, or begins with a blank
	Asks    bool           // passes settle doubts by Agent Connect's data
	Overlap time.Duration  // sync.overlap
	Ending  func(exit int) Ending
}

// NewHistory makes the report of those passes, the newest first, that began in the window.
func NewHistory(runs []store.Run, about Past) History {
	zone := cmp.Or(about.Zone, time.UTC)
	h := History{
		Schema: HistorySchema, Tenant: about.Tenant, From: Moment{about.Window.From},
		To:       Moment{about.Window.To},
		Timezone: zoneName(zone, about.Window.To), zone: zone, here: about.Here, asks: about.Asks,
		cut:        about.Cut,
		Rejections: []Rejection{}, Passes: []PastPass{}, Trend: []Stretch{}, Modes: []ModeCount{},
		Exits: []ExitCount{},
	}
	h.Late.Overlap = about.Overlap.Seconds()
	if len(runs) > 0 {
		h.Latest = new(pastPass(runs[0]))
	}
	counts, reasons := map[string]int{}, map[decide.Reason]int{}
	modes, exits := map[string]int{}, map[int]int{}
	for _, run := range runs {
		if run.Started.Before(about.Window.From) || !run.Started.Before(about.Window.To) {
			continue
		}
		h.add(run)
		for name, n := range run.Counts {
			counts[name] += n
		}
		for reason, n := range run.Reasons {
			reasons[decide.Reason(reason)] += n
		}
		h.broken += brokenOf(run)
		modes[run.Mode]++
		if !run.Killed {
			exits[run.Exit]++
		}
	}
	h.Found, h.Dispositions = h.Tally.Found, countDispositions(counts, h.Tally.Found, h.broken > 0)
	h.Reasons = countReasons(reasons, h.Found)
	for i, r := range h.Reasons {
		h.Reasons[i].Remedy = remedyOf(decide.Reason(r.Reason), about.Here)
	}
	for _, mode := range byFrequency(modes) {
		h.Modes = append(h.Modes, ModeCount{mode, modes[mode]})
	}
	for _, code := range slices.Sorted(maps.Keys(exits)) {
		end := about.Ending(code)
		meaning := cmp.Or(end.Meaning, "not an exit code of this version")
		h.Exits = append(h.Exits, ExitCount{code, exits[code], meaning, end.Level})
	}
	if len(h.Passes) > 0 {
		h.last = h.Passes[0].ending(about.Ending)
		h.trend(about.Window, about.Ending)
	}
	h.Verdict = historyVerdict(h)
	return h
}

// pastPass is a pass as the ledger keeps it.
func pastPass(run store.Run) PastPass {
	return PastPass{
		Pass: run.Pass, Mode: run.Mode, Started: Moment{run.Started}, Ended: Moment{run.Ended},
		From: Moment{run.From}, To: Moment{run.To}, Checkpoint: Moment{run.Checkpoint},
		Counts: byName(run.Counts), Reasons: byName(run.Reasons), Tally: tallyOf(run.Found, run.Counts),
		Late: run.Late, Latest: run.Latest, Fuse: run.Fuse, Exit: run.Exit, Killed: run.Killed,
	}
}
