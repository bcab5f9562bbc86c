package app

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"
)

const (
	flagConfig    = "config"
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
	flagSeed      = "seed"
	flagOut       = "out"
	flagIn        = "in"
	flagSince     = "since"
	flagID        = "id"
	flagAll       = "all"
	flagResend    = "resend"
	flagAccept    = "accept"
	flagDrop      = "drop"
	flagWith      = "with"
	flagOffline   = "offline"

	flagMaxDuration = "max-duration"
	flagIfLocked    = "if-locked"
	flagConfirm     = "confirm-first-run"
	flagExpires     = "expires"
	flagDetailed    = "detailed-exitcode"

	flagAcceptRestored = "accept-restored"
	flagAcceptTenant   = "accept-tenant"
	flagAcceptKey      = "accept-key"
	flagAcceptMissing  = "accept-missing"
	flagSurveyPer      = "survey-per"
	flagKustomer       = "kustomer-port"
	flagAgent          = "agent-connect-port"
)

// unconfirmed is how many survey requests the first pass of a ledger creates without being confirmed.
const unconfirmed = 500

// commonFlags stand on every command, and none on the program itself: cli would ignore those in the wrong
// place.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		preset(flagConfig, "config.toml", "read the configuration from `FILE`"),
		toggle(flagSandbox, "use the embedded stand-ins for both services, and a ledger of their own in "+
			"your cache directory"),
		toggle(flagJSON, "print one JSON object instead of the report for people"),
		described(flagLogLevel, "warn on a terminal, info elsewhere",
			"log from `LEVEL` upwards: debug, info, warn, error"),
		preset(flagLogFormat, "text", "write the log as `FORMAT`: text or json"),
		toggle(flagQuiet, "no progress, and only errors in the log"),
		toggle(flagNoColor, "no colours; the variable NO_COLOR does the same"),
	}
}

func noPagerFlag() cli.Flag { return toggle(flagNoPager, "never show the answer through a pager") }

// passFlags stand on the commands that make a pass.
func passFlags() []cli.Flag {
	return []cli.Flag{
		toggle(flagDryRun, "decide and report, but send nothing and write nothing"),
		&cli.IntFlag{
			Name: flagMax, DefaultText: "no limit",
			Usage: "create at most `N` survey requests; the rest waits for the next pass",
		},
		described(flagMaxDuration, "no limit", "stop after a `DURATION` such as 90m: what has begun is "+
			"finished, the rest is kept for later"),
		ifLockedFlag(),
		&cli.IntFlag{Name: flagConfirm, Usage: fmt.Sprintf("let the first pass of a new ledger create up to "+
			"`N` survey requests; needed above %d", unconfirmed)},
		values(flagReport, "write a report to `FILE`, as its extension says: .html, .csv, .json, .md; may "+
			"be given several times"),
		toggle(flagReveal, "show e-mail addresses in full in the files of --report"),
	}
}

// passFlagsBut are the flags of a pass without some of them.
func passFlagsBut(names ...string) []cli.Flag {
	return slices.DeleteFunc(
		passFlags(), func(f cli.Flag) bool { return slices.Contains(names, f.Names()[0]) })
}

// ifLockedFlag stands on every command that changes the ledger with the services' help.
func ifLockedFlag() cli.Flag {
	return preset(flagIfLocked, "fail",
		"when another process holds the ledger, `ACT` so: fail, skip (exit 0), or wait=5m")
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
