package decide

import (
	"time"

	"acsync/store"
)

// GiveUpAfter is how long after its first attempt a survey request is still tried again.
const GiveUpAfter = 72 * time.Hour

// Exhausted tells whether an entry was tried for long enough. A request is tried once more, whatever its age, when it has only
// now become known that it did not arrive.
func Exhausted(e store.Entry, now time.Time) bool {
	fresh := Reason(e.Reason) == NotArrived || Reason(e.Reason) == ByHand
	return e.State == store.Retry && !fresh && !e.First.IsZero() && now.Sub(e.First) > GiveUpAfter
}
