package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/audit"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/journey"
	"acsync/sync/report/doc"
)

const auditLedger = "0123456789abcdef"

// audited is the audit of a week in which a bit of everything went wrong.
func audited(t *testing.T, change func(*AuditTerms)) Audit {
	t.Helper()
	window := fetch.Window{From: at.AddDate(0, 0, -6).Truncate(24 * time.Hour), To: at}
	about := AuditTerms{
		Tenant: "acme", Window: window, AppURL: "https://acme.kustomerapp.com", Intents: 900,
		Agent: func(id string) string { return map[string]string{"5ce4": "Alex Agent"}[id] },
		Mending: audit.Mending{
			Most: 5000, Oldest: at.Add(-72 * time.Hour),
			Terms: audit.Terms{
				Ledger: auditLedger, Known: window.From.AddDate(0, -1, 0), Passed: at, Received: true,
				Since: window.From, Settled: at.Add(-time.Hour),
			},
		},
	}
	if change != nil {
		change(&about)
	}
	a := audit.New(about.Terms)
	t.Cleanup(func() { _ = a.Close() })
	for n := range 120 {
		j := auditJourney(n, window)
		if about.Ledger == "" {
			j.Entries = nil
		}
		if !about.Received {
			j.Interactions = nil
		}
		must(t, a.Add(j))
	}
	must(t, a.Finish(t.Context(), nil))
	made, err := NewAudit(a, about)
	must(t, err)
	return made
}

// auditJourney is one of the conversations; most went well.
func auditJourney(n int, w fetch.Window) journey.Journey {
	resolved := w.To.Add(-time.Duration(n+2) * time.Hour)
	j := journey.Journey{
		Conversation: fmt.Sprintf("6716500fa1b2c3d4e5f6%04d", n), Resolved: resolved, InRange: true,
		Facts: &journey.Facts{
			Customer: "58210c3db0f09110006b7953", Agent: "5ce4", Resolved: resolved,
			Created: resolved.Add(-time.Minute),
		},
	}
	remember := func(state store.State, reason string) {
		j.Entries = append(j.Entries, store.Entry{Record: store.Record{
			State: state, Reason: reason, Resolution: resolved, At: resolved.Add(10 * time.Minute), Attempts: 1,
		}})
	}
	receive := func(stamp, status string) {
		row := agentconnect.Interaction{
			UUID: fmt.Sprint(n, len(j.Interactions)), ExtInteractionID: j.Conversation, Intent: stamp, Status: status,
			CreatedAt: resolved.Add(time.Duration(10+len(j.Interactions)) * time.Minute),
		}
		// Three customers were asked about two conversations each.
		if row.Customer[0] = byte(20 + n); n >= 20 && n < 26 {
			row.Customer[0] = byte(1 + n/2)
		}
		if n%4 == 3 {
			row.AnsweredAt = row.CreatedAt.Add(time.Hour)
		}
		j.Interactions = append(j.Interactions, row)
	}
	ours := fmt.Sprintf("%s-%x", auditLedger, n+1)
	switch n {
	case 0, 100:
		j.Facts.Matched = []string{"vip"}
	case 1:
		remember(store.Skipped, "stale")
	case 2:
		remember(store.Accepted, "")
		receive(ours, "Delivered")
		receive("", "Not sent: suppression period")
	case 3:
		remember(store.Accepted, "")
		receive(ours, "Delivered")
		receive(ours, "Delivered")
	case 4:
		receive("", "Hard bounce")
	case 5:
		remember(store.Rejected, "employee_not_found")
		receive("fedcba9876543210-1", "Sent")
	case 6:
		remember(store.Accepted, "")
	case 7:
		remember(store.InDoubt, "no_answer")
	case 8:
		j.Facts.Skip = decide.NoAgent
	case 9:
		j.Facts.Skip = decide.Spam
		receive("", "Delivered")
	case 10:
		remember(store.Rejected, "employee_not_found")
	default:
		remember(store.Accepted, "")
		receive(ours, []string{"Delivered", "Delivered", "Sent", "Not sent: consumer unsubscribed"}[n%4])
	}
	return j
}

func nothingFound(t *testing.T) Audit {
	t.Helper()
	about := AuditTerms{Tenant: "acme", Window: fetch.Window{From: at.Add(-time.Hour), To: at}}
	a := audit.New(about.Terms)
	must(t, a.Finish(t.Context(), nil))
	made, err := NewAudit(a, about)
	must(t, err)
	return made
}

func renderAudit(t *testing.T, form string, a Audit) string {
	t.Helper()
	renderer, err := AuditRendererFor("audit." + form)
	must(t, err)
	var out bytes.Buffer
	must(t, renderer(&out, a))
	return out.String()
}

// TestAuditForms holds every form of an audit.
func TestAuditForms(t *testing.T) {
	for name, a := range map[string]Audit{"week": audited(t, nil), "none": nothingFound(t)} {
		for _, form := range forms {
			t.Run(name+"."+form, func(t *testing.T) {
				golden(t, "audit-"+name+"."+form, []byte(renderAudit(t, form, a)))
			})
		}
	}
}

// TestAuditScreens shows an audit on terminals of several sizes: never wider.
func TestAuditScreens(t *testing.T) {
	fixing := audited(t, func(about *AuditTerms) { about.Fix, about.DryRun, about.Most = true, true, 2 })
	without := audited(t, func(about *AuditTerms) { about.Ledger = "" })
	blind := audited(t, func(about *AuditTerms) { about.Received = false })
	for name, a := range map[string]Audit{
		"week": audited(t, nil), "fix": fixing, "without": without, "blind": blind,
	} {
		for _, width := range []int{60, 80, 200} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				var out bytes.Buffer
				must(t, doc.Text(&out, AuditDoc(a, MostNamed), doc.Style{Width: width}))
				golden(t, fmt.Sprintf("audit-%s-%d.txt", name, width), out.Bytes())
				fits(t, out.String(), width)
			})
		}
	}
}

// TestAuditNamesAll: a screen names some, and says how many more; what programs read names all, the worst first.
func TestAuditNamesAll(t *testing.T) {
	a := audited(t, nil)
	var out bytes.Buffer
	must(t, doc.Text(&out, AuditDoc(a, 1), doc.Style{Width: 200}))
	if !strings.Contains(out.String(), "and 2 more; --report FILE.csv and --json name all") {
		t.Errorf("it does not say how many there are:\n%s", out.String())
	}
	var found struct {
		Found    map[audit.Kind]int
		Exit     int
		Findings []struct {
			Kind         audit.Kind
			Conversation string
			Todo         string
		}
		Several []struct{ Conversations []string }
	}
	must(t, json.Unmarshal([]byte(renderAudit(t, "json", a)), &found))
	lines, err := csv.NewReader(strings.NewReader(renderAudit(t, "csv", a))).ReadAll()
	must(t, err)
	if len(lines) != len(found.Findings)+1 || len(found.Findings) != 10 || found.Exit != 3 ||
		len(found.Several) != a.Repeats.Len() || a.Repeats.Len() == 0 {
		t.Fatalf("%d lines, %d findings, %d customers, exit %d", len(lines), len(found.Findings), len(found.Several),
			found.Exit)
	}
	last := 0
	for i, f := range found.Findings {
		at := 0
		for n, kind := range audit.Kinds() {
			if kind == f.Kind {
				at = n
			}
		}
		if at < last || f.Todo == "" || lines[i+1][0] != f.Conversation || lines[i+1][1] != string(f.Kind) {
			t.Errorf("%+v stands behind what is not as bad, says nothing of what to do, or is not in line %d", f, i+1)
		}
		last = at
	}
	for kind, n := range found.Found {
		if n != a.Found[kind] {
			t.Errorf("%s: %d, want %d", kind, n, a.Found[kind])
		}
	}
}

// TestMended says what mending has done, and what is left.
func TestMended(t *testing.T) {
	a := audited(t, nil)
	left := a.Unmended()
	done := a.WithMended(audit.Mended{Marked: 3, Queued: 2})
	var out bytes.Buffer
	must(t, doc.Text(&out, MendedDoc(done), doc.Style{Width: 80}))
	golden(t, "audit-mended.txt", out.Bytes())
	if done.Unmended() != left-5 || done.Exit() != 3 || nothingFound(t).Exit() != 0 {
		t.Errorf("%d of %d are left, exit %d", done.Unmended(), left, done.Exit())
	}
}

// TestAuditWithoutOne says what was compared where one of the three is missing: nothing of a ledger or of a last pass
// where there is none, and not that all agree where Agent Connect was not looked at.
func TestAuditWithoutOne(t *testing.T) {
	none := func(a *AuditTerms) { a.Ledger, a.Known, a.Passed = "", time.Time{}, time.Time{} }
	text := func(a Audit) string {
		var b bytes.Buffer
		must(t, doc.Text(&b, AuditDoc(a, 10), doc.Style{Width: 200}))
		return b.String()
	}
	outside := audited(t, none)
	if want := "of 120 conversations were missed, and 2 were asked about twice."; !strings.HasSuffix(
		outside.Verdict.Headline, want) {
		t.Errorf("without a ledger: %q lacks %q", outside.Verdict.Headline, want)
	}
	if !strings.Contains(outside.Verdict.Detail, "were asked about once; ") {
		t.Errorf("without a ledger: %q", outside.Verdict.Detail)
	}
	for _, number := range AuditDoc(outside, 10).Numbers {
		if strings.Contains(number.Label, "agree") {
			t.Errorf("without a ledger its page counts %q", number.Label)
		}
	}
	for _, not := range []string{"the last pass", "the ledger's word", "the ledger knows", "do not agree"} {
		if page := text(outside); strings.Contains(page, not) {
			t.Errorf("without a ledger it speaks of %q:\n%s", not, page)
		}
	}
	unread := func(a *AuditTerms) { a.Received, a.Known = false, at.AddDate(1, 0, 0) }
	a := audited(t, unread)
	a.Findings, a.Found = journey.NewSorted(func(audit.Finding, audit.Finding) int { return 0 }), nil
	if v := auditVerdict(a); v.Detail == "Nobody has to do anything." || strings.Contains(v.Headline, "all agree") {
		t.Errorf("without Agent Connect's data: %q, %q", v.Headline, v.Detail)
	}
}

// TestAuditMails: as many were mailed as a report of the same conversations calls delivered.
func TestAuditMails(t *testing.T) {
	a := audited(t, nil)
	c := NewRangeCounter(RangeTerms{Window: a.Window, Ledger: auditLedger, Received: true})
	t.Cleanup(func() { _ = c.Close() })
	more := 0 // requests of a conversation beside the one that a report counts
	for n := range 120 {
		j := auditJourney(n, a.Window)
		mailed := 0
		for _, i := range j.Asked() {
			if i.Delivery().Reached() {
				mailed++
			}
		}
		more += max(mailed-1, 0)
		must(t, c.Add(j))
	}
	r, err := c.Report(called{})
	must(t, err)
	want := fmt.Sprintf("%d (", r.Total.Steps[journey.Delivered]+more)
	var b bytes.Buffer
	must(t, doc.Text(&b, AuditDoc(a, 10), doc.Style{Width: 200}))
	_, facts, _ := strings.Cut(b.String(), "\n  mailed")
	if !strings.HasPrefix(strings.TrimSpace(facts), want) {
		t.Errorf("mailed %.30q, want %q", facts, want)
	}
}

// TestAuditSparesWhomOthersAsked: a back-fill asks whatever the ledger does not know. Where others may have asked in its
// range, the command that lets the ledger know of them is named before it.
func TestAuditSparesWhomOthersAsked(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*AuditTerms)
		want   string
	}{
		"from before the ledger's time": {
			func(a *AuditTerms) { a.Known = at.Add(-time.Hour) },
			"first acsync ledger rebuild --config a.toml --since 20",
		},
		"not marked yet":      {func(*AuditTerms) {}, "first acsync ledger rebuild --config a.toml --since 20"},
		"without a ledger":    {func(a *AuditTerms) { a.Ledger = "" }, "acsync init --config a.toml --adopt --since 20"},
		"too old, and marked": {func(a *AuditTerms) { a.Fix = true }, "queued (sync.max_age, or from before the ledger's time): acsync backfill"},
	} {
		t.Run(name, func(t *testing.T) {
			a := audited(t, func(about *AuditTerms) {
				about.Here = " --config a.toml"
				test.change(about)
			})
			if a.Fix {
				a = a.WithMended(audit.Mended{Marked: 2, Queued: 1})
			}
			todo := strings.Join(a.Verdict.Todo, "\n")
			before, _, found := strings.Cut(todo, "acsync backfill --config a.toml --from 20")
			if !found || !strings.Contains(before+"acsync backfill", test.want) {
				t.Errorf("it says to do:\n%s", todo)
			}
		})
	}
}
