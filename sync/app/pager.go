package app

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

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
	for _, name := range []string{"PAGER", "ACSYNC_PAGER"} {
		if value, ok := variable(env, name); ok {
			command = value
		}
	}
	p := pager{command: strings.Fields(command), env: env, screen: screen, width: width, height: height}
	if dumb, _ := variable(env, "TERM"); dumb == "dumb" || command == "cat" {
		p.command = nil
	}
	if _, ok := variable(env, "LESS"); !ok {
		p.env = append(p.env[:len(p.env):len(p.env)], "LESS=FRX") // leaves what fits, and colours, on the screen
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
