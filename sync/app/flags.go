package app

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/sync/config"
	"acsync/sync/fetch"
)

const (
	flagConfig    = "config"
	flagConfigDir = "config-dir"
	flagTenant    = "tenant"
	flagSandbox   = "sandbox"
	flagJSON      = "json"
	flagLogLevel  = "log-level"
	flagLogFormat = "log-format"
	flagQuiet     = "quiet"
	flagNoPager   = "no-pager"
	flagNoColor   = "no-color"
	flagDryRun    = "dry-run"
	flagReport    = "report"
	flagReveal    = "reveal"
	flagMax       = "max"
	flagFrom      = "from"
	flagTo        = "to"
	flagRestart   = "restart"
	flagStart     = "start"
	flagAdopt     = "adopt"
	flagSeed      = "seed"
	flagOut       = "out"
	flagIn        = "in"
	flagSince     = "since"
	flagID        = "id"
	flagAll       = "all"
	flagResend    = "resend"
	flagAccept    = "accept"
	flagDrop      = "drop"
	flagReason    = "reason"
	flagWith      = "with"
	flagExpect    = "expect"
	flagOffline   = "offline"
	flagFix       = "fix"
	flagProbe     = "check"
	flagAck       = "ack"
	flagFields    = "fields"
	flagEvery     = "every"
	flagName      = "name"
	flagImage     = "image"
	flagMan       = "man"

	flagWithoutLedger  = "without-ledger"
	flagWithoutProfile = "without-profile"

	flagMaxDuration = "max-duration"
	flagIfLocked    = "if-locked"
	flagConfirm     = "confirm-first-run"
	flagKnock       = "knock"
	flagExpires     = "expires"
	flagDetailed    = "detailed-exitcode"
	flagSuccess     = "success-codes"

	flagAcceptRestored = "accept-restored"
	flagAcceptTenant   = "accept-tenant"
	flagAcceptKey      = "accept-key"
	flagAcceptMove     = "accept-move"
	flagAcceptMissing  = "accept-missing"
	flagReplace        = "replace"
	flagBackupDir      = "backup-dir"
	flagGrant          = "grant"
	flagSlice          = "slice"
	flagDrain          = "drain"
	flagListen         = "listen"
	flagOnce           = "once"
	flagEnqueue        = "enqueue"
	flagSurveyPer      = "survey-per"
	flagMayHaveArrived = "may-have-arrived"
	flagKustomer       = "kustomer-port"
	flagAgent          = "agent-connect-port"
)

// unconfirmed is how many survey requests the first pass of a ledger creates without being confirmed.
const unconfirmed = 500

// commonFlags stand on every command, none on the program: cli would ignore those in the wrong place.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		common(preset(flagConfig, "config.toml", "read the configuration from `FILE`")),
		common(value(flagConfigDir, "read it from `DIR`, which has many tenants: see acsync help organisations")),
		common(value(flagTenant, "of --config-dir: work for the tenant of this `NAME`")),
		common(toggle(flagSandbox, "use the embedded stand-ins for both services, and a ledger of their own "+
			"in your cache directory")),
		common(toggle(flagJSON, "print one JSON object instead of the report for people")),
		common(described(flagLogLevel, "warn",
			"log from `LEVEL` upwards: debug, info, warn, error")),
		common(preset(flagLogFormat, "text", "write the log as `FORMAT`: text or json")),
		common(toggle(flagQuiet, "no progress, and only errors in the log")),
		noColorFlag(),
	}
}

func noColorFlag() cli.Flag {
	return common(toggle(flagNoColor, "no colours; the variable NO_COLOR does the same"))
}

func noPagerFlag() cli.Flag {
	return common(toggle(flagNoPager, "never show the answer through a pager"))
}

// everyCommand is the category of flags that help shows once, and not with each command.
const everyCommand = "every command"

// common lets help show a flag once, and not with each command.
func common(flag cli.Flag) cli.Flag {
	switch flag := flag.(type) {
	case *cli.BoolFlag:
		flag.Category = everyCommand
	case *cli.StringFlag:
		flag.Category = everyCommand
	}
	return flag
}

// reportFlag stands on the commands whose answer can be kept.
func reportFlag() cli.Flag {
	return values(flagReport, "write a report to `FILE`, as its extension says: .html, .csv, .json, .md; can "+
		"be repeated")
}

// passFlags stand on the commands that make a pass.
func passFlags() []cli.Flag {
	return []cli.Flag{
		toggle(flagDryRun, "decide and report, but send nothing and write nothing"),
		number(flagMax, "no limit", "create at most `N` survey requests; the rest waits for the next pass"),
		described(flagMaxDuration, "no limit", "stop after a `DURATION` such as 90m: what has begun is "+
			"finished, the rest is kept for later"),
		ifLockedFlag(),
		number(flagConfirm, "0", fmt.Sprintf("let the first pass of a new ledger create up to `N` survey "+
			"requests; needed above %d", unconfirmed)),
		toggle(flagKnock, "send one request at once although Agent Connect was found down, and the rest if "+
			"it is answered"),
		successFlag(),
		reportFlag(),
		toggle(flagReveal, "show e-mail addresses in full in the files of --report"),
	}
}

// passFlagsBut are the flags of a pass without some of them.
func passFlagsBut(names ...string) []cli.Flag {
	return slices.DeleteFunc(
		passFlags(), func(f cli.Flag) bool { return slices.Contains(names, f.Names()[0]) })
}

// ifLockedFlag stands on every command that needs the ledger; status waits only where it is to note
// something.
func ifLockedFlag() cli.Flag {
	return preset(flagIfLocked, "fail",
		"when another process holds the ledger, `ACT` so: fail, skip (exit 0), or wait=5m")
}

// successFlag stands on the commands that a scheduler starts.
func successFlag() cli.Flag {
	return described(flagSuccess, "0", "exit 0 in place of these `CODES`, such as 3,11: for a scheduler that takes "+
		"every other code for a failure")
}

func value(name, usage string) cli.Flag  { return &cli.StringFlag{Name: name, Usage: usage} }
func toggle(name, usage string) cli.Flag { return &cli.BoolFlag{Name: name, Usage: usage} }
func values(name, usage string) cli.Flag { return &cli.StringSliceFlag{Name: name, Usage: usage} }

// preset is a flag with a default, and described one whose default is said in words.
func preset(name, value, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, Value: value, Usage: usage}
}

func described(name, by, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, DefaultText: by, Usage: usage}
}

// number is a flag with a whole number, of digits alone.
func number(name, by, usage string) cli.Flag {
	return &cli.GenericFlag{Name: name, Value: new(decimal[int64]), DefaultText: by, Usage: usage}
}

// decimal is the value of such a flag. The package flag makes eight of 010.
type decimal[T int64 | uint64] struct{ n T }

func (d *decimal[T]) String() string { return fmt.Sprint(d.n) }

func (d *decimal[T]) Set(text string) (err error) {
	switch n := any(&d.n).(type) {
	case *int64:
		*n, err = strconv.ParseInt(text, 10, strconv.IntSize)
	case *uint64:
		*n, err = strconv.ParseUint(text, 10, 64)
	}
	return err
}

// The forms in which a point of time can be given without a zone, in the zone of sync.timezone.
var timeForms = []string{
	"2006-01-02", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
}

// times reads points of time on the command line.
type times struct {
	now     time.Time
	zone    *time.Location // of those that are given without one
	unknown error          // why that is not the zone that was meant; nil: it is
}

// times reads the points of time of a command line at a time.
func (l *commandLine) times(cfg config.Config, now time.Time) times {
	return times{now, cfg.Location(), cfg.UnknownZone(l.env)}
}

// since understands besides what parse does a span of time alone: "90d" is 90 days ago.
func (t times) since(flag, value string) (time.Time, error) {
	var span config.Duration
	if err := span.UnmarshalText([]byte(strings.TrimSpace(value))); err == nil && span >= 0 {
		return t.now.Add(-time.Duration(span)), nil
	}
	return t.parse(flag, value)
}

// parse understands "now", a date, a time with or without a zone, and "24h ago".
func (t times) parse(flag, value string) (time.Time, error) {
	value = strings.TrimSpace(value)
	if value == "now" {
		return t.now, nil
	}
	if ago, ok := strings.CutSuffix(value, " ago"); ok {
		var span config.Duration
		if err := span.UnmarshalText([]byte(strings.TrimSpace(ago))); err == nil && span >= 0 {
			return t.now.Add(-time.Duration(span)), nil
		}
	}
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return at, nil
	}
	for _, form := range timeForms {
		switch at, err := time.ParseInLocation(form, value, t.zone); {
		case err != nil:
		case t.unknown != nil:
			return at, usagef("--%s %q is in no zone: %v; nothing was done", flag, value, t.unknown)
		default:
			return wallClock(flag, value, form, at)
		}
	}
	return time.Time{}, usagef("--%s %q is no point of time; write now, 24h ago, 7d ago, 2026-11-22, "+
		"2026-11-22T15:04, or with a zone 2026-11-22T15:04:05Z", flag, value)
}

// wallClock settles a time without a zone that the clocks of its zone show never, or twice, because they are
// changed there. A date is the first moment of its day; any other such time is refused, because it can be
// meant either way.
func wallClock(flag, value, form string, t time.Time) (time.Time, error) {
	zone := t.Location().String()
	// Skipped by the clocks: the two sides of the change enclose it.
	if t.Format(form) != value {
		if start, end := t.ZoneBounds(); form == time.DateOnly && t.Format(form) < value {
			return end, nil
		} else if form == time.DateOnly {
			return start, nil
		}
		return t, usagef("--%s %q: the clocks of %s skip that time; give it with a zone, such as "+
			"2026-11-22T15:04:05Z", flag, value, zone)
	}
	// The clocks of any zone are changed by half hours.
	for shift := -2 * time.Hour; shift <= 2*time.Hour; shift += 30 * time.Minute {
		other := t.Add(shift)
		if shift == 0 || other.Format(time.DateTime) != t.Format(time.DateTime) {
			continue
		}
		if form != time.DateOnly {
			return t, usagef("--%s %q: the clocks of %s show that time twice; give it with a zone, such as "+
				"2026-11-22T15:04:05Z", flag, value, zone)
		}
		if other.Before(t) {
			return other, nil
		}
	}
	return t, nil
}

// window is the range of --from and --to.
func (t times) window(c *cli.Context) (w fetch.Window, err error) {
	if w.From, err = t.parse(flagFrom, c.String(flagFrom)); err == nil {
		w.To, err = t.parse(flagTo, c.String(flagTo))
	}
	return w, err
}
