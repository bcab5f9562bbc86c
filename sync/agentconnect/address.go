package agentconnect

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// AddressHash stands for a customer's address: the hashes that one Client gives are equal for the same
// address, and nobody can tell the address from one. The zero value is no address.
type AddressHash [16]byte

// addressKey is what addresses are hashed with: random, and gone with the process.
type addressKey [sha256.Size]byte

func newAddressKey() (k addressKey) {
	rand.Read(k[:]) // it never fails (documented)
	return k
}

// hash is that of an address in any case; zero for what is none, as the words in place of an address that was
// expunged would be.
func (k addressKey) hash(address string) (h AddressHash) {
	address = strings.ToLower(strings.TrimSpace(address))
	if !strings.Contains(address, "@") {
		return h
	}
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(address))
	copy(h[:], mac.Sum(nil))
	return h
}
