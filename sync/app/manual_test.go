package app

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/exit"
	"acsync/sync/manual"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// topic is the text of a topic of the manual.
func topic(t *testing.T, name string) string {
	t.Helper()
	found, ok := manual.Lookup(name)
	if !ok {
		t.Fatalf("the manual has no topic %s", name)
	}
	return found.Text
}

// documentation is the README and the whole manual.
func documentation(t *testing.T) string {
	t.Helper()
	text := readme(t)
	for _, topic := range manual.Topics() {
		text += topic.Text
	}
	return text
}

// TestManualIsComplete compares the manual with what there is: commands, flags, exit codes, dispositions and reasons.
func TestManualIsComplete(t *testing.T) {
	wants := func(name, what string) {
		if !strings.Contains(topic(t, name), what) {
			t.Errorf("the topic %s lacks %s", name, what)
		}
	}
	l := &commandLine{stdout: io.Discard, stderr: io.Discard}
	flags := map[string]bool{}
	for _, command := range program(l).Commands {
		if command.Hidden { // only scripts call it
			continue
		}
		wants("commands", fmt.Sprintf("\n| `%s` |", command.Name))
		for _, part := range command.Subcommands {
			wants("commands", "`"+part.Name+"`")
		}
		for _, flag := range allFlags(command) {
			flags[flag] = true
		}
	}
	for flag := range flags {
		if !regexp.MustCompile("`--" + flag + "[` =]").MatchString(topic(t, "commands")) {
			t.Errorf("the topic commands lacks --%s", flag)
		}
	}
	for _, code := range exit.All() {
		wants("exit-codes", fmt.Sprintf("\n| %d | %s |", code, code))
	}
	for _, state := range store.States() {
		wants("reasons", fmt.Sprintf("\n| `%s` |", state))
	}
	for _, reason := range decide.Reasons() {
		wants("reasons", fmt.Sprintf("\n| `%s` | %s |", reason, reason.Explain()))
	}
}

// TestManualHasEveryKey compares the manual with the keys of the configuration.
func TestManualHasEveryKey(t *testing.T) {
	text := topic(t, "configuration")
	for section := range reflect.TypeFor[config.Config]().Fields() {
		name := section.Tag.Get("toml")
		if section.Type.Kind() != reflect.Struct {
			if !strings.Contains(text, "`[["+name+"]]`") {
				t.Errorf("the topic configuration lacks [[%s]]", name)
			}
			continue
		}
		table, _, _ := strings.Cut(after(text, "| key of `["+name+"]` |"), "\n\n")
		for key := range section.Type.Fields() {
			key := key.Tag.Get("toml")
			if !strings.Contains(table, "`"+key+"`") && !strings.Contains(text, "`"+name+"."+key+"`") {
				t.Errorf("the topic configuration lacks %s.%s", name, key)
			}
		}
	}
}

// TestReadmeIsPlayed holds that the road to one's own organisation is the one that a script follows, in that order, in
// the README and in the manual.
func TestReadmeIsPlayed(t *testing.T) {
	script, err := os.ReadFile("testdata/script/golive.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"README": readme(t), "start": topic(t, "start")} {
		_, steps, _ := strings.Cut(text, "\n## From keys to a schedule\n")
		steps, _, _ = strings.Cut(steps, "\n## ")
		_, rest, _ := strings.Cut(string(script), "# 2. ")
		played := 0
		for _, line := range regexp.MustCompile(`(?m)^   (acsync .*)$`).FindAllStringSubmatch(steps, -1) {
			command, _, _ := strings.Cut(line[1], " #")
			command = strings.TrimSuffix(strings.TrimSpace(command), " now")
			_, after, found := strings.Cut(rest, command)
			if !found {
				t.Errorf("%s: the script does not play %q in its turn", name, command)
				continue
			}
			rest, played = after, played+1
		}
		if played < 7 {
			t.Errorf("%s: only %d steps were found", name, played)
		}
	}
}

// allFlags are the names of a command's flags, and of those of its parts.
func allFlags(command *cli.Command) []string {
	var names []string
	for _, flag := range command.Flags {
		names = append(names, flag.Names()[0])
	}
	for _, part := range command.Subcommands {
		names = append(names, allFlags(part)...)
	}
	return names
}

// TestManualIsTrue finds what the README and the manual name and the program does not have.
func TestManualIsTrue(t *testing.T) {
	l := &commandLine{stdout: io.Discard, stderr: io.Discard}
	var known []string
	for _, command := range program(l).Commands {
		known = append(known, allFlags(command)...)
	}
	for line := range strings.Lines(documentation(t)) {
		if !strings.Contains(line, "acsync ") && !strings.HasPrefix(line, "| `--") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			name, isFlag := strings.CutPrefix(strings.Trim(word, "`,.;:|"), "--")
			name, _, _ = strings.Cut(name, "=")
			if isFlag && !slices.Contains(known, name) && name != "help" && name != "version" {
				t.Errorf("there is no flag --%s: %s", name, line)
			}
		}
	}
}

// TestManualTranscripts makes the passes that the manual shows, at the time at which they were made, and compares what it
// shows. UPDATE=1 writes them anew. The README shows a few lines of the first. Then it plays the command lines of the manual.
func TestManualTranscripts(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing runs at the same time here") // which is what -short is for
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	program := App{Now: func() time.Time { return now }}
	env := []string{"XDG_CACHE_HOME=" + t.TempDir()}
	if runtime.GOOS != "linux" {
		t.Skip("the cache directory is found otherwise")
	}
	for _, block := range []struct {
		topic, begin string
		args         []string
	}{
		{"start", "```text\n$ go run . run --sandbox\n", []string{"acsync", "run", "--sandbox", "--quiet"}},
		{"explain", "```text\n$ acsync explain --sandbox 6b03d563d6d86715a047ed41\n", []string{"acsync", "explain", "--sandbox", "6b03d563d6d86715a047ed41"}},
		{"json", "```json\n", []string{"acsync", "run", "--sandbox", "--quiet", "--json", "--dry-run"}},
	} {
		var out, problems bytes.Buffer
		program.Run(t.Context(), block.args, env, nil, &out, &problems)
		got := steady(strings.TrimSpace(out.String()))
		if block.begin == "```json\n" {
			got = fold(got, 112)
		}
		if block.topic == "start" {
			shown, _, _ := strings.Cut(after(readme(t), "```text\n"), "```")
			rest := got
			for line := range strings.Lines(shown) {
				if rest = after(rest, "\n"+line); rest == "" {
					t.Errorf("the README shows %q, which is not in the pass, or not in its turn", line)
				}
				rest = "\n" + rest
			}
			if n := strings.Count(shown, "\n"); n != 6 {
				t.Errorf("the README shows %d lines of a pass, and not six", n)
			}
		}
		path := "../manual/" + block.topic + ".md"
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(text), block.begin)
		want, tail, found := strings.Cut(rest, "\n```")
		switch {
		case !found:
			t.Errorf("%s has no block %q", path, block.begin)
		case os.Getenv("UPDATE") != "":
			if err := os.WriteFile(path, []byte(head+block.begin+got+"\n```"+tail), 0o644); err != nil {
				t.Fatal(err)
			}
		case got != want:
			t.Errorf("%s shows something else (UPDATE=1 go test ./sync/app writes it anew):\n%s\n%s", path, cmp.Diff(want, got), problems.String())
		}
	}
	playManualLines(t, program, env)
}

// after is what stands behind a text.
func after(text, of string) string {
	_, rest, _ := strings.Cut(text, of)
	return rest
}

// steady replaces what differs from pass to pass.
func steady(out string) string {
	out = regexp.MustCompile(`duration    .*`).ReplaceAllString(out, "duration    4.6s")
	for _, differs := range [][2]string{
		{`by pass \S+ \(run\).*`, "by pass 20261123T090000Z-7f3a (run), 2 h 51 min later"},
		{`(ledger +\w+|1 attempt) [-0-9]+ [:0-9]+ UTC`, "$1 2026-11-23 09:00:02 UTC"},
		{`intent \S+`, "intent 3f9a51c2d0e47b68-1c"},
	} {
		out = regexp.MustCompile(differs[0]).ReplaceAllString(out, differs[1])
	}
	out = regexp.MustCompile(`"pass":"[^"]*"`).ReplaceAllString(out, `"pass":"20261123T090000Z-7f3a"`)
	return regexp.MustCompile(`"duration_seconds":[0-9.e-]*`).ReplaceAllString(out, `"duration_seconds":0.6`)
}

// fold breaks one line of JSON behind commas.
func fold(line string, width int) string {
	var lines []string
	for len(line) > width {
		at := strings.LastIndex(line[:width], ",") + 1
		lines, line = append(lines, line[:at]), " "+line[at:]
	}
	return strings.Join(append(lines, line), "\n")
}
