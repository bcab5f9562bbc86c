package exit

import "slices"

// severity orders the codes by how much they ask of a person, the least first. What is not in it is as bad as
// Failed.
var severity = []Code{
	Done, WouldSend, NeedsHand, Locked, Temporary, HungUp, Interrupted, Quit, Terminated, Fuse, Failed, Usage,
	LedgerMissing, Credentials, LedgerDamaged,
}

// Worst is the code of several passes together: that of the pass which asks most of a person. None is Done.
func Worst(codes ...Code) Code {
	rank := func(c Code) int {
		if at := slices.Index(severity, c); at >= 0 {
			return at
		}
		return slices.Index(severity, Failed)
	}
	worst := Done
	for _, c := range codes {
		if rank(c) > rank(worst) {
			worst = c
		}
	}
	return worst
}
