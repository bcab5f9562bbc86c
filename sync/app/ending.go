package app

import (
	"acsync/sync/exit"
	"acsync/sync/report"
)

// exitAdvice tells what the exit code of a past pass asks of whoever looks at it.
func exitAdvice(code int) report.Ending {
	ending := report.Ending{Level: report.SignalAct, Todo: report.DoSeeLog}
	ending.Meaning = exit.Code(code).String()
	switch exit.Code(code) {
	case exit.Done, exit.WouldSend:
		ending.Level, ending.Todo = report.SignalOK, ""
	case exit.NeedsHand:
		ending.Level, ending.Todo = report.SignalLook, report.DoSeeBelow
	case exit.Temporary:
		ending.Level, ending.Todo, ending.Partial = report.SignalLook, report.DoAwaitNextPass, true
	case exit.HungUp, exit.Interrupted, exit.Terminated:
		ending.Level, ending.Todo, ending.Partial = report.SignalLook, report.DoRunAgain, true
	case exit.Credentials:
		ending.Todo = report.DoRenewKey
	case exit.Fuse:
		ending.Todo = report.DoSeeFuse
	}
	return ending
}
