package app

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/manual"
	"acsync/sync/report"
)

// completions are scripts, one for each shell. All of them ask the program itself, so that they fit each
// version of it.
//
//go:embed completion
var completions embed.FS

func completionCommand(l *commandLine) *cli.Command {
	part := func(shell, example string) *cli.Command {
		return plain(&cli.Command{
			Name: shell, Usage: "print the script for " + shell, UsageText: example,
			Action: func(*cli.Context) error {
				script, err := completions.ReadFile("completion/acsync." + shell)
				if err != nil {
					return err
				}
				_, err = l.stdout.Write(script)
				return err
			},
		})
	}
	return group(&cli.Command{
		Name: "completion", Category: groupRest,
		Usage: "print a script that lets a shell complete what is typed",
		Subcommands: []*cli.Command{
			part("bash", "source <(acsync completion bash)  # in ~/.bashrc"),
			part("zsh", "source <(acsync completion zsh)  # in ~/.zshrc, behind compinit"),
			part("fish", "acsync completion fish > ~/.config/fish/completions/acsync.fish  # once"),
			part("powershell", "acsync completion powershell | Out-String | Invoke-Expression  # in $PROFILE"),
		},
	}, "shell: bash, zsh, fish or powershell")
}

// candidatesCommand is what the scripts call, with the words before the cursor.
func candidatesCommand(l *commandLine) *cli.Command {
	return &cli.Command{
		Name: "__complete", Hidden: true, SkipFlagParsing: true, HideHelp: true,
		Action: func(c *cli.Context) error {
			for _, each := range candidates(program(l).Commands, c.Args().Slice()) {
				if _, err := fmt.Fprintf(l.stdout, "%s\t%s\n", each.word, each.about); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// candidate is what a word could become.
type candidate struct{ word, about string }

// candidates are what the last of some words could become. There are none where a file is wanted, which
// shells complete by themselves, or where nothing is known.
func candidates(commands []*cli.Command, words []string) (list []candidate) {
	// Bash takes the equals sign of --flag=value for a word.
	words = slices.DeleteFunc(words, func(word string) bool { return word == "=" })
	if len(words) == 0 {
		return nil
	}
	// Some versions of PowerShell drop a word that is empty, so that its script quotes that.
	last := strings.TrimPrefix(words[len(words)-1], `""`)
	before := append([]string{"acsync"}, words[:len(words)-1]...)
	forHelp := len(before) > 1 && before[1] == "help"
	if forHelp {
		before = slices.Delete(before, 1, 2)
	}
	c, named := findCommand(commands, before)
	switch {
	case c == nil && named == len(before):
		list = commandCandidates(commands)
		if forHelp {
			list = append(list, topicCandidates(shownCommands(commands))...)
		}
	case c == nil:
	case wantsNext(c, before[len(before)-1]):
		list = valueCandidates(before[len(before)-1])
	case c.Subcommands != nil && named == len(before):
		list = commandCandidates(c.Subcommands)
	case strings.HasPrefix(last, "-") || c.ArgsUsage == "":
		list = flagCandidates(c, before)
	}
	return slices.DeleteFunc(list, func(each candidate) bool { return !strings.HasPrefix(each.word, last) })
}

func commandCandidates(commands []*cli.Command) (list []candidate) {
	for _, c := range commands {
		if !c.Hidden {
			list = append(list, candidate{c.Name, c.Usage})
		}
	}
	return list
}

// topicCandidates are the topics of the manual that are not called like a command.
func topicCandidates(commands []string) []candidate {
	list := []candidate{{onTopics, "the topics of the manual"}}
	for _, topic := range manual.Topics() {
		if !slices.Contains(commands, topic.Name) {
			list = append(list, candidate{topic.Name, topic.Summary})
		}
	}
	return list
}

// flagCandidates are the flags of a command that may be given, or given again.
func flagCandidates(c *cli.Command, before []string) (list []candidate) {
	for _, flag := range c.Flags {
		_, repeats := flag.(*cli.StringSliceFlag)
		word := "--" + flag.Names()[0]
		if repeats || !slices.Contains(before, word) {
			about, _ := flag.(cli.DocGenerationFlag)
			list = append(list, candidate{word, strings.ReplaceAll(about.GetUsage(), "`", "")})
		}
	}
	return list
}

// valueCandidates are the values of a flag that takes one of a few words.
func valueCandidates(word string) (list []candidate) {
	for _, value := range map[string][]string{
		flagLogLevel:  {"debug", "info", "warn", "error"},
		flagLogFormat: {"text", "json"},
		flagIfLocked:  {"fail", "skip", "wait=10m"},
		flagSurveyPer: {string(store.PerConversation), string(store.PerResolution)},
		flagBy:        report.Breakdowns(),
		flagStart:     {"now", "24h ago"},
		flagTo:        {"now"},
		flagEvery:     {"5m", "15m", "30m", "1h"},
	}[strings.TrimLeft(word, "-")] {
		list = append(list, candidate{value, ""})
	}
	return list
}
