package fetch

import (
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// recheck compares cases with the conversations as they are now: which are over, and which are to be decided,
// among them those that take the place of cases that are over.
func recheck(
	per decide.SurveyPer, clock *serverClock, cases []decide.Case, rows []kustomer.Conversation,
) (over, asked []decide.Case) {
	now := make(map[string]kustomer.Conversation, len(rows))
	for _, row := range rows {
		now[decide.KeyOf(row).Conversation] = row
	}
	end := func(c decide.Case, as decide.Reread) {
		c.Reread = as
		over = append(over, c)
	}
	claimed := map[string]bool{} // by conversation
	for _, each := range cases {
		row, there := now[each.Key.Conversation]
		fresh := decide.Case{Key: each.Key, Candidate: decide.Candidate{Conversation: row}, Own: each.Own}
		fresh.Canonicalize(per, each.Resolution())
		switch {
		case !there:
			end(each, decide.Missing)
		// A recovery is for all resolutions to come.
		case each.Key.Recovery:
			asked = append(asked, fresh)
		// It has no resolution now with which the case could be compared.
		case row.Status != "done" || row.LastDone == nil || clock.outside(row):
			asked = append(asked, fresh)
		case !stillAbout(per, each, row):
			end(each, decide.Superseded)
		// An older version may have left one resolution under two keys, each as Kustomer told its time then.
		case claimed[each.Key.Conversation]:
			end(each, decide.Duplicate)
		default:
			claimed[each.Key.Conversation] = true
			asked = append(asked, fresh)
		}
	}
	// Last, so that a resolution which is itself among the cases comes for itself.
	for _, each := range over {
		row := now[each.Key.Conversation]
		if each.Reread == decide.Superseded && !claimed[each.Key.Conversation] {
			claimed[each.Key.Conversation] = true
			fresh := decide.Candidate{Conversation: row}
			asked = append(asked, decide.Case{Key: per.Key(row), Candidate: fresh, Replacement: true})
		}
	}
	return over, asked
}

// stillAbout reports whether a case is still about the conversation as it is now. Where there is one survey a
// conversation, every resolution will do, but for a case that waits under the key of a certain resolution.
func stillAbout(per decide.SurveyPer, c decide.Case, row kustomer.Conversation) bool {
	return c.Key == per.Key(row) || row.LastDone != nil && decide.SameResolution(c.Resolution(), row.LastDone.At)
}
