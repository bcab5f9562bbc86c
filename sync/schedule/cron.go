package schedule

import (
	"fmt"
	"slices"
	"strings"
)

// crontab is a job as cron carries it out.
type crontab struct{ Job }

// Prefix is what stands before a command in a shell, so that it needs nothing of the environment.
func (c crontab) Prefix() string {
	var prefix strings.Builder
	for _, v := range c.Variables() {
		prefix.WriteString(v.Name + "=" + ShellWord(v.Value) + " ")
	}
	return prefix.String()
}

// Variables are the settings, and those that name the files of keys.
func (c crontab) Variables() []Variable {
	var all []Variable
	for _, k := range c.Unconfigured() {
		all = append(all, Variable{Name: k.Variable, Value: k.File, Path: true})
	}
	return append(all, c.Settings...)
}

// Unconfigured are the keys of whose files a pass has to be told.
func (c crontab) Unconfigured() []Key {
	return slices.DeleteFunc(slices.Clone(c.Keys), func(k Key) bool { return k.Configured })
}

// cronEscaped is a command line as crontab takes it, which ends one at a percent sign (documented).
func cronEscaped(line string) string { return strings.ReplaceAll(line, "%", `\%`) }

// maxCommand is how long a command may be in the cron of Debian (MAX_COMMAND).
const maxCommand = 999

func checkCrontab(text string) error {
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "#"):
		case len(line) > maxCommand:
			return fmt.Errorf("the line for cron has %d characters, and cron takes %d: write into the configuration "+
				"what the environment says (ACSYNC_...)", len(line), maxCommand)
		}
	}
	return nil
}
