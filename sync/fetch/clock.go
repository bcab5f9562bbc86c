package fetch

import (
	"time"

	"acsync/sync/kustomer"
)

// maxAhead is how far ahead of Kustomer's clock a resolution may be: a later window will come to it. More
// would be waited for in vain.
const maxAhead = 24 * time.Hour

type serverClock struct {
	began time.Time // what it said when the pass began
	asked time.Time // when that was, by this machine's clock
}

func (s *serverClock) now() time.Time {
	if s.asked.IsZero() {
		return s.began
	}
	return s.began.Add(time.Since(s.asked))
}

func (s *serverClock) plausible(at time.Time) bool {
	return at.Unix() >= 0 && !at.After(s.now().Add(maxAhead))
}

// outside reports whether a conversation claims to have been marked done at a time that no pass can read.
func (s *serverClock) outside(row kustomer.Conversation) bool {
	if row.LastDone == nil {
		return row.DoneUnread
	}
	return !s.plausible(row.LastDone.At)
}

func (s *serverClock) resolutions(rows []kustomer.Conversation) []time.Time {
	var times []time.Time
	for _, row := range rows {
		if row.LastDone != nil && s.plausible(row.LastDone.At) {
			times = append(times, row.LastDone.At)
		}
	}
	return times
}
