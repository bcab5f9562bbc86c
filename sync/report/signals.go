package report

import (
	"fmt"
	"strings"
	"time"

	"acsync/store"
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

// Witness says what tells when a ledger was put back from a copy together with all that lies beside it, or is
// used at two places: Agent Connect's own data, which every pass reads before it sends.
type Witness string

// The witnesses.
const (
	Watching  Witness = "watching"   // the data are read
	NoSecret  Witness = "no_secret"  // they cannot be read
	NoStamps  Witness = "no_stamps"  // they cannot tell who has sent what
	NotNeeded Witness = "not_needed" // the stand-ins of the sandbox ask nobody
)

// String says in a few words what is so.
func (w Witness) String() string {
	switch w {
	case Watching:
		return "Agent Connect's data, asked by each pass before it sends"
	case NotNeeded:
		return "none needed: the sandbox asks nobody"
	}
	return "none: a ledger that is put back with its fence, or used twice, would ask again"
}

// Warning says what is at stake, and how to get a witness; empty where there is one.
func (w Witness) Warning() string {
	if w.Todo() == "" {
		return ""
	}
	return "without Agent Connect's data nothing tells when the ledger is put back from a copy together " +
		"with its fence, or used on two machines, and people would be asked again: " + w.Todo()
}

// Todo says how to get a witness; empty where there is one.
func (w Witness) Todo() string {
	switch w {
	case NoSecret:
		return doSetSecret
	case NoStamps:
		return doStamp
	}
	return ""
}

// signal is what status shows.
func (w Witness) signal() Signal {
	signal := Signal{Name: "witness", Level: SignalOK, Text: w.String(), Todo: w.Todo()}
	if signal.Todo != "" {
		signal.Level = SignalLook
	}
	return signal
}

// The words for a pass that was killed, in the place of an exit code and of its meaning.
const (
	killedWord = "killed"
	neverEnded = "never came to its end"
)

// holderWords name a process that left its word behind without having ended.
func holderWords(h store.Holder) string {
	text := fmt.Sprintf("process %d on %s", h.PID, h.Host)
	if h.Mode != "" {
		text += ", " + h.Mode
	}
	if h.Pass != "" {
		text += ", pass " + h.Pass
	}
	return text + ","
}

// crashedSignal is the signal of a last pass that was killed, by what the ledger was told of it.
func crashedSignal(name string, last store.Run, now time.Time, here string) Signal {
	return Signal{
		name, SignalLook,
		fmt.Sprintf("killed: %s, pass %s, began %s, last said something %s, had found %s by then, and "+
			"never came to its end",
			last.Mode, last.Pass, show(last.Started), since(now, last.Ended), thousands(last.Found)),
		afterCrash(last.Mode, here),
	}
}

// afterCrash says what to do about a process that was killed in some mode.
func afterCrash(mode, here string) string { return advise(doFindKiller, "", goesOn(mode, here)) }
