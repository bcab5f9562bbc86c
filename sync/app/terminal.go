package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/lmittmann/tint"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"acsync/sync/report/doc"
)

// terminal is what is known of both output streams; it is settled once for a command.
type terminal struct {
	stderr   io.Writer
	width    int // of stdout in columns; 80 where it is no terminal
	pager    pager
	errWidth int  // of stderr
	colorOut bool // colours may be written to stdout
	colorErr bool // and to stderr
	progress bool // stderr is a terminal that wants progress
	level    slog.Level
	json     bool // the log is JSON
}

// defaultWidth is the width of what is no terminal.
const defaultWidth = 80

// newTerminal looks at both streams, the flags and the environment.
func newTerminal(l *commandLine, c *cli.Context) (terminal, error) {
	t := terminal{stderr: l.stderr, width: defaultWidth, level: slog.LevelInfo}
	plain := c.Bool(flagNoColor) || l.lookup("NO_COLOR") != "" || l.lookup("TERM") == "dumb"
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
		t.progress = !c.Bool(flagQuiet) && l.lookup("TERM") != "dumb"
		t.level = slog.LevelWarn
	}
	return t, t.logSettings(c)
}

// style is how a text may look on stdout.
func (t terminal) style() doc.Style { return doc.Style{Width: t.width, Color: t.colorOut} }

// answer shows the answer to a question on stdout: through the pager where the terminal is too low for it.
func (t terminal) answer(stdout io.Writer, d doc.Doc) error {
	var shown strings.Builder
	v := &doc.Visible{To: &shown, Colors: t.colorOut}
	if err := errors.Join(doc.Text(v, d, t.style()), v.Close()); err != nil {
		return err
	}
	// An empty piece comes behind all that the log has, as whatever is printed does.
	if _, err := io.WriteString(stdout, ""); err != nil || t.pager.show(shown.String()) {
		return err
	}
	_, err := io.WriteString(stdout, shown.String())
	return err
}

// logSettings takes the flags that are about the log.
func (t *terminal) logSettings(c *cli.Context) error {
	if text := c.String(flagLogLevel); text != "" {
		if err := t.level.UnmarshalText([]byte(text)); err != nil {
			return usagef("--%s %q: choose debug, info, warn or error", flagLogLevel, text)
		}
	}
	if c.Bool(flagQuiet) {
		t.level = max(t.level, slog.LevelError)
	}
	format := c.String(flagLogFormat)
	t.json = format == "json"
	if !t.json && format != "text" {
		return usagef("--%s %q: choose text or json", flagLogFormat, format)
	}
	return nil
}

// size is the width and the height of a terminal, as far as they are known; a height of 0 is not.
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

// logger writes to w, which is stderr or what draws the progress there.
func (t terminal) logger(w io.Writer) *slog.Logger {
	w = &doc.Visible{To: w, Colors: t.colorErr && !t.json}
	switch {
	case t.json:
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: t.level}))
	case t.colorErr:
		return slog.New(tint.NewTextHandler(w, &tint.Options{
			Level: t.level, TimeFormat: time.TimeOnly, ReplaceAttr: printable,
		}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: t.level, ReplaceAttr: printable}))
}

// printable is an attribute of the log, the message among them, as a terminal may show it.
func printable(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindString {
		return slog.String(a.Key, doc.Printable(a.Value.String()))
	}
	if a.Value.Kind() != slog.KindAny {
		return a
	}
	switch v := a.Value.Any().(type) {
	case slog.Level:
		return a
	case error, fmt.Stringer:
		return slog.String(a.Key, doc.Printable(fmt.Sprint(v)))
	}
	if v := reflect.ValueOf(a.Value.Any()); v.Kind() == reflect.String {
		return slog.String(a.Key, doc.Printable(v.String()))
	}
	return a
}
