package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"acsync/sync/check"
	"acsync/sync/report/doc"
)

// Check is what a check of everything has found. Nothing in it names a person.
type Check struct {
	Lines    []check.Line
	Settings []check.Setting
	Tenant   string
	Version  string // of this program
	Here     string
	Calls    Calls
	Exit     int
	Meaning  string // of the exit code
	Now      time.Time
}

// of are the lines of a level, in their order.
func (c Check) of(level check.Level) (list []check.Line) {
	for _, line := range c.Lines {
		if line.Level == level {
			list = append(list, line)
		}
	}
	return list
}

func (c Check) level() check.Level {
	switch {
	case len(c.of(check.Failed)) > 0:
		return check.Failed
	case len(c.of(check.Look)) > 0:
		return check.Look
	}
	return check.OK
}

var (
	checkTones = map[check.Level]doc.Tone{
		check.OK: doc.Good, check.Look: doc.Warn, check.Failed: doc.Bad, check.NotRun: doc.Quiet,
	}
	checkWords = map[check.Level]string{
		check.OK: "ok", check.Look: "LOOK", check.Failed: "FAILED", check.NotRun: "–",
	}
	checkLevels = map[check.Level]string{
		check.OK: doc.LevelGood, check.Look: doc.LevelAttention, check.Failed: doc.LevelHalted,
	}
)

// CheckDoc is the check for people: first what has failed, then what to look at, then the rest.
func CheckDoc(c Check) doc.Doc {
	d := doc.Doc{
		Name: "acsync check", Subject: c.Tenant, Here: c.Here,
		About: []string{fmt.Sprintf("%s, %s; %s, no survey request", show(c.Now), c.Version,
			callsWords(c.Calls))},
		Verdict: doc.Verdict{Level: checkLevels[c.level()], Headline: checkHeadline(c)},
		Sections: []doc.Section{
			doc.Titled("Failed", findings(c.of(check.Failed))...),
			doc.Titled("To look at", findings(c.of(check.Look))...),
		},
	}
	if hint := checkTodo(c); hint != "" {
		d.Todo = []string{hint}
	}
	var groups []string
	for _, line := range c.Lines {
		if !slices.Contains(groups, line.Group) {
			groups = append(groups, line.Group)
		}
	}
	for _, group := range groups {
		rest := slices.DeleteFunc(slices.Clone(c.Lines), func(l check.Line) bool {
			return l.Group != group || l.Level == check.Failed || l.Level == check.Look
		})
		d.Sections = append(d.Sections, doc.Titled(group, lineTable(rest)))
	}
	settings := doc.Table{Columns: []doc.Column{{Name: "key"}, {Name: "value, and where it comes from"}}}
	for _, s := range c.Settings {
		row := settings.Add(s.Key, cmp.Or(withoutAddresses(s.Value), `""`))
		row.Cells[1].Aside = "· " + cmp.Or(s.From, "this command")
	}
	d.Sections = append(d.Sections, doc.Titled("Settings that are not at their defaults", settings))
	return d
}

func checkHeadline(c Check) string {
	failed, look, skipped := len(c.of(check.Failed)), len(c.of(check.Look)), len(c.of(check.NotRun))
	in := fmt.Sprintf("%d in order", len(c.of(check.OK)))
	if skipped > 0 {
		in += fmt.Sprintf(", %d not looked at", skipped)
	}
	switch {
	case failed > 0 && look > 0:
		return fmt.Sprintf("%d failed, %d to look at, %s.", failed, look, in)
	case failed > 0:
		return fmt.Sprintf("%d failed, %s.", failed, in)
	case look > 0:
		return fmt.Sprintf("Nothing failed. %d to look at, %s.", look, in)
	}
	return fmt.Sprintf("Nothing is wrong: %s.", in)
}

// checkTodo says where to begin; empty where nothing failed.
func checkTodo(c Check) string {
	if c.level() != check.Failed {
		return ""
	}
	return fmt.Sprintf("Exit code %d, %s. Begin with the first: others may follow from it.", c.Exit, c.Meaning)
}

func callsWords(calls Calls) string {
	kustomer, connect := calls.Kustomer, calls.AgentConnect+calls.AgentConnectData
	if kustomer+connect == 0 {
		return "no service was called"
	}
	return fmt.Sprintf("%s of Kustomer, %d of Agent Connect", doc.Several(kustomer, "call", "calls"), connect)
}

// findings are lines that somebody has to read, each with what to do.
func findings(lines []check.Line) (parts []doc.Part) {
	for _, line := range lines {
		note := doc.Note{
			Text: line.Group + ", " + line.Name + ": " + withoutAddresses(line.Text),
			Tone: checkTones[line.Level], Depth: 2,
		}
		if line.Todo != "" {
			note.Below = "→ " + withoutAddresses(line.Todo)
		}
		parts = append(parts, note)
	}
	return parts
}

// lineTable has lines that are in order, or were not looked at.
func lineTable(lines []check.Line) doc.Table {
	table := doc.Table{
		Class:   "signals",
		Columns: []doc.Column{{Name: "level", Min: 2}, {Name: "what", Min: 13}, {Name: "state"}},
	}
	for _, line := range lines {
		row := table.Add(checkWords[line.Level], line.Name, withoutAddresses(line.Text))
		row.Cells[0].Tone = checkTones[line.Level]
		if line.Level == check.NotRun {
			row.Cells[2].Tone = doc.Quiet
		}
	}
	return table
}

// withoutAddresses is a text of which nothing tells who is meant.
func withoutAddresses(text string) string { return addresses.ReplaceAllString(text, "(an address)") }

// CheckLines are the lines as JSON has them.
func CheckLines(lines []check.Line) any {
	list := []object{}
	for _, line := range lines {
		list = append(list, object{
			"group", line.Group, "name", line.Name, "level", line.Level,
			"text", withoutAddresses(line.Text), "todo", withoutAddresses(line.Todo),
			"exit", int(line.Code), // that it would end with by itself
		})
	}
	return list
}

// CheckSummary are a few lines for a command that has done something else: what is in order by its name, and
// what is not in full. None where nothing was looked at.
func CheckSummary(lines []check.Line) []string {
	var good []string // "Kustomer (key, clock)"
	var rest []string
	for _, line := range lines {
		switch line.Level {
		case check.OK:
			if n := len(good); n > 0 && strings.HasPrefix(good[n-1], line.Group+" (") {
				good[n-1] = strings.TrimSuffix(good[n-1], ")") + ", " + line.Name + ")"
				break
			}
			good = append(good, line.Group+" ("+line.Name+")")
		case check.Look, check.Failed:
			text := fmt.Sprintf("%-8s %s, %s: %s", strings.ToLower(checkWords[line.Level]), line.Group,
				line.Name, withoutAddresses(line.Text))
			if line.Todo != "" {
				text += "; " + line.Todo
			}
			rest = append(rest, text)
		}
	}
	if len(good) > 0 {
		rest = append([]string{"checked  " + strings.Join(good, ", ")}, rest...)
	}
	return rest
}

// CheckJSON writes the check as one object on one line, schema acsync.check/1.
func CheckJSON(w io.Writer, c Check) error {
	settings := []object{}
	for _, s := range c.Settings {
		settings = append(settings, object{"key", s.Key, "value", withoutAddresses(s.Value), "from", s.From})
	}
	return writeJSON(w, object{
		"schema", "acsync.check/1", "at", stamp(c.Now), "version", c.Version, "tenant", c.Tenant,
		"level", c.level(), "exit", c.Exit, "lines", CheckLines(c.Lines),
		"settings", settings, // those that are not at their defaults, and the secrets without their values
		"requests", c.Calls,
	}, oneLine)
}
