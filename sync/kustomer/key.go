package kustomer

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// KeyClaims are what an API key says of itself: it is a JSON web token (observed). Nothing of it is verified,
// and a key that says nothing may work all the same.
type KeyClaims struct {
	Org     string    // orgName: the "acme" of acme.kustomerapp.com (observed)
	Pod     string    // the region, such as "prod1" (observed)
	Expires time.Time // exp, of the standard; zero: it does not say
}

// ReadKey reads what an API key says of itself; false where it says nothing that can be understood.
func ReadKey(key string) (KeyClaims, bool) {
	parts := strings.Split(key, ".")
	if len(parts) != 3 {
		return KeyClaims{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var said struct {
		Org     string  `json:"orgName"`
		Pod     string  `json:"pod"`
		Expires float64 `json:"exp"`
	}
	if err != nil || json.Unmarshal(text, &said) != nil {
		return KeyClaims{}, false
	}
	claims := KeyClaims{Org: said.Org, Pod: said.Pod}
	// Seconds, as the standard has it: what is out of the range of a time is none.
	if said.Expires > 0 && said.Expires < 1<<40 {
		claims.Expires = time.Unix(int64(said.Expires), 0).UTC()
	}
	return claims, true
}
