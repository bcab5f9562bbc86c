package sandbox

import (
	"fmt"
	"slices"

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

// The roles that acsync's reads need (documented; that of tags observed).
const (
	roleBrand        = "org.permission.brand.read"
	roleConversation = "org.permission.conversation.read"
	roleCustomer     = "org.permission.customer.read"
	roleSearch       = "org.permission.search.create"
	roleTag          = "org.permission.tag.read"
	roleTeam         = "org.permission.team.read"
	roleUser         = "org.permission.user.read"
)

// rolesWithout are the roles of a key that lacks some.
func rolesWithout(lacking []string) []string {
	return slices.DeleteFunc([]string{
		roleBrand, roleConversation, roleCustomer, roleSearch, roleTag, roleTeam, roleUser,
	}, func(role string) bool { return slices.Contains(lacking, role) })
}

func newCredentials(s seed, roles []string) (credentials, error) {
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
