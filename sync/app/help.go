package app

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/report/doc"
)

// The groups of commands in the overview, in its order.
const (
	groupSetUp = "Set up"
	groupRun   = "Run"
	groupLook  = "Look"
	groupMend  = "Mend"
	groupRest  = "The rest"
)

// helpPage is what help says of a command, and a manual page too. It knows nothing of how it is drawn.
type helpPage struct {
	Name     string     // with the program's: acsync ledger check
	Usage    string     // what it does, in one line
	Synopsis string     // how it is called
	About    []string   // paragraphs; one that begins with a blank is an item of a list
	Flags    []helpLine // its own
	Common   []string   // those that it shares with every command
	Examples []helpLine
	Groups   []helpGroup // the commands under it
}

// helpGroup are commands that serve the same end.
type helpGroup struct {
	Title    string
	Commands []helpLine
}

// helpLine is a flag, a command or an example, and what it is for.
type helpLine struct{ Name, About string }

// newHelpPage is the page of the command of that name, which takes the program's for its first word. The
// library's UsageText holds the examples, one a line: a command, two blanks, and a remark behind #.
func newHelpPage(name string, c *cli.Command) helpPage {
	p := helpPage{Name: name, Usage: c.Usage, Synopsis: name, About: paragraphs(c.Description)}
	for _, flag := range c.Flags {
		line, common := flagLine(flag)
		if common {
			word, _, _ := strings.Cut(line.Name, " ")
			p.Common = append(p.Common, word)
		} else {
			p.Flags = append(p.Flags, line)
		}
	}
	for line := range strings.Lines(c.UsageText) {
		example, remark, _ := strings.Cut(strings.TrimSpace(line), "  # ")
		p.Examples = append(p.Examples, helpLine{strings.TrimSpace(example), remark})
	}
	p.Groups = helpGroups(c.Subcommands)
	if len(p.Groups) > 0 {
		p.Synopsis += " COMMAND"
	}
	if c.ArgsUsage != "" {
		p.Synopsis += " " + c.ArgsUsage
	}
	if len(p.Flags)+len(p.Common) > 0 {
		p.Synopsis += " [FLAGS]"
	}
	return p
}

// paragraphs are those of a description, whose lines are as long as its source's are.
func paragraphs(description string) (list []string) {
	ended := true
	for line := range strings.Lines(description) {
		line = strings.TrimRight(line, " \n")
		switch {
		case line == "":
		case ended, strings.HasPrefix(line, " "):
			list = append(list, line)
		default:
			list[len(list)-1] += " " + line
		}
		ended = line == "" || strings.HasPrefix(line, " ")
	}
	return list
}

// flagLine says what a flag is called and what it does, with its default where it has one to speak of; and
// whether it is one of every command.
func flagLine(flag cli.Flag) (line helpLine, common bool) {
	about := flag.(cli.DocGenerationFlag)
	// The word in backquotes stands for the value.
	before, rest, _ := strings.Cut(about.GetUsage(), "`")
	value, after, named := strings.Cut(rest, "`")
	line = helpLine{"--" + flag.Names()[0], before + value + after}
	if named {
		line.Name += " " + value
	}
	_, isSwitch := flag.(*cli.BoolFlag)
	if usual := strings.Trim(about.GetDefaultText(), `"`); usual != "" && !isSwitch {
		line.About += " (default: " + usual + ")"
	}
	return line, flag.(cli.CategorizableFlag).GetCategory() == everyCommand
}

// helpGroups are the commands that are shown, by what they are for. Of the program's, those without a title
// are named in its description.
func helpGroups(commands []*cli.Command) (groups []helpGroup) {
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		at := slices.IndexFunc(groups, func(g helpGroup) bool { return g.Title == c.Category })
		if at < 0 {
			at, groups = len(groups), append(groups, helpGroup{Title: c.Category})
		}
		groups[at].Commands = append(groups[at].Commands, helpLine{c.Name, c.Usage})
	}
	return groups
}

// doc is the page as it is shown.
func (p helpPage) doc() doc.Doc {
	d := doc.Doc{Name: p.Name, Subject: p.Usage, About: []string{"Usage: " + p.Synopsis}}
	var about doc.Section
	for _, text := range p.About {
		item := strings.TrimLeft(text, " ")
		about.Parts = append(about.Parts, doc.Note{Text: item, Depth: len(text) - len(item)})
	}
	d.Sections = append(d.Sections, about)
	for _, group := range p.Groups {
		title := group.Title
		if title == "" {
			title = "Commands"
		}
		d.Sections = append(d.Sections, doc.Titled(title, helpTable(group.Commands)))
	}
	d.Sections = append(d.Sections, doc.Titled("Flags", helpTable(p.Flags)))
	examples := doc.Titled("Examples")
	for _, each := range p.Examples {
		examples.Parts = append(examples.Parts, doc.Note{Text: each.Name, Below: each.About, Depth: 2})
	}
	d.Sections = append(d.Sections, examples)
	more := "Also " + strings.Join(append(p.Common, "--help"), ", ") + ": see acsync help flags."
	if len(p.Groups) > 0 && len(p.Flags) == 0 {
		more = p.Name + " COMMAND --help tells more of each."
	}
	d.Sections = append(d.Sections, doc.Titled("", doc.Note{Text: more}))
	return d
}

// helpTable has a line for each.
func helpTable(lines []helpLine) doc.Table {
	// Tables of several groups stand below one another.
	table := doc.Table{Columns: []doc.Column{{Name: "Name", Min: len("completion")}, {Name: "What"}}}
	for _, line := range lines {
		table.Add(line.Name, line.About)
	}
	return table
}

// overview is the help of the program itself.
func overview(app *cli.App) doc.Doc {
	d := doc.Doc{Name: app.Name, Subject: app.Usage}
	for _, group := range helpGroups(app.Commands) {
		if group.Title == "" {
			continue
		}
		d.Sections = append(d.Sections, doc.Titled(group.Title, helpTable(group.Commands)))
	}
	d.Sections = append(d.Sections, doc.Titled("", doc.Note{Text: app.Description}))
	return d
}

// sharedFlags are the flags of every command.
func sharedFlags() (lines []helpLine) {
	for _, flag := range append(commonFlags(), noPagerFlag()) {
		line, _ := flagLine(flag)
		lines = append(lines, line)
	}
	return append(lines, helpLine{"--help, -h", "show how the command is used"})
}

const aboutFlags = "Flags stand behind their command, in any order. A switch is turned off by =false, as " +
	"in --quiet=false. Commands that need no configuration, such as help and completion, do without most of " +
	"them."

// flagsPage is about the flags of every command.
func flagsPage() doc.Doc {
	return doc.Doc{
		Name: "acsync help flags", Subject: "the flags of every command",
		Sections: []doc.Section{
			doc.Titled("Flags", helpTable(sharedFlags())),
			doc.Titled("", doc.Note{Text: aboutFlags}),
		},
	}
}
