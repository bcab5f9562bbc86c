package app

import (
	"fmt"

	"acsync/store"
)

// conversionWords says what another identity did to a ledger, or would do, and what it means for who is
// asked. The configuration still names the one or the other.
func conversionWords(c store.Conversion, dry bool, configured store.Identity) string {
	verb, next := "was", ""
	if dry {
		verb = "would be"
	}
	meaning := "A conversation that was asked about and has been marked done again since is asked about " +
		"again when a pass finds it in its overlap, or a back-fill does. Nobody is asked twice about one " +
		"and the same resolution."
	if c.To == store.PerConversation {
		meaning = "A conversation that was asked about once is never asked about again, however often it " +
			"is marked done."
	}
	if configured != c.To {
		next = fmt.Sprintf("\nNext: set sync.survey_per = %q in the configuration; passes are refused "+
			"until then.", string(c.To))
	}
	return fmt.Sprintf("the ledger %s converted from one survey per %s to one per %s: %d records moved, %d "+
		"merged into others of their conversation\n%s%s", verb, c.From, c.To, c.Moved, c.Merged, meaning,
		next)
}
