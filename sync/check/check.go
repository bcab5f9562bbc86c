// Package check looks whether everything is in order that passes need: the configuration, both services, what
// is true of this tenant and could only be inferred, and the ledger. It is a list of probes, each of which
// looks at one thing; it reads alone, creates no survey request, and says nothing of any person, so that its
// findings can be given to others. It knows neither the engine nor a command line.
package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"acsync/sync/exit"
	"acsync/sync/httpx"
)

// Level is what a probe comes to.
type Level string

// The levels.
const (
	OK     Level = "ok"
	Look   Level = "look"    // passes work; look at it when there is time
	Failed Level = "failed"  // passes do not work, or not as they should
	NotRun Level = "not_run" // it could not be looked at, and the text says why
)

// Result is what a probe has found. Its texts name no person and no secret.
type Result struct {
	Level Level
	Text  string    // what is so
	Todo  string    // what to do next; empty for nothing
	Code  exit.Code // of the failure; Done where nothing failed
}

// Probe looks at one thing.
type Probe struct {
	Group string // under which people find it
	Name  string
	Run   func(context.Context) Result
}

// after makes the probes of a group that say why they cannot be run as long as something speaks against it.
func after(group string, why func() string) func(name string, run func(context.Context) Result) Probe {
	return func(name string, run func(context.Context) Result) Probe {
		return Probe{group, name, func(ctx context.Context) Result {
			if reason := why(); reason != "" {
				return notRun("%s", reason)
			}
			return run(ctx)
		}}
	}
}

// Line is a probe's result.
type Line struct {
	Group, Name string
	Result
}

// perProbe is how long a probe may take: somebody waits for it.
const perProbe = 45 * time.Second

// Run makes all probes, one after the other: later ones use what earlier ones have read. None stops the
// others.
func Run(ctx context.Context, probes []Probe) []Line {
	lines := make([]Line, 0, len(probes))
	for _, p := range probes {
		within, cancel := context.WithTimeout(ctx, perProbe)
		lines = append(lines, Line{p.Group, p.Name, p.Run(within)})
		cancel()
	}
	return lines
}

// gravity is the order of the classes of failures, the worst first: a ledger that must not be used comes
// before one that is missing, what somebody has to set up before what a new key mends, and what may pass
// comes last.
var gravity = []exit.Code{
	exit.LedgerDamaged, exit.LedgerMissing, exit.Usage, exit.Credentials, exit.Failed, exit.Temporary,
}

// Worst is the exit code of the worst failure among lines; Done where nothing failed.
func Worst(lines []Line) exit.Code {
	for _, code := range gravity {
		if slices.ContainsFunc(lines, func(l Line) bool { return l.Level == Failed && l.Code == code }) {
			return code
		}
	}
	return exit.Done
}

func ok(format string, args ...any) Result {
	return Result{Level: OK, Text: fmt.Sprintf(format, args...)}
}

func look(todo, format string, args ...any) Result {
	return Result{Level: Look, Text: fmt.Sprintf(format, args...), Todo: todo}
}

func failed(code exit.Code, todo, format string, args ...any) Result {
	return Result{Level: Failed, Text: fmt.Sprintf(format, args...), Todo: todo, Code: code}
}

func notRun(format string, args ...any) Result {
	return Result{Level: NotRun, Text: fmt.Sprintf(format, args...)}
}

// failure is the result of a call that failed. What a server said is left out: that can name people.
func failure(err error) Result {
	api, isCall := errors.AsType[*httpx.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return failed(exit.Temporary, "try again; look what stands between here and the service",
			"no answer within %s", perProbe)
	case !isCall:
		code, _ := exit.Of(err)
		return failed(among(code), "", "%v", err)
	}
	text := api.Method + " " + api.Path + ": " + api.Brief()
	if api.Err != nil {
		text += ": " + api.Err.Error()
	}
	return failed(codeOf(api), api.Todo(), "%s", text)
}

// codeOf is the class of a call that failed: what is no answer of the service is a wrong address.
func codeOf(api *httpx.Error) exit.Code {
	switch api.Kind {
	case httpx.Unreadable, httpx.Redirected, httpx.NotFound:
		return exit.Usage
	}
	return among(api.ExitClass())
}

// among is a code that Worst knows.
func among(code exit.Code) exit.Code {
	if slices.Contains(gravity, code) {
		return code
	}
	return exit.Failed
}

// Given is a probe whose result is known already.
func Given(group, name string, r Result) Probe {
	return Probe{group, name, func(context.Context) Result { return r }}
}
