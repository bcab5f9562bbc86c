package sync

import (
	"time"

	"acsync/store"
	"acsync/sync/decide"
)

// lateBy is how late a conversation is that lies below the checkpoint at which an earlier pass stopped reading, and
// that no earlier pass has seen: Kustomer's search did not show it then. It is 0 for all others. What claims a time
// outside of the pass's range, or none, says nothing of that. The ledger counts them, see store.Lateness; what comes
// later than the overlap, which fetch.Span puts before the checkpoint, is never seen.
func lateBy(c decide.Case, cursor cursor) time.Duration {
	resolved, closed := c.Resolution(), cursor.closed()
	if c.Known.State == store.Unknown && resolved.Before(closed) && !resolved.Before(cursor.span().From) {
		return closed.Sub(resolved)
	}
	return 0
}
