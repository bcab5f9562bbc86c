package report

import (
	"io"
	"strconv"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
	"acsync/sync/audit"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/fetch"
)

// AuditSchema names the form of an audit in JSON.
const AuditSchema = "acsync.audit/1"

// AuditTerms say what an audit is about.
type AuditTerms struct {
	audit.Mending
	Tenant  string
	Window  fetch.Window           // of the times at which conversations were marked done
	Zone    *time.Location         // nil: UTC
	Cut     bool                   // the window was to end in the future, and ends now
	Here    string                 // flags that point a command at the same ledger; empty, or begins with a blank
	AppURL  string                 // of Kustomer's web application, for links; empty: no links
	Agent   func(id string) string // the name of one of Kustomer's users; nil: ids do
	Intents uint64                 // that the ledger has given
	Queued  int                    // so many wait in the ledger to be sent
	MaxAge  time.Duration          // sync.max_age
	Fix     bool                   // what can be mended is mended, or would be
	DryRun  bool                   // it only would be
	Notices []string               // what the reader should know
}

// Audit is the comparison of a range, ready to be shown: every renderer shows the same. The findings stay
// where they are; a renderer that shows all of them reads one after the other.
type Audit struct {
	AuditTerms
	*audit.Audit
	Timezone string
	Verdict  Verdict
	Remedies map[audit.Remedy]int
	Mended   *audit.Mended // nil: nothing was mended

	worst   map[audit.Kind][]audit.Finding // the first of each kind
	several []audit.Repeat                 // the first of them
	// what a back-fill asks, which nothing else does
	missed fetch.Window
}

// NewAudit makes the report of an audit that has come to its end.
func NewAudit(of *audit.Audit, about AuditTerms) (Audit, error) {
	a := Audit{AuditTerms: about, Audit: of, worst: map[audit.Kind][]audit.Finding{}}
	if a.Zone == nil {
		a.Zone = time.UTC
	}
	if a.Agent == nil {
		a.Agent = func(id string) string { return id }
	}
	a.Timezone = zoneName(a.Zone, a.Window.To)
	var err error
	if a.Remedies, err = about.Remedies(of.Findings, about.Queued); err != nil {
		return a, err
	}
	err = of.Findings.Each(func(f audit.Finding) error {
		if len(a.worst[f.Kind]) < mostOnPage {
			a.worst[f.Kind] = append(a.worst[f.Kind], f)
		}
		if backfills(about.Remedy(f)) {
			a.missed = a.missed.Widen(f.Resolved)
		}
		return nil
	})
	if err != nil {
		return a, err
	}
	err = of.Repeats.Each(func(r audit.Repeat) error {
		if len(a.several) < mostOnPage {
			a.several = append(a.several, r)
		}
		return nil
	})
	a.Verdict = auditVerdict(a)
	return a, err
}

// WithMended is the report after what could be mended was.
func (a Audit) WithMended(done audit.Mended) Audit {
	a.Mended = &done
	a.Verdict = auditVerdict(a)
	return a
}

func backfills(r audit.Remedy) bool {
	return r == audit.TooOld || r == audit.Before || r == audit.Without || r == audit.LookUp
}

// Ahead reports whether Agent Connect shows requests of the ledger that it does not know of.
func (a Audit) Ahead() bool { return a.LastSettled > a.Intents }

// Unmended counts the findings that are left: all, but what was mended.
func (a Audit) Unmended() int {
	left := a.Findings.Len()
	if a.Mended != nil {
		left -= a.Remedies[audit.Mark] + a.Mended.Queued
	}
	return max(left, 0)
}

// Exit is the code that the command ends with.
func (a Audit) Exit() exit.Code {
	if a.Unmended() > 0 || a.Ahead() {
		return exit.NeedsHand
	}
	return exit.Done
}

func (a Audit) local(t time.Time, layout string) string { return Moment{t}.in(a.Zone, layout) }

func (a Audit) object() object {
	kinds, because := object{}, object{}
	for _, kind := range audit.Kinds() {
		kinds = append(kinds, string(kind), a.Found[kind])
		because = append(because, string(kind), byName(a.Reasons[kind]))
	}
	mails := object{}
	for _, d := range agentconnect.Deliveries() {
		mails = append(mails, strings.ReplaceAll(d.String(), " ", "_"), a.Deliveries[d])
	}
	var mended any = omitted{}
	if a.Fix {
		queue, mark := a.Remedies[audit.Queue], a.Remedies[audit.Mark]
		m := object{"dry_run", a.DryRun, "would_mark", mark, "would_queue", queue}
		if a.Mended != nil {
			m = append(m, "marked", a.Mended.Marked, "queued", a.Mended.Queued, "left", a.Mended.Left)
		}
		mended = m
	}
	return object{
		"schema", AuditSchema, "tenant", a.Tenant, "verdict", a.Verdict,
		"from", stamp(a.Window.From), "to", stamp(a.Window.To), "timezone", a.Timezone,
		"ledger", a.Ledger != "", "agent_connect", a.Received, "settled", stamp(a.Settled),
		"done", a.Done, "matched", a.Matched, "not_to_be_asked", a.Skipped, "refused", a.Refused,
		"waiting", a.Waiting, "unclear", a.Unclear, "found", kinds, "because", because,
		"outside", a.Outside, "not_to_be_asked_for", a.Skips, "refused_for", a.Refusals,
		"asked_all_the_same", a.Unwanted, "elsewhere", a.Elsewhere, "foreign", a.Foreign,
		"requests", a.Requests, "deliveries", mails, "answered", a.Answered, "late", a.Late,
		"recoveries", a.Recoveries, "customers", a.Customers, "customers_asked_several_times", a.Repeats.Len(),
		"remedies", byName(a.Remedies), "ledger_behind", a.Ahead(), "fix", mended, "unmended", a.Unmended(),
		"exit", a.Exit(),
		"notices", a.notices(),
		"findings", listOf(a.Findings.Each, func(f audit.Finding) any { return a.finding(f) }),
		"several", listOf(a.Repeats.Each, func(r audit.Repeat) any {
			return object{
				"conversations", r.Conversations, "mailed", r.Mailed, "first", stamp(r.First), "last", stamp(r.Last),
			}
		}),
	}
}

func (a Audit) notices() []string {
	if a.Notices == nil {
		return []string{}
	}
	return a.Notices
}

// finding is one of them, as JSON.
func (a Audit) finding(f audit.Finding) object {
	requests := []object{}
	for _, r := range f.Requests {
		requests = append(requests, object{
			"at", stamp(r.At), "by", r.Maker(), "delivery", r.Delivery.String(), "answered_at", stamp(r.Answered),
			"id", r.UUID,
		})
	}
	remedy := a.Remedy(f)
	return object{
		"kind", f.Kind, "because", f.Because(), "conversation", f.Conversation, "customer_id", f.Customer,
		"agent_id", f.Agent, "agent", a.Agent(f.Agent), "url", a.link(f), "resolved_at", stamp(f.Resolved),
		"ledger",
		object{
			"state", f.Record.State.String(), "reason", f.Record.Reason, "at", stamp(f.Record.At),
			"attempts", f.Record.Attempts,
		},
		"requests", requests, "mailed", f.Mailed(),
		"rules", when(f.Kind == audit.NeverAsked, nonNil(f.Rules)),
		"do_not_send", when(f.Kind == audit.NeverAsked, f.Flagged),
		"certain", when(f.Kind == audit.NeverAsked, f.Certain),
		"remedy", remedy, "todo", findingTodo(a, f, remedy),
	}
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// link is where Kustomer shows the conversation of a finding; empty where its customer is not known.
func (a Audit) link(f audit.Finding) string {
	if a.AppURL == "" || f.Customer == "" {
		return ""
	}
	return decide.ConversationURL(a.AppURL, f.Customer, f.Conversation)
}

// AuditJSON writes the audit as one object on one line, schema acsync.audit/1: one finding after the other,
// so that there may be any number of them.
func AuditJSON(w io.Writer, a Audit) error { return writeJSON(w, a.object(), oneLine) }

// AuditCSV writes a line for each finding (RFC 4180, UTF-8), the worst first, times in the report's zone.
func AuditCSV(w io.Writer, a Audit) error {
	return writeCSV(w, a.Findings.Each, func(f audit.Finding) []string {
		var at, by, delivery []string
		answered := ""
		for _, r := range f.Requests {
			at, by = append(at, a.local(r.At, time.RFC3339)), append(by, r.Maker())
			delivery = append(delivery, r.Delivery.String())
			if !r.Answered.IsZero() {
				answered = "true"
			}
		}
		state, attempts := "", ""
		if f.Record.State != store.Unknown {
			state, attempts = f.Record.State.String(), strconv.Itoa(f.Record.Attempts)
		}
		remedy := a.Remedy(f)
		return []string{
			"conversation_id", f.Conversation, "finding", string(f.Kind), "because", f.Because(),
			"explanation", kindWords(f.Kind) + ": " + becauseWords(f.Kind, f.Because()),
			"resolved_at", a.local(f.Resolved, time.RFC3339), "agent_id", f.Agent, "agent", a.Agent(f.Agent),
			"customer_id", f.Customer, "url", a.link(f), "ledger_state", state, "ledger_reason", f.Record.Reason,
			"ledger_at", a.local(f.Record.At, time.RFC3339), "attempts", attempts,
			"requests", strconv.Itoa(len(f.Requests)), "mailed", strconv.Itoa(f.Mailed()),
			"requested_at", strings.Join(at, " "), "requested_by", strings.Join(by, " "),
			"deliveries", strings.Join(delivery, ", "), "answered", answered,
			"rules", strings.Join(f.Rules, ", "), "remedy", string(remedy), "todo", findingTodo(a, f, remedy),
		}
	})
}
