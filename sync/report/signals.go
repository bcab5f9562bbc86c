package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
	"acsync/sync/exit"
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

// The words for a pass that was killed, in the place of an exit code and of its meaning.
const (
	killedWord = "killed"
	neverEnded = "never came to its end"
	letGoWord  = "let go" // it lets others have the ledger, and is not over
)

// worst is the level that says what to do first.
func worst(signals []Signal) string {
	levels := []string{SignalOK, SignalLook, SignalAct}
	top := 0
	for _, signal := range signals {
		top = max(top, slices.Index(levels, signal.Level))
	}
	return levels[top]
}

// overdue is the level of what the next pass should have done so long ago. A day is long for unknown pauses.
func overdue(s Status, by time.Duration) string {
	look, act := lookAfter*max(s.Recent.Usual, leastUsual), actAfter*max(s.Recent.Usual, leastUsual)
	if s.Recent.Usual == 0 {
		look, act = 24*time.Hour, by
	}
	switch {
	case by <= look:
		return SignalOK
	case by <= act:
		return SignalLook
	}
	return SignalAct
}

// comesForward reports whether a run is under way that has read or dealt with something lately: it moves the
// checkpoint, and takes up what is due, however long that takes.
func comesForward(s Status) bool {
	r := s.Running
	return r != nil && r.Mode == "run" && s.Now.Sub(r.Moved) <= lookAfter*max(s.Recent.Usual, leastUsual)
}

// whileAtWork says what to do about what scheduled passes have not done, while something else holds the
// ledger or a run does not come forward; otherwise it is todo.
func whileAtWork(s Status, todo string) string {
	r := s.Running
	switch {
	case r == nil || r.Mode == "":
		return todo
	case r.Mode == "run":
		return doSeeStuck
	case r.Mode == "backfill":
		return doLetWait
	}
	return fmt.Sprintf(doAwaitHolder, r.Mode)
}

// checkpointSignal compares the age of the checkpoint with how often passes are made, and with the age beyond
// which nobody is asked any more.
func checkpointSignal(s Status) Signal {
	age := s.Now.Sub(s.Checkpoint)
	signal := Signal{
		Name: "checkpoint", Level: overdue(s, age-s.Settle),
		Text: show(s.Checkpoint) + ", " + since(s.Now, s.Checkpoint),
	}
	if usual := s.Recent.Usual; usual >= time.Minute {
		signal.Text += "; usually every " + span(usual)
	}
	coming := comesForward(s)
	if coming {
		signal.Level = SignalOK
		signal.Text += "; a run is under way, and has read up to " + show(s.Running.Read)
	}
	if signal.Level == SignalOK && s.MaxAge > 0 && age > s.MaxAge/2 {
		signal.Level = SignalLook
	}
	ahead := surveysync.AheadError{Checkpoint: s.Checkpoint, Now: s.Now, Overlap: s.Overlap, Settle: s.Settle}
	switch {
	// Passes refuse a checkpoint in the future until then, by Kustomer's clock.
	case age < -time.Minute && ahead.Heals():
		signal.Level, signal.Todo = SignalLook, doAwaitClock
	case age < -time.Minute:
		signal.Level, signal.Todo = SignalAct, advise(doReadAhead, s.Here)
	case coming && signal.Level != SignalOK:
		signal.Todo = doAwaitRun
	case s.MaxAge > 0 && age > s.MaxAge && s.Running != nil:
		signal.Level, signal.Todo = SignalAct, whileAtWork(s, doSeeSchedule)
	case s.MaxAge > 0 && age > s.MaxAge:
		signal.Level, signal.Todo = SignalAct, advise(doRunNow, s.Here, short(s.MaxAge))
	case signal.Level != SignalOK:
		signal.Todo = whileAtWork(s, doSeeSchedule)
	}
	return signal
}

func lastPassSignal(s Status) Signal {
	const name = "last pass"
	if s.Killed != nil {
		who := fmt.Sprintf("process %d on %s", s.Killed.PID, s.Killed.Host)
		if s.Killed.Mode != "" {
			who += ", " + s.Killed.Mode
		}
		if s.Killed.Pass != "" {
			who += ", pass " + s.Killed.Pass
		}
		text := fmt.Sprintf("killed: %s, began %s, last said something %s, and %s", who, show(s.Killed.Since),
			since(s.Now, s.Killed.At), neverEnded)
		return Signal{name, SignalLook, text, afterCrash(s.Killed.Mode, s.Here)}
	}
	last := s.Last
	switch {
	case last == nil && s.Running != nil && s.Running.Pass != "":
		return Signal{name, SignalOK, "none yet: the first is under way", ""}
	case last == nil:
		return Signal{name, SignalLook, "none yet", advise(doFirstRun, s.Here)}
	case last.LetGo:
		return letGoSignal(s, name)
	case last.Killed:
		text := fmt.Sprintf("killed: %s, pass %s, began %s, last said something %s, had found %s by then, "+
			"and %s", last.Mode, last.Pass, show(last.Started), since(s.Now, last.Ended),
			thousands(last.Found), neverEnded)
		return Signal{name, SignalLook, text, afterCrash(last.Mode, s.Here)}
	}
	text := fmt.Sprintf("%s, %s, %s: found %s, exit %d, %s", show(last.Ended), since(s.Now, last.Ended),
		last.Mode, thousands(last.Found), last.Exit, s.Ending.Meaning)
	signal := Signal{name, s.Ending.Level, text, advise(s.Ending.Todo, s.Here)}
	// What else is to be looked at has a light of its own.
	if last.Exit == int(exit.NeedsHand) && !s.Acknowledged.Before(last.Ended) {
		signal = Signal{name, SignalOK, text + ", acknowledged", ""}
	}
	switch paused := last.Reasons[string(decide.Paused)]; {
	case s.Ending.Partial:
		signal.Todo = goesOn(last.Mode, s.Here) + "; nothing is lost"
	// Whatever ended it: no run comes to these.
	case paused > 0:
		signal.Level = worst([]Signal{signal, {Level: SignalLook}})
		signal.Text += fmt.Sprintf(", %s left", thousands(paused))
		signal.Todo = strings.TrimPrefix(signal.Todo+"; "+goesOn(last.Mode, s.Here), "; ")
	}
	if last.Fuse != "" {
		signal.Text += ": " + last.Fuse
	}
	if o := last.Outage; o != nil {
		signal.Level = worst([]Signal{signal, {Level: SignalLook}})
		signal.Text += fmt.Sprintf("; Agent Connect is down since %s, and a pass tries one request from %s on",
			show(o.Since), show(o.Next))
	}
	return signal
}

// letGoSignal is of a back-fill that has let others have the ledger, and not had it again since.
func letGoSignal(s Status, name string) Signal {
	last := s.Last
	text := fmt.Sprintf("%s, pass %s, began %s, had found %s, and lets others have the ledger since %s, %s",
		last.Mode, last.Pass, show(last.Started), thousands(last.Found), show(last.Ended),
		since(s.Now, last.Ended))
	signal := Signal{name, SignalOK, text, ""}
	waits := slices.ContainsFunc(s.Waiting, func(w store.Waiter) bool { return w.Mode == last.Mode })
	if !waits && s.Running == nil && s.Now.Sub(last.Ended) > leastUsual {
		signal.Level, signal.Todo = SignalLook, afterCrash(last.Mode, s.Here)
		signal.Text += ", and has not gone on"
	}
	return signal
}

func afterCrash(mode, here string) string { return advise(doFindKiller, "", goesOn(mode, here)) }

// doubtSignal leaves to the passes what they can settle themselves, for a while.
func doubtSignal(s Status) Signal {
	n := s.doubtful()
	if n == 0 {
		return Signal{Name: "in doubt", Level: SignalOK, Text: "none"}
	}
	text := thousands(n) + ", not sent again by themselves"
	if s.Now.Before(s.Unsure) {
		text += "; the process that held the ledger before was cut off, and may be sending until " +
			show(s.Unsure)
	}
	signal := Signal{"in doubt", SignalAct, text, advise(doLookUp, s.Here)}
	old := slices.ContainsFunc(s.InDoubt, func(e store.Entry) bool { return s.Now.Sub(e.At) > longDoubt })
	switch {
	case s.Asks && old:
		signal.Todo = advise(doLookUpOld, "", signal.Todo)
	case s.Asks:
		signal.Level, signal.Todo = SignalLook, advise(doResolveNow, s.Here, whoAsks(s))
	}
	return signal
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

func retrySignal(s Status) Signal {
	n := s.Counts[store.Retry]
	if n == 0 {
		return Signal{Name: "retries", Level: SignalOK, Text: "none"}
	}
	signal := Signal{"retries", SignalLook, thousands(n) + ", not taken yet", doTryAgain}
	if !s.FirstTried.IsZero() && s.Now.Sub(s.FirstTried) > longRetry {
		signal.Level, signal.Todo = SignalAct, doFindRefusal
		signal.Text += ", the first try " + since(s.Now, s.FirstTried)
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
		texts = append(texts, fmt.Sprintf("%s of %s answers %s, %s", thousands(rejected),
			thousands(answered), rejectionSpan(s), share(rejected, answered)))
		signal.Level = SignalLook
		if s.MaxErrorRate > 0 && answered >= fewAnswers && ratio(rejected, answered) > s.MaxErrorRate {
			signal.Level = SignalAct
		}
		todos = commonRemedy(s)
	}
	if n := s.Recent.GaveUp; n > 0 {
		texts = append(texts, thousands(n)+" given up, never answered")
		todos = append(todos, remedy(store.Rejected.String(), decide.GaveUp, s.Here))
	}
	if n := s.Recent.Broken; n > 0 {
		texts = append(texts, fmt.Sprintf("an expression failed on %s in the last pass, nothing was sent",
			thousands(n)))
		todos = append(todos, remedy(store.Rejected.String(), decide.AnyRuleError, s.Here))
	}
	if len(texts) == 0 {
		texts = []string{"none " + rejectionSpan(s)}
	} else if signal.Level == SignalOK {
		signal.Level = SignalLook
	}
	if s.Recent.Killed {
		texts = append(texts, "those of a killed process are counted as far as it told")
	}
	signal.Text, signal.Todo = strings.Join(texts, "; "), rejectionTodo(s, todos, signal.Level == SignalAct)
	return signal
}

// rejectionSpan is the time that the light of the rejections looks at.
func rejectionSpan(s Status) string {
	if seen := s.Now.Sub(s.Acknowledged); !s.Acknowledged.IsZero() && seen < 24*time.Hour {
		return "since they were acknowledged, " + since(s.Now, s.Acknowledged)
	}
	return "in the last 24 h"
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

func latenessSignal(s Status) Signal {
	late, signal := s.Lateness, Signal{Name: "late", Level: SignalOK}
	if late.Count == 0 {
		signal.Text = "no conversation was ever seen later than its window"
		return signal
	}
	var classes []string
	for _, class := range late.Classes() {
		words := fmt.Sprintf("%d < %s", class.Count, short(class.Below))
		if class.Below == 0 {
			words = fmt.Sprintf("%d later", class.Count)
		}
		classes = append(classes, words)
	}
	signal.Text = fmt.Sprintf("%d, at most by %s of the overlap's %s (%s)", late.Count,
		short(late.Greatest.Round(time.Second)), short(s.Overlap), strings.Join(classes, ", "))
	switch {
	case late.Greatest > s.Overlap:
		signal.Level, signal.Todo = SignalAct, doAskMissed
	case late.Greatest > s.Overlap*8/10:
		signal.Level, signal.Todo = SignalLook, doLengthen
	}
	return signal
}

func dueSignal(s Status) Signal {
	if s.NextDue.IsZero() {
		return Signal{Name: "next due", Level: SignalOK, Text: "nothing waits for its time"}
	}
	signal := Signal{Name: "next due", Level: overdue(s, s.Now.Sub(s.NextDue))}
	signal.Text = fmt.Sprintf("%s: %s scheduled, %s to be retried", show(s.NextDue),
		thousands(s.Counts[store.Scheduled]), thousands(s.Counts[store.Retry]))
	if comesForward(s) {
		signal.Level = SignalOK
	}
	if signal.Level != SignalOK {
		signal.Text += "; that is " + since(s.Now, s.NextDue)
		signal.Todo = whileAtWork(s, doSendDue)
	}
	return signal
}

// Witness says what tells for certain when a ledger was put back from a copy together with all that lies
// beside it, or is used at two places: Agent Connect's own data, which every pass reads before it sends.
type Witness string

// The witnesses.
const (
	Watching  Witness = "watching"   // the data are read
	NoSecret  Witness = "no_secret"  // they cannot be read
	NoStamps  Witness = "no_stamps"  // they cannot tell who has sent what
	NotNeeded Witness = "not_needed" // the stand-ins of the sandbox ask nobody
)

var witnessTodos = map[Witness]string{NoSecret: doSetSecret, NoStamps: doStamp}

// Warning says what is at stake, and how to get a witness; empty where there is one.
func (w Witness) Warning(place store.Placement) string {
	if witnessTodos[w] == "" {
		return ""
	}
	fault := "the ledger is put back from a copy together with its fence"
	switch {
	case place.Shared:
		fault = "the server of the database is put back from a snapshot"
	case wellWitnessed(place):
		fault = "this machine is put back from a snapshot with all that is on it"
	case place.Lacking != "":
		fault += " (there is no second witness: " + place.Lacking + ")"
	}
	return "without Agent Connect's data nothing tells when " + fault + ", or a copy of the ledger was " +
		"accepted on another machine, and people would be asked again: " + witnessTodos[w]
}

// wellWitnessed reports whether a second witness is kept where the ledger is not put back with it.
func wellWitnessed(place store.Placement) bool {
	return (place.Witness != "" || place.Elsewhere) && place.Lacking == ""
}

func (w Witness) signal(place store.Placement) Signal {
	signal := Signal{Name: "witness", Level: SignalOK, Todo: witnessTodos[w]}
	switch w {
	case Watching:
		signal.Text = "Agent Connect's data, asked by each pass before it sends"
	case NotNeeded:
		signal.Text = "none needed: the sandbox asks nobody"
	default:
		signal.Level = SignalLook
		signal.Text = "none: a ledger that is put back with its fence, or used twice, would ask again"
		if place.Shared {
			signal.Text = "none: a server that is put back from a snapshot would ask again"
		} else if wellWitnessed(place) {
			signal.Text = "the second one alone: a machine that is put back as a whole would ask again"
		}
	}
	return signal
}

// PlaceWarning says that passes are refused where the ledger is, and what to do; empty where they are not.
func PlaceWarning(place store.Placement) string {
	if place.Refused == "" || place.Todo == "" {
		return place.Refused
	}
	return place.Refused + "; " + place.Todo
}

// placeSignal looks at where the ledger is. What Agent Connect's data tell needs no second witness.
func placeSignal(s Status) Signal {
	signal := Signal{Name: "place", Level: SignalOK}
	switch place := s.Place; {
	case !s.Restored.IsZero():
		signal.Level, signal.Todo = SignalAct, advise(doReadmit, s.Here)
		signal.Text = "the database of the ledger was restored from a backup, or has failed over to a copy, " +
			"found at " + show(s.Restored) + ": whoever was asked last may be missing, and nothing is sent"
		if s.Witness == Watching {
			signal.Level, signal.Todo = SignalLook, doAwaitData
		}
	case place.Shared:
		signal.Text = "a database, which one machine at a time has the lease of"
	case place.Refused != "":
		signal.Level, signal.Text, signal.Todo = SignalAct, place.Refused, place.Todo
	case !place.Bound:
		signal.Text = "any: this ledger asks no customer, and is bound to none"
	case place.Elsewhere:
		signal.Text = "where it was; the second witness is that of another user"
	case wellWitnessed(place):
		signal.Text = "where it was; second witness " + place.Witness
	case place.Begins:
		signal.Text = "where it was; second witness " + place.Lacking
	default:
		signal.Text = "where it was; no second witness: " + place.Lacking
		if s.Witness != Watching {
			signal.Level, signal.Todo = SignalLook, doWitness
		}
	}
	return signal
}
