package app

import (
	"acsync/sync/report"
)

// endingOf tells what the exit code of a past pass asks of whoever looks at it.
func endingOf(code int) report.Ending {
	ending := report.Ending{Level: report.LightAct, Todo: "see the log of that pass, and what the README says of the exit code"}
	for _, exit := range exits {
		if exit.code == code {
			ending.Meaning = exit.meaning
		}
	}
	switch code {
	case exitDone, exitWouldSend:
		ending.Level, ending.Todo = report.LightOK, ""
	case exitNeedsHand:
		ending.Level, ending.Todo = report.LightLook, "see what was rejected or is in doubt, below"
	case exitTemporary:
		ending.Level, ending.Todo, ending.Partial = report.LightLook, "nothing if the next pass ends well; otherwise see its log", true
	case exitHungUp, exitInterrupted, exitTerminated:
		ending.Level, ending.Todo, ending.Partial = report.LightLook, "the next run goes on; nothing is lost", true
	case exitCredentials:
		ending.Todo = "renew the key, or give it the role, that the log of that pass names; the next run goes on"
	case exitFuse:
		ending.Todo = "see why the fuse blew before the next pass goes on with the rest"
	}
	return ending
}
