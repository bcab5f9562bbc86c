package rebuild

import (
	"cmp"
	"iter"

	"acsync/store"
	"acsync/store/bolt"
	"acsync/sync/agentconnect"
)

// recoveries are those among Agent Connect's interactions, for a ledger that is rebuilt.
type recoveries struct {
	found []agentconnect.Interaction
	// the conversation that a survey request was about, by the UUID of its interaction
	of map[string]string
}

// note keeps a recovery, and of any other interaction which conversation it is about.
func (r *recoveries) note(i agentconnect.Interaction) {
	if i.Recovery {
		r.found = append(r.found, i)
	} else if i.UUID != "" && i.ExtInteractionID != "" {
		if r.of == nil {
			r.of = map[string]string{}
		}
		r.of[i.UUID] = i.ExtInteractionID
	}
}

// entries turns the recoveries into accepted entries, for keys that the ledger does not know as settled. What
// a recovery follows up is told by the interaction that it names, else by its own id.
func (r *recoveries) entries(ledger *bolt.Ledger) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		seen := map[store.Key]bool{}
		for _, i := range r.found {
			key := store.Key{Conversation: cmp.Or(r.of[i.Parent], i.ExtInteractionID), Recovery: true}
			if key.Conversation == "" || len(key.Conversation) > store.MaxID || seen[key] {
				continue
			}
			seen[key] = true
			known, err := ledger.Lookup([]store.Key{key})
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if known[key].Held() {
				continue
			}
			if !yield(acceptedAt(key, receivedAt(i)), nil) {
				return
			}
		}
	}
}
