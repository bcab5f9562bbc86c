package app

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/exit"
	"acsync/sync/manual"
	"acsync/sync/report/doc"
)

// everyPage calls page with each command that is shown, and its words.
func everyPage(app *cli.App, page func(name string, c *cli.Command)) {
	for _, c := range app.Commands {
		if c.Hidden {
			continue
		}
		page("acsync "+c.Name, c)
		for _, part := range c.Subcommands {
			page("acsync "+c.Name+" "+part.Name, part)
		}
	}
}

func quietProgram() *cli.App { return program(&commandLine{stdout: io.Discard, stderr: io.Discard}) }

// helpOf is the help of a command line as a terminal of that width shows it.
func helpOf(t *testing.T, width int, names ...string) string {
	t.Helper()
	found, err := helpOn(quietProgram(), names)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := doc.Text(&out, found, doc.Style{Width: width}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestOverview holds it to a screen: each command in one line, by what it is for.
func TestOverview(t *testing.T) {
	text := helpOf(t, 80)
	if n := strings.Count(text, "\n"); n < 24 || n > 35 {
		t.Errorf("it has %d lines:\n%s", n, text)
	}
	everyPage(quietProgram(), func(name string, c *cli.Command) {
		words := strings.Fields(name)
		if len(words) == 2 && c.Category != "" && (!regexp.MustCompile(`(?m)^  `+c.Name+` +\S.*$`).MatchString(text) || !strings.Contains(text, c.Usage)) {
			t.Errorf("it does not show %s in one line", name)
		}
		if len(words) == 2 && !strings.Contains(strings.ReplaceAll(text, "\n", " "), "acsync "+c.Name) && c.Category == "" {
			t.Errorf("it does not name %s", name)
		}
	})
	if strings.Contains(text, "__complete") {
		t.Error("it shows what only scripts call")
	}
}

// TestHelp holds each page to what it should say, and to its width.
func TestHelp(t *testing.T) {
	everyPage(quietProgram(), func(name string, c *cli.Command) {
		page := newHelpPage(name, c)
		for _, width := range []int{80, 50} {
			text := helpOf(t, width, strings.Fields(name)[1:]...)
			for line := range strings.Lines(text) {
				if len([]rune(line)) > width+1 {
					t.Errorf("%s: wider than %d: %s", name, width, line)
				}
			}
			if width == 50 {
				continue
			}
			for _, line := range page.Flags {
				if strings.Count(text, "\n  "+line.Name+" ") != 1 {
					t.Errorf("%s: %s is not there once:\n%s", name, line.Name, text)
				}
			}
			for _, example := range page.Examples {
				// It is to be copied.
				if !strings.Contains(text, "\n  "+example.Name+"\n") || example.About == "" {
					t.Errorf("%s: no whole line %s, or no remark", name, example.Name)
				}
			}
			if strings.Contains(text, "default: false") || strings.Contains(text, "\n  --sandbox") {
				t.Errorf("%s repeats what every command has:\n%s", name, text)
			}
		}
		if n := len(page.Examples); c.Subcommands == nil && !slices.Contains([]string{"version"}, c.Name) && (n < 1 || n > 4) {
			t.Errorf("%s has %d examples", name, n)
		}
	})
	flags, codes := helpOf(t, 80, "flags"), manual.Text(topic(t, "exit-codes"), manual.Style{Width: 80})
	for _, flag := range commonFlags() {
		if !strings.Contains(flags, "\n  --"+flag.Names()[0]) {
			t.Errorf("acsync help flags lacks %s", flag.Names()[0])
		}
	}
	for _, code := range exit.All() {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^%d +%.20s`, code, code)).MatchString(codes) {
			t.Errorf("acsync help exit-codes lacks %d", code)
		}
	}
}

// TestExamplesParse finds commands and flags in examples that there are not.
func TestExamplesParse(t *testing.T) {
	app := quietProgram()
	everyPage(app, func(name string, c *cli.Command) {
		for _, example := range newHelpPage(name, c).Examples {
			for _, line := range regexp.MustCompile(`acsync [^|>)]+`).FindAllString(example.Name, -1) {
				args := exampleWords(line)
				found, words := findCommand(app.Commands, args)
				if found == nil {
					t.Errorf("%s names no command", line)
					continue
				}
				for _, word := range args[words:] {
					if strings.HasPrefix(word, "-") && findFlag(found, word) == nil {
						t.Errorf("%s: there is no flag %s", line, word)
					}
				}
			}
		}
	})
}

// exampleWords are the words of an example up to what is the shell's.
func exampleWords(line string) (words []string) {
	for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1) {
		if word == ">" || word == "|" {
			break
		}
		words = append(words, strings.Trim(word, `"`))
	}
	return words
}

// TestExamplesRun carries the examples out on the stand-ins, one after the other as a newcomer does: each does
// its work.
func TestExamplesRun(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing runs at the same time here") // which is what -short is for
	}
	t.Chdir(t.TempDir())
	env := []string{"XDG_CACHE_HOME=" + t.TempDir(), "HOME=" + t.TempDir()}
	// Then the stand-ins have the conversation that the examples name.
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	program := App{Now: func() time.Time { return now }}
	// What the stand-ins of one command cannot show, or would never end.
	apart := regexp.MustCompile(`^source|^acsync (init|sandbox|schedule|ledger (import|restore|rebuild|backup|move|migrate)|resolve --)|jane@|--with |--in |old\.toml|--config-dir`)
	// What reads all that the stand-ins have is for LONG_TESTS alone.
	long, slow := os.Getenv("LONG_TESTS") != "", regexp.MustCompile(
		`^acsync (run --dry-run|check|rehearse|backfill|plan|apply|report|explain|agents|audit|rules)`)
	everyPage(quietProgram(), func(name string, c *cli.Command) {
		for _, example := range newHelpPage(name, c).Examples {
			if apart.MatchString(example.Name) || !long && slow.MatchString(example.Name) {
				continue
			}
			args := exampleWords(example.Name)
			if !long && c.Name == "run" {
				args = append(args, "--max=3")
			}
			if findFlag(c, "--sandbox") != nil && !slices.Contains(args, "--sandbox") {
				args = append(args, "--sandbox")
			}
			var out, problems bytes.Buffer
			code := exit.Code(program.Run(t.Context(), args, env, nil, &out, &problems))
			if !slices.Contains(answers(manualLine{args: args[1:]}), code) {
				t.Errorf("%s ended with %d: %s", example.Name, code, problems.String())
			}
		}
	})
}
