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
	stdout, stderr io.Writer
	width          int // of stdout in columns; 80 where it is no terminal
	pager          pager
	colorOut       bool // colours may be written to stdout
	colorErr       bool // and to stderr
	errWidth       int  // of stderr
	progress       bool // stderr is a terminal that wants progress
	level          slog.Level
	json           bool // the log is JSON
}

// defaultWidth is the width of what is no terminal.
const defaultWidth = 80

// terminal looks at both streams, the flags and the environment.
func (s *shell) terminal(c *cli.Context) (terminal, error) {
	t := terminal{stdout: s.stdout, stderr: s.stderr, width: defaultWidth, level: slog.LevelInfo}
	plain := c.Bool(flagNoColor) || s.lookup("NO_COLOR") != "" || s.lookup("TERM") == "dumb"
	if file, ok := isTerminal(s.stdout); ok {
		t.colorOut, t.width = !plain, columns(file)
		if !c.Bool(flagNoPager) {
			t.pager = newPager(s.env, file, t.width, lines(file))
		}
	}
	if file, ok := isTerminal(s.stderr); ok {
		t.colorErr, t.errWidth = !plain, columns(file)
		t.progress = !c.Bool(flagQuiet) && s.lookup("TERM") != "dumb"
		t.level = slog.LevelWarn
	}
	return t, t.logSettings(c)
}

// style is how a text may look on stdout.
func (t terminal) style() doc.Style { return doc.Style{Width: t.width, Color: t.colorOut} }

// answer shows the answer to a question: through the pager where the terminal is too low for it.
func (t terminal) answer(d doc.Doc) error {
	var shown strings.Builder
	v := &doc.Visible{To: &shown, Colors: t.colorOut}
	if err := errors.Join(doc.Text(v, d, t.style()), v.Close()); err != nil {
		return err
	}
	// An empty piece comes behind all that the log has, as whatever is printed does.
	if _, err := io.WriteString(t.stdout, ""); err != nil || t.pager.show(shown.String()) {
		return err
	}
	_, err := io.WriteString(t.stdout, shown.String())
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

// columns is the width of a terminal.
func columns(file *os.File) int {
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		return width
	}
	return defaultWidth
}

// lines is the height of a terminal; 0 when it is not known.
func lines(file *os.File) int {
	if _, height, err := term.GetSize(int(file.Fd())); err == nil && height > 0 {
		return height
	}
	return 0
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

// lookup is the value of an environment variable; empty when it is not set.
func (s *shell) lookup(name string) string {
	value, _ := variable(s.env, name)
	return value
}

// logger writes to w, which is stderr or what draws the progress there.
func (t terminal) logger(w io.Writer) *slog.Logger {
	w = &doc.Visible{To: w, Colors: t.colorErr && !t.json}
	switch {
	case t.json:
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: t.level}))
	case t.colorErr:
		return slog.New(tint.NewTextHandler(w, &tint.Options{Level: t.level, TimeFormat: time.TimeOnly, ReplaceAttr: printable}))
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
