package app

import (
	"acsync/sync/exit"
	"acsync/sync/report"
)

// exitAdvice tells what the exit code of a past pass asks of whoever looks at it.
func exitAdvice(code int) report.Ending {
	ending := report.Ending{Level: report.LightAct, Todo: "see the log of that pass, and what the README says " +
		"of the exit code"}
	ending.Meaning = exit.Code(code).String()
	switch exit.Code(code) {
	case exit.Done, exit.WouldSend:
		ending.Level, ending.Todo = report.LightOK, ""
	case exit.NeedsHand:
		ending.Level, ending.Todo = report.LightLook, "see what was rejected or is in doubt, below"
	case exit.Temporary:
		ending.Level, ending.Todo, ending.Partial = report.LightLook, "nothing if the next pass ends well; "+
			"otherwise see its log", true
	case exit.HungUp, exit.Interrupted, exit.Terminated:
		ending.Level, ending.Todo, ending.Partial = report.LightLook, "the next run goes on; nothing is lost", true
	case exit.Credentials:
		ending.Todo = "renew the key, or give it the role, that the log of that pass names; the next run goes on"
	case exit.Fuse:
		ending.Todo = "see why the fuse blew before the next pass goes on with the rest"
	}
	return ending
}
