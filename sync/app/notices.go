package app

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	surveysync "acsync/sync"
	"acsync/sync/config"
	"acsync/sync/decide"
	"acsync/sync/fetch"
	"acsync/sync/report/doc"
	"acsync/sync/schedule"
)

// backfillNotices name the back-fills that ask about what was skipped as stale, or for a broken expression.
func backfillNotices(c *cli.Context, r surveysync.Result, maxAge config.Duration) (notices []string) {
	if n := r.Reasons[store.Skipped][decide.Stale]; n > 0 {
		notices = append(notices, fmt.Sprintf("%s marked done longer ago than sync.max_age (%s) "+
			"and not asked about; to ask all the same: %s",
			doc.Several(n, "conversation was", "conversations were"), maxAge, backfillOver(c, r.Stale)))
	}
	if n := r.Reasons.Broken(); n > 0 {
		notices = append(notices, fmt.Sprintf("an expression of the configuration failed on %s not asked "+
			"about; when it is mended: %s",
			doc.Several(n, "conversation, which was", "conversations, which were"),
			backfillOver(c, r.Failed)))
	}
	return notices
}

// backfillOver is the command line of the back-fill over a range, in whole seconds.
func backfillOver(c *cli.Context, over fetch.Window) string {
	from, to := over.From.UTC().Truncate(time.Second),
		over.To.UTC().Add(time.Second-time.Nanosecond).Truncate(time.Second)
	return fmt.Sprintf("acsync backfill%s --%s %s --%s %s",
		here(c), flagFrom, from.Format(time.RFC3339), flagTo, to.Format(time.RFC3339))
}

// goOn is the command line that goes on with a back-fill: the flags of this one, with the ends of its range
// as they were taken. It neither begins anew nor tries at once what was found down.
func goOn(c *cli.Context, b store.Backfill) string {
	text := fmt.Sprintf("acsync %s%s --%s %s --%s %s", c.Command.Name, here(c), flagFrom, rangeEnd(b.From), flagTo,
		rangeEnd(b.To))
	apart := []string{
		flagConfig, flagConfigDir, flagTenant, flagSandbox, flagFrom, flagTo, flagRestart, flagKnock, flagDryRun,
	}
	for _, flag := range c.Command.Flags {
		name := flag.Names()[0]
		if !c.IsSet(name) || slices.Contains(apart, name) {
			continue
		}
		switch flag.(type) {
		case *cli.BoolFlag:
			text += " --" + name
			if !c.Bool(name) {
				text += "=false"
			}
		case *cli.StringSliceFlag:
			for _, each := range c.StringSlice(name) {
				text += " --" + name + " " + shellPath(each)
			}
		default:
			text += " --" + name + " " + schedule.ShellWord(c.String(name))
		}
	}
	return text
}

// rangeEnd is an end of a back-fill's range as its flag takes it.
func rangeEnd(t time.Time) string {
	if t.IsZero() {
		return "now"
	}
	return t.UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// here is the flags that point another command at the same ledger.
func here(c *cli.Context) string {
	flags := ""
	if c.IsSet(flagConfig) {
		flags = fmt.Sprintf(" --%s %s", flagConfig, shellPath(c.String(flagConfig)))
	}
	if dir, name := c.String(flagConfigDir), c.String(flagTenant); dir != "" && name != "" {
		// A command for many of them knows only which it was told.
		if _, several := findFlag(c.Command, "--"+flagTenant).(*cli.StringSliceFlag); several {
			name = "NAME"
		}
		flags += fmt.Sprintf(" --%s %s --%s %s", flagConfigDir, shellPath(dir), flagTenant, name)
	}
	if c.Bool(flagSandbox) {
		flags += " --" + flagSandbox
	}
	return flags
}

// hereOf are the flags that point a command at the ledger of a session, also where that is one of many; see
// [here].
func hereOf(s *session) string {
	if s.of == "" {
		return here(s.c)
	}
	return fmt.Sprintf(" --%s %s --%s %s", flagConfigDir, shellPath(s.c.String(flagConfigDir)), flagTenant, s.of)
}

// pointed gives the commands that a text names the flags that point them at the same ledger. Who wrote it may
// know nothing of a command line.
func pointed(c *cli.Context, text string) string { return pointedTo(c.App, here(c), text) }

// pointedTo gives the commands of a text flags that they have; see [hereOf].
func pointedTo(app *cli.App, flags, text string) string {
	if flags == "" {
		return text
	}
	var names []string
	for _, each := range app.Commands {
		for _, part := range each.Subcommands {
			if slices.Contains(flagNames(part.Flags), flagConfig) {
				names = append(names, each.Name+" "+part.Name)
			}
		}
		// The stand-ins work on no ledger.
		if each.Name != "sandbox" && slices.Contains(flagNames(each.Flags), flagConfig) {
			names = append(names, each.Name)
		}
	}
	named := regexp.MustCompile(`\bacsync (` + strings.Join(names, "|") + `)\b( --(config|sandbox)\b)?`)
	return named.ReplaceAllStringFunc(text, func(command string) string {
		if strings.Contains(command, " --") {
			return command
		}
		return command + flags
	})
}

// pointedError is an error whose text is pointed.
type pointedError struct {
	err error
	c   *cli.Context
}

// pointError lets the commands that an error names be pointed; nil stays nil.
func pointError(c *cli.Context, err error) error {
	if err == nil {
		return nil
	}
	return pointedError{err, c}
}

// pointPlace lets the commands be pointed that a ledger names about its place.
func pointPlace(s *session, place store.Placement) store.Placement {
	place.Todo = pointedTo(s.c.App, hereOf(s), place.Todo)
	return place
}

func (p pointedError) Error() string { return pointed(p.c, p.err.Error()) }
func (p pointedError) Unwrap() error { return p.err }

// shellPath writes a path as it can be pasted into a shell, where it must not look like a flag.
func shellPath(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return schedule.ShellWord(path)
}
