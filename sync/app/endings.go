package app

import (
	"acsync/sync/report"
)

// endingOf tells what the exit code of a past pass asks of whoever looks at it.
func endingOf(code int) report.Ending {
	ending := report.Ending{Level: report.SignalAct, Todo: report.DoSeeLog}
	for _, exit := range exits {
		if exit.code == code {
			ending.Meaning = exit.meaning
		}
	}
	switch code {
	case exitDone, exitWouldSend:
		ending.Level, ending.Todo = report.SignalOK, ""
	case exitNeedsHand:
		ending.Level, ending.Todo = report.SignalLook, report.DoSeeBelow
	case exitTemporary:
		ending.Level, ending.Todo, ending.Partial = report.SignalLook, report.DoAwaitNextPass, true
	case exitHungUp, exitInterrupted, exitTerminated:
		ending.Level, ending.Todo, ending.Partial = report.SignalLook, report.DoRunAgain, true
	case exitCredentials:
		ending.Todo = report.DoRenewKey
	case exitFuse:
		ending.Todo = report.DoSeeFuse
	}
	return ending
}
