package store

// Identity says what the ledger remembers as one, and so what is asked about at most once. Keys of both kinds can stand
// beside each other: the identity is that of the keys to come.
type Identity string

// The identities.
const (
	PerConversation Identity = "conversation" // keys without a resolution
	PerResolution   Identity = "resolution"   // keys with one
)

// metaIdentity is the key of the bucket meta that holds it; absent, it is PerConversation.
var metaIdentity = []byte("identity")

// known tells whether the identity is one that the ledger can have.
func (i Identity) known() bool { return i == PerConversation || i == PerResolution }

// identity reads what the ledger remembers as one.
func (t *txn) identity() (Identity, error) {
	b := t.meta.Get(metaIdentity)
	if b == nil {
		return PerConversation, nil
	}
	if i := Identity(b); i.known() {
		return i, nil
	}
	return "", damaged("it remembers by %.20q, which is no identity", b)
}

// identify changes what the ledger remembers as one, unless the identity is empty.
func (t *txn) identify(i Identity) error {
	switch {
	case i == "":
		return nil
	case !i.known():
		return refused("the ledger cannot remember by %.20q", i)
	}
	return t.meta.Put(metaIdentity, []byte(i))
}
