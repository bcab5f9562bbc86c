package fetch

import (
	"acsync/sync/decide"
	"acsync/sync/kustomer"
)

// recheck compares cases with the conversations as they are now: which are over, and which are to be decided.
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
		case !stillAbout(each, row):
			end(each, decide.Superseded)
		// An older version may have left one resolution under two keys, each as Kustomer told its time then.
		case claimed[each.Key.Conversation]:
			end(each, decide.Duplicate)
		default:
			claimed[each.Key.Conversation] = true
			asked = append(asked, fresh)
		}
	}
	return over, asked
}

// stillAbout reports whether a case is still about the conversation as it is now. Under a key without a
// resolution every one will do.
func stillAbout(c decide.Case, row kustomer.Conversation) bool {
	return c.Key.Resolution == 0 || row.LastDone != nil &&
		decide.SameResolution(c.Resolution(), row.LastDone.At)
}
