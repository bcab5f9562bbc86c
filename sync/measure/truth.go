package measure

import (
	"time"

	"acsync/sync/sandbox"
)

// Truth is what ought to come of the conversations of a time, by their ids. Those that depend on a policy are
// left out.
type Truth struct {
	Due   map[string]bool // to be asked about, once
	Never map[string]bool // not to be asked about, such as spam
}

// Know takes in the conversations that were marked done in [from, to), as the stand-ins have them. It asks
// for an hour at a time, since there may be millions.
func Know(s *sandbox.Sandbox, from, to time.Time) Truth {
	t := Truth{map[string]bool{}, map[string]bool{}}
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		end := at.Add(time.Hour)
		if end.After(to) {
			end = to
		}
		for _, c := range s.Conversations(at, end) {
			switch c.Expect {
			case sandbox.Send:
				t.Due[c.ID] = true
			case "":
			default:
				t.Never[c.ID] = true
			}
		}
	}
	return t
}

// Verdict is what came of it.
type Verdict struct {
	Due      int `json:"due"`      // conversations to be asked about
	Accepted int `json:"accepted"` // of these, those that Agent Connect has accepted
	Refused  int `json:"refused"`  // of these, those that it has refused, as of an unknown agent
	Doubled  int `json:"doubled"`  // surveys about a conversation, due or not, after the first
	Lost     int `json:"lost"`     // to be asked about, of which Agent Connect has received nothing
	Unwanted int `json:"unwanted"` // asked about, and were not to be
}

// Judge compares what ought to be with what Agent Connect has received.
func (t Truth) Judge(received []sandbox.Received) Verdict {
	v := Verdict{Due: len(t.Due)}
	accepted, refused := map[string]bool{}, map[string]bool{}
	for i := range received {
		switch r := &received[i]; {
		case !r.Accepted():
			refused[r.ExtInteractionID] = true
		case accepted[r.ExtInteractionID]:
			v.Doubled++
		default:
			accepted[r.ExtInteractionID] = true
			if t.Never[r.ExtInteractionID] {
				v.Unwanted++
			}
		}
	}
	for id := range t.Due {
		switch {
		case accepted[id]:
			v.Accepted++
		case refused[id]:
			v.Refused++
		default:
			v.Lost++
		}
	}
	return v
}
