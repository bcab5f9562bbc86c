package decide

import (
	"time"

	"acsync/store"
)

// GiveUpAfter is how long after its first attempt a survey request is still tried again.
const GiveUpAfter = 72 * time.Hour

// ripe reports whether the time of a waiting entry has come.
func ripe(e store.Entry, now Clock) bool {
	if Reason(e.Reason) == Delayed {
		return !e.Due.After(now.Kustomer)
	}
	return !e.Due.After(now.Own)
}

// exhausted reports whether an entry was tried for long enough. A request is tried once more, whatever its
// age, when it has only now become known that it did not arrive.
func exhausted(e store.Entry, now time.Time) bool {
	fresh := Reason(e.Reason) == NotArrived || Reason(e.Reason) == ByHand
	return e.State == store.Retry && !fresh && !e.First.IsZero() && now.Sub(e.First) > GiveUpAfter
}

// RetryAfter is how long a survey request that was certainly not sent waits before a later pass tries it again: a
// minute at first, doubled with each attempt, at most six hours.
func RetryAfter(attempts int) time.Duration {
	const most = 6 * time.Hour
	wait := time.Minute
	for range attempts - 1 {
		if wait *= 2; wait >= most {
			return most
		}
	}
	return wait
}
