package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/lmittmann/tint"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"acsync/sync/config"
	"acsync/sync/report/doc"
)

// terminal is what is known of both output streams; it is settled once for a command.
type terminal struct {
	stderr   io.Writer
	says     *voice
	width    int // of stdout in columns; 80 where it is no terminal
	pager    pager
	errWidth int  // of stderr; 80 where it is no terminal
	colorOut bool // colours may be written to stdout
	colorErr bool // and to stderr
	progress bool // stderr is a terminal that wants progress
	level    slog.Level
	json     bool // the log is JSON, and nothing else stands beside it
	// the report stands on the same screen: the log does not say what that does
	reported bool
}

const (
	defaultWidth = 80
	widestHelp   = 100
)

// newScreen is what is known of the streams alone: nothing is said of a log, and of progress.
func newScreen(l *commandLine, c *cli.Context) terminal {
	t := terminal{stderr: l.stderr, says: l.says, width: defaultWidth, errWidth: defaultWidth}
	plain := c.Bool(flagNoColor) || colorless(l.env)
	if file, ok := isTerminal(l.stdout); ok {
		t.colorOut = !plain
		width, height := size(file)
		if t.width = width; !c.Bool(flagNoPager) {
			t.pager = newPager(l.env, file, width, height)
		}
	}
	if file, ok := isTerminal(l.stderr); ok {
		t.colorErr = !plain
		t.errWidth, _ = size(file)
		t.progress = !isDumb(l.env) && !l.says.json
	}
	return t
}

// isDumb reports whether the terminal understands nothing but text.
func isDumb(env []string) bool {
	kind, _ := config.Variable(env, "TERM")
	return kind == "dumb"
}

// colorless reports whether the environment wants no colours.
func colorless(env []string) bool {
	none, _ := config.Variable(env, "NO_COLOR")
	return none != "" || isDumb(env)
}

func newTerminal(l *commandLine, c *cli.Context) (terminal, error) {
	t := newScreen(l, c)
	// Whoever wants to know more of a pass than its report says asks for it, on a terminal and elsewhere.
	t.level = slog.LevelWarn
	_, out := isTerminal(l.stdout)
	_, err := isTerminal(l.stderr)
	t.reported = out && err && !c.Bool(flagJSON) && !c.IsSet(flagLogLevel)
	if text := c.String(flagLogLevel); text != "" {
		if err := t.level.UnmarshalText([]byte(text)); err != nil {
			return t, usagef("--%s %q: choose debug, info, warn or error", flagLogLevel, text)
		}
	}
	if c.Bool(flagQuiet) {
		t.progress, t.level = false, max(t.level, slog.LevelError)
	}
	format := c.String(flagLogFormat)
	if t.json = format == "json"; !t.json && format != "text" {
		return t, usagef("--%s %q: choose text or json", flagLogFormat, format)
	}
	return t, nil
}

// wantsJSON reports whether a command line asks for a log in JSON. It tells that also of one that cannot be
// carried out.
func wantsJSON(args []string) (wanted bool) {
	for i, arg := range args {
		name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !given && i+1 < len(args) {
			value = args[i+1]
		}
		if strings.HasPrefix(arg, "-") && name == flagLogFormat {
			wanted = value == "json"
		}
	}
	return wanted
}

func (t terminal) style() doc.Style { return doc.Style{Width: t.width, Color: t.colorOut} }

// answer shows the answer to a question on stdout: through the pager where the terminal is too low for it.
func (t terminal) answer(stdout io.Writer, d doc.Doc) error {
	var shown strings.Builder
	v := &doc.Visible{To: &shown, Colors: t.colorOut}
	if err := errors.Join(doc.Text(v, d, t.style()), v.Close()); err != nil {
		return err
	}
	return t.show(stdout, shown.String())
}

// show shows a text on stdout, through the pager where the terminal is too low for it.
func (t terminal) show(stdout io.Writer, shown string) error {
	// An empty piece comes behind all that the log has, as whatever is printed does.
	if _, err := io.WriteString(stdout, ""); err != nil || t.pager.show(shown) {
		return err
	}
	_, err := io.WriteString(stdout, shown)
	return err
}

// size is that of a terminal, as far as it is known; a height of 0 is not.
func size(file *os.File) (width, height int) {
	width, height, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return defaultWidth, 0
	}
	return width, max(height, 0)
}

func isTerminal(w io.Writer) (*os.File, bool) {
	switch through := w.(type) {
	case *printer:
		w = through.to
	case *spool:
		w = through.to
	}
	file, ok := w.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd()))
}

// widthNow is how wide stderr is at this moment: a terminal may be resized.
func (t terminal) widthNow() int {
	if file, ok := isTerminal(t.stderr); ok {
		width, _ := size(file)
		return width
	}
	return t.errWidth
}

// logger writes to w, which is stderr or what draws the progress there.
func (t terminal) logger(w io.Writer) *slog.Logger {
	w = &doc.Visible{To: w, Colors: t.colorErr && !t.json}
	var handler slog.Handler
	switch {
	case t.json:
		handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: t.level})
	case t.colorErr:
		handler = tint.NewTextHandler(w, &tint.Options{
			Level: t.level, TimeFormat: time.TimeOnly, ReplaceAttr: printable,
		})
	default:
		handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: t.level, ReplaceAttr: printable})
	}
	return slog.New(handler).With(t.says.passAttr()...)
}

// printable is an attribute of the log, the message among them, as a terminal may show it.
func printable(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case slog.Level, time.Time:
		return a
	case error, fmt.Stringer:
	default:
		if reflect.ValueOf(v).Kind() != reflect.String {
			return a
		}
	}
	return slog.String(a.Key, doc.Printable(fmt.Sprint(a.Value.Any())))
}

// pager shows answers that a terminal is too low for. Only answers to questions are paged: a pass would wait
// for somebody who reads, and its report stands on the screen that it was made on.
type pager struct {
	command []string // the program and its arguments; empty: none is to be used
	env     []string
	screen  *os.File
	width   int // of the screen, in columns
	height  int // in lines
}

// newPager is the pager that the environment asks for. A variable that is empty, and cat, ask for none.
func newPager(env []string, screen *os.File, width, height int) pager {
	command := "less"
	for _, name := range []string{"PAGER", config.PagerVariable} {
		if value, ok := config.Variable(env, name); ok {
			command = value
		}
	}
	p := pager{command: strings.Fields(command), env: env, screen: screen, width: width, height: height}
	if isDumb(env) || command == "cat" {
		p.command = nil
	}
	if _, ok := config.Variable(env, "LESS"); !ok {
		// leaves what fits, and colours, on the screen
		p.env = append(p.env[:len(p.env):len(p.env)], "LESS=FRX")
	}
	return p
}

// show shows a text that is higher than the screen, and reports whether it did. A pager that is missing or
// fails has shown nothing. Who leaves it before the end has seen enough.
func (p pager) show(shown string) bool {
	if len(p.command) == 0 || p.screen == nil || p.height == 0 || p.rows(shown) < p.height {
		return false
	}
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = strings.NewReader(shown), p.screen, p.screen, p.env
	if cmd.Start() != nil {
		return false
	}
	// Ctrl-C is the pager's, which goes back to its prompt.
	signal.Ignore(os.Interrupt)
	return cmd.Wait() == nil
}

// rows are how many lines of the screen a text takes, which breaks long ones.
func (p pager) rows(shown string) int {
	n := 0
	for line := range strings.Lines(shown) {
		n += 1 + max(text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n"))-1, 0)/max(p.width, 1)
	}
	return n
}
