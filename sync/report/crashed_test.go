package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/report/doc"
)

// killedRun is what the ledger keeps of a pass that was killed twenty minutes ago.
func killedRun() store.Run {
	return store.Run{
		Pass: "20261122T195500Z-7f3a", Mode: "run", Started: at.Add(-30 * time.Minute), Ended: at.Add(-20 * time.Minute),
		Found: 40, Counts: map[string]int{"accepted": 20, "rejected": 7, "skipped": 3}, Reasons: map[string]int{}, Killed: true,
	}
}

// TestHistoryOfAKilledPass: it counts as far as it told, has no exit code in any form, and somebody is to look.
func TestHistoryOfAKilledPass(t *testing.T) {
	well := store.Run{Pass: "20261122T201000Z-11ff", Mode: "run", Started: at.Add(-10 * time.Minute), Ended: at.Add(-9 * time.Minute), Checkpoint: at.Add(-12 * time.Minute), Found: 5, Counts: map[string]int{"accepted": 5}}
	h := NewHistory([]store.Run{well, killedRun()}, past(at.Add(-time.Hour), at))
	want := Verdict{
		Level: doc.LevelAttention, Headline: "2 passes created 25 survey requests.",
		Detail: "1 pass was killed, and counts as far as it told; 7 conversations were rejected for good.",
		Todo:   []string{"Find out what killed 20261122T195500Z-7f3a; acsync run goes on, and acsync status shows what it left."},
	}
	if diff := cmp.Diff(want, h.Verdict); diff != "" {
		t.Error(diff)
	}
	if h.Killed != 1 || len(h.Exits) != 1 || h.Exits[0].Count != 1 || h.Behind != 180 {
		t.Errorf("%d killed, exits %+v, %v s behind", h.Killed, h.Exits, h.Behind)
	}
	for name, test := range map[string]struct {
		write func(*bytes.Buffer) error
		want  string
	}{
		"table":    {func(b *bytes.Buffer) error { return doc.Text(b, HistoryDoc(h, MostNamed), doc.Style{Width: 80}) }, "\n  killed       1  never came to its end\n"},
		"markdown": {func(b *bytes.Buffer) error { return doc.Markdown(b, HistoryDoc(h, MostNamed)) }, "| killed | 1 | never came to its end |\n"},
		"passes":   {func(b *bytes.Buffer) error { return doc.Markdown(b, HistoryDoc(h, MostNamed)) }, " | 3 | killed |  |\n"},
		"csv":      {func(b *bytes.Buffer) error { return HistoryCSV(b, h) }, ",,killed,10\r\n"},
		"chart":    {func(b *bytes.Buffer) error { return doc.HTML(b, HistoryDoc(h, MostNamed)) }, "killed: never came to its end: 1 pass"},
		"html":     {func(b *bytes.Buffer) error { return doc.HTML(b, HistoryDoc(h, MostNamed)) }, `<td class="n">killed</td></tr>`},
		"json":     {func(b *bytes.Buffer) error { return HistoryJSON(b, h) }, `"exit":0,"killed":true}`},
	} {
		var b bytes.Buffer
		must(t, test.write(&b))
		if !strings.Contains(b.String(), test.want) {
			t.Errorf("%s lacks %q:\n%s", name, test.want, b.String())
		}
	}
}

// TestHistoryOfKilledPassesAlone has no exit code to begin its list with.
func TestHistoryOfKilledPassesAlone(t *testing.T) {
	h := NewHistory([]store.Run{killedRun()}, past(at.Add(-time.Hour), at))
	var b bytes.Buffer
	must(t, doc.Text(&b, HistoryDoc(h, MostNamed), doc.Style{Width: 80}))
	if h.Verdict.Level != doc.LevelAttention || !strings.Contains(b.String(), "\n  killed       1  never came to its end\n") {
		t.Errorf("%s\n%s", h.Verdict.Level, b.String())
	}
}

// TestRecentCountsKilledPasses as far as they told, and says so for a day; what an expression failed on the last pass tells that has ended.
func TestRecentCountsKilledPasses(t *testing.T) {
	ended := store.Run{Mode: "run", Started: at.Add(-time.Hour), Ended: at.Add(-time.Hour), Counts: map[string]int{"accepted": 30, "rejected": 3}, Reasons: map[string]int{"rule_error:vip": 3}}
	got := NewRecent([]store.Run{killedRun(), ended}, at, time.Time{})
	want := Recent{Accepted: 50, Rejected: 7, Broken: 3, Killed: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := NewRecent([]store.Run{killedRun()}, at.Add(24*time.Hour), time.Time{}); got.Killed || got.Rejected != 0 {
		t.Errorf("a day later: %+v", got)
	}
}

// TestLightsOfAKilledPass: once it is entered in the ledger, no exit code of it is shown, and its rejections count.
func TestLightsOfAKilledPass(t *testing.T) {
	s := well()
	s.Last, s.Here = new(killedRun()), " --sandbox"
	s.Recent = NewRecent([]store.Run{killedRun()}, at, time.Time{})
	last := lastPassSignal(s)
	if last.Level != SignalLook || strings.Contains(last.Text, "exit") || !strings.HasPrefix(last.Text, "killed: run, pass 20261122T195500Z-7f3a, began ") ||
		!strings.Contains(last.Todo, "acsync run --sandbox goes on") {
		t.Errorf("%+v", last)
	}
	if text := rejectionSignal(s).Text; !strings.HasPrefix(text, "7 of 27 answers") || !strings.HasSuffix(text, "; those of a killed process are counted as far as it told") {
		t.Error(text)
	}
	var b bytes.Buffer
	must(t, StatusJSON(&b, s))
	var got struct {
		Last store.Run `json:"last_pass"`
	}
	must(t, json.Unmarshal(b.Bytes(), &got))
	if !got.Last.Killed {
		t.Errorf("last_pass: %+v", got.Last)
	}
}
