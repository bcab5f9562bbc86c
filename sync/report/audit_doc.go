package report

import (
	"fmt"
	"slices"
	"strings"

	"acsync/sync/agentconnect"
	"acsync/sync/audit"
	"acsync/sync/report/doc"
)

// AuditDoc is an audit for people, with at most so many conversations of each kind, and customers.
func AuditDoc(a Audit, most int) doc.Doc {
	end := a.local(a.Window.To, minuteLayout)
	if a.Cut {
		end += ", now"
	}
	d := doc.Doc{
		Name: "acsync audit", Subject: a.Tenant, Here: a.Here, Verdict: a.Verdict,
		About: []string{fmt.Sprintf("Conversations that were marked done from %s to %s (%s): %s.",
			a.local(a.Window.From, minuteLayout), end, a.Timezone, comparedWords(a))},
	}
	if a.DryRun {
		d.Badge = "dry run: nothing was written"
	}
	for _, notice := range a.Notices {
		d.About = append(d.About, sentence(strings.TrimSuffix(notice, ".")))
	}
	asked, wrong := "asked, and all agree", "do not agree"
	if a.Ledger == "" {
		asked, wrong = "asked once", "missed, or asked twice"
	}
	d.Numbers = []doc.Number{
		{Label: "marked done", Value: thousands(a.Done)},
		{
			Tone: doc.Good, Label: asked, Value: thousands(a.Matched),
			Share: share(a.Matched, a.Done),
		},
		{
			Tone: doc.Quiet, Label: "not to be asked", Value: thousands(a.Skipped),
			Share: share(a.Skipped, a.Done),
		},
		{Tone: doc.Bad, Label: wrong, Value: thousands(a.Findings.Len())},
		{Label: "customers asked", Value: thousands(a.Customers)},
	}
	d.Sections = []doc.Section{auditSums(a), auditKinds(a)}
	for _, kind := range audit.Kinds() {
		d.Sections = append(d.Sections, auditFindings(a, kind, most))
	}
	d.Sections = append(d.Sections, auditCustomers(a, most), auditMails(a), auditReasons(a))
	return d
}

// MendedDoc says for people what mending has done.
func MendedDoc(a Audit) doc.Doc {
	d := doc.Doc{Name: "acsync audit --fix", Subject: a.Tenant, Here: a.Here, LeadLast: true}
	d.Level, d.Headline, d.Todo = a.Verdict.Level, capital(MendedWords(*a.Mended))+".", a.Verdict.Todo
	return d
}

// MendedWords says in a few words what mending has done.
func MendedWords(done audit.Mended) string {
	if done.Marked+done.Queued+done.Left == 0 {
		return "nothing was to be mended"
	}
	words := several(done.Marked, "was", "were") + " marked as accepted, and " + thousands(done.Queued) +
		" queued for the next pass"
	if done.Left > 0 {
		words += ", and " + thousands(done.Left) + " left, which others came before or there is no room for"
	}
	return words
}

// comparedWords say what was compared with what.
func comparedWords(a Audit) string {
	switch {
	case a.Ledger == "":
		return "what Kustomer shows, and what Agent Connect has taken, without a ledger"
	case !a.Received:
		return "what Kustomer shows, and what the ledger remembers, without Agent Connect's data"
	}
	return "what Kustomer shows, what the ledger remembers, and what Agent Connect has taken"
}

func auditSums(a Audit) doc.Section {
	t := newCounts("conversations", "Conversations that were marked done, each once", a.Done)
	add := func(tone doc.Tone, name string, n int, meaning string) {
		if n > 0 {
			t.add(doc.Normal, tone, name, n, meaning)
		}
	}
	asked, skipped := "asked once, and all agree", "by today's decision, or by the ledger's word"
	waiting, waits := "on their way", "to be sent still, or marked done since the last pass"
	wrong := "do not agree"
	if a.Ledger == "" {
		asked, skipped, wrong = "asked once", "by today's decision", "missed, or asked twice"
		waiting, waits = "too early to tell", "marked done within the last hour"
	}
	add(doc.Good, asked, a.Matched, "")
	add(doc.Quiet, "not to be asked", a.Skipped, skipped)
	add(doc.Bad, "refused", a.Refused, "by Agent Connect, or given up by hand")
	add(doc.Warn, waiting, a.Waiting, waits)
	add(doc.Warn, "unclear", a.Unclear, "before the ledger's time, and Agent Connect was not asked")
	add(doc.Bad, wrong, a.Findings.Len()-a.Outside, "see below")
	t.add(doc.Sum, "", "marked done", a.Done, "")
	return doc.Titled("What became of them", t.Table)
}

func auditKinds(a Audit) doc.Section {
	t := newCounts("what", "What does not agree, the worst first", a.Done)
	for _, kind := range audit.Kinds() {
		if a.Found[kind] == 0 {
			continue
		}
		t.add(doc.Main, doc.Bad, kindWords(kind), a.Found[kind], kindMeaning(kind))
		for _, because := range byFrequency(a.Reasons[kind]) {
			if a.Ledger == "" && because == audit.Unknown {
				continue
			}
			t.add(doc.Sub, "", becauseWords(kind, because), a.Reasons[kind][because], "")
		}
	}
	t.Columns = slices.Delete(t.Columns, 2, 3)
	for i := range t.Rows {
		t.Rows[i].Cells = slices.Delete(t.Rows[i].Cells, 2, 3)
	}
	s := doc.Titled("What does not agree", t.Table)
	if a.Outside > 0 {
		s.Note = several(a.Outside, "of these was", "of these were") +
			" marked done at another time; the request is of this one."
	}
	return s
}

func auditFindings(a Audit, kind audit.Kind, most int) doc.Section {
	shown := first(a.worst[kind], most)
	table := doc.Table{
		Title: "Conversations", Count: thousands(a.Found[kind]), Open: len(shown) <= 50, Class: "rows",
		Head: true, Caption: kindMeaning(kind),
		More: others(len(shown), a.Found[kind], "; --report FILE.csv and --json name all"),
		Columns: []doc.Column{
			{Name: "conversation", Class: "id", Min: 24},
			{Name: "marked done", Class: "when"},
			{Name: "agent", Optional: true},
			{Name: whatColumn(kind), Class: "why"},
			{Name: "why", Only: doc.ForFiles},
			{Name: "what to do", Only: doc.ForFiles},
		},
	}
	if table.More != "" {
		table.Caption += "; " + table.More
	}
	for _, f := range shown {
		row := table.Add(f.Conversation, a.local(f.Resolved, minuteLayout), a.Agent(f.Agent),
			findingWords(a, f), reasonWords(f.Record.Reason), findingTodo(a, f, a.Remedy(f)))
		row.Cells[0].Link = a.link(f)
	}
	return doc.Titled(capital(kindWords(kind)), table)
}

func whatColumn(kind audit.Kind) string {
	if kind == audit.AskedTwice {
		return "requests"
	}
	return "what is known"
}

// findingWords tell what the ledger and Agent Connect have of a finding.
func findingWords(a Audit, f audit.Finding) string {
	var requests []string
	for _, r := range first(f.Requests, 5) {
		words := a.local(r.At, minuteLayout) + " by " + spaced(r.Maker()) + ", " + r.Delivery.String()
		if !r.Answered.IsZero() {
			words += ", answered"
		}
		requests = append(requests, words)
	}
	if more := len(f.Requests) - 5; more > 0 {
		requests = append(requests, "and "+thousands(more)+" more")
	}
	asked := strings.Join(requests, "; ")
	switch f.Kind {
	case audit.AskedTwice:
		return asked
	case audit.NeverAsked:
		parts := []string{ledgerWords(f.Record)}
		if a.Ledger == "" {
			parts = nil
		}
		if len(f.Rules) > 0 {
			parts = append(parts, "rules: "+strings.Join(f.Rules, ", "))
		}
		if f.Flagged {
			parts = append(parts, "flagged do_not_send")
		}
		if !f.Certain && a.Received {
			parts = append(parts, "older than what was read")
		}
		if len(parts) == 0 {
			return "would be asked"
		}
		return strings.Join(parts, "; ")
	}
	words := ledgerWords(f.Record)
	if f.Kind != audit.NotInLedger {
		words += ", " + a.local(f.Record.At, minuteLayout)
	}
	return strings.TrimSuffix(words+"; asked "+asked, "; asked ")
}

func auditCustomers(a Audit, most int) doc.Section {
	if a.Customers == 0 {
		return doc.Section{}
	}
	shown := first(a.several, min(most, listed))
	table := doc.Table{
		Title: "Customers", Count: thousands(a.Repeats.Len()), Open: true, Class: "rows", Head: true,
		Caption: "Who was asked about several conversations, told apart by their addresses, which are not kept",
		More:    others(len(shown), a.Repeats.Len(), "; --json and --report FILE.json name all"),
		Columns: []doc.Column{
			{Name: "conversations", Number: true},
			{Name: "mailed", Number: true},
			{Name: "first", Class: "when", Only: doc.ForFiles},
			{Name: "last", Class: "when"},
			{Name: "which", Class: "id", Min: 24},
		},
	}
	for _, r := range shown {
		ids := strings.Join(first(r.Conversations, 3), " ")
		if more := len(r.Conversations) - 3; more > 0 {
			ids += " and " + thousands(more) + " more"
		}
		table.Add(thousands(len(r.Conversations)), thousands(r.Mailed), a.local(r.First, minuteLayout),
			a.local(r.Last, minuteLayout), ids)
	}
	note := several(a.Customers, "customer was asked", "customers were asked")
	if n := a.Repeats.Len(); n == 0 {
		note += ", nobody about several conversations."
	} else {
		note += ", " + thousands(n) + " of them about several conversations. Surveys are once per " +
			"conversation; Agent Connect's suppression period decides how often a customer is mailed."
	}
	return doc.Titled("Customers asked several times", doc.Note{Text: note}, table)
}

func auditMails(a Audit) doc.Section {
	t := newCounts("mail", "Requests that Agent Connect has, and what became of their mails", a.Requests)
	for _, d := range agentconnect.Deliveries() {
		if n := a.Deliveries[d]; n > 0 {
			t.add(doc.Normal, deliveryTone(d), d.String(), n, deliveryWords(d))
		}
	}
	t.add(doc.Sum, "", "requests", a.Requests, "")
	if a.Requests == 0 {
		return doc.Section{}
	}
	foreign := ""
	if a.Foreign > 0 {
		foreign = several(a.Foreign, "request is", "requests are") +
			" about something that Kustomer does not show"
	}
	answered := thousands(a.Answered)
	if a.Answered > 0 {
		answered += " (" + share(a.Answered, a.Requests) + ")"
	}
	mailed := 0
	for d, n := range a.Deliveries {
		if d.Reached() {
			mailed += n
		}
	}
	return doc.Titled("What became of the requests", t.Table, doc.Facts{List: []doc.Fact{
		{Label: "mailed", Value: thousands(mailed) + " (" + share(mailed, a.Requests) +
			"), delivered and sent together: what acsync report calls delivered"},
		{Label: "answered", Value: answered},
		{Label: "late", Value: some(a.Late, "came more than an hour after it was due",
			"came more than an hour after they were due")},
		{Label: "recoveries", Value: some(a.Recoveries, "more, which is a service recovery",
			"more, which are service recoveries")},
		{Label: "others", Value: foreign},
	}})
}

func deliveryTone(d agentconnect.Delivery) doc.Tone {
	switch d {
	case agentconnect.Delivered, agentconnect.Sent:
		return doc.Good
	case agentconnect.Bounced, agentconnect.Refused, agentconnect.UnknownDelivery:
		return doc.Bad
	}
	return doc.Quiet
}

// deliveryWords say what a delivery means.
func deliveryWords(d agentconnect.Delivery) string {
	return map[agentconnect.Delivery]string{
		agentconnect.Delivered:       "the mail arrived",
		agentconnect.Sent:            "the mail left; whether it arrived is not told",
		agentconnect.Pending:         "nothing has become of it yet",
		agentconnect.Suppressed:      "no mail: the customer was asked shortly before",
		agentconnect.Unsubscribed:    "no mail: the customer wants none",
		agentconnect.Flagged:         "no mail: the request said so",
		agentconnect.Bounced:         "the mail came back",
		agentconnect.Refused:         "no mail, for another reason",
		agentconnect.UnknownDelivery: "in words that acsync does not know",
	}[d]
}

func auditReasons(a Audit) doc.Section {
	table := func(why string, counts map[string]int) doc.Table {
		t := doc.Table{
			Class: "dispositions", Head: true, Caption: "Conversations by the reason",
			Columns: []doc.Column{{Name: why, Min: 58}, {Name: "count", Number: true}},
		}
		for _, code := range byFrequency(counts) {
			t.Add(reasonWords(code), thousands(counts[code]))
		}
		return t
	}
	return doc.Titled("Why not",
		table("not to be asked, because", a.Skips), table("refused, because", a.Refusals),
		table("asked by others, although", a.Unwanted))
}
