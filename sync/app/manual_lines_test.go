package app

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
	"acsync/sync/manual"
)

// manualLine is a command line that the documentation shows.
type manualLine struct {
	where string   // the topic, or README
	args  []string // without the program
	to    string   // the file that its output goes to; empty for none
	block bool     // it stands in a block of code, and not within a sentence
}

// manualLines are all of them, in their order.
func manualLines(t *testing.T) (lines []manualLine) {
	t.Helper()
	pages := append(manual.Topics(), manual.Topic{Name: "README", Text: readme(t)})
	shell := regexp.MustCompile("(?s)```sh\n(.*?)```")
	program := regexp.MustCompile(`(?m)^ *(?:(?:sudo (?:-u acsync )?)?acsync|go run \.) (.*)$`)
	inline := regexp.MustCompile("`acsync ([^`]+)`")
	for _, page := range pages {
		for _, block := range shell.FindAllStringSubmatch(page.Text, -1) {
			for _, line := range program.FindAllStringSubmatch(block[1], -1) {
				line, _, _ := strings.Cut(line[1], "  #")
				line, _, _ = strings.Cut(line, " # ")
				line, to, _ := strings.Cut(line, " > ")
				lines = append(lines, manualLine{page.Name, shellFields(line), strings.TrimSpace(to), true})
			}
		}
		for _, line := range inline.FindAllStringSubmatch(page.Text, -1) {
			if !strings.Contains(line[1], "…") {
				line, _, _ := strings.Cut(strings.ReplaceAll(line[1], "\n", " "), " > ")
				line, _, _ = strings.Cut(line, " | ")
				lines = append(lines, manualLine{page.Name, shellFields(line), "", false})
			}
		}
	}
	return lines
}

// shellFields are the words of a command line, with placeholders taken for something that they stand for.
func shellFields(line string) (words []string) {
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		word = strings.Trim(word, `"`)
		for _, each := range [][2]string{
			{"COMMAND", "run"},
			{"TOPIC", "ledger"},
			{"NAME", "run"},
			{"ID@TIME", "6b03d563d6d86715a047ed41"},
			{"ID", "6b03d563d6d86715a047ed41"},
			{"N", "5"},
			{"TIME", "now"},
		} {
			if word == each[0] {
				word = each[1]
			}
		}
		words = append(words, word)
	}
	return words
}

// TestManualLinesAreUnderstood holds that each command line of the documentation is one: its command, its flags and its
// arguments are there.
func TestManualLinesAreUnderstood(t *testing.T) {
	l := &commandLine{stdout: io.Discard, stderr: io.Discard}
	n := 0
	for _, line := range manualLines(t) {
		app := program(l)
		var idle func(commands []*cli.Command)
		idle = func(commands []*cli.Command) {
			for _, c := range commands {
				switch {
				case c.Name == "help":
				case c.Subcommands == nil || len(c.Flags) > 0:
					c.Action = func(ctx *cli.Context) error {
						// A sentence may speak of a command without its argument.
						if !line.block && !ctx.Args().Present() {
							return checkFlags(ctx)
						}
						return cmp.Or(checkFlags(ctx), checkArguments(ctx))
					}
				case c.Subcommands != nil && !line.block: // a sentence may speak of all of them
					c.Action = func(ctx *cli.Context) error {
						if ctx.Args().Present() {
							return usagef("there is no command %s", ctx.Args().First())
						}
						return nil
					}
				}
				idle(c.Subcommands)
			}
		}
		idle(app.Commands)
		if err := app.RunContext(t.Context(), flagsFirst(app.Commands, helpFirst(app.Commands, append([]string{"acsync"}, line.args...)))); err != nil {
			t.Errorf("%s shows acsync %s: %v", line.where, strings.Join(line.args, " "), err)
		}
		n++
	}
	if n < 150 {
		t.Errorf("only %d command lines were found", n)
	}
}

// playManualLines plays those of the command lines in blocks that the sandbox can carry out, with the ledger of one that was
// made; in the short tests those that take no time.
func playManualLines(t *testing.T, app App, env []string) {
	lines, dir, long := manualLines(t), t.TempDir(), os.Getenv("LONG_TESTS") != ""
	t.Chdir(dir)
	other := []byte("[kustomer]\norg = \"acme\"\n[mapping]\nlanguage = '\"en\"'\n")
	if err := os.WriteFile("other.toml", other, 0o600); err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, line := range lines {
		if !line.block || notForSandbox(line) || !long && takesLong(line) {
			continue
		}
		args := append([]string{"acsync"}, line.args...)
		if line.args[0] != "version" && !slices.Contains(args, "--sandbox") {
			args = append(args, "--sandbox")
		}
		for i := range args {
			args[i] = strings.Replace(args[i], "https://acme.", "https://sandbox.", 1)
		}
		var out, problems bytes.Buffer
		code := exit.Code(app.Run(t.Context(), args, env, nil, &out, &problems))
		if !slices.Contains(answers(line), code) {
			t.Errorf("%s: %s: exit %d\n%s", line.where, strings.Join(args, " "), code, problems.String())
		}
		if line.to != "" {
			if err := os.WriteFile(line.to, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		played++
	}
	if played < 30 {
		t.Errorf("only %d command lines were played", played)
	}
}

// answers are the exit codes with which a command has done its work.
func answers(line manualLine) []exit.Code {
	codes := []exit.Code{exit.Done, exit.NeedsHand}
	switch {
	case line.args[0] == "check": // it finds what the sandbox has not
		codes = append(codes, exit.Usage)
	case slices.Contains(line.args, "--check"):
		codes = append(codes, 1, 2)
	case slices.Contains(line.args, "--detailed-exitcode"):
		codes = append(codes, exit.WouldSend)
	}
	return codes
}

// notForSandbox reports whether a command line needs keys, or people of one's own, or does not end, or leaves a ledger that
// later ones cannot use.
func notForSandbox(line manualLine) bool {
	switch line.args[0] {
	case "init", "sandbox", "schedule", "rehearse":
		return true
	case "ledger":
		return slices.Contains([]string{"restore", "rebuild", "move", "migrate"}, line.args[1]) ||
			line.args[1] == "convert" && !slices.Contains(line.args, "--dry-run")
	}
	return slices.Contains(line.args, "--config") || slices.Contains(line.args, "--config-dir") ||
		slices.Contains(line.args, "jane@example.com")
}

// takesLong reports whether a command reads what the stand-ins hand out slowly, as the services do.
func takesLong(line manualLine) bool {
	return slices.Contains([]string{"check", "report", "agents", "audit"}, line.args[0]) ||
		line.args[0] == "explain" && !slices.Contains(line.args, "--offline")
}
