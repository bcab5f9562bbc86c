package report

import (
	"fmt"
	"strings"
	"time"

	"acsync/store"
)

// Signal tells of one thing that has to be watched whether it is well, like a traffic signal.
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
