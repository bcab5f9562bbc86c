package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
)

// endingOf is what the application says of exit codes, shortened.
func endingOf(code int) Ending {
	switch code {
	case 0:
		return Ending{Level: SignalOK, Meaning: "all accounted for", Todo: ""}
	case 3:
		return Ending{Level: SignalLook, Meaning: "done, but some are rejected, parked or in doubt", Todo: "see what was rejected or is in doubt, below"}
	case 13:
		return Ending{Level: SignalAct, Meaning: "a fuse blew", Todo: "see why the fuse blew before the next pass goes on with the rest"}
	}
	return Ending{Level: SignalAct, Meaning: "", Todo: "see the log of that pass"}
}

func past(from, to time.Time) Past {
	return Past{Tenant: "acme", Window: fetch.Window{From: from, To: to}, Zone: time.UTC, Overlap: 30 * time.Minute, Asks: true, Ending: endingOf}
}

// past weeks: a pass each so many hours before at, the newest first. Every fifth has rejections, one a fuse, one is a back-fill.
func pastRuns(n int, every time.Duration) []store.Run {
	var runs []store.Run
	for i := range n {
		started := at.Add(-time.Duration(i) * every)
		accepted, skipped := 300+40*(i%7), 50+i%9
		run := store.Run{
			Pass: started.Format("20060102T150405Z-7f3a"), Mode: "run", Started: started, Ended: started.Add(90 * time.Second),
			From: started.Add(-every), To: started.Add(-3 * time.Minute), Checkpoint: started.Add(-3 * time.Minute),
			Counts:  map[string]int{"accepted": accepted, "skipped": skipped},
			Reasons: map[string]int{"no_agent": skipped - 20, "no_email": 12, "rule:internal tests": 8},
		}
		switch {
		case i == 12:
			run.Mode, run.Checkpoint = "backfill", started.Add(-9*24*time.Hour)
		case i == 9:
			run.Exit, run.Fuse, run.Counts["scheduled"] = 13, "max_per_run: 384 survey requests were created in this pass", 260
			run.Reasons["stopped"] = 260
			fallthrough
		case i%5 == 4:
			run.Counts["rejected"], run.Counts["in_doubt"] = 3, 1
			run.Reasons["employee_not_found"], run.Reasons["no_answer"] = 3, 1
			run.Refusals = []store.Refusal{
				{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f6%04d", i), Reason: "employee_not_found"},
				{Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f7%04d", i), Reason: "employee_not_found", Kind: "recovery"},
			}
			run.Late, run.Latest = 2, 420
			if run.Exit == 0 {
				run.Exit = 3
			}
		}
		for _, n := range run.Counts {
			run.Found += n
		}
		runs = append(runs, run)
	}
	return runs
}

func week() History {
	midnight := at.Truncate(24 * time.Hour)
	return NewHistory(pastRuns(40, 6*time.Hour), past(midnight.AddDate(0, 0, -6), at.Add(time.Minute)))
}

func noPasses() History {
	return NewHistory(pastRuns(40, 6*time.Hour), past(at.AddDate(0, -3, 0), at.AddDate(0, -2, 0)))
}

func renderHistory(t *testing.T, form string, h History) string {
	t.Helper()
	renderer, err := HistoryRendererFor("history." + form)
	must(t, err)
	var out bytes.Buffer
	must(t, renderer(&out, h))
	return out.String()
}

func TestHistoryForms(t *testing.T) {
	for name, h := range map[string]History{"week": week(), "none": noPasses()} {
		for _, form := range forms {
			t.Run(name+"."+form, func(t *testing.T) {
				golden(t, "history-"+name+"."+form, []byte(renderHistory(t, form, h)))
			})
		}
	}
}

// TestHistoryScreens shows past passes on terminals of several sizes: never wider.
func TestHistoryScreens(t *testing.T) {
	for _, width := range []int{60, 80, 200} {
		for name, h := range map[string]History{"week": week(), "none": noPasses()} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				var out bytes.Buffer
				must(t, doc.Text(&out, HistoryDoc(h, MostNamed), doc.Style{Width: width}))
				golden(t, fmt.Sprintf("history-%s-%d.txt", name, width), out.Bytes())
				fits(t, out.String(), width)
			})
		}
	}
}

// fits tells of lines that are wider than a screen, or end in blanks.
func fits(t *testing.T, screen string, width int) {
	t.Helper()
	for line := range strings.Lines(screen) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
			t.Errorf("%d columns: %s", n, line)
		}
		if line != strings.TrimRight(line, " \n")+"\n" {
			t.Errorf("spaces at the end of %q", line)
		}
	}
}

// TestHistoryAddsUp compares the totals of a history with the passes' own reports, and its trend with its totals.
func TestHistoryAddsUp(t *testing.T) {
	var runs []store.Run
	var want Tally
	counts, reasons := map[string]int{}, map[string]int{}
	for i := range 30 {
		pass, _ := detailed(100+i, 5*time.Hour, nil)
		pass.Started = at.Add(-time.Duration(i) * 7 * time.Hour)
		var out bytes.Buffer
		must(t, JSON(&out, pass))
		var told struct {
			Found, Accepted, Retry, Scheduled, Rejected, Dropped, Skipped int
			InDoubt                                                       int `json:"in_doubt"`
			Reasons, Rejections, Waits                                    map[string]int
		}
		must(t, json.Unmarshal(out.Bytes(), &told))
		want = want.plus(Tally{
			Found: told.Found, Sent: told.Accepted, Rejected: told.Rejected, InDoubt: told.InDoubt,
			Waiting: told.Retry + told.Scheduled, Skipped: told.Skipped + told.Dropped,
		})
		run := store.Run{Pass: pass.Pass, Mode: "run", Started: pass.Started, Ended: pass.Started, Found: pass.Found, Counts: map[string]int{}, Reasons: map[string]int{}, Exit: 3}
		for state, n := range pass.Counts {
			run.Counts[state.String()] = n
			counts[state.String()] += n
		}
		for _, part := range []map[string]int{told.Reasons, told.Rejections, told.Waits} {
			for reason, n := range part {
				run.Reasons[reason] += n
				reasons[reason] += n
			}
		}
		runs = append(runs, run)
	}
	for _, span := range []time.Duration{10 * 24 * time.Hour, 100 * 24 * time.Hour, 900 * 24 * time.Hour} {
		h := NewHistory(runs, past(at.Add(-span), at.Add(time.Hour)))
		if diff := cmp.Diff(want, h.Tally); diff != "" {
			t.Errorf("-passes +history:\n%s", diff)
		}
		var trend Tally
		passes := 0
		for _, s := range h.Trend {
			trend, passes = trend.plus(s.Tally), passes+s.Passes
		}
		if diff := cmp.Diff(want, trend); diff != "" || passes != len(runs) || len(h.Trend) > mostSlots+2 {
			t.Errorf("the trend of %s has %d passes in %d steps of %s: -passes +trend:\n%s", span, passes, len(h.Trend), h.Step, diff)
		}
		got, why := map[string]int{}, map[string]int{}
		for _, d := range h.Dispositions {
			got[d.Name] = d.Count
		}
		for _, r := range h.Reasons {
			why[r.Reason] = r.Count
		}
		if !maps.Equal(counts, got) || !maps.Equal(reasons, why) {
			t.Errorf("dispositions %s\nreasons %s", cmp.Diff(counts, got), cmp.Diff(reasons, why))
		}
	}
}

// TestHistoryAccountsForAll: over passes that ended, that were killed before they had told what became of all that
// they had found, that let go of the ledger, or that another version wrote, and over each alone, what was found is the
// sum of its dispositions in every form.
func TestHistoryAccountsForAll(t *testing.T) {
	run := func(mode string, found int, counts map[string]int, more func(*store.Run)) store.Run {
		r := store.Run{Pass: mode, Mode: mode, Started: at, Ended: at, Found: found, Counts: counts, Reasons: map[string]int{}}
		if more != nil {
			more(&r)
		}
		return r
	}
	killed := func(r *store.Run) { r.Killed = true }
	letGo := func(r *store.Run) { r.Killed, r.LetGo = true, true }
	runs := []store.Run{
		run("run", 12, map[string]int{"accepted": 5, "rejected": 1, "in_doubt": 1, "retry": 1, "scheduled": 2, "dropped": 1, "skipped": 1}, nil),
		run("run", 40, map[string]int{"accepted": 7, "rejected": 2, "skipped": 3}, killed), // 28 are untold
		run("run", 5, nil, killed),
		run("run", 2, map[string]int{"accepted": 4}, killed), // counted at another moment than what was found
		run("backfill", 30, map[string]int{"accepted": 20, "skipped": 4}, letGo),
		run("backfill", 9, map[string]int{"accepted": 9}, nil),
		run("run", 6, map[string]int{"accepted": 2, "of_another_version": 4}, nil),
	}
	about := past(at.Add(-time.Hour), at.Add(time.Hour))
	for i := range len(runs) + 1 {
		some := runs
		if i < len(runs) {
			some = runs[i : i+1]
		}
		var out bytes.Buffer
		must(t, HistoryJSON(&out, NewHistory(some, about)))
		var told struct {
			Found        int
			Tally        map[string]int
			Dispositions []struct{ Count int }
			Trend        []map[string]any
			Passes       []struct {
				Found  int
				Counts map[string]int
			}
		}
		must(t, json.Unmarshal(out.Bytes(), &told))
		dispositions, passes, days := 0, 0, 0
		for _, d := range told.Dispositions {
			dispositions += d.Count
		}
		for _, p := range told.Passes {
			for _, n := range p.Counts {
				passes += n
			}
		}
		for _, s := range told.Trend {
			days += int(s["found"].(float64))
		}
		tally := 0
		for name, n := range told.Tally {
			if name != "found" {
				tally += n
			}
		}
		if diff := cmp.Diff([]int{told.Found, told.Found, told.Found, told.Found}, []int{tally, dispositions, passes, days}); diff != "" {
			t.Errorf("passes %d: found %d, but tally, dispositions, passes and days add up to other sums: %s", i, told.Found, diff)
		}
		lines, err := csv.NewReader(strings.NewReader(renderHistory(t, "csv", NewHistory(some, about)))).ReadAll()
		must(t, err)
		for _, line := range lines[1:] {
			found, sum := 0, 0
			for column, name := range lines[0] {
				n, _ := strconv.Atoi(line[column])
				switch name {
				case "found":
					found = n
				case "accepted", "rejected", "in_doubt", "retry", "scheduled", "dropped", "skipped", "untold":
					sum += n
				}
			}
			if found != sum {
				t.Errorf("a line of CSV has found %d and a sum of %d: %q", found, sum, line)
			}
		}
	}
	if got := NewHistory(runs, about).Tally; got.Found != 106 || got.Waiting != 28+5+6+4+3 {
		t.Errorf("%+v", got)
	}
}

// TestHistoryRange takes in the passes that began at --from or later and before --to, by days of the zone.
func TestHistoryRange(t *testing.T) {
	zone := time.FixedZone("UTC+9", 9*3600)
	runs := []store.Run{
		{Pass: "after", Mode: "run", Started: time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)},
		{Pass: "last", Mode: "run", Started: time.Date(2026, 11, 22, 14, 59, 59, 0, time.UTC)},
		{Pass: "first", Mode: "run", Started: time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)},
		{Pass: "before", Mode: "run", Started: time.Date(2026, 11, 20, 14, 59, 59, 0, time.UTC)},
	}
	about := past(time.Date(2026, 11, 21, 0, 0, 0, 0, zone), time.Date(2026, 11, 23, 0, 0, 0, 0, zone))
	about.Zone = zone
	h := NewHistory(runs, about)
	var got []string
	for _, s := range h.Trend {
		got = append(got, fmt.Sprint(h.local(s.From.Time, time.DateOnly), " ", s.Passes))
	}
	if diff := cmp.Diff([]string{"2026-11-21 1", "2026-11-22 1"}, got); diff != "" {
		t.Error(diff)
	}
	if len(h.Passes) != 2 || h.Passes[0].Pass != "last" || h.Latest.Pass != "after" {
		t.Errorf("passes %v, latest %v", h.Passes, h.Latest)
	}
}

// TestHistoryVerdict holds when somebody has to look.
func TestHistoryVerdict(t *testing.T) {
	run := func(exit, rejected int) store.Run {
		return store.Run{Mode: "run", Started: at, Exit: exit, Found: rejected, Counts: map[string]int{"rejected": rejected}}
	}
	for name, test := range map[string]struct {
		runs []store.Run
		want string
	}{
		"no pass":                 {nil, doc.LevelNone},
		"well":                    {[]store.Run{run(0, 0), run(0, 0)}, doc.LevelGood},
		"rejections":              {[]store.Run{run(0, 0), run(3, 2)}, doc.LevelAttention},
		"a fuse, and well since":  {[]store.Run{run(0, 0), run(13, 0)}, doc.LevelAttention},
		"the latest blew a fuse":  {[]store.Run{run(13, 0), run(0, 0)}, doc.LevelHalted},
		"a code of a new version": {[]store.Run{run(77, 0)}, doc.LevelHalted},
	} {
		if got := NewHistory(test.runs, past(at.Add(-time.Hour), at.Add(time.Hour))).Verdict; got.Level != test.want {
			t.Errorf("%s: %+v, want %s", name, got, test.want)
		}
	}
}

// TestHistorySaysWhatToDo: what was rejected is final, and how to keep the next ones from it stands there; what an expression failed on
// is decided anew, and is no answer of Agent Connect.
func TestHistorySaysWhatToDo(t *testing.T) {
	run := store.Run{
		Mode: "run", Started: at, Exit: 3, Found: 20, Counts: map[string]int{"rejected": 20},
		Reasons: map[string]int{"rule_error:vip": 8, "employee_not_found": 6, "gave_up": 3, "brand_refused": 2, "refused": 1},
	}
	about := past(at.Add(-time.Hour), at.Add(time.Hour))
	about.Here = " --sandbox"
	got := NewHistory([]store.Run{run}, about).Verdict
	want := Verdict{
		Level: doc.LevelAttention, Headline: "1 pass created 0 survey requests.",
		Detail: "12 conversations were rejected for good; 8 times an expression failed on a conversation.",
		Todo: []string{
			"8 rule_error:vip: mend the expression (acsync rules test --sandbox shows it); then acsync retry --sandbox --reason rule_error asks again.",
			"6 employee_not_found: create a profile in Agent Connect for these agents, with the address that Kustomer has for them; then acsync retry --sandbox --reason employee_not_found asks again.",
			"3 gave_up: find out why Agent Connect could not be reached for so long; then acsync retry --sandbox --reason gave_up asks again.",
			"What to do about 2 more reasons stands beside them in the files of --report.",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	delete(run.Reasons, "refused")
	if todo := NewHistory([]store.Run{run}, about).Verdict.Todo; len(todo) != 4 || !strings.HasPrefix(todo[3], "2 brand_refused") {
		t.Errorf("the fourth of four is not shown: %q", todo)
	}
}

// TestHistoryOfDoubts: acsync resolve settles by itself only what Agent Connect can be asked about.
func TestHistoryOfDoubts(t *testing.T) {
	run := store.Run{Mode: "run", Started: at, Exit: 3, Found: 1, Counts: map[string]int{"in_doubt": 1}}
	about := past(at.Add(-time.Hour), at.Add(time.Hour))
	for asks, want := range map[bool]string{true: "acsync resolve settles it", false: "look the ids up in Agent Connect, then acsync resolve --id ID"} {
		about.Asks = asks
		if todo := NewHistory([]store.Run{run}, about).Verdict.Todo; len(todo) != 1 || !strings.Contains(todo[0], want) {
			t.Errorf("%q, want %q", todo, want)
		}
	}
}

// TestHistoryDoesNotBlame: what an expression failed on Agent Connect has never refused.
func TestHistoryDoesNotBlame(t *testing.T) {
	run := store.Run{Mode: "run", Started: at, Exit: 3, Found: 2, Counts: map[string]int{"rejected": 2}}
	for reason, want := range map[string]string{"rule_error:vip": refusedOrFailed, "brand_refused": "Agent Connect refused it for good"} {
		run.Reasons = map[string]int{reason: 2}
		h := NewHistory([]store.Run{run}, past(at.Add(-time.Hour), at.Add(time.Hour)))
		for _, form := range []string{"html", "md", "json"} {
			if !strings.Contains(renderHistory(t, form, h), want) {
				t.Errorf("%s, %s: no %q", reason, form, want)
			}
		}
		var out bytes.Buffer
		must(t, doc.Text(&out, HistoryDoc(h, MostNamed), doc.Style{Width: 80}))
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: no %q in\n%s", reason, want, out.String())
		}
	}
}

// TestHistoryNamesTheNewestFirst, within a pass too: a pass notes what was rejected as it comes.
func TestHistoryNamesTheNewestFirst(t *testing.T) {
	runs := []store.Run{
		{Mode: "run", Started: at, Refusals: []store.Refusal{{Conversation: "3"}, {Conversation: "4"}}},
		{Mode: "run", Started: at.Add(-time.Minute), Refusals: []store.Refusal{{Conversation: "1"}, {Conversation: "2"}}},
	}
	var got []string
	for _, r := range NewHistory(runs, past(at.Add(-time.Hour), at.Add(time.Hour))).Rejections {
		got = append(got, r.Conversation)
	}
	if diff := cmp.Diff([]string{"4", "3", "2", "1"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestHistoryExitsReadable: the chart has room for what an exit code means.
func TestHistoryExitsReadable(t *testing.T) {
	chart, _ := exits(week())
	for _, bar := range chart.Drawn() {
		if strings.Contains(bar.Label, "…") {
			t.Errorf("%q is cut", bar.Label)
		}
		if n := len(bar.Short) + len(bar.Value); n > 40+len("…") {
			t.Errorf("%q has no room in a narrow chart", bar.Short)
		}
	}
}

// hostileRuns have markup, formulas and escape sequences wherever the ledger keeps words.
func hostileRuns() []store.Run {
	const markup = "=\"><script>alert(1)</script><img src=x onerror=alert(2)> | [x](javascript:alert(3)) https://evil.example \x1b[31m\r\n# heading"
	runs := pastRuns(8, 6*time.Hour)
	for i := range runs {
		runs[i].Pass, runs[i].Mode, runs[i].Fuse = markup, markup, markup
		runs[i].Reasons = map[string]int{markup: 3, "rule_error:" + markup: 1}
		runs[i].Refusals = []store.Refusal{{Conversation: markup, Reason: markup, Kind: markup}}
		runs[i].Killed = i%2 == 0
	}
	return runs
}

func TestHistoryMarkupIsText(t *testing.T) {
	about := past(at.Add(-96*time.Hour), at.Add(time.Hour))
	about.Tenant = "<script>"
	h := NewHistory(hostileRuns(), about)
	page := renderHistory(t, "html", h)
	for _, bad := range []string{"<script", "<img", `href="javascript`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for line := range strings.Lines(renderHistory(t, "md", h)) {
		for _, bad := range []string{"<script", "<img", "](javascript", " https://evil"} {
			if strings.Contains(line, bad) {
				t.Errorf("Markdown has %s in %s", bad, line)
			}
		}
		if strings.HasPrefix(line, "# heading") {
			t.Errorf("a value begins a line: %s", line)
		}
	}
	lines, err := csv.NewReader(strings.NewReader(renderHistory(t, "csv", h))).ReadAll()
	if err != nil || len(lines) != 9 || !strings.HasPrefix(lines[1][0], "'=") {
		t.Errorf("%d lines of CSV, %q: %v", len(lines), lines[1][0], err)
	}
	var out bytes.Buffer
	must(t, doc.Text(&out, HistoryDoc(h, MostNamed), doc.Style{Width: 80}))
	if strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), "\r") {
		t.Errorf("escape sequences pass through: %q", out.String())
	}
}

// TestHistoryJSONFields holds the fields that programs rely on.
func TestHistoryJSONFields(t *testing.T) {
	for _, h := range []History{week(), noPasses()} {
		var out bytes.Buffer
		must(t, HistoryJSON(&out, h))
		var got map[string]any
		must(t, json.Unmarshal(out.Bytes(), &got))
		for _, name := range []string{
			"schema", "tenant", "verdict", "from", "to", "timezone", "found", "tally", "dispositions", "reasons", "modes", "exits", "step", "trend",
			"late", "behind_seconds", "rejections", "passes", "latest",
		} {
			if value, ok := got[name]; !ok || value == nil {
				t.Errorf("%s is %v", name, value)
			}
		}
	}
}
