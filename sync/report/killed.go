package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
)

// The words for a pass that was killed, in the place of an exit code and of its meaning.
const (
	killedWord = "killed"
	neverEnded = "never came to its end"
)

// ending is what the end of the pass asks of whoever looks at it.
func (p PastPass) ending(of func(exit int) Ending) Ending {
	if p.Killed {
		return Ending{Level: LightLook, Meaning: killedWord, Partial: true}
	}
	return of(p.Exit)
}

// Code is the exit code of the pass, or the word for having none.
func (p PastPass) Code() string {
	if p.Killed {
		return killedWord
	}
	return strconv.Itoa(p.Exit)
}

// killedLight is the light of a last pass that was killed, by what the ledger was told of it.
func killedLight(name string, last store.Run, now time.Time, here string) Light {
	return Light{
		name, LightLook,
		fmt.Sprintf("killed: %s, pass %s, began %s, last said something %s, had found %s by then, and never came to its end",
			printable(last.Mode), printable(last.Pass), show(last.Started), since(now, last.Ended), Thousands(last.Found)),
		afterKill(last.Mode, here),
	}
}

// afterKill says what to do about a process that was killed in some mode.
func afterKill(mode, here string) string {
	return advise(doFindKiller, "", goesOn(mode, here))
}

// killedTodo says what to do about passes that were killed, the latest of which it names.
func (h History) killedTodo() string {
	for _, p := range h.Passes {
		if p.Killed {
			return advise(doFindKillerOf, h.here, printable(p.Pass), goesOn(p.Mode, h.here))
		}
	}
	return ""
}

// killedLine tells below the exit codes how many passes have none.
func (h History) killedLine(b *strings.Builder, s Style, room int) {
	if h.Killed == 0 {
		return
	}
	label := ""
	if len(h.Exits) == 0 {
		label = "exit codes"
	}
	fmt.Fprintf(b, "%-10s  %s%4s×  %s\n", label, paint(s, text.FgYellow, killedWord), Thousands(h.Killed), hanging(neverEnded, room-13, 25))
}
