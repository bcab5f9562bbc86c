package report

import (
	"io"
	"slices"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
	"acsync/sync/verify"
)

// Retried is what became of what was to be asked about again.
type Retried struct {
	List   []verify.Reopened
	Asked  verify.RetryOptions
	MaxAge time.Duration // sync.max_age; 0: none
	Now    time.Time
	Tenant string
	// the flags that point a command at the same ledger; empty, or begins with a blank
	Here string
}

// listed is how many conversations a screen names; JSON names all.
const listed = 20

// Unchanged counts what was left as it was.
func (r Retried) Unchanged() int {
	return r.count(func(each verify.Reopened) bool { return !each.Changed() })
}

func (r Retried) count(which func(verify.Reopened) bool) (n int) {
	for _, each := range r.List {
		if which(each) {
			n++
		}
	}
	return n
}

func queued(each verify.Reopened) bool { return each.Changed() && each.State == store.Retry }

func (r Retried) found() int {
	return r.count(func(each verify.Reopened) bool { return each.Changed() && each.State == store.Accepted })
}

// old counts what is asked about although it is older than any pass would take it by itself.
func (r Retried) old() int {
	return r.count(func(each verify.Reopened) bool {
		return queued(each) && r.MaxAge > 0 && r.Now.Sub(each.Was.Resolution) > r.MaxAge
	})
}

// twice counts what may have arrived, and is asked about all the same.
func (r Retried) twice() int {
	return r.count(func(each verify.Reopened) bool { return queued(each) && each.Standing != "" })
}

// reasons counts what was taken up again by why it was over, and those that were asked for and had none.
func (r Retried) reasons() map[decide.Reason]int {
	counts := map[decide.Reason]int{}
	for _, reason := range r.Asked.Reasons {
		counts[reason] = 0
	}
	for _, each := range r.List {
		if reason := decide.Reason(each.Was.Reason); each.Changed() {
			counts[reason]++
			if reason.Family() != reason {
				delete(counts, reason.Family())
			}
		}
	}
	return counts
}

// RetriedDoc is the same for people.
func RetriedDoc(r Retried) doc.Doc {
	d := doc.Doc{Name: "acsync retry", Subject: r.Tenant, Here: r.Here, LeadLast: true}
	if r.Asked.DryRun {
		d.Badge = "dry run: nothing was written"
	}
	d.Headline, d.Level, d.Todo = r.headline(), doc.LevelGood, r.todo()
	if r.Unchanged() > 0 {
		d.Level = doc.LevelAttention
	}
	if len(r.List) == 0 {
		d.Level = doc.LevelNone
		return d
	}
	why := doc.Table{Columns: []doc.Column{{Name: "reason"}, {Name: "number", Number: true}, {Name: "meaning"}}}
	counts := r.reasons()
	for _, reason := range byFrequency(counts) {
		why.Add(string(reason), thousands(counts[reason]), reason.Explain())
	}
	table := doc.Table{
		Columns: []doc.Column{{Name: "conversation", Min: 24}, {Name: "what became of it"}},
		More:    others(listed, len(r.List), "; --json names all"),
	}
	unchanged := func(each verify.Reopened) bool { return !each.Changed() }
	// What was not done is seen first.
	list := append(slices.DeleteFunc(slices.Clone(r.List), verify.Reopened.Changed),
		slices.DeleteFunc(slices.Clone(r.List), unchanged)...)
	for _, each := range first(list, listed) {
		table.Add(keyName(each.Entry), ofKind(each.Kind())+reopenedAs(each, r.Here))
	}
	d.Sections = []doc.Section{doc.Titled("Taken up again", why), doc.Titled("Conversations", table)}
	return d
}

func (r Retried) headline() string {
	if len(r.List) == 0 {
		var named []string
		for _, reason := range r.Asked.Reasons {
			named = append(named, string(reason))
		}
		words := "Nothing was refused for " + strings.Join(named, ", ")
		if !r.Asked.Since.IsZero() {
			words += " since " + show(r.Asked.Since)
		}
		return words + "."
	}
	waits, wait := "conversation waits for the next pass", "conversations wait for the next pass"
	if r.Asked.DryRun {
		waits, wait = "conversation would wait for the next pass", "conversations would wait for the next pass"
	}
	return enumerate(
		some(r.count(queued), waits, wait),
		some(r.found(), "has arrived, as Agent Connect's data show, and is accepted",
			"have arrived, as Agent Connect's data show, and are accepted"),
		some(r.Unchanged(), "is left as it was", "are left as they were"),
	)
}

// todo says what comes next, and tells nobody to take a risk where that can still be found out.
func (r Retried) todo() (list []string) {
	if r.count(queued) > 0 && !r.Asked.DryRun {
		list = append(list, advise(doAwaitRetry, r.Here))
	}
	if r.Asked.DryRun && len(r.List) > r.Unchanged() {
		list = append(list, doRetryLive)
	}
	if n := r.old(); n > 0 {
		list = append(list, advise(doAskOld, "", several(n, "was", "were"), short(r.MaxAge)))
	}
	if n := r.twice(); n > 0 {
		list = append(list, advise(doAskTwice, "", thousands(n)))
	}
	var until time.Time
	hints := map[string]string{}
	for _, each := range r.List {
		switch {
		case each.Changed() || each.Standing == "":
		case each.Standing == verify.Unasked:
			hints[doRetryAgain] = doRetryAgain
		case each.Standing.Waits():
			if each.Until.After(until) {
				until = each.Until
			}
			hints[doRetryLater] = advise(doRetryLater, "", show(until))
		case each.Standing == verify.NoSecret:
			hints[doSetSecret] = "To have them looked up, " + doSetSecret + "."
			hints[doDareRetry] = advise(doDareRetry, r.Here)
		default:
			hints[doDareRetry] = advise(doDareRetry, r.Here)
		}
	}
	for _, hint := range []string{doRetryAgain, doRetryLater, doSetSecret, doDareRetry} {
		if hints[hint] != "" {
			list = append(list, hints[hint])
		}
	}
	return list
}

func reopenedAs(each verify.Reopened, here string) string {
	was := spaced(each.Was.State.String())
	if each.Was.Reason != "" {
		was += " (" + each.Was.Reason + ")"
	}
	switch {
	case queued(each) && each.Standing != "":
		return was + " → retry, although it may have arrived"
	case each.Changed():
		return was + " → " + spaced(each.State.String())
	}
	return "unchanged: " + refusalOf(each, here)
}

// refusalOf is why something was left as it was, and what to do instead.
func refusalOf(each verify.Reopened, here string) string {
	switch state := each.Was.State; {
	case each.Standing == verify.NoSecret:
		return "it may have arrived, and without the API secret Agent Connect's data cannot be asked"
	case each.Standing != "":
		return "it may have arrived: " + standingWords(each.Standing, each.Until)
	case state == store.Accepted:
		return "it is accepted: Agent Connect has the request, and there is nothing to do"
	case state == store.InDoubt:
		return "it is in doubt: " + advise(doResolveIt, here)
	case state == store.Sending:
		return "it was being sent when a process ended: " + advise(doResolveIt, here)
	case state == store.Skipped:
		return "it was not refused but skipped (" + each.Was.Reason + "): " +
			advise(doLookAtOne, here, doc.Printable(each.Conversation))
	}
	return "it waits already: a pass sends it from " + show(each.Was.Due) + " on"
}

// RetriedJSON writes the same as one object on one line, schema acsync.retry/1.
func RetriedJSON(w io.Writer, r Retried) error {
	list := listOf(these(slices.Values(r.List)), func(each verify.Reopened) any {
		refusal := ""
		if !each.Changed() {
			refusal = refusalOf(each, r.Here)
		}
		return object{
			"id", each.Conversation,
			"resolution", stamp(each.Was.Resolution), // when it was marked done
			"kind", when(each.Recovery, each.Kind()),
			"before", each.Was.State.String(), "before_reason", each.Was.Reason,
			"state", each.State.String(), "reason", each.Reason, // as it is, or would be
			"refusal", refusal, // why nothing was changed; empty when it was
			// it may have arrived: no_secret, unasked, too_early, taken_over, unproven, unclear, other_key
			"standing", when(each.Standing != "", each.Standing),
			"until", when(each.Standing.Waits() && !each.Until.IsZero(), stamp(each.Until)),
		}
	})
	return writeJSON(w, object{
		"schema", "acsync.retry/1", "dry_run", r.Asked.DryRun,
		"queued", r.count(queued), "accepted", r.found(), "unchanged", r.Unchanged(),
		"reasons", byName(r.reasons()), // of what was taken up again
		"older_than_max_age", r.old(), // of the queued; asked about all the same
		"may_have_arrived", r.twice(), // of the queued
		"conversations", list,
	}, oneLine)
}
