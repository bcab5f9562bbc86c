package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/journey"
	"acsync/sync/report/doc"
)

// called are names that say what they are of.
type called struct{}

func (called) Agent(id string) string {
	return map[string]string{"u1": "Alex Abbott", "u2": "Bianca Brandt", "u3": "Chidi Cole"}[id]
}

func (called) Team(id string) string {
	return map[string]string{"t1": "Billing", "t2": "Customer Care"}[id]
}

func (called) Brand(id string) string { return map[string]string{"b1": "Acme Care"}[id] }

const rangeLedger = "0123456789abcdef"

// weekOf is the week before the Monday that is in the middle of these tests.
func weekOf() fetch.Window {
	monday := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	return fetch.Window{From: monday, To: monday.AddDate(0, 0, 7)}
}

func rangeTerms() RangeTerms {
	w := weekOf()
	return RangeTerms{
		Tenant: "acme", Window: w, AppURL: "https://acme.kustomerapp.com", Ledger: rangeLedger,
		Known: w.From.AddDate(0, -1, 0), Checkpoint: w.To.Add(-time.Hour), Received: true,
	}
}

// done is a conversation that was marked done so long after the week began: of a customer and an agent of its own kind, in a
// ledger that has accepted it.
func done(n int, after time.Duration) journey.Journey {
	at := weekOf().From.Add(after)
	id := fmt.Sprintf("6716500fa1b2c3d4e5f6%04x", n)
	return journey.Journey{
		Conversation: id, Resolved: at, InRange: true,
		Facts: &journey.Facts{
			Customer: fmt.Sprintf("c%d", n), Agent: "u1", Teams: []string{"t1"}, Channel: "email", Brand: "b1", Resolved: at,
			AskedChannel: "email", AskedBrand: "acme",
		},
		Entries: []store.Entry{{
			Key:    store.Key{Conversation: id},
			Record: store.Record{State: store.Accepted, Resolution: at, At: at.Add(time.Minute), Intent: uint64(n) + 1, Attempts: 1},
		}},
	}
}

// asked is the same with what Agent Connect has: one request, with a status.
func asked(n int, after time.Duration, status string) journey.Journey {
	j := done(n, after)
	j.Interactions = []agentconnect.Interaction{{
		UUID: j.Conversation, Sequence: 1, ExtInteractionID: j.Conversation, CreatedAt: j.Resolved.Add(time.Minute), Status: status,
		Brand: "acme", Intent: store.Intent{Ledger: rangeLedger, Number: uint64(n) + 1}.String(),
	}}
	return j
}

func answered(n int, after time.Duration) journey.Journey {
	j := asked(n, after, "Delivered")
	j.Interactions[0].AnsweredAt = j.Resolved.Add(time.Hour)
	return j
}

// standing is one that the ledger has in a state.
func standing(n int, after time.Duration, state store.State, reason decide.Reason) journey.Journey {
	j := done(n, after)
	j.Entries[0].State, j.Entries[0].Reason = state, string(reason)
	return j
}

// unasked is one that nothing would be sent of; nobody has asked.
func unasked(n int, after time.Duration, reason decide.Reason) journey.Journey {
	j := done(n, after)
	j.Entries, j.Facts.Skip, j.Facts.AskedBrand = nil, reason, ""
	return j
}

// journeys are a week with a few of everything.
func journeys() (list []journey.Journey) {
	const day = 24 * time.Hour
	n := 0
	add := func(times int, after time.Duration, make func(n int, after time.Duration) journey.Journey, shape func(*journey.Journey)) {
		for range times {
			j := make(n, after+time.Duration(n)*time.Minute)
			if shape != nil {
				shape(&j)
			}
			list = append(list, j)
			n++
		}
	}
	with := func(status string) func(int, time.Duration) journey.Journey {
		return func(n int, after time.Duration) journey.Journey { return asked(n, after, status) }
	}
	in := func(state store.State, reason decide.Reason) func(int, time.Duration) journey.Journey {
		return func(n int, after time.Duration) journey.Journey { return standing(n, after, state, reason) }
	}
	none := func(reason decide.Reason) func(int, time.Duration) journey.Journey {
		return func(n int, after time.Duration) journey.Journey { return unasked(n, after, reason) }
	}
	add(30, day, answered, nil)
	add(40, 2*day, with("Delivered"), func(j *journey.Journey) { j.Facts.Teams, j.Facts.Agent = []string{"t1", "t2"}, "u2" })
	add(6, 2*day, with("Sent"), func(j *journey.Journey) { j.Facts.Channel, j.Facts.Customer = "chat", "c0" })
	add(4, 3*day, with("Suppressed"), nil)
	add(2, 3*day, with("Hard bounce"), func(j *journey.Journey) { j.Facts.Matched = []string{"internal tests", "service recovery"} })
	add(3, 3*day, with("Delivered"), func(j *journey.Journey) { j.Entries, j.Interactions[0].Intent = nil, "" }) // by others
	add(2, 3*day, done, nil)                                                                                     // accepted, not in the data
	add(5, 4*day, in(store.Rejected, decide.EmployeeNotFound), func(j *journey.Journey) { j.Facts.Agent = "u3" })
	add(1, 4*day, in(store.Rejected, decide.RuleError("region")), nil)
	add(2, 4*day, in(store.InDoubt, decide.NoAnswer), nil)
	add(3, 4*day, in(store.Retry, decide.Unreachable), nil)
	add(7, 0, none(decide.NoAgent), func(j *journey.Journey) { j.Facts.Agent, j.Facts.Teams = "", nil })
	add(4, 0, none("rule:internal tests"), func(j *journey.Journey) { j.Facts.Matched = []string{"internal tests"} })
	add(2, 0, none(decide.MaskedEmail), func(j *journey.Journey) { j.Facts.Channel = "" })
	add(2, 5*day, none(""), nil)                                                                              // nobody has tried
	add(1, 7*day-150*time.Minute, none(""), nil)                                                              // the passes have not come to it
	add(2, 5*day, in(store.Rejected, decide.EmployeeDeactivated), func(j *journey.Journey) { j.Facts = nil }) // gone
	add(1, 20*day, answered, func(j *journey.Journey) { j.InRange = false })
	return list
}

func rangeOf(t *testing.T, terms RangeTerms, list []journey.Journey) Range {
	t.Helper()
	c := NewRangeCounter(terms)
	for _, j := range list {
		must(t, c.Add(j))
	}
	r, err := c.Report(called{})
	must(t, err)
	must(t, c.Close())
	return r
}

func fullRange(t *testing.T) Range { return rangeOf(t, rangeTerms(), journeys()) }

func noRange(t *testing.T) Range { return rangeOf(t, rangeTerms(), nil) }

func renderRange(t *testing.T, form string, r Range) string {
	t.Helper()
	renderer, err := RangeRendererFor("range." + form)
	must(t, err)
	var out bytes.Buffer
	must(t, renderer(&out, r))
	return out.String()
}

// nasty are names that people might give, and should not.
type nasty struct{}

func (nasty) Agent(id string) string { return `<script>alert("` + id + "\")</script> \u202egnp.exe" }

func (nasty) Team(string) string { return strings.Repeat("Wohlfahrtsausschuss", 6) }

func (nasty) Brand(string) string { return "=HYPERLINK(\"https://example.org\")| **bold** \x1b[31m" }

// hostileRange is a week of conversations whose names are to break a page.
func hostileRange(t *testing.T) Range {
	t.Helper()
	terms := rangeTerms()
	terms.Notices = []string{"Teams are shown by their ids: <b>401</b> " + strings.Repeat("x", 200)}
	c := NewRangeCounter(terms)
	for n := range 80 {
		j := answered(n, time.Duration(n)*time.Hour)
		if n%2 == 0 {
			j = standing(n, time.Duration(n)*time.Hour, store.Rejected, decide.Reason("rule_error:"+strings.Repeat("a_long_name", 8)))
		}
		j.Facts.Agent, j.Facts.Channel = fmt.Sprint(n), strings.Repeat("channel|", 12)+fmt.Sprint(n%3)
		must(t, c.Add(j))
	}
	r, err := c.Report(nasty{})
	must(t, err)
	must(t, c.Close())
	return r
}

// TestRangeHostile: no name passes for markup, moves a cursor, or is run by a spreadsheet.
func TestRangeHostile(t *testing.T) {
	r := hostileRange(t)
	for _, form := range forms {
		text := renderRange(t, form, r)
		if form != "json" && strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s shows what is not to be seen", form)
		}
		if (form == "html" || form == "md") && (strings.Contains(text, "<script>") || strings.Contains(text, "<b>401")) {
			t.Errorf("%s has markup of a name", form)
		}
	}
	if !strings.Contains(renderRange(t, "csv", r), "'=HYPERLINK") {
		t.Error("the CSV has a formula")
	}
	var screen bytes.Buffer
	v := &doc.Visible{To: &screen}
	must(t, doc.Text(v, RangeDoc(r, 10), doc.Style{Width: 80}))
	must(t, v.Close())
	fits(t, screen.String(), 80)
}

func TestRangeForms(t *testing.T) {
	for name, r := range map[string]Range{"week": fullRange(t), "none": noRange(t)} {
		for _, form := range forms {
			t.Run(name+"."+form, func(t *testing.T) {
				golden(t, "range-"+name+"."+form, []byte(renderRange(t, form, r)))
			})
		}
	}
}

// TestRangeScreens shows a week on terminals of several sizes: never wider.
func TestRangeScreens(t *testing.T) {
	for _, width := range []int{60, 80, 200} {
		for name, r := range map[string]Range{"week": fullRange(t), "none": noRange(t)} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				var out bytes.Buffer
				must(t, doc.Text(&out, RangeDoc(r, 10), doc.Style{Width: width}))
				golden(t, fmt.Sprintf("range-%s-%d.txt", name, width), out.Bytes())
				fits(t, out.String(), width)
			})
		}
	}
}

// TestRangeAddsUp: what stands at each step and does not go on has its reasons, and every breakdown of which a conversation has
// one counts all.
func TestRangeAddsUp(t *testing.T) {
	r := fullRange(t)
	for _, step := range journey.Steps()[:journey.Answered] {
		lost := r.Total.Steps[step] - r.Total.Steps[step+1]
		for _, why := range r.Why {
			if why.Step == step {
				lost -= why.Count
			}
		}
		if lost != 0 {
			t.Errorf("%d that came to %s and no further have no reason", lost, step)
		}
	}
	for _, b := range r.Breakdowns {
		var sum Funnel
		for _, s := range b.Slices {
			sum = sum.plus(s.Funnel)
		}
		if name := b.By[0]; name != ofTeam && name != ofRule && sum != r.Total {
			t.Errorf("by %s there are %v, want %v", name, sum, r.Total)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(renderRange(t, "csv", r))).ReadAll()
	must(t, err)
	if got, want := rows[1][3:8], []string{}; true {
		for _, n := range r.Total.Steps {
			want = append(want, strconv.Itoa(n))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the first line of the CSV: want -, got +:\n%s", diff)
		}
	}
}

// group is a group of a breakdown: its steps, written in one.
func group(t *testing.T, r Range, by string, ids ...string) string {
	t.Helper()
	for _, b := range r.Breakdowns {
		if strings.Join(b.By, "+") != by {
			continue
		}
		for _, s := range b.Slices {
			if strings.Join(s.IDs, "+") == strings.Join(ids, "+") {
				return fmt.Sprint(s.Steps)
			}
		}
		return "no such group"
	}
	return "no such breakdown"
}

// TestRangeMembers holds what becomes of conversations that are not like the others.
func TestRangeMembers(t *testing.T) {
	const hour = time.Hour
	twice := answered(1, hour)
	twice.Entries = append(twice.Entries, twice.Entries[0]) // two resolutions of one conversation, each of the range
	twice.Entries[1].Key.Resolution = twice.Resolved.Add(-hour).UnixMilli()
	gone := standing(2, hour, store.Rejected, decide.EmployeeNotFound)
	gone.Facts = nil
	teams := asked(3, hour, "Delivered")
	teams.Facts.Teams = []string{"t2", "t1", "t1"}
	alone := asked(4, hour, "Delivered")
	alone.Facts.Teams, alone.Facts.Agent = nil, ""
	others := asked(5, hour, "Delivered")
	others.Entries, others.Interactions[0].Intent = nil, ""
	adopted := asked(6, hour, "Delivered")
	adopted.Entries[0].Reason, adopted.Interactions[0].Intent = store.ReasonRebuilt, ""
	unstamped := asked(7, hour, "Delivered")
	unstamped.Interactions[0].Intent = ""
	outside := answered(8, hour)
	outside.InRange = false
	before, soon := unasked(9, hour, ""), unasked(10, 167*hour+30*time.Minute, "")
	rehearsal := unasked(11, hour, "")
	rehearsal.Interactions = asked(11, hour, "Delivered").Interactions
	rehearsal.Interactions[0].Intent = store.Intent{Ledger: rangeLedger, Number: 3, Rehearsal: true}.String()
	spam := standing(33, hour, store.Skipped, decide.Stale)
	spam.Facts.Skip = decide.Spam
	brands := asked(12, hour, "Suppressed")
	brands.Interactions = append(brands.Interactions, brands.Interactions[0])
	brands.Interactions[1].UUID, brands.Interactions[1].Brand, brands.Interactions[1].Status = "other", "outdoor", "Delivered"

	for _, test := range []struct {
		name       string
		journey    journey.Journey
		terms      func(*RangeTerms)
		steps      string // done, eligible, asked, delivered, answered
		by         string
		ids        []string
		group      string
		why        string // the id of what keeps it from the next step
		others     int
		customers  int
		needsAHand int
	}{
		{name: "marked done twice", journey: twice, steps: "[1 1 1 1 1]", by: "day", ids: []string{"2026-11-16"}, group: "[1 1 1 1 1]", customers: 1},
		{
			name: "deleted since", journey: gone, steps: "[1 1 0 0 0]", by: "agent", ids: []string{"(gone)"}, group: "[1 1 0 0 0]",
			why: "rejected:employee_not_found", needsAHand: 1,
		},
		{name: "two teams", journey: teams, steps: "[1 1 1 1 0]", by: "team", ids: []string{"t2"}, group: "[1 1 1 1 0]", why: "not_answered", customers: 1},
		{name: "no team and no agent", journey: alone, steps: "[1 1 1 1 0]", by: "team", ids: []string{""}, group: "[1 1 1 1 0]", why: "not_answered", customers: 1},
		{name: "asked by others", journey: others, steps: "[1 1 1 1 0]", by: "agent", ids: []string{"u1"}, group: "[1 1 1 1 0]", why: "not_answered", others: 1, customers: 1},
		{name: "taken over from others", journey: adopted, steps: "[1 1 1 1 0]", by: "agent", ids: []string{"u1"}, group: "[1 1 1 1 0]", why: "not_answered", others: 1, customers: 1},
		{name: "without stamps", journey: unstamped, steps: "[1 1 1 1 0]", by: "agent", ids: []string{"u1"}, group: "[1 1 1 1 0]", why: "not_answered", customers: 1},
		{name: "of another time", journey: outside, steps: "[0 0 0 0 0]", by: "agent", ids: []string{"u1"}, group: "no such group"},
		{
			name: "no secret", journey: done(20, hour), terms: func(r *RangeTerms) { r.Received = false }, steps: "[1 1 1 0 0]",
			by: "agent_connect_brand", ids: []string{"acme"}, group: "[1 1 1 0 0]", customers: 1,
		},
		{
			name: "before the ledger", journey: before, terms: func(r *RangeTerms) { r.Known = r.Window.From.Add(2 * hour) }, steps: "[1 1 0 0 0]",
			by: "reason", ids: []string{"before_ledger"}, group: "[1 1 0 0 0]", why: "before_ledger", customers: 1,
		},
		{name: "behind the checkpoint", journey: soon, steps: "[1 1 0 0 0]", by: "reason", ids: []string{"not_yet"}, group: "[1 1 0 0 0]", why: "not_yet", customers: 1},
		{name: "rehearsed", journey: rehearsal, steps: "[1 1 0 0 0]", by: "reason", ids: []string{"never_asked"}, group: "[1 1 0 0 0]", why: "never_asked", customers: 1},
		{
			name: "no ledger", journey: before, terms: func(r *RangeTerms) { r.Ledger, r.Known = "", time.Time{} }, steps: "[1 1 0 0 0]", by: "reason", ids: []string{"never_asked"},
			group: "[1 1 0 0 0]", why: "never_asked", customers: 1,
		},
		{name: "two requests", journey: brands, steps: "[1 1 1 1 0]", by: "agent_connect_brand", ids: []string{"outdoor"}, group: "[1 1 1 1 0]", why: "not_answered", customers: 1},
		{
			name: "broken rule", journey: standing(30, hour, store.Rejected, decide.RuleError("x")), steps: "[1 1 0 0 0]", by: "reason",
			ids: []string{"rejected:rule_error:x"}, group: "[1 1 0 0 0]", why: "rejected:rule_error:x", needsAHand: 1, customers: 1,
		},
		{
			name: "team and reason", journey: unasked(31, hour, decide.NoEmail), terms: func(r *RangeTerms) { r.By = [][]string{{"team", "reason"}} },
			steps: "[1 0 0 0 0]", by: "team+reason", ids: []string{"t1", "no_email"}, group: "[1 0 0 0 0]", why: "no_email", customers: 1,
		},
		{
			name: "too late for a pass", journey: standing(32, hour, store.Skipped, decide.Stale), steps: "[1 1 0 0 0]",
			by: "reason", ids: []string{"stale"}, group: "[1 1 0 0 0]", why: "stale", customers: 1,
		},
		{
			name: "too late, and not to be asked any more", journey: spam, steps: "[1 0 0 0 0]",
			by: "reason", ids: []string{"stale"}, group: "[1 0 0 0 0]", why: "stale", customers: 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			terms := rangeTerms()
			if test.terms != nil {
				test.terms(&terms)
			}
			r := rangeOf(t, terms, []journey.Journey{test.journey})
			why := ""
			if len(r.Why) > 0 {
				why = r.Why[0].id()
			}
			got := []any{
				fmt.Sprint(r.Total.Steps), group(t, r, test.by, test.ids...), why, r.Others, r.Customers.All, len(r.Rejections),
			}
			want := []any{test.steps, test.group, test.why, test.others, test.customers, test.needsAHand}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("steps, group, why, others, customers, hands: want -, got +:\n%s", diff)
			}
			for _, form := range forms {
				renderRange(t, form, r)
			}
		})
	}
}

// TestRangeCustomers counts customers, not conversations.
func TestRangeCustomers(t *testing.T) {
	var list []journey.Journey
	for n, customer := range []string{"a", "a", "a", "b", "b", "c", "d", ""} {
		j := asked(n, time.Hour, map[bool]string{true: "Delivered", false: "Suppressed"}[n < 3])
		if customer == "c" {
			j = unasked(n, time.Hour, decide.NoEmail)
		}
		j.Facts.Customer = customer
		list = append(list, j)
	}
	want := Customers{All: 4, Several: 2, Asked: 3, AskedSeveral: 2, Mailed: 1}
	if diff := cmp.Diff(want, rangeOf(t, rangeTerms(), list).Customers); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// TestSameName: two teams of one name are two.
func TestSameName(t *testing.T) {
	var list []journey.Journey
	for n, team := range []string{"t1", "x1", "x2"} {
		j := answered(n, time.Hour)
		j.Facts.Teams = []string{team}
		list = append(list, j)
	}
	var got []string
	c := NewRangeCounter(rangeTerms())
	for _, j := range list {
		must(t, c.Add(j))
	}
	r, err := c.Report(alike{})
	must(t, err)
	for _, b := range r.Breakdowns {
		for _, s := range b.Slices {
			if b.By[0] == ofTeam {
				got = append(got, s.label())
			}
		}
	}
	if diff := cmp.Diff([]string{"Billing", "Care (x1)", "Care (x2)"}, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// alike are teams of which two have one name.
type alike struct{ called }

func (alike) Team(id string) string {
	return map[string]string{"t1": "Billing"}[id] + map[bool]string{true: "Care"}[id != "t1"]
}

// TestRangeWithoutSecret says that nobody knows who was mailed, and how that is mended; no number stands in its place.
func TestRangeWithoutSecret(t *testing.T) {
	terms := rangeTerms()
	terms.Received = false
	r := rangeOf(t, terms, journeys())
	var told struct {
		Conversations struct {
			Asked, Delivered, Answered *int
		}
		Verdict struct{ Todo []string }
	}
	must(t, json.Unmarshal([]byte(renderRange(t, "json", r)), &told))
	if told.Conversations.Asked == nil || told.Conversations.Delivered != nil || told.Conversations.Answered != nil {
		t.Errorf("it tells %+v", told.Conversations)
	}
	if !strings.Contains(strings.Join(told.Verdict.Todo, " "), "agent_connect.api_secret_file") {
		t.Errorf("to do: %q", told.Verdict.Todo)
	}
	for _, form := range []string{"html", "md"} {
		if page := strings.ReplaceAll(renderRange(t, form, r), `\`, ""); !strings.Contains(page, "AGENT_CONNECT_API_SECRET") {
			t.Errorf("%s does not tell what is missing", form)
		}
	}
}

// TestRangeRemedies: each command that is named is about the range of the report, and can be pasted.
func TestRangeRemedies(t *testing.T) {
	const week = " --from 2026-11-16T00:00:00Z --to 2026-11-23T00:00:00Z"
	lost := done(3, 3*24*time.Hour)
	late := standing(4, 2*24*time.Hour, store.Skipped, decide.Stale)
	list := []journey.Journey{unasked(1, time.Hour, ""), unasked(2, 4*24*time.Hour, ""), lost, late}
	for _, test := range []struct {
		name  string
		terms func(*RangeTerms)
		want  map[string]string
	}{
		{"a ledger that began before", func(*RangeTerms) {}, map[string]string{
			"never_asked": "acsync audit --config a.toml" + week + " names them, and can queue them",
			"not_shown":   "a day later acsync audit --config a.toml" + week + " tells whether they are lost",
		}},
		{
			"one that began in the middle", func(r *RangeTerms) { r.Known = r.Window.From.AddDate(0, 0, 2) },
			map[string]string{
				"never_asked": "acsync audit --config a.toml" + week + " names them, and can queue them",
				"before_ledger": "acsync ledger rebuild --config a.toml --since 2026-08-18T00:00:00Z takes over " +
					"whom others have asked; then acsync backfill --config a.toml --from 2026-11-16T00:00:00Z " +
					"--to 2026-11-18T00:00:00Z asks the rest",
				"not_shown": "a day later acsync audit --config a.toml" + week + " tells whether they are lost",
			},
		},
		{
			"one that began later", func(r *RangeTerms) { r.Known = r.Window.To.AddDate(0, 0, 2) },
			map[string]string{
				"before_ledger": "acsync ledger rebuild --config a.toml --since 2026-08-18T00:00:00Z takes over " +
					"whom others have asked; then acsync backfill --config a.toml" + week + " asks the rest",
				"not_shown": "a day later acsync audit --config a.toml" + week + " tells whether they are lost",
			},
		},
		{
			// Nobody knows whom others have asked.
			"no secret", func(r *RangeTerms) { r.Known, r.Received = r.Window.To, false }, map[string]string{
				"before_ledger": "whom others have asked only Agent Connect's data tell, which need the API secret: " +
					"without it acsync backfill --config a.toml" + week + " asks them again",
			},
		},
		{
			// Nothing can be queued.
			"no ledger", func(r *RangeTerms) { r.Ledger, r.Known = "", time.Time{} },
			map[string]string{
				"never_asked": "acsync audit --config a.toml" + week + " names them",
				"not_shown":   "a day later acsync audit --config a.toml" + week + " tells whether they are lost",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			terms := rangeTerms()
			terms.Here = " --config a.toml"
			test.terms(&terms)
			test.want["stale"] = "acsync ledger rebuild --config a.toml --since 2026-08-18T00:00:00Z takes over " +
				"whom others have asked; then acsync backfill --config a.toml" + week + " asks the rest"
			if !terms.Received {
				test.want["stale"] = test.want["before_ledger"]
			}
			got := map[string]string{}
			for _, why := range rangeOf(t, terms, list).Why {
				got[why.Code] = why.remedy(terms)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestStaleAndNotToBeAsked: what came too late and would not be asked today anyway needs no back-fill.
func TestStaleAndNotToBeAsked(t *testing.T) {
	j := standing(1, time.Hour, store.Skipped, decide.Stale)
	j.Facts.Skip = decide.Spam
	if got := rangeOf(t, rangeTerms(), []journey.Journey{j}).Why[0].remedy(rangeTerms()); got != "" {
		t.Errorf("it advises %q", got)
	}
}

// TestRangeVerdict says in a sentence how many were asked, and what came of it.
func TestRangeVerdict(t *testing.T) {
	for _, test := range []struct {
		name             string
		list             []journey.Journey
		headline, detail string
	}{
		{
			"nobody",
			[]journey.Journey{unasked(1, time.Hour, decide.NoAgent), unasked(2, time.Hour, decide.Spam)},
			"None of 2 conversations was asked about.", "",
		},
		{
			"nobody, of one",
			[]journey.Journey{unasked(1, time.Hour, decide.NoAgent)},
			"The only conversation was not asked about.", "",
		},
		{
			"no mail yet",
			[]journey.Journey{asked(1, time.Hour, "Pending"), unasked(2, time.Hour, decide.NoAgent)},
			"1 of 2 conversations was asked about.",
			"None has led to a mail so far. Of 2 customers 1 was asked, nobody several times.",
		},
		{
			"no answer yet",
			[]journey.Journey{asked(1, time.Hour, "Delivered"), asked(2, time.Hour, "Delivered")},
			"2 of 2 conversations were asked about.",
			"2 led to a mail, and none of these was answered. Of 2 customers 2 were asked, nobody several times.",
		},
		{
			"an answer",
			[]journey.Journey{answered(1, time.Hour), asked(2, time.Hour, "Delivered")},
			"2 of 2 conversations were asked about.", "2 led to a mail, and 1 of these was answered (50.0%). " +
				"Of 2 customers 2 were asked, nobody several times.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := rangeOf(t, rangeTerms(), test.list).Verdict
			if v.Headline != test.headline || v.Detail != test.detail {
				t.Errorf("it says %q and %q, want %q and %q", v.Headline, v.Detail, test.headline, test.detail)
			}
		})
	}
}

// TestRangeLinks: a page and a ticket lead to each conversation that needs a hand, with its agent, cause and remedy; words stand
// before codes.
func TestRangeLinks(t *testing.T) {
	r := fullRange(t)
	for _, form := range []string{"html", "md"} {
		page := strings.ReplaceAll(renderRange(t, form, r), `\`, "")
		for _, want := range []string{
			"https://acme.kustomerapp.com/app/customers/", "Chidi Cole", "Refused: the agent has no profile there · employee_not_found",
			"reate a profile in Agent Connect", "nobody was assigned, or no such user · no_agent", "nobody",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %q", form, want)
			}
		}
	}
}

// TestManyAgents: what a chart has no room for is named by what it is, and every one stands in the CSV.
func TestManyAgents(t *testing.T) {
	var list []journey.Journey
	for n := range 53 {
		j := answered(n, time.Hour)
		j.Facts.Agent = fmt.Sprintf("agent-%d", n)
		list = append(list, j)
	}
	r := rangeOf(t, rangeTerms(), list)
	if page := renderRange(t, "html", r); !strings.Contains(page, "and 43 more agents") {
		t.Error("the page does not say how many agents it leaves out")
	}
	var screen bytes.Buffer
	must(t, doc.Text(&screen, RangeDoc(r, 10), doc.Style{Width: 80}))
	if !strings.Contains(screen.String(), "and 43 more agents") {
		t.Error("the screen does not say how many agents it leaves out")
	}
	if n := strings.Count(renderRange(t, "csv", r), "\nagent,"); n != 53 {
		t.Errorf("the CSV has %d agents, want 53", n)
	}
}

// TestRangeIsSmall counts many conversations, each of a customer of its own: memory is for groups, not for them.
func TestRangeIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	t.Setenv("TMPDIR", t.TempDir())
	n := amount(100_000, 1_000_000)
	c := NewRangeCounter(rangeTerms())
	defer c.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		j := answered(i%0xffff, time.Duration(i%160)*time.Hour)
		if i%2 == 0 {
			j = standing(i%0xffff, time.Duration(i%160)*time.Hour, store.Rejected, decide.EmployeeNotFound)
		}
		j.Facts.Customer = fmt.Sprintf("%024x", i)
		must(t, c.Add(j))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	// A partition holds a megabyte at most, and there are 64; what needs a hand is some thousands.
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 96<<20 {
		t.Errorf("%d conversations take %d MiB", n, grown>>20)
	}
	r, err := c.Report(called{})
	must(t, err)
	if r.Customers.All != n || r.Total.Rejected != n/2 || len(r.Rejections) != mostRefused {
		t.Errorf("it has %d customers, %d rejected, %d of them named", r.Customers.All, r.Total.Rejected, len(r.Rejections))
	}
}
