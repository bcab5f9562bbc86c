package store

// Identity says what the ledger remembers as one, and so what is asked about at most once. Keys of both kinds can stand
// beside each other: the identity is that of the keys to come.
type Identity string

// The identities.
const (
	PerConversation Identity = "conversation" // keys without a resolution
	PerResolution   Identity = "resolution"   // keys with one
)

// Known reports whether the identity is one that a ledger can have.
func (i Identity) Known() bool { return i == PerConversation || i == PerResolution }
