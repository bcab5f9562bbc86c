package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
	"acsync/sync/exit"
	"acsync/sync/manual"
)

// manPage is the manual page, as man has it: what help says of each command, and what it has pages of its own
// for.
func manPage(app *cli.App) string {
	var r roff
	r.line(".TH ACSYNC 1 \"\" \"acsync " + release + "\" \"acsync\"")
	// Neither words nor flags are broken, nor stretched to the margin.
	r.line(".nh\n.ad l")
	r.section("NAME")
	r.text(app.Name + " - " + app.Usage)
	r.section("SYNOPSIS")
	r.synopsis("acsync COMMAND [FLAGS]")
	r.line(".br")
	r.synopsis("acsync help [COMMAND|TOPIC]")
	r.section("DESCRIPTION")
	r.text("acsync finds the Kustomer conversations that were marked done, decides for each whether the " +
		"customer should be asked for feedback, and creates the survey requests in Medallia Agent Connect.")
	r.paragraph(app.Description)
	pages := commandPages(app.Name, app.Commands)
	r.section("COMMANDS")
	for _, p := range pages {
		r.command(p)
	}
	r.section("FLAGS OF EVERY COMMAND")
	r.text(aboutFlags)
	r.items(sharedFlags())
	r.section("EXIT STATUS")
	for _, code := range exit.All() {
		r.item(fmt.Sprint(int(code)), code.String())
	}
	r.section("ENVIRONMENT")
	r.items(surroundingVariables)
	r.paragraph("The others win over the keys of the configuration that stand beside them.")
	r.items(keyVariables())
	r.section("FILES")
	r.items(placesOnDisk)
	r.section("EXAMPLES")
	for _, p := range pages {
		r.items(p.Examples)
	}
	r.section("SEE ALSO")
	r.text("acsync help TOPIC shows a page of the manual:")
	for _, topic := range manual.Topics() {
		r.item(topic.Name, topic.Summary)
	}
	return r.String()
}

// commandPages are the pages of commands that act, each behind those of the group that it belongs to.
func commandPages(above string, commands []*cli.Command) (pages []helpPage) {
	for _, c := range commands {
		name := above + " " + c.Name
		switch {
		case c.Hidden:
		case c.Subcommands != nil:
			pages = append(pages, newHelpPage(name, c))
			pages = append(pages, commandPages(name, c.Subcommands)...)
		default:
			pages = append(pages, newHelpPage(name, c))
		}
	}
	return pages
}

// surroundingVariables are those of the environment that count, and are no keys.
var surroundingVariables = []helpLine{
	{"HTTPS_PROXY", "the proxy through which both services are called"},
	{"NO_PROXY", "hosts that are called without it"},
	{"SSL_CERT_FILE, SSL_CERT_DIR", "the certificate authorities to trust in place of the system's"},
	{"TZ", "the time zone where sync.timezone is Local"},
	{"NO_COLOR", "not empty: no colours"},
	{"TERM", "dumb: neither colours nor a pager"},
	{config.PagerVariable, "the pager for long answers on a terminal; cat, or nothing, for none"},
	{"PAGER", "the same for all programs, where " + config.PagerVariable + " is not set"},
	{"LESS", "the options of the pager less, in place of acsync's"},
	{"XDG_STATE_HOME", "the second witness lies in its acsync, where ledger.witness is auto"},
	{"XDG_CACHE_HOME", "the ledger of --sandbox lies in its acsync"},
	{"HOME", "stands in for both, as ~/.local/state and ~/.cache"},
}

// keyVariables are those that are keys of the configuration, section by section.
func keyVariables() (lines []helpLine) {
	for key, name := range config.Variables() {
		lines = append(lines, helpLine{name, key})
	}
	slices.SortFunc(lines, func(a, b helpLine) int { return strings.Compare(a.About, b.About) })
	return lines
}

// placesOnDisk are the files that the program reads and writes.
var placesOnDisk = []helpLine{
	{"config.toml", "the configuration, where --config names no other; acsync init writes it"},
	{"/etc/acsync/config.toml", "that of the packages for Debian and Red Hat"},
	{"/etc/acsync/keys", "the files with the keys, in these packages"},
	{"acsync.db", "the ledger, as ledger.path names it; /var/lib/acsync/acsync.db in these packages"},
	{"acsync.db.fence", "beside the ledger: tells when another one takes its place"},
	{"~/.local/state/acsync", "the second witness; /var/lib/acsync-backup in these packages"},
	{"~/.cache/acsync/sandbox.db", "the ledger of --sandbox"},
}

// roff is a text in the language of manual pages (man(7)).
type roff struct{ strings.Builder }

// line writes a line as it is.
func (r *roff) line(text string) { r.WriteString(text + "\n") }

// roffEscapes are characters that mean something to roff, or are not what they look like: its hyphen is none
// that a shell understands.
var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", "\\`", "^", `\(ha`, "~", `\(ti`)

// escaped is a text as roff shows it. Nothing but ASCII is left, which every roff reads.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range roffEscapes.Replace(text) {
		if c < 128 {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, c)
		}
	}
	// A dot at the beginning of a line begins a request.
	if strings.HasPrefix(b.String(), ".") {
		return `\&` + b.String()
	}
	return b.String()
}

// text writes a paragraph, or goes on with one.
func (r *roff) text(text string) { r.line(escaped(text)) }

// paragraph begins a new one. Items of lists, which begin with blanks, stand as far in.
func (r *roff) paragraph(text string) {
	item := strings.TrimLeft(text, " ")
	if item == text {
		r.line(".PP")
		r.text(text)
		return
	}
	r.line(fmt.Sprintf(".RS %dn", len(text)-len(item)))
	r.text(item)
	r.line(".RE")
}

func (r *roff) section(title string) { r.line(".SH " + title) }

// synopsis writes how something is called: what is typed bold, and what stands for something else in italics.
func (r *roff) synopsis(text string) {
	for i, word := range strings.Fields(text) {
		font := `\fB`
		if i > 0 && strings.ToUpper(word) == word && !strings.Contains(word, "_") {
			font = `\fI`
		}
		if i > 0 {
			r.WriteString(" ")
		}
		r.WriteString(font + escaped(word) + `\fR`)
	}
	r.line("")
}

// command writes what help says of one, but for the examples.
func (r *roff) command(p helpPage) {
	r.line(".SS " + escaped(p.Synopsis))
	r.text(strings.ToUpper(p.Usage[:1]) + p.Usage[1:] + ".")
	for _, text := range p.About {
		r.paragraph(text)
	}
	r.items(p.Flags)
}

func (r *roff) items(list []helpLine) {
	for _, each := range list {
		r.item(each.Name, each.About)
	}
}

// item writes a word, and below it what it means.
func (r *roff) item(name, about string) {
	r.line(".TP")
	r.synopsis(name)
	if about != "" {
		r.text(about)
	}
}
