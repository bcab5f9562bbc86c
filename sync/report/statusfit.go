package report

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// statusForm is how much of the details a status shows.
type statusForm struct {
	doubts, refused int  // how many that are in doubt and how many rejected ones it names
	backfills       bool // names those that are not finished; else one line counts them
	table           bool // has the counts in a table; else in one sentence
	brief           bool // has the lights that are well in one line, and says what to do only where that is urgent
}

// statusForms are ever shorter forms, the first for what is no screen.
var statusForms = []statusForm{
	{math.MaxInt, shownRows, true, true, false},
	{5, 4, true, true, false},
	{3, 2, true, true, false},
	{1, 1, true, true, false},
	{0, 0, true, true, false},
	{0, 0, true, false, false},
	{0, 0, false, false, false},
}

// urgentForms are the same where somebody has to settle by hand what is in doubt: all else is left out before its ids are.
var urgentForms = []statusForm{
	{math.MaxInt, shownRows, true, true, false},
	{math.MaxInt, 4, true, true, false},
	{math.MaxInt, 1, true, true, false},
	{math.MaxInt, 0, true, true, false},
	{math.MaxInt, 0, false, true, false},
	{math.MaxInt, 0, false, false, false},
	{math.MaxInt, 0, false, false, true},
	{10, 0, false, false, true},
	{5, 0, false, false, true},
	{3, 0, false, false, true},
	{1, 0, false, false, true},
	{0, 0, false, false, true},
}

// StatusTable writes the status for people, on one screen where it has a height and the screen is not a tiny one.
func StatusTable(w io.Writer, s Status, style Style) error {
	forms := statusForms
	if s.urgent() {
		forms = urgentForms
	}
	var screen string
	for i, form := range forms {
		screen = statusScreen(s, style, form, i > 0)
		if style.Height == 0 || strings.Count(screen, "\n") < style.Height {
			break
		}
	}
	_, err := io.WriteString(w, screen)
	return err
}

// statusScreen is the status in one of the forms; that it is a shortened one stands in its first line, which takes no room.
func statusScreen(s Status, style Style, form statusForm, short bool) string {
	var b strings.Builder
	s.unnamed = form.doubts == 0 && (form.refused == 0 || s.doubtful() > 0)
	title := "acsync status · " + s.Tenant
	if short {
		title += " · a taller window shows more"
	}
	fmt.Fprintf(&b, "%s\n", hanging(oneLine(title), max(style.Width, 40), 0))
	fmt.Fprintf(&b, "ledger %s (%s)\n\n", oneLine(s.Ledger), printable(s.ID))
	lights := s.Lights()
	if form.brief {
		lights = gathered(lights)
	}
	writeLights(&b, lights, s.Here, style)
	b.WriteString("\n")
	if form.table {
		countsTable(&b, s, style)
	} else {
		countsLine(&b, s, style)
	}
	doubts(&b, s, style, form.doubts)
	unfinished(&b, s, style, form.backfills)
	refused(&b, s, form.refused)
	return b.String()
}

// gathered are the lights with those that are well in one, the last, and with nothing to do but what is urgent.
func gathered(lights []Light) []Light {
	var list []Light
	var well []string
	for _, light := range lights {
		switch light.Level {
		case LightOK:
			well = append(well, light.Name)
			continue
		case LightLook:
			light.Todo = ""
		}
		list = append(list, light)
	}
	if len(well) > 0 {
		list = append(list, Light{Name: "well", Level: LightOK, Text: strings.Join(well, ", ")})
	}
	return list
}

// refused lists what was rejected lately.
func refused(b *strings.Builder, s Status, most int) {
	if len(s.Refused) == 0 || most == 0 {
		return
	}
	b.WriteString("\nrejected lately\n")
	for _, refusal := range s.Refused[:min(len(s.Refused), most)] {
		fmt.Fprintf(b, "  %-24s  %s%s\n", printable(refusal.Conversation), ofKind(printable(refusal.Kind)), printable(refusal.Reason))
	}
	if more := len(s.Refused) - most; more > 0 {
		fmt.Fprintf(b, "  and %d more; --json names them\n", more)
	}
}

// unfinished lists the back-fills that were begun and have not come to their end.
func unfinished(b *strings.Builder, s Status, style Style, named bool) {
	if len(s.Backfills) == 0 {
		return
	}
	if !named {
		fmt.Fprintf(b, "\n%s\n", several(len(s.Backfills), "back-fill is not finished", "back-fills are not finished"))
		return
	}
	b.WriteString("\nback-fills that are not finished; the same command goes on\n")
	for _, f := range s.Backfills {
		turn := " "
		if style.Width < 65 { // columns of the line below with both times
			turn = "\n  "
		}
		fmt.Fprintf(b, "  --from %s%s--to %s\n    done up to %s\n", stamp(f.From), turn, end(f.To), show(f.Position))
	}
}
