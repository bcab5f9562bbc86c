package report

import (
	"fmt"
	"time"

	"acsync/store"
)

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
