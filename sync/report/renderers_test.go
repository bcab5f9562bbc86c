package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

func render(t *testing.T, name string, r Report) string {
	t.Helper()
	renderer, err := RendererFor("report." + name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := renderer(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var forms = []string{"html", "csv", "json", "md"}

// TestForms holds every form of a report: one of a pass with something of everything, and one of a pass that found nothing.
func TestForms(t *testing.T) {
	full, detail := detailed(50, 30*time.Hour, nil)
	for name, r := range map[string]Report{"full": New(full, detail), "none": New(empty(), Detail{})} {
		for _, form := range forms {
			t.Run(name+"."+form, func(t *testing.T) {
				golden(t, "report-"+name+"."+form, []byte(render(t, form, r)))
			})
		}
	}
}

// TestReportAddsUp compares the breakdowns, which are counted from rows, with the counts of the pass.
func TestReportAddsUp(t *testing.T) {
	pass, detail := detailed(1000, 72*time.Hour, nil)
	r := New(pass, detail)
	sums := map[string][]Group{"channels": r.Channels, "agents": r.Agents, "teams": r.Teams, "brands": r.Brands, "days": r.Days, "hours": r.Hours}
	for name, groups := range sums {
		var sum Tally
		for _, g := range groups {
			sum.Found += g.Found
			sum.Sent += g.Sent
			sum.Rejected += g.Rejected
			sum.InDoubt += g.InDoubt
			sum.Waiting += g.Waiting
			sum.Skipped += g.Skipped
		}
		if diff := cmp.Diff(r.Tally, sum); diff != "" {
			t.Errorf("%s: -pass +sum:\n%s", name, diff)
		}
	}
	if slots := r.Timeline.Slots; len(slots) > mostSlots+1 {
		t.Errorf("%d slots", len(slots))
	}
}

// TestMasking looks for addresses in every form.
func TestMasking(t *testing.T) {
	pass, detail := detailed(100, time.Hour, nil)
	for _, form := range forms {
		masked := render(t, form, New(pass, detail))
		for _, address := range []string{"customer1@", "alex.agent@", "bea@", "jane.doe@"} {
			if strings.Contains(strings.ReplaceAll(masked, `\`, ""), address) {
				t.Errorf("%s shows %s…", form, address)
			}
		}
	}
	_, detail = detailed(0, time.Hour, nil)
	detail.Rows.Reveal = true
	detail.Rows.Observe(surveysync.Disposed{Row: madeUp(1, at)})
	for _, form := range forms {
		if open := render(t, form, New(pass, detail)); !strings.Contains(strings.ReplaceAll(open, `\`, ""), "customer1@example.com") {
			t.Errorf("%s masks although it was asked to reveal", form)
		}
	}
}

func TestMask(t *testing.T) {
	for address, want := range map[string]string{
		"":                   "",
		"jane@example.com":   "j•••@example.com",
		"é.x@example.com":    "é•••@example.com",
		"@example.com":       "•••",
		"jane at example":    "•••",
		"jane@doe@example.x": "j•••@example.x",
	} {
		if got := Mask(address); got != want {
			t.Errorf("Mask(%q) = %q, want %q", address, got, want)
		}
	}
	if got, want := maskAll(`customer.email in ["a.b@x.example", "c@y.example"] or domain == "@z"`), `customer.email in ["a•••@x.example", "c•••@y.example"] or domain == "@z"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// hostile is markup and formulas in every place that somebody outside can write to.
func hostile(i int, row *surveysync.Row) {
	const markup = `"><script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) | a | <!-- -->` + "\r\n# heading\n- `item` https://evil.example www.evil.example"
	row.AgentName, row.Channel, row.Brand, row.Message = markup, `</style><b>`+markup, markup, markup
	row.Teams, row.Address, row.AgentAddress = []string{markup}, markup+"@example.com", markup
	row.Key.Conversation, row.Customer = `<svg onload=alert(4)>`+fmt.Sprint(i), `"><a href="javascript:alert(5)">`
	row.Reason = decide.Reason(`rule:<script>alert(6)</script>`)
}

// TestMarkupIsText lets names, tags, ids and answers be full of markup: no form passes it on.
func TestMarkupIsText(t *testing.T) {
	pass, detail := detailed(40, time.Hour, hostile)
	pass.Tenant, pass.Notices, pass.Fuse = `<script>`, []string{`</title><script>alert(7)</script>`}, `<b onmouseover=alert(8)>`
	detail.Settings = []Setting{{Key: "<script>", Value: "</td><script>alert(9)</script>"}}
	detail.Problem = errors.New("</style><script>alert(10)</script>")
	r := New(pass, detail)
	page := render(t, "html", r)
	for _, bad := range []string{"<script", "<img", "<svg onload", "<b ", "<!-- -->", `href="javascript:`, `<a href="javascript`} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for line := range strings.Lines(render(t, "md", r)) {
		for _, bad := range []string{"<script", "<img", "<!--", "](javascript", " https://evil", " www.evil"} {
			if strings.Contains(line, bad) {
				t.Errorf("Markdown has %s in %s", bad, line)
			}
		}
		if strings.HasPrefix(line, "# heading") || strings.HasPrefix(line, "- `item`") {
			t.Errorf("a value begins a line: %s", line)
		}
	}
	var back struct {
		Rows []Row `json:"conversations"`
	}
	if err := json.Unmarshal([]byte(render(t, "json", r)), &back); err != nil || back.Rows[0].Agent != slices.Collect(r.rows.all())[0].Agent {
		t.Errorf("JSON does not give back what it was given: %v", err)
	}
	lines, err := csv.NewReader(strings.NewReader(render(t, "csv", r))).ReadAll()
	if err != nil || len(lines) != 41 {
		t.Errorf("%d lines of CSV: %v", len(lines), err)
	}
}

// TestFormulasAreText writes values that a spreadsheet would run.
func TestFormulasAreText(t *testing.T) {
	for _, value := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "\n=1", "  =1", "\ufeff=1", "＝1", "＠x", `=HYPERLINK("http://evil.example","x")`, "=cmd|' /C calc'!A0",
	} {
		pass, detail := detailed(1, time.Hour, func(_ int, row *surveysync.Row) { row.AgentName, row.Message = value, value })
		out := render(t, "csv", New(pass, detail))
		lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%q: %v, %d lines", value, err, len(lines))
		}
		for _, cell := range lines[1] {
			if strings.Contains(cell, "1") && strings.ContainsAny(strings.TrimLeft(cell, " \ufeff")[:1], "=+-@\t\r\n") {
				t.Errorf("%q is written as %q", value, cell)
			}
		}
		if !strings.HasPrefix(lines[1][6], "'") {
			t.Errorf("%q is written as %q", value, lines[1][6])
		}
		if !strings.HasSuffix(out, "\r\n") {
			t.Error("a line does not end in CR LF")
		}
	}
	if got := harmless("Alex Agent"); got != "Alex Agent" {
		t.Errorf("a name is written as %q", got)
	}
}

// TestManyConversations holds what a page lists: all of as many as it may, else a fair part of each group, and it says so.
func TestManyConversations(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	for _, test := range []struct{ conversations, listed int }{{mostOnPage, mostOnPage}, {amount(mostOnPage+1000, 20_000), mostOnPage}} {
		pass, detail := detailed(test.conversations, 48*time.Hour, nil)
		r := New(pass, detail)
		listed, hands := 0, 0
		for _, part := range rowSection(r, mostOnPage).Parts {
			table := part.(doc.Table)
			listed += len(table.Rows)
			if strings.HasPrefix(table.Title, "rejected") && table.More != "" {
				hands++
			}
		}
		if listed != test.listed || hands > 0 && test.conversations == mostOnPage {
			t.Errorf("of %d conversations %d are listed, want %d", test.conversations, listed, test.listed)
		}
		page := render(t, "html", r)
		if got, want := strings.Contains(page, "are not listed here"), test.conversations > mostOnPage; got != want {
			t.Errorf("%d conversations: the page says that some are not listed: %v, want %v", test.conversations, got, want)
		}
		if got := strings.Count(render(t, "csv", r), "\r\n"); got != test.conversations+1 {
			t.Errorf("CSV has %d lines of %d conversations", got, test.conversations)
		}
	}
}

// TestDecidedAnew has a conversation skipped, and sent when a later window held it once more: the report shows it once.
func TestDecidedAnew(t *testing.T) {
	rows := &Rows{}
	row := madeUp(1, at)
	row.State, row.Reason = store.Skipped, decide.NoEmail
	rows.Observe(surveysync.Disposed{Row: row})
	row.State, row.Reason = store.Accepted, ""
	rows.Observe(surveysync.Disposed{Row: row})
	rows.settle()
	if got := slices.Collect(rows.all()); len(got) != 1 || got[0].Decision != "accepted" {
		t.Errorf("got %+v", got)
	}
}

// TestKinds tells a recovery, a flagged request and both from an ordinary request, in every form.
func TestKinds(t *testing.T) {
	rows := &Rows{}
	for i, kind := range []struct{ recovery, flagged bool }{{}, {recovery: true}, {flagged: true}, {true, true}} {
		row := madeUp(0, at.Add(time.Duration(i)*time.Second))
		row.Key.Conversation, row.Key.Recovery, row.Flagged = fmt.Sprint("conversation", i), kind.recovery, kind.flagged
		rows.Observe(surveysync.Disposed{Row: row})
	}
	r := New(sending(false, 4, 4, 2), Detail{Rows: rows})
	for form, want := range map[string][]string{
		"csv":  {",kind,do_not_send\r\n", ",,\r\n", ",recovery,\r\n", ",,true\r\n", ",recovery,true\r\n"},
		"json": {`"recoveries": 2,`, `"kind": "recovery"`, `"do_not_send": true`},
		"md":   {"| conversation0 |", "| conversation1 recovery |", "| conversation2 flagged |", "| conversation3 recovery, flagged |"},
		"html": {">conversation0</th>", `>conversation1 <span class="quiet">recovery</span></th>`, `<span class="quiet">recovery, flagged</span>`},
	} {
		out := render(t, form, r)
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%s does not have %q", form, text)
			}
		}
	}
}

// sending is a pass that sent so many of what it found, recoveries among them.
func sending(dryRun bool, found, sent, recoveries int) Pass {
	p := empty()
	p.To, p.Found, p.DryRun, p.Followed = at, found, dryRun, recoveries
	p.Counts = map[store.State]int{store.Accepted: sent, store.Skipped: found - sent}
	if dryRun {
		p.Counts[store.Accepted], p.Planned = 0, sent
	}
	return p
}

// TestOneSearch has the number of searches agree with the word.
func TestOneSearch(t *testing.T) {
	for searches, want := range map[int]string{0: "(0 searches", 1: "(1 search,", 6: "(6 searches,"} {
		p := sending(false, 1, 1, 0)
		p.Calls = Calls{Kustomer: 2, KustomerSearch: searches}
		if out := render(t, "md", New(p, Detail{})); !strings.Contains(out, want) {
			t.Errorf("%d: %q is not in:\n%s", searches, want, out)
		}
	}
}

func TestVerdict(t *testing.T) {
	hollow := empty()
	hollow.Mode = "apply"
	asked := sending(false, 1, 0, 0)
	asked.Reasons = surveysync.Reasons{store.Skipped: {decide.AlreadySent: 1}}
	for _, test := range []struct {
		name     string
		pass     Pass
		problem  error
		level    string
		headline string
	}{
		{"mixed", mixed(), nil, doc.LevelAttention, "412 conversations led to 349 survey requests and 4 recoveries."},
		{"dry run", dry(), nil, doc.LevelGood, "412 conversations would lead to 354 survey requests and 4 recoveries."},
		{"a fuse blew", halted(), nil, doc.LevelHalted, "412 conversations led to 349 survey requests and 4 recoveries."},
		{"ended early", mixed(), errors.New("the key was refused"), doc.LevelHalted, "412 conversations led to 349 survey requests and 4 recoveries."},
		{"no recoveries", sending(false, 12, 7, 0), nil, doc.LevelGood, "7 of 12 conversations got a survey request."},
		{"no recoveries, dry run", sending(true, 12, 7, 0), nil, doc.LevelGood, "7 of 12 conversations would get a survey request."},
		{"one of each", sending(false, 2, 2, 1), nil, doc.LevelGood, "2 conversations led to 1 survey request and 1 recovery."},
		{"recoveries alone", sending(true, 1, 1, 1), nil, doc.LevelGood, "1 conversation would lead to 1 recovery."},
		{"one", sending(false, 1, 1, 0), nil, doc.LevelGood, "1 of 1 conversation got a survey request."},
		{"one that was asked", asked, nil, doc.LevelGood, "No new survey request; 1 conversation was looked at."},
		{"nothing to do", empty(), nil, doc.LevelGood, "There was no conversation to look at."},
		{"an empty plan", hollow, nil, doc.LevelGood, "The plan holds no conversation."},
		{"nothing read", Pass{}, errors.New("no answer"), doc.LevelHalted, "The pass ended before anything was read."},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := New(test.pass, Detail{Problem: test.problem}).Verdict
			if got.Level != test.level || got.Headline != test.headline {
				t.Errorf("got %+v", got)
			}
			if len(got.Todo) > 0 && strings.Contains(got.Detail, "obody has to do") {
				t.Errorf("nobody has to do anything, but: %q", got.Todo)
			}
		})
	}
}

// TestVerdictCalm looks at how urgent a pass is that did all of its work.
func TestVerdictCalm(t *testing.T) {
	quiet := sending(true, 12, 7, 0)
	if got, want := New(quiet, Detail{}).Verdict.Detail, "Every conversation is accounted for. Nobody has to do anything."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	quiet.Notices = []string{"Kustomer was slow"}
	if got, want := New(quiet, Detail{}).Verdict.Detail, "Every conversation is accounted for. Nothing is urgent."; got != want {
		t.Errorf("with a notice: got %q, want %q", got, want)
	}
}

// TestTimeline cuts ranges into slots by the local clock, days of 23 and 25 hours among them.
func TestTimeline(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	for _, test := range []struct {
		name          string
		from          string
		over          time.Duration
		step          string
		slots         int
		first, second string
	}{
		{"half an hour", "2026-11-22T19:42:10Z", 30 * time.Minute, "1m", 31, "22 20:42", "22 20:43"},
		{"three days", "2026-11-20T01:00:00Z", 72 * time.Hour, "3h", 25, "20 00:00", "20 03:00"},
		{"the clock goes back", "2026-10-24T22:00:00Z", 49 * time.Hour, "1h", 49, "25 00:00", "25 01:00"},
		{"the clock goes back within two months", "2026-10-01T10:00:00Z", 50 * 24 * time.Hour, "1d", 51, "01 00:00", "02 00:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, err := time.Parse(time.RFC3339, test.from)
			if err != nil {
				t.Fatal(err)
			}
			var rows []Row
			for i := range 500 {
				rows = append(rows, Row{Resolution: Moment{from.Add(test.over * time.Duration(i) / 500)}, Decision: "accepted"})
			}
			rows = append(rows, Row{Resolution: Moment{from.Add(-time.Hour)}})
			got := newTimeline(slices.Values(rows), from, from.Add(test.over), berlin)
			sum := 0
			for _, slot := range got.Slots {
				sum += slot.Sent
				if strings.HasSuffix(got.Step, "d") && slot.From.Hour() != 0 {
					t.Errorf("a day begins at %s", slot.From)
				}
			}
			if got.Step != test.step || len(got.Slots) != test.slots || sum != 500 || got.Other != 1 {
				t.Errorf("step %s, %d slots, %d counted, %d others", got.Step, len(got.Slots), sum, got.Other)
			}
			first, second := got.Slots[0].From.Format("02 15:04"), got.Slots[1].From.Format("02 15:04")
			if first != test.first || second != test.second {
				t.Errorf("slots begin at %s and %s", first, second)
			}
		})
	}
}

func TestRendererFor(t *testing.T) {
	for path, ok := range map[string]bool{"a.html": true, "b.JSON": true, "x/y.csv": true, "z.md": true, "a.htm": false, "html": false, "": false, "a.": false} {
		if _, err := RendererFor(path); (err == nil) != ok {
			t.Errorf("%q: %v", path, err)
		}
	}
}
