package app

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"acsync/store"
	surveysync "acsync/sync"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeIsComplete compares the README with what there is: commands, flags, exit codes, dispositions and reasons.
func TestReadmeIsComplete(t *testing.T) {
	text := readme(t)
	wants := func(what string) {
		if !strings.Contains(text, what) {
			t.Errorf("the README lacks %s", what)
		}
	}
	s := &shell{stdout: io.Discard, stderr: io.Discard}
	flags := map[string]bool{}
	for _, command := range s.commandLine(nil).Commands {
		wants(fmt.Sprintf("\n| `%s` |", command.Name))
		for _, flag := range command.Flags {
			flags[flag.Names()[0]] = true
		}
	}
	for flag := range flags {
		wants("`--" + flag)
	}
	for _, exit := range exits {
		wants(fmt.Sprintf("\n| %d | %s |", exit.code, exit.meaning))
	}
	for _, state := range store.States() {
		wants(fmt.Sprintf("\n| `%s` |", state))
	}
	for _, reason := range append(surveysync.SkipReasons(), surveysync.OutcomeReasons()...) {
		wants(fmt.Sprintf("\n| `%s` | %s |", reason, reason.Explain()))
	}
}

// TestReadmeIsTrue finds what the README names and the program does not have.
func TestReadmeIsTrue(t *testing.T) {
	s := &shell{stdout: io.Discard, stderr: io.Discard}
	var known []string
	for _, command := range s.commandLine(nil).Commands {
		for _, flag := range command.Flags {
			known = append(known, flag.Names()...)
		}
	}
	for line := range strings.Lines(readme(t)) {
		if !strings.Contains(line, "acsync ") && !strings.HasPrefix(line, "| `--") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			name, isFlag := strings.CutPrefix(strings.Trim(word, "`,.;:|"), "--")
			name, _, _ = strings.Cut(name, "=")
			if isFlag && !slices.Contains(known, name) {
				t.Errorf("there is no flag --%s: %s", name, line)
			}
		}
	}
}
