package tenant

import "acsync/sync/exit"

// Next is what follows on a pass for whoever makes the passes of many tenants by itself.
type Next string

// What follows.
const (
	NextUsual Next = "usual" // the next pass when it is due
	NextSoon  Next = "soon"  // one after a short while, a longer one each time
	NextFail  Next = "fail"  // as soon, and it counts as a failure
	NextAlarm Next = "alarm" // the next one when it is due, and somebody is told at once
	NextNone  Next = "none"  // none that would help, until a person or a changed configuration says so
)

// After says what follows on a pass that ended with a code. It pauses nobody: a pass that cannot work refuses
// before it sends, so that who is told by a calendar may go on making it, and who keeps a queue need not.
func After(code exit.Code) Next {
	switch code {
	case exit.Done, exit.NeedsHand, exit.Locked, exit.WouldSend:
		return NextUsual
	case exit.Temporary, exit.HungUp, exit.Interrupted, exit.Quit, exit.Terminated:
		return NextSoon
	case exit.Credentials, exit.LedgerMissing, exit.Usage, exit.LedgerDamaged:
		return NextNone
	case exit.Fuse:
		return NextAlarm
	}
	return NextFail
}
