package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
)

// Signal says of one thing that has to be watched whether it is well. Users know it as a light.
type Signal struct {
	Name  string `json:"name"`
	Level string `json:"level"` // one of the levels below
	Text  string `json:"text"`  // what is so
	Todo  string `json:"todo"`  // what to do next; empty for nothing
}

// The levels of a signal.
const (
	SignalOK   = "ok"   // nothing to do
	SignalLook = "look" // look at it when there is time
	SignalAct  = "act"  // do something now
)

// worst is the level that says what to do first.
func worst(signals []Signal) string {
	level := SignalOK
	for _, signal := range signals {
		if signal.Level == SignalAct || signal.Level == SignalLook && level == SignalOK {
			level = signal.Level
		}
	}
	return level
}

// lateness tells how late Kustomer's search showed conversations.
func lateness(l store.Lateness, overlap time.Duration) string {
	if l.Count == 0 {
		return "no conversation was ever seen later than its window"
	}
	var classes []string
	for _, class := range l.Classes() {
		if class.Below == 0 {
			classes = append(classes, fmt.Sprintf("%d later", class.Count))
			continue
		}
		classes = append(classes, fmt.Sprintf("%d < %s", class.Count, short(class.Below)))
	}
	return fmt.Sprintf("%d, at most by %s of the overlap's %s (%s)", l.Count,
		short(l.Greatest.Round(time.Second)), short(overlap), strings.Join(classes, ", "))
}

const (
	// usual pauses between two passes, from when on it seems that the next one does not come
	lookAfter = 3
	actAfter  = 12 // and from when on it is certain
	// passes made by hand one after the other do not tell how often they are made
	leastUsual = 10 * time.Minute
	longDoubt  = 24 * time.Hour // a doubt this old is one that Agent Connect's data have not settled
	longRetry  = 24 * time.Hour // after 72 h it is given up
	fewAnswers = 40             // below that a share of rejections tells nothing
)

// overdue is the level of something that the next pass should have done so long ago. Where it is not known
// how often passes are made, a day is long.
func overdue(s Status, by time.Duration) string {
	look, act := lookAfter*max(s.Recent.Usual, leastUsual), actAfter*max(s.Recent.Usual, leastUsual)
	if s.Recent.Usual == 0 {
		look, act = 24*time.Hour, max(by, 24*time.Hour)
	}
	switch {
	case by <= look:
		return SignalOK
	case by <= act:
		return SignalLook
	}
	return SignalAct
}

// checkpointSignal compares the age of the checkpoint with how often passes are made, and with the age beyond
// which nobody is asked any more.
func checkpointSignal(s Status) Signal {
	age := s.Now.Sub(s.Checkpoint)
	signal := Signal{
		Name: "checkpoint", Level: overdue(s, age-s.Settle),
		Text: fmt.Sprintf("%s, %s", show(s.Checkpoint), since(s.Now, s.Checkpoint)),
	}
	if usual := s.Recent.Usual; usual >= time.Minute {
		signal.Text += fmt.Sprintf("; usually every %s", span(usual))
	}
	switch {
	case age < -time.Minute:
		return aheadSignal(s, signal)
	case s.MaxAge > 0 && age > s.MaxAge:
		signal.Level = SignalAct
		signal.Todo = advise(doRunNow, s.Here, short(s.MaxAge))
	case signal.Level == SignalOK && s.MaxAge > 0 && age > s.MaxAge/2:
		signal.Level = SignalLook
		fallthrough
	case signal.Level != SignalOK:
		signal.Todo = doSeeSchedule
	}
	return signal
}

// aheadSignal tells of a checkpoint in the future. Passes refuse it until then, by Kustomer's clock.
func aheadSignal(s Status, signal Signal) Signal {
	signal.Level, signal.Todo = SignalAct, advise(doReadAhead, s.Here)
	if ahead := (&surveysync.AheadError{
		Checkpoint: s.Checkpoint, Now: s.Now, Overlap: s.Overlap, Settle: s.Settle,
	}); ahead.Heals() {
		signal.Level, signal.Todo = SignalLook, doAwaitClock
	}
	return signal
}

func lastPassSignal(s Status) Signal {
	signal := Signal{Name: "last pass", Level: SignalLook, Text: "none yet", Todo: advise(doFirstRun, s.Here)}
	switch {
	case s.Killed != nil:
		signal.Text = fmt.Sprintf("killed: %s began %s, last said something %s, and never came to its end",
			holderWords(*s.Killed), show(s.Killed.Since), since(s.Now, s.Killed.At))
		signal.Todo = afterCrash(s.Killed.Mode, s.Here)
	case s.Last != nil && s.Last.Killed:
		signal = crashedSignal(signal.Name, *s.Last, s.Now, s.Here)
	case s.Last != nil:
		signal = Signal{signal.Name, s.Ending.Level, fmt.Sprintf("%s, %s, %s: found %s, exit %d, %s",
			show(s.Last.Ended), since(s.Now, s.Last.Ended),
			s.Last.Mode, thousands(s.Last.Found), s.Last.Exit, s.Ending.Meaning), s.Ending.Todo}
		switch paused := s.Last.Reasons[string(decide.Paused)]; {
		case s.Ending.Partial:
			signal.Todo = goesOn(s.Last.Mode, s.Here) + "; nothing is lost"
		case paused > 0: // whatever ended it: no run comes to these
			signal.Level = worst([]Signal{signal, {Level: SignalLook}})
			signal.Text += fmt.Sprintf(", %s left", thousands(paused))
			signal.Todo = strings.TrimPrefix(signal.Todo+"; "+goesOn(s.Last.Mode, s.Here), "; ")
		}
		if s.Last.Fuse != "" {
			signal.Text += ": " + s.Last.Fuse
		}
	}
	return signal
}

// doubtSignal leaves to the passes what they can settle themselves, for a while.
func doubtSignal(s Status) Signal {
	signal := Signal{Name: "in doubt", Level: SignalOK, Text: "none"}
	n := s.doubtful()
	if n == 0 {
		return signal
	}
	signal.Level, signal.Text = SignalAct, thousands(n)+", not sent again by themselves"
	signal.Todo = advise(doLookUp, s.Here)
	old := slices.ContainsFunc(s.InDoubt, func(e store.Entry) bool { return s.Now.Sub(e.At) > longDoubt })
	switch {
	case s.Asks && old:
		signal.Todo = advise(doLookUpOld, "", signal.Todo)
	case s.Asks:
		signal.Level, signal.Todo = SignalLook, advise(doResolveNow, s.Here, whoAsks(s))
	}
	return signal
}

func retrySignal(s Status) Signal {
	n := s.Counts[store.Retry]
	if n == 0 {
		return Signal{Name: "retries", Level: SignalOK, Text: "none"}
	}
	signal := Signal{
		Name: "retries", Level: SignalLook, Text: thousands(n) + ", certainly not sent", Todo: doTryAgain,
	}
	if waits := s.Now.Sub(s.FirstTried); !s.FirstTried.IsZero() && waits > longRetry {
		signal.Level = SignalAct
		signal.Text += ", the first try " + since(s.Now, s.FirstTried)
		signal.Todo = doFindRefusal
	}
	return signal
}

func latenessSignal(s Status) Signal {
	signal := Signal{Name: "late", Level: SignalOK, Text: lateness(s.Lateness, s.Overlap)}
	switch greatest := s.Lateness.Greatest; {
	case s.Lateness.Count == 0:
	case greatest > s.Overlap:
		signal.Level = SignalAct
		signal.Todo = doAskMissed
	case greatest > s.Overlap*8/10:
		signal.Level, signal.Todo = SignalLook, doLengthen
	}
	return signal
}

func dueSignal(s Status) Signal {
	signal := Signal{Name: "next due", Level: SignalOK, Text: "nothing waits for its time"}
	if s.NextDue.IsZero() {
		return signal
	}
	signal.Level = overdue(s, s.Now.Sub(s.NextDue))
	signal.Text = fmt.Sprintf("%s: %s scheduled, %s to be retried", show(s.NextDue),
		thousands(s.Counts[store.Scheduled]), thousands(s.Counts[store.Retry]))
	if signal.Level != SignalOK {
		signal.Text += "; that is " + since(s.Now, s.NextDue)
		signal.Todo = doSendDue
	}
	return signal
}

// rejectionSignal looks at one day: what was rejected earlier is final, and has been seen. What was given up,
// and what an expression failed on, Agent Connect has never answered: they stand beside its answers, and are
// not among them.
func rejectionSignal(s Status) Signal {
	signal := Signal{Name: "rejections", Level: SignalOK}
	var texts, todos []string
	if rejected, answered := s.Recent.Rejected, s.Recent.Rejected+s.Recent.Accepted; rejected > 0 {
		texts = append(texts, fmt.Sprintf("%s of %s answers in the last 24 h, %s", thousands(rejected),
			thousands(answered), percent(ratio(rejected, answered))))
		signal.Level = SignalLook
		if s.MaxErrorRate > 0 && answered >= fewAnswers && ratio(rejected, answered) > s.MaxErrorRate {
			signal.Level = SignalAct
		}
		todos = commonRemedy(s)
	}
	if n := s.Recent.GaveUp; n > 0 {
		texts = append(texts, fmt.Sprintf("%s given up, never answered", thousands(n)))
		todos = append(todos, remedies[decide.GaveUp])
	}
	if n := s.Recent.Broken; n > 0 {
		texts = append(texts, fmt.Sprintf("an expression failed on %s in the last pass, nothing was sent",
			thousands(n)))
		todos = append(todos, advise(doMend, s.Here))
	}
	if len(texts) == 0 {
		texts = []string{"none in the last 24 h"}
	} else if signal.Level == SignalOK {
		signal.Level = SignalLook
	}
	if s.Recent.Killed {
		texts = append(texts, "those of a killed process are counted as far as it told")
	}
	signal.Text, signal.Todo = strings.Join(texts, "; "), rejectionTodo(s, todos, signal.Level == SignalAct)
	return signal
}

// commonRemedy is what helps against the reason that most rejections have; none where none is that common.
func commonRemedy(s Status) []string {
	common := byFrequency(s.Recent.Reasons)
	if len(common) == 0 || s.Recent.Reasons[common[0]]*2 <= s.Recent.Rejected {
		return nil
	}
	most := "most"
	if s.Recent.Reasons[common[0]] == s.Recent.Rejected {
		most = "all"
	}
	return []string{fmt.Sprintf("%s for %s: %s", most, common[0], remedy("rejected", common[0], s.Here))}
}

// rejectionTodo says what helps in at most two sentences. Where there is more to do, the second says
// what names it.
func rejectionTodo(s Status, remedies []string, urgent bool) string {
	where := advise(finalReasons, s.Here)
	if urgent {
		where = advise(doMendReasons, s.Here)
	}
	switch {
	case s.Recent.Rejected == 0 && len(remedies) == 2:
		return remedies[0] + ". " + sentence(remedies[1])
	case s.Recent.Rejected == 0:
		return strings.Join(remedies, "")
	case len(remedies) == 0:
		return where
	case urgent:
		return remedies[0] + ". " + sentence(where)
	}
	return remedies[0] + ". What was rejected is " + where + "."
}

// whoAsks says which pass asks Agent Connect's data first: none does before these must show what has arrived
// (agent_connect.verify_after).
func whoAsks(s Status) string {
	var first time.Time
	for _, e := range s.InDoubt {
		if e.State == store.InDoubt && (first.IsZero() || e.Due.Before(first)) {
			first = e.Due
		}
	}
	if first.After(s.Now) {
		return "passes ask Agent Connect from " + first.UTC().Format("15:04:05 UTC") + " on"
	}
	return "the next pass asks Agent Connect"
}
