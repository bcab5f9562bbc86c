package store

import "cmp"

// MaxID is the greatest length of an id, in bytes. Kustomer's have 24 (documented).
const MaxID = 1024

// Key names a conversation or one of its resolutions, or the service recovery that follows up on it.
type Key struct {
	Conversation string // the Kustomer id: 24 hex digits, or any other non-empty text
	Resolution   int64  // Unix milliseconds; 0 where a conversation is asked about only once
	Recovery     bool   // the recovery, which has a record of its own beside that of the survey request
}

// Kind is how reports and the export tell recoveries from survey requests: "recovery", or empty.
func (k Key) Kind() string {
	if k.Recovery {
		return "recovery"
	}
	return ""
}

// Identity says what the ledger remembers as one, and so what is asked about at most once.
type Identity string

// The identities.
const (
	PerConversation Identity = "conversation" // keys without a resolution
	PerResolution   Identity = "resolution"   // keys with one
)

// Known reports whether the identity is one that a ledger can have.
func (i Identity) Known() bool { return i == PerConversation || i == PerResolution }

// OrDefault is the identity, PerConversation where none was chosen.
func (i Identity) OrDefault() Identity { return cmp.Or(i, PerConversation) }

// Key is the key that an entry has in a ledger with the identity. A recovery keeps its own.
func (i Identity) Key(e Entry) Key {
	key, at := e.Key, e.Record.Resolution
	switch {
	case key.Recovery:
	case i == PerConversation:
		key.Resolution = 0
	case key.Resolution != 0 || at.IsZero():
	// What was asked, or may have been, counts for all resolutions up to its time: what was told by others,
	// or has merged with another record, can have a time that is later than the resolution.
	case e.Held():
	default:
		key.Resolution = at.UnixMilli()
	}
	return key
}
