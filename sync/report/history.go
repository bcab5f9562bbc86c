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

// HistorySchema names the form of a report of past passes in JSON.
const HistorySchema = "acsync.history/1"

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

// History is what past passes did, ready to be shown: every renderer shows the same. It is made from what the
// ledger keeps of passes, so that it knows ids, counts, reasons and times, and no people. A conversation that
// several passes have met counts for each of them.
type History struct {
	Past
	Verdict      Verdict
	Timezone     string
	Tally        Tally
	Dispositions []Disposition // without reasons: the ledger keeps those of a pass together
	Reasons      []ReasonCount // the most frequent first
	Modes        []ModeCount
	Exits        []ExitCount // in the order of their codes
	Step         string      // of the trend: "1d", "7d", "28d"; empty where there was no pass
	Trend        []Stretch   // in the order of time, also the empty ones
	Late         PastLateness
	Behind       float64     // seconds at most, from the checkpoint to the end of its run
	Killed       int         // passes that never came to their end; they count as far as they told
	Rejections   []Rejection // the latest first; a pass names its first hundred
	Passes       []PastPass  // the latest first
	Latest       *PastPass   // of all passes, also of those that are not in the range; nil for none

	// how often an expression failed; each pass decides such a conversation anew, and counts it again
	broken int
	last   Ending // of the latest pass of the range
}

func (h History) object() object {
	return object{
		"schema", HistorySchema, "tenant", h.Tenant, "verdict", h.Verdict,
		"from", stamp(h.Window.From), "to", stamp(h.Window.To), "timezone", h.Timezone,
		"found", h.Tally.Found, "tally", h.Tally, "dispositions", h.Dispositions, "reasons", h.Reasons,
		"modes", h.Modes, "exits", h.Exits, "step", h.Step, "trend", h.Trend, "late", h.Late,
		"behind_seconds", h.Behind, "killed", h.Killed,
		"rejections", listOf(these(slices.Values(h.Rejections)), func(r Rejection) any { return r }),
		"passes", listOf(these(slices.Values(h.Passes)), func(p PastPass) any { return p }), "latest", h.Latest,
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

// PastPass is one pass. Its counts add up to what it found.
type PastPass struct {
	store.Run `json:"-"`
	Tally
}

// pastPass is the pass of a summary. What the summary says nothing of is counted as untold: the pass was
// killed before, or let go of the ledger, or it was of a version that has other dispositions.
func pastPass(run store.Run) PastPass {
	counts, told := map[string]int{}, 0
	for _, d := range dispositions {
		if n := run.Counts[d.name]; n > 0 {
			counts[d.name] = n
			told += n
		}
	}
	// One that was killed may have told them at different moments.
	run.Found = max(run.Found, told)
	if rest := run.Found - told; rest > 0 {
		counts[untold] = rest
	}
	run.Counts = counts
	return PastPass{run, tallyOf(run.Found, counts)}
}

// MarshalJSON writes the pass.
func (p PastPass) MarshalJSON() ([]byte, error) {
	return object{
		"pass", p.Pass, "mode", p.Mode, "started", stamp(p.Started), "ended", stamp(p.Ended),
		"from", stamp(p.From), "to", stamp(p.To), "checkpoint", stamp(p.Checkpoint),
		"counts", byName(p.Counts), "reasons", byName(p.Reasons), "found", p.Tally.Found, "sent", p.Sent,
		"rejected", p.Rejected, "in_doubt", p.InDoubt, "waiting", p.Waiting, "skipped", p.Skipped,
		"late", p.Late, "latest_seconds", p.Latest, "fuse", p.Fuse,
		"let_go", p.LetGo, // it lets others have the ledger, and is not over: it has no exit code
		"exit", p.Exit, "killed", p.Killed && !p.LetGo, // nor has one that was killed
	}.MarshalJSON()
}

func (p PastPass) ending(of func(exit int) Ending) Ending {
	switch {
	case p.LetGo:
		return Ending{Level: SignalOK, Meaning: letGoWord, Partial: true}
	case p.Killed:
		return Ending{Level: SignalLook, Meaning: killedWord, Partial: true}
	}
	return of(p.Exit)
}

func (p PastPass) code() string {
	switch {
	case p.LetGo:
		return letGoWord
	case p.Killed:
		return killedWord
	}
	return strconv.Itoa(p.Exit)
}

// NewHistory makes the report of those passes, the newest first, that began in the window.
func NewHistory(runs []store.Run, about Past) History {
	about.Zone = cmp.Or(about.Zone, time.UTC)
	h := History{
		Past: about, Timezone: zoneName(about.Zone, about.Window.To), Rejections: []Rejection{},
		Passes: []PastPass{}, Trend: []Stretch{}, Modes: []ModeCount{}, Exits: []ExitCount{},
		Late: PastLateness{Overlap: about.Overlap.Seconds()},
	}
	if len(runs) > 0 {
		h.Latest = new(pastPass(runs[0]))
	}
	counts, reasons := map[string]int{}, map[decide.Reason]int{}
	modes, exits := map[string]int{}, map[int]int{}
	for _, run := range runs {
		if !about.Window.Contains(run.Started) {
			continue
		}
		p := pastPass(run)
		h.add(p)
		for name, n := range p.Counts {
			counts[name] += n
		}
		for reason, n := range run.Reasons {
			reasons[decide.Reason(reason)] += n
		}
		modes[run.Mode]++
		if !run.Killed {
			exits[run.Exit]++
		}
	}
	h.Dispositions = countDispositions(counts, h.Tally.Found, h.broken > 0)
	h.Reasons = countReasons(reasons, h.Tally.Found)
	for i, r := range h.Reasons {
		if reason := decide.Reason(r.Reason); usualState(reason) == store.Rejected {
			h.Reasons[i].Remedy = remedy(store.Rejected.String(), reason, about.Here)
		}
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
		h.trend()
	}
	h.Verdict = historyVerdict(h)
	return h
}

func (h *History) add(p PastPass) {
	run := p.Run
	h.Passes, h.Tally = append(h.Passes, p), h.Tally.plus(p.Tally)
	h.broken += brokenOf(run)
	// A pass notes them as they come.
	for _, refusal := range slices.Backward(run.Refusals) {
		h.Rejections = append(h.Rejections, Rejection{run.Pass, Moment{run.Started}, refusal})
	}
	h.Late.Count += run.Late
	h.Late.Seconds = max(h.Late.Seconds, run.Latest)
	if run.Killed && !run.LetGo {
		h.Killed++
	} else if run.Mode == "run" {
		h.Behind = max(h.Behind, run.Ended.Sub(run.Checkpoint).Seconds())
	}
}

// trend counts the passes by day, or more days. A range that begins long before the first pass is cut.
func (h *History) trend() {
	const most = mostSlots * 24 * time.Hour
	// A clock can be set back: their order is not that of time.
	byStart := func(a, b PastPass) int { return a.Started.Compare(b.Started) }
	from, to := h.Window.From, h.Window.To
	if begun := slices.MinFunc(h.Passes, byStart).Started; begun.Sub(from) > most {
		from = begun
	}
	if last := slices.MaxFunc(h.Passes, byStart).Started; to.Sub(last) > most {
		to = last.Add(time.Millisecond)
	}
	step := stepFor(daySteps, from, to)
	starts := step.starts(from, to, h.Zone)
	h.Step, h.Trend = step.name, make([]Stretch, len(starts))
	for i, at := range starts {
		h.Trend[i].From = Moment{at}
	}
	for _, p := range h.Passes {
		s := &h.Trend[slotOf(starts, p.Started)]
		s.Passes++
		if p.ending(h.Ending).Level == SignalAct {
			s.Failed++
		}
		s.Late, s.Latest = s.Late+p.Late, max(s.Latest, p.Latest)
		s.Tally = s.plus(p.Tally)
	}
}

// local is a time in the report's zone; empty when it is not known.
func (h History) local(t time.Time, layout string) string { return Moment{t}.in(h.Zone, layout) }

func (h History) failed() int {
	n := 0
	for _, exit := range h.Exits {
		if exit.Level == SignalAct {
			n += exit.Count
		}
	}
	return n
}
