package app

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
)

// findCommand is the command that a command line names, nil for none, and how many words name it, the program
// among them.
func findCommand(commands []*cli.Command, args []string) (found *cli.Command, words int) {
	words = 1
	for _, arg := range args[min(1, len(args)):] {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == arg })
		if i < 0 {
			break
		}
		found, commands, words = commands[i], commands[i].Subcommands, words+1
	}
	return found, words
}

// findFlag is the flag of a command that a word names, as in --max, -max or --max=3; nil for none.
func findFlag(c *cli.Command, word string) cli.Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	for _, flag := range c.Flags {
		if strings.HasPrefix(word, "-") && slices.Contains(flag.Names(), name) {
			return flag
		}
	}
	return nil
}

// wantsNext reports whether the word behind a word is the value of the flag that this one names.
func wantsNext(c *cli.Command, word string) bool {
	flag := findFlag(c, word)
	_, isSwitch := flag.(*cli.BoolFlag)
	return flag != nil && !isSwitch && !strings.Contains(word, "=")
}

// helpFlags are the names of the flag that asks for help.
var helpFlags = []string{"help", "h"}

// helpFirst makes of a command line that asks for help the one of the command that shows it: cli's own
// is drawn by a variable of the whole process.
func helpFirst(commands []*cli.Command, args []string) []string {
	c, words := findCommand(commands, args)
	if c != nil && c.SkipFlagParsing {
		return args
	}
	named, asked := args[min(1, len(args)):words], false
	// Help that is asked for the help is the same.
	if len(named) > 0 && named[0] == "help" {
		named = nil
	}
	for rest := args[words:]; len(rest) > 0 && rest[0] != "--"; rest = rest[1:] {
		switch word := rest[0]; {
		case strings.HasPrefix(word, "-") && slices.Contains(helpFlags, strings.TrimLeft(word, "-")):
			asked = true
		case c != nil && wantsNext(c, word) && len(rest) > 1:
			rest = rest[1:]
		// It may stand before the command, or behind one that is unknown.
		case !strings.HasPrefix(word, "-") && (c == nil || c.Subcommands != nil || c.Name == "help"):
			named = append(named[:len(named):len(named)], word)
		}
	}
	if !asked {
		return args
	}
	return append([]string{args[0], "help", onCommand}, named...)
}

// flagsFirst puts the flags of a command line in front of the arguments: cli takes what stands behind an
// argument for another one. What is none of the command's flags stays a flag, for cli to refuse.
func flagsFirst(commands []*cli.Command, args []string) []string {
	c, words := findCommand(commands, args)
	if c == nil || c.Subcommands != nil || c.SkipFlagParsing {
		return args
	}
	flags, arguments := slices.Clone(args[:words]), []string(nil)
	for rest := args[words:]; len(rest) > 0; rest = rest[1:] {
		switch word := rest[0]; {
		case word == "--":
			return slices.Concat(flags, []string{"--"}, arguments, rest[1:])
		// A single hyphen is a file to most programs, and no flag.
		case !strings.HasPrefix(word, "-"), word == "-":
			arguments = append(arguments, word)
		// Without a value it must not get an argument for one: cli refuses it at the end.
		case wantsNext(c, word) && len(rest) == 1:
			return append(flags, word)
		case wantsNext(c, word):
			flags, rest = append(flags, word, rest[1]), rest[1:]
		default:
			flags = append(flags, word)
		}
	}
	return append(flags, arguments...)
}

// meant asks whether a known name was meant by another one; empty where none is near.
func meant(name, before string, known []string) string {
	if len(name) < 2 {
		return ""
	}
	found := strings.TrimPrefix(config.Suggest(name, known), "; ")
	return strings.Replace(found, "did you mean ", "did you mean "+before, 1)
}

// shownCommands are the names of commands, but for those that only scripts call.
func shownCommands(commands []*cli.Command) (names []string) {
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	return names
}

// flagNames are the names of flags.
func flagNames(flags []cli.Flag) (names []string) {
	for _, flag := range flags {
		names = append(names, flag.Names()...)
	}
	return names
}
