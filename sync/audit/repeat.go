package audit

import (
	"cmp"
	"slices"
	"time"
)

// Repeat is a customer who was asked about several conversations. Who that is stays unsaid.
type Repeat struct {
	Conversations []string  // their ids
	First, Last   time.Time // when the requests were taken
	Mailed        int       // how many of them were mailed: the suppression period keeps others back
}

func (r *Repeat) add(one asked) {
	r.Conversations = append(r.Conversations, one.Conversation)
	if one.At.Before(r.First) {
		r.First = one.At
	}
	if one.At.After(r.Last) {
		r.Last = one.At
	}
	if one.Mailed {
		r.Mailed++
	}
}

// most orders customers: who got more mails first, then who was asked about more, then the latest.
func most(a, b Repeat) int {
	return cmp.Or(
		b.Mailed-a.Mailed, len(b.Conversations)-len(a.Conversations), b.Last.Compare(a.Last),
		slices.Compare(a.Conversations, b.Conversations),
	)
}
