package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/decide"
)

// Light tells of one thing that has to be watched whether it is well, like a traffic light.
type Light struct {
	Name  string `json:"name"`
	Level string `json:"level"` // one of the levels below
	Text  string `json:"text"`  // what is so
	Todo  string `json:"todo"`  // what to do next; empty for nothing
}

// The levels of a light.
const (
	LightOK   = "ok"   // nothing to do
	LightLook = "look" // look at it when there is time
	LightAct  = "act"  // do something now
)

// Ending is what the exit code of a pass means to whoever looks at it.
type Ending struct {
	Level   string // one of the levels of a light
	Meaning string
	Todo    string // empty for nothing
	Partial bool   // nothing is lost, and another pass goes on
}

const (
	lookAfter  = 3                // usual pauses between two passes, from when on it seems that the next one does not come
	actAfter   = 12               // and from when on it is certain
	leastUsual = 10 * time.Minute // passes made by hand one after the other do not tell how often they are made
	longDoubt  = 24 * time.Hour   // a doubt this old is one that Agent Connect's data have not settled
	longRetry  = 24 * time.Hour   // after 72 h it is given up
	fewAnswers = 40               // below that a share of rejections tells nothing
)

// Lights are what has to be watched, always in the same order.
func (s Status) Lights() []Light {
	return []Light{
		s.checkpointLight(), s.lastPassLight(), s.doubtLight(), s.retryLight(), s.rejectionLight(), s.latenessLight(), s.dueLight(),
		s.Witness.light(),
	}
}

// overdue is the level of something that the next pass should have done so long ago. Where it is not known how often passes
// are made, a day is long.
func overdue(by, usual time.Duration) string {
	usual = max(usual, leastUsual)
	switch {
	case by <= lookAfter*usual:
		return LightOK
	case by <= actAfter*usual:
		return LightLook
	}
	return LightAct
}

func (s Status) overdue(by time.Duration) string {
	if s.Recent.Usual > 0 {
		return overdue(by, s.Recent.Usual)
	}
	if by > 24*time.Hour {
		return LightLook
	}
	return LightOK
}

// checkpointLight compares the age of the checkpoint with how often passes are made, and with the age beyond which nobody is
// asked any more.
func (s Status) checkpointLight() Light {
	age := s.Now.Sub(s.Checkpoint)
	light := Light{Name: "checkpoint", Level: s.overdue(age - s.Settle), Text: fmt.Sprintf("%s, %s", show(s.Checkpoint), since(s.Now, s.Checkpoint))}
	if usual := s.Recent.Usual; usual >= time.Minute {
		light.Text += fmt.Sprintf("; usually every %s", about(usual))
	}
	switch {
	case age < -time.Minute:
		return s.aheadLight(light)
	case s.MaxAge > 0 && age > s.MaxAge:
		light.Level = LightAct
		light.Todo = advise(doRunNow, s.Here, short(s.MaxAge))
	case light.Level == LightOK && s.MaxAge > 0 && age > s.MaxAge/2:
		light.Level = LightLook
		fallthrough
	case light.Level != LightOK:
		light.Todo = doSeeSchedule
	}
	return light
}

// aheadLight tells of a checkpoint in the future. Passes refuse it until then, by Kustomer's clock.
func (s Status) aheadLight(light Light) Light {
	light.Level, light.Todo = LightAct, advise(doReadAhead, s.Here)
	if ahead := (&surveysync.AheadError{Checkpoint: s.Checkpoint, Now: s.Now, Overlap: s.Overlap, Settle: s.Settle}); ahead.Heals() {
		light.Level, light.Todo = LightLook, doAwaitClock
	}
	return light
}

func (s Status) lastPassLight() Light {
	light := Light{Name: "last pass", Level: LightLook, Text: "none yet", Todo: advise(doFirstRun, s.Here)}
	switch {
	case s.Killed != nil:
		light.Text = fmt.Sprintf("killed: %s began %s, last said something %s, and never came to its end", killed(*s.Killed), show(s.Killed.Since), since(s.Now, s.Killed.At))
		light.Todo = afterKill(s.Killed.Mode, s.Here)
	case s.Last != nil && s.Last.Killed:
		light = killedLight(light.Name, *s.Last, s.Now, s.Here)
	case s.Last != nil:
		light = Light{light.Name, s.Ending.Level, fmt.Sprintf("%s, %s, %s: found %s, exit %d, %s", show(s.Last.Ended), since(s.Now, s.Last.Ended),
			s.Last.Mode, Thousands(s.Last.Found), s.Last.Exit, s.Ending.Meaning), s.Ending.Todo}
		switch paused := s.Last.Reasons[string(decide.Paused)]; {
		case s.Ending.Partial:
			light.Todo = goesOn(s.Last.Mode, s.Here) + "; nothing is lost"
		case paused > 0: // whatever ended it: no run comes to these
			light.Level = worst([]Light{light, {Level: LightLook}})
			light.Text += fmt.Sprintf(", %s left", Thousands(paused))
			light.Todo = strings.TrimPrefix(light.Todo+"; "+goesOn(s.Last.Mode, s.Here), "; ")
		}
		if s.unnamed && strings.HasSuffix(light.Todo, ", below") {
			light.Todo = advise(doSeeUnnamed, s.Here)
		}
		if s.Last.Fuse != "" {
			light.Text += ": " + s.Last.Fuse
		}
	}
	return light
}

// killed names what left its word behind without having ended.
func killed(h store.Holder) string {
	text := fmt.Sprintf("process %d on %s", h.PID, h.Host)
	if h.Mode != "" {
		text += ", " + h.Mode
	}
	if h.Pass != "" {
		text += ", pass " + h.Pass
	}
	return text + ","
}

// doubtLight leaves to the passes what they can settle themselves, for a while.
func (s Status) doubtLight() Light {
	light := Light{Name: "in doubt", Level: LightOK, Text: "none"}
	n := s.doubtful()
	if n == 0 {
		return light
	}
	light.Level, light.Text = LightAct, Thousands(n)+", not sent again by themselves"
	light.Todo = s.lookUp()
	old := slices.ContainsFunc(s.InDoubt, func(e store.Entry) bool { return s.Now.Sub(e.At) > longDoubt })
	switch {
	case s.Asks && old:
		light.Todo = advise(doLookUpOld, "", light.Todo)
	case s.Asks:
		light.Level, light.Todo = LightLook, advise(doResolveNow, s.Here, s.whoAsks())
	}
	return light
}

func (s Status) retryLight() Light {
	n := s.Counts[store.Retry]
	if n == 0 {
		return Light{Name: "retries", Level: LightOK, Text: "none"}
	}
	light := Light{
		Name: "retries", Level: LightLook, Text: Thousands(n) + ", certainly not sent",
		Todo: doTryAgain,
	}
	if waits := s.Now.Sub(s.FirstTried); !s.FirstTried.IsZero() && waits > longRetry {
		light.Level = LightAct
		light.Text += ", the first try " + since(s.Now, s.FirstTried)
		light.Todo = doFindRefusal
	}
	return light
}

func (s Status) latenessLight() Light {
	light := Light{Name: "late", Level: LightOK, Text: lateness(s.Lateness, s.Overlap)}
	switch greatest := s.Lateness.Greatest; {
	case s.Lateness.Count == 0:
	case greatest > s.Overlap:
		light.Level = LightAct
		light.Todo = doAskMissed
	case greatest > s.Overlap*8/10:
		light.Level, light.Todo = LightLook, doLengthen
	}
	return light
}

func (s Status) dueLight() Light {
	light := Light{Name: "next due", Level: LightOK, Text: "nothing waits for its time"}
	if s.NextDue.IsZero() {
		return light
	}
	light.Level = s.overdue(s.Now.Sub(s.NextDue))
	light.Text = fmt.Sprintf("%s: %s scheduled, %s to be retried", show(s.NextDue), Thousands(s.Counts[store.Scheduled]), Thousands(s.Counts[store.Retry]))
	if light.Level != LightOK {
		light.Text += "; that is " + since(s.Now, s.NextDue)
		light.Todo = doSendDue
	}
	return light
}

// worst is the level that says what to do first.
func worst(lights []Light) string {
	level := LightOK
	for _, light := range lights {
		if light.Level == LightAct || light.Level == LightLook && level == LightOK {
			level = light.Level
		}
	}
	return level
}

// lightColors are the colours of the words; they only repeat what these say.
var lightColors = map[string]text.Color{LightOK: text.FgGreen, LightLook: text.FgYellow, LightAct: text.FgRed}

// writeLights writes a line for each light, and what to do next below it.
func writeLights(b *strings.Builder, lights []Light, here string, style Style) {
	const indent = 19 // " LOOK  checkpoint  "
	room := min(max(style.Width-indent, 40), widest)
	for _, light := range lights {
		word := fmt.Sprintf("%-4s", strings.ToUpper(light.Level))
		fmt.Fprintf(b, " %s  %-10s  %s\n", paint(style, lightColors[light.Level], word), light.Name, hanging(oneLine(light.Text), room, indent))
		if light.Todo != "" {
			fmt.Fprintf(b, "%*s→ %s\n", indent, "", strings.ReplaceAll(hanging(whole(oneLine(light.Todo), here, room-2), room-2, indent+2), glue, " "))
		}
	}
}

// glue stands for a blank at which no line ends. It is of no script, so that no text has it.
const glue = "\ue000"

// whole keeps the commands of a text, which end with some flags, on one line where that is long enough, so that they can be copied.
func whole(words, flags string, width int) string {
	if flags == "" {
		return words
	}
	commands := regexp.MustCompile(`acsync( [a-z]+){1,2}` + regexp.QuoteMeta(flags))
	return commands.ReplaceAllStringFunc(words, func(command string) string {
		if text.StringWidthWithoutEscSequences(command) > width {
			return command
		}
		return strings.ReplaceAll(command, " ", glue)
	})
}

// hanging is a text in lines of so many columns, all but the first behind an indent.
func hanging(words string, width, indent int) string {
	lines := strings.Split(text.WrapSoft(words, width), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}
