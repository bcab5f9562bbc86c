package store

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Erasure is what forgetting some conversations did, in conversations, each of them counted once.
type Erasure struct {
	Erased  int // the ledger remembered them, and does not any more
	Waited  int // of these: something waited to be sent, and never will be
	Unknown int // the ledger did not know them; they are never asked about all the same
	Before  int // they were erased before
}

// ErasedPrefix begins the ids under which ledgers keep that a conversation was erased.
const ErasedPrefix = "erased-"

// ErasedKey is the key under which a ledger keeps that a conversation was erased, and is never to be
// asked about. It is made of a hash: whoever has the id can tell whether it is the one, and nobody can tell
// the id.
func ErasedKey(conversation string) Key {
	// A hex id is the same in upper and lower case.
	if _, err := hex.DecodeString(conversation); err == nil && len(conversation) == 24 {
		conversation = strings.ToLower(conversation)
	}
	sum := sha256.Sum256([]byte("acsync: an erased conversation\x00" + conversation))
	return Key{Conversation: ErasedPrefix + hex.EncodeToString(sum[:16])}
}

// ErasedAt is the record of a conversation that was erased at a time: it counts as dropped.
func ErasedAt(at time.Time) Record {
	return Record{State: Dropped, Reason: ReasonErased, At: at}
}

// MayForget refuses to forget what may be under way: whether the request has arrived is to be found out
// first.
func MayForget(e Entry) error {
	if e.State != Sending && e.State != InDoubt {
		return nil
	}
	return Refused("whether the survey request of %s has arrived is not known yet, and nothing was erased: "+
		"settle that first, with acsync resolve, which asks Agent Connect, or by your own word with acsync "+
		"resolve --accept --id %s, or --drop", e.Conversation, e.Conversation)
}
