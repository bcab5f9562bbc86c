package rebuild

import (
	"time"

	"acsync/store"
	"acsync/sync/agentconnect"
)

// receivedAt is when Agent Connect received a request; now, which is later, where its data do not tell.
func receivedAt(i agentconnect.Interaction) time.Time {
	if i.CreatedAt.IsZero() {
		return time.Now().UTC()
	}
	return i.CreatedAt
}

// acceptedAt is the entry of what Agent Connect received then.
func acceptedAt(key store.Key, at time.Time) store.Entry {
	return store.Entry{Key: key, Record: store.Record{
		State: store.Accepted, Reason: store.ReasonRebuilt, Resolution: at, At: at,
	}}
}
