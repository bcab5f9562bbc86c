package report

import (
	"fmt"
	"strings"
	"time"

	"acsync/store"
	"acsync/sync/audit"
	"acsync/sync/decide"
	"acsync/sync/report/doc"
)

// kindWords are what is found of a conversation, in words.
func kindWords(kind audit.Kind) string {
	return map[audit.Kind]string{
		audit.AskedTwice:  "asked twice",
		audit.NeverAsked:  "never asked",
		audit.NotInLedger: "asked, not in the ledger",
		audit.NotShown:    "in the ledger, not there",
		audit.InDoubt:     "in doubt",
	}[kind]
}

// kindMeaning says more of it.
func kindMeaning(kind audit.Kind) string {
	return map[audit.Kind]string{
		audit.AskedTwice:  "Agent Connect has more requests than there should be",
		audit.NeverAsked:  "today's decision is to ask, and nobody has",
		audit.NotInLedger: "Agent Connect has a request that the ledger does not have as accepted",
		audit.NotShown:    "the ledger has it as accepted, and Agent Connect's data do not show it",
		audit.InDoubt:     "it may or may not have been asked",
	}[kind]
}

// becauseWords are by whom it was asked twice, or what the ledger says.
func becauseWords(kind audit.Kind, because string) string {
	if words := map[string]string{
		audit.ByAcsync: "by acsync alone", audit.ByOthers: "by others, not by acsync",
		audit.ByBoth:  "by acsync and by others",
		audit.Unknown: "the ledger knows nothing of it",
	}[because]; words != "" {
		return words
	}
	return "the ledger has it as " + spaced(because)
}

// ledgerWords are what the ledger says of a conversation.
func ledgerWords(r store.Record) string {
	if r.State == store.Unknown {
		return "not in the ledger"
	}
	return strings.TrimSuffix("ledger: "+spaced(r.State.String())+", "+r.Reason, ", ")
}

// reasonWords are a reason in words, with its code behind them; the code alone where there are no words.
func reasonWords(code string) string {
	words := decide.Reason(code).Explain()
	if words == "" || code == "" {
		return code
	}
	return words + " · " + code
}

// findingTodo is what to do about a finding.
func findingTodo(a Audit, f audit.Finding, remedy audit.Remedy) string {
	one := func(words string) string {
		return advise(words, a.Here, flagTime(f.Resolved), flagTime(f.Resolved.Add(time.Millisecond)))
	}
	switch remedy {
	case audit.Mark:
		return advise(doMark, a.Here, rangeFlags(a.Window))
	case audit.Queue, audit.NoRoom:
		return advise(doQueue, a.Here, rangeFlags(a.Window))
	case audit.TooOld:
		return one(doAskOneOld)
	case audit.Before:
		return one(doAskBefore)
	case audit.Without:
		return one(doAskOnceThere)
	case audit.LookUp:
		switch {
		case !a.Received:
			return doAskTheDataOne
		case a.Lacking:
			return doAuditAgain
		}
		return one(doLookUpOne)
	case audit.Resolve:
		return advise(doResolveOne, a.Here)
	}
	switch {
	case f.Kind == audit.NotShown:
		return doLookShown
	case f.Because() == audit.ByAcsync:
		return advise(doFindTwice, a.Here)
	}
	return doFindAsker
}

func auditVerdict(a Audit) Verdict {
	v := Verdict{Level: doc.LevelGood, Todo: []string{}}
	done := several(a.Done, "conversation was marked done", "conversations were marked done")
	found := a.Findings.Len()
	switch {
	case a.Done == 0 && found == 0:
		v.Level, v.Headline = doc.LevelNone, "No conversation was marked done in that time."
	case found == 0 && a.Ledger == "":
		v.Headline, v.Detail = done+", and none was missed or asked twice.", "Nobody has to do anything."
	case found == 0 && !a.Received:
		v.Headline = done + ", and Kustomer and the ledger agree."
		v.Detail = "What Agent Connect has was not looked at."
	case found == 0:
		v.Headline, v.Detail = done+", and all agree.", "Nobody has to do anything."
	case a.Ledger == "":
		v.Level = doc.LevelAttention
		v.Headline, v.Detail = outsideWords(a)
	default:
		v.Level = doc.LevelAttention
		v.Headline = done + "; " + several(found, "does not agree.", "do not agree.")
		var parts []string
		for _, kind := range audit.Kinds() {
			if n := a.Found[kind]; n > 0 {
				parts = append(parts, thousands(n)+" "+kindWords(kind))
			}
		}
		v.Detail = capital(enumerate(parts...))
	}
	if a.Ahead() {
		v.Level = doc.LevelHalted
		v.Todo = append(v.Todo, advise(doRebuild, a.Here))
	}
	if a.Mended != nil {
		v.Detail += fmt.Sprintf(" Of these %s marked as accepted, and %s queued.",
			several(a.Mended.Marked, "is", "are"), thousands(a.Mended.Queued))
		if a.Unmended() == 0 {
			v.Level = doc.LevelGood
		}
	}
	v.Todo = append(v.Todo, auditTodo(a)...)
	return v
}

// outsideWords say without a ledger how many whoever asks today has missed, or asked twice.
func outsideWords(a Audit) (headline, detail string) {
	of := "of " + several(a.Done, "conversation", "conversations")
	missed, twice := a.Found[audit.NeverAsked], a.Found[audit.AskedTwice]
	switch {
	case twice == 0:
		headline = several(missed, of+" was", of+" were") + " missed."
	case missed == 0:
		headline = several(twice, of+" was", of+" were") + " asked about twice."
	default:
		headline = several(missed, of+" was", of+" were") + " missed, and " +
			several(twice, "was", "were") + " asked about twice."
	}
	early := ""
	if a.Waiting > 0 {
		early = "of " + thousands(a.Waiting) + " it is too early to tell"
	}
	return headline, capital(enumerate(some(a.Matched, "was asked about once", "were asked about once"),
		some(a.Skipped, "was not to be asked", "were not to be asked"), early))
}

// auditTodo is what to do about all findings together, the worst first.
func auditTodo(a Audit) (list []string) {
	because := a.Reasons[audit.AskedTwice]
	if because[audit.ByOthers]+because[audit.ByBoth] > 0 {
		list = append(list, fullStop(capital(doFindAsker)))
	}
	if because[audit.ByAcsync] > 0 {
		list = append(list, fullStop(capital(advise(doFindTwice, a.Here))))
	}
	list = append(list, mendTodo(a)...)
	n := a.Remedies[audit.TooOld] + a.Remedies[audit.Before]
	from, to := flagTime(a.missed.From), flagTime(a.missed.To)
	since := flagTime(a.missed.From.Add(-adoptedBefore))
	// A back-fill asks all of its range that the ledger does not know, those included whom others have asked.
	unknown := a.Remedies[audit.Before] > 0 || a.Remedies[audit.Mark] > 0 && a.Mended == nil
	_, are, _ := strings.Cut(several(n, "is", "are"), " ")
	switch {
	case a.Remedies[audit.Without] > 0:
		list = append(list, advise(doAskAllOnceThere, a.Here, since, from, to))
	case n > 0 && unknown && a.Received:
		list = append(list, advise(doAskRangeAfter, a.Here, several(n, "was", "were"), are, since, from, to))
	case n > 0:
		list = append(list, advise(doAskRange, a.Here, several(n, "was", "were"), are, from, to))
	}
	was := func(n int, words string) {
		if n > 0 {
			list = append(list, advise(words, a.Here, several(n, "was", "were")))
		}
	}
	is := func(n int, words string) {
		if n > 0 {
			list = append(list, advise(words, a.Here, several(n, "is", "are")))
		}
	}
	switch {
	case !a.Received:
		was(a.Remedies[audit.LookUp], doAskTheData)
	case a.Lacking:
		was(a.Remedies[audit.LookUp], doAuditAgainAll)
	default:
		was(a.Remedies[audit.LookUp], doLookUpAll)
	}
	is(a.Found[audit.NotShown], doLookAllShown)
	is(a.Remedies[audit.Resolve], doResolveAll)
	return list
}

// mendTodo is what comes before or after mending.
func mendTodo(a Audit) (list []string) {
	switch {
	case mendingWords(a) == "" && a.Fix && a.Mended == nil:
		list = append(list, nothingToMend)
	case mendingWords(a) == "":
	case a.DryRun:
		list = append(list, advise(doMendLive, "", mendingWords(a)))
	case a.Fix && a.Mended == nil:
		list = append(list, advise(mendsNow, "", mendingWords(a)))
	case a.Mended == nil && !a.Ahead():
		list = append(list, advise(doMendAll, a.Here, rangeFlags(a.Window), mendingWords(a)))
	}
	if a.Mended != nil && a.Mended.Queued > 0 {
		list = append(list, advise(doAwaitQueued, a.Here))
	}
	if n := a.Remedies[audit.NoRoom]; n > 0 {
		list = append(list, advise(doMakeRoom, "", thousands(n)))
	}
	return list
}

// mendingWords say what mending does; empty for nothing.
func mendingWords(a Audit) string {
	mark, queue := a.Remedies[audit.Mark], a.Remedies[audit.Queue]
	var parts []string
	if mark > 0 {
		parts = append(parts, "marks "+thousands(mark)+" as accepted, as they are there")
	}
	if queue > 0 {
		parts = append(parts, "queues "+thousands(queue)+" for the next pass, which decides anew and asks")
	}
	return strings.Join(parts, ", and ")
}
