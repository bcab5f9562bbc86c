package app

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"acsync/sync/report/doc"
)

// noPagerFlag stands on the commands that answer a question. What a pass says is not paged: it would wait for somebody, and
// stands on the screen that it was made on.
func noPagerFlag() cli.Flag {
	return &cli.BoolFlag{Name: flagNoPager, Usage: "never show the answer through a pager"}
}

// answerWith shows an answer: on a terminal that it is too long for, through the pager.
func (s *shell) answerWith(c *cli.Context, t terminal, d doc.Doc) error {
	var shown bytes.Buffer
	v := &doc.Visible{To: &shown, Colors: t.colorOut}
	if err := errors.Join(doc.Text(v, d, t.style()), v.Close()); err != nil {
		return err
	}
	if pager := s.pager(c); len(pager) > 0 && t.height > 0 && rows(shown.String(), t.width) >= t.height {
		if s.page(pager, shown.Bytes()) {
			return nil
		}
	}
	_, err := s.stdout.Write(shown.Bytes())
	return err
}

// style is how a text may look on stdout.
func (t terminal) style() doc.Style { return doc.Style{Width: t.width, Color: t.colorOut} }

// rows are how many lines of a screen a text takes, where a terminal breaks long ones.
func rows(shown string, width int) int {
	n := 0
	for line := range strings.Lines(shown) {
		n += 1 + max(text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n"))-1, 0)/max(width, 1)
	}
	return n
}

// pager is the pager and its arguments; none where there is to be none. An empty variable, and cat, mean none.
func (s *shell) pager(c *cli.Context) []string {
	if c.Bool(flagNoPager) || s.lookup("TERM") == "dumb" {
		return nil
	}
	command := "less"
	for _, name := range []string{"PAGER", "ACSYNC_PAGER"} {
		if s.isSet(name) {
			command = s.lookup(name)
		}
	}
	words := strings.Fields(command)
	if len(words) == 1 && words[0] == "cat" {
		return nil
	}
	return words
}

// page lets a pager show a text, and reports whether it did: nothing is shown by one that is missing or fails. Who leaves it
// before the end has seen enough.
func (s *shell) page(pager []string, shown []byte) bool {
	file, ok := isTerminal(s.stdout)
	if !ok {
		return false
	}
	cmd := exec.Command(pager[0], pager[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = bytes.NewReader(shown), file, file, s.env
	if !s.isSet("LESS") {
		cmd.Env = append(cmd.Env, "LESS=FRX") // quits where one screen is enough, shows colours, leaves the text on the screen
	}
	if behind, ok := s.stderr.(*spool); ok {
		behind.flush()
	}
	if err := cmd.Start(); err != nil {
		return false
	}
	signal.Ignore(os.Interrupt) // it is the pager's, which goes back to its prompt
	return cmd.Wait() == nil
}

// isSet reports whether an environment variable is set, be it to nothing.
func (s *shell) isSet(name string) bool {
	return slices.ContainsFunc(s.env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
}
