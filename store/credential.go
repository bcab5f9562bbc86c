package store

import (
	"crypto/hmac"
	"crypto/sha256"
)

const credentialBytes = 16

// HashCredential is what the ledger with an id, of 16 hex digits, keeps of a credential: something else in
// each ledger, from which nothing can be read.
func HashCredential(id, credential string) []byte {
	mac := hmac.New(sha256.New, []byte("acsync ledger "+id))
	mac.Write([]byte(credential))
	return mac.Sum(nil)[:credentialBytes]
}
