package sandbox

import (
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

const orgName = "sandbox"

// credentials are the keys that the stand-ins take. They depend on the seed alone.
type credentials struct {
	kustomer      string // like a real one a JWT that names the organisation (observed)
	connect       string
	connectSecret string // signs the tokens that /v2 needs
	connectTest   string // as connect, but every survey goes to TestAddress
}

// roles are those that acsync's reads need (documented; that of tags observed).
var roles = []string{
	"org.permission.conversation.read", "org.permission.customer.read", "org.permission.search.create",
	"org.permission.tag.read", "org.permission.user.read",
}

func newCredentials(s seed) (credentials, error) {
	secret := func(use string) string {
		h := s.hashText("sandbox " + use)
		return fmt.Sprintf("%016x%016x", h, splitmix(h))
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"id": orgID, "user": agentMachine, "org": orgID, "orgName": orgName, "userType": "machine",
		"pod":   "prod1",
		"roles": roles, "iat": hired.Unix(),
	}).SignedString([]byte(secret("kustomer")))
	return credentials{
		token, secret("agent connect key"), secret("agent connect secret"),
		secret("agent connect test key"),
	}, err
}
