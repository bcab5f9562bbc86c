package sandbox

import (
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// Org is the Kustomer organisation's name.
func (s *Sandbox) Org() string { return "sandbox" }

// KustomerKey is the one API key that the Kustomer stand-in takes. Like a real one it is a JWT that names the organisation
// (observed). It depends on the seed alone, like all credentials here.
func (s *Sandbox) KustomerKey() string {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"id": orgID, "user": agentMachine, "org": orgID, "orgName": s.Org(), "userType": "machine", "pod": "prod1",
		"roles": roles, "iat": hired.Unix(),
	}).SignedString([]byte(s.secret("kustomer")))
	if err != nil { // signing with a byte key does not fail; a key is needed all the same
		return s.secret("kustomer key")
	}
	return token
}

// AgentConnectKey is the API key that the Agent Connect stand-in takes.
func (s *Sandbox) AgentConnectKey() string { return s.secret("agent connect key") }

// AgentConnectSecret signs the tokens that /v2 needs.
func (s *Sandbox) AgentConnectSecret() string { return s.secret("agent connect secret") }

func (s *Sandbox) secret(use string) string {
	h := s.seed.hashText("sandbox " + use)
	return fmt.Sprintf("%016x%016x", h, mix(h))
}

// roles are those that acsync's reads need (documented; that of tags observed).
var roles = []string{
	"org.permission.conversation.read", "org.permission.customer.read", "org.permission.search.create",
	"org.permission.tag.read", "org.permission.user.read",
}
