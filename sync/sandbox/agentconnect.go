package sandbox

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	connectBody = 1 << 20         // bytes of a request body; the real limit is unknown
	maxTokenAge = 5 * time.Minute // of a token's iat; the real limit is unknown
	maxSkew     = time.Minute     // of an iat that lies ahead
)

// connect is the backend that plays Agent Connect.
type connect struct {
	*Sandbox
	requestLimit, dataLimit limiter
}

func newAgentConnect(s *Sandbox) backend {
	a := &connect{
		Sandbox:      s,
		requestLimit: limiter{perMinute: s.options.RequestsPerMinute},
		dataLimit:    limiter{perMinute: s.options.DataPerMinute},
	}
	return backend{
		maxBody: connectBody, admit: a.admit, failure: gatewayError,
		announce: func(quota) http.Header { return nil },
		routes: []route{
			{http.MethodPost, "/v1/requests", a.request},
			{http.MethodPost, "/v1/recoveries", a.recovery},
			{http.MethodGet, "/v2/data", a.data},
			{http.MethodGet, "/v2/employees", a.employees},
			{http.MethodGet, "/sandbox/requests", a.received},
		},
	}
}

// admit checks the key, the token that /v2 needs besides, and the limits.
func (a *connect) admit(c *call) (quota, *answer) {
	if strings.HasPrefix(c.path, "/sandbox/") {
		return quota{ok: true}, nil
	}
	if subtle.ConstantTimeCompare([]byte(c.header.Get("X-Api-Key")), []byte(a.AgentConnectKey())) == 0 ||
		strings.HasPrefix(c.path, "/v2/") && !a.signed(c.header.Get("Authorization")) {
		refused := gatewayError(http.StatusForbidden, "Forbidden")
		return quota{ok: true}, &refused
	}
	q := quota{ok: true}
	switch {
	case strings.HasPrefix(c.path, "/v1/"):
		q = a.requestLimit.take(a.now())
	case c.path == "/v2/data":
		q = a.dataLimit.take(a.now())
	}
	if !q.ok {
		refused := gatewayError(http.StatusTooManyRequests, "Too Many Requests")
		return q, &refused
	}
	return q, nil
}

// signed checks a token: HS256, bare without "Bearer", with an iat (documented).
func (a *connect) signed(token string) bool {
	claims := jwt.RegisteredClaims{}
	now := a.now()
	_, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return []byte(a.AgentConnectSecret()), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil || claims.IssuedAt == nil {
		return false
	}
	age := now.Sub(claims.IssuedAt.Time)
	return age <= maxTokenAge && age >= -maxSkew
}

// received lists what was POSTed, for tests in other processes. It is no part of Agent Connect.
func (a *connect) received(*call) answer {
	all := a.Requests()
	if all == nil {
		all = []Received{}
	}
	return jsonAnswer(http.StatusOK, all)
}

// gatewayError is an error that does not come from checking a request (its shape is inferred).
func gatewayError(status int, message string) answer {
	return jsonAnswer(status, object{"message": message})
}

// invalid refuses a request. The status is documented, the body is unknown; like the vendor's status page it names the
// employee's address, so a client must not log it as it is.
func invalid(problems []string) answer {
	return jsonAnswer(http.StatusBadRequest, object{"message": "Validation Error", "errors": slices.Sorted(slices.Values(problems))})
}
