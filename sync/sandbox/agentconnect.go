package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// requestsPath lists what was POSTed, for tests in other processes. It is no part of Agent Connect and takes
// no key.
const requestsPath = "/sandbox/requests"

const (
	connectBody     = 1 << 20         // bytes of a request body; the real limit is unknown
	maxTokenAge     = 5 * time.Minute // of a token's iat; the real limit is unknown
	maxSkew         = time.Minute     // of an iat that lies ahead
	employeePage    = 100             // documented default
	maxEmployeePage = 500             // documented
)

// agentConnect answers for Agent Connect.
type agentConnect struct {
	state                   *receiverState
	company                 company
	keys                    credentials
	clock                   func() time.Time
	requestLimit, dataLimit limiter
}

func newAgentConnect(o Options, state *receiverState, keys credentials) backend {
	a := &agentConnect{
		state: state, company: company{o.Channels, o.Brands, o.Languages},
		keys: keys, clock: o.Now,
		requestLimit: limiter{perMinute: o.RequestsPerMinute}, dataLimit: limiter{perMinute: o.DataPerMinute},
	}
	return backend{
		maxBody: connectBody, admit: a.admit, failure: gatewayError,
		announce: func(quota) http.Header { return nil },
		routes: []route{
			{http.MethodPost, "/v1/requests", a.request},
			{http.MethodPost, "/v1/recoveries", a.recovery},
			{http.MethodGet, "/v2/data", a.data},
			{http.MethodGet, "/v2/employees", a.employees},
		},
	}
}

// admit checks the key, the token that /v2 needs besides, and the limits.
func (a *agentConnect) admit(c *call) (quota, *answer) {
	q := quota{ok: true}
	if c.path == requestsPath || c.path == pagePath {
		return q, nil
	}
	admitted := keyed(c, a.keys.connect) || keyed(c, a.keys.connectTest)
	// Each key has a secret of its own (documented), and the secret here is the other key's.
	if strings.HasPrefix(c.path, "/v2/") {
		admitted = keyed(c, a.keys.connect) && a.signed(c.header.Get("Authorization"))
	}
	if !admitted {
		refused := gatewayError(http.StatusForbidden, "Forbidden")
		return q, &refused
	}
	switch {
	case strings.HasPrefix(c.path, "/v1/"):
		q = a.requestLimit.take(a.clock())
	case c.path == "/v2/data":
		q = a.dataLimit.take(a.clock())
	}
	if !q.ok {
		refused := gatewayError(http.StatusTooManyRequests, "Too Many Requests")
		return q, &refused
	}
	return q, nil
}

func keyed(c *call, key string) bool {
	return subtle.ConstantTimeCompare([]byte(c.header.Get("X-Api-Key")), []byte(key)) == 1
}

// signed checks a token: HS256, bare without "Bearer", with an iat (documented).
func (a *agentConnect) signed(token string) bool {
	claims := jwt.RegisteredClaims{}
	now := a.clock()
	_, err := jwt.ParseWithClaims(
		token, &claims, func(*jwt.Token) (any, error) { return []byte(a.keys.connectSecret), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil || claims.IssuedAt == nil {
		return false
	}
	age := now.Sub(claims.IssuedAt.Time)
	return age <= maxTokenAge && age >= -maxSkew
}

// request answers POST /v1/requests with an echo, without an id. Every request that is accepted makes a new
// interaction: nothing is recognised as a repetition (documented by what is missing).
func (a *agentConnect) request(c *call) answer {
	r, echo, problems := a.company.read(c)
	r.At, r.Status, r.Test = a.clock().UTC(), http.StatusOK, keyed(c, a.keys.connectTest)
	if len(problems) == 0 {
		problems = a.state.employeeProblems(&r)
	}
	if len(problems) > 0 {
		r.Status, r.Reason = http.StatusBadRequest, strings.Join(slices.Sorted(slices.Values(problems)), "; ")
		a.state.record(r)
		return invalid(problems...)
	}
	a.state.accept(r)
	return jsonAnswer(http.StatusOK, echo)
}

// recovery answers POST /v1/recoveries: a follow-up of an earlier interaction.
func (a *agentConnect) recovery(c *call) answer {
	f, r, problems := readRecovery(c)
	r.At, r.Status, r.Test = a.clock().UTC(), http.StatusOK, keyed(c, a.keys.connectTest)
	if len(problems) == 0 {
		problems = a.state.employeeProblems(&r)
	}
	if len(problems) > 0 {
		return invalid(problems...)
	}
	id, ok := a.state.followUp(r, f.text("initial_feedback_request_id"), f.text("ext_interaction_id"))
	if !ok {
		return invalid("Initial feedback request not found")
	}
	return jsonAnswer(http.StatusOK, object{"request_id": id})
}

// data answers GET /v2/data: a JSON array, by sequence id.
func (a *agentConnect) data(c *call) answer {
	by, err := parseSelection(c.query)
	if err != nil {
		return invalid(err.Error())
	}
	return jsonAnswer(http.StatusOK, a.state.rows(by, a.clock().UTC()))
}

// profileStates are the documented values of the filter by status.
var profileStates = []string{"active", "deactivated", "pending review", "confirmed", "unapproved", "created"}

// employees answers GET /v2/employees. The next page is asked for by external_id, or by after as in the
// documented next_page; which of the two works is unknown, so both do.
func (a *agentConnect) employees(c *call) answer {
	if err := unknownParameter(c.query, "status", "number_of_employees", "external_id", "after"); err != nil {
		return invalid(err.Error())
	}
	if c.query.Has("status") && !slices.Contains(profileStates, c.query.Get("status")) {
		return invalid("status must be one of " + strings.Join(profileStates, ", "))
	}
	size := employeePage
	if err := numberParameter(c.query, "number_of_employees", 1, maxEmployeePage, &size); err != nil {
		return invalid(err.Error())
	}
	last := c.query.Get("external_id") + c.query.Get("after")
	found := slices.DeleteFunc(a.state.profiles(c.query.Get("status")), func(e Employee) bool {
		return last != "" && e.CustomID <= last
	})
	rows, next := []object{}, any(nil)
	if len(found) > size {
		found = found[:size]
		next = "https://sandbox.stellaconnect.net/api/v2/employees?after=" +
			url.QueryEscape(found[size-1].CustomID)
	}
	for _, e := range found {
		rows = append(rows, employeeRow(&e))
	}
	return jsonAnswer(http.StatusOK, object{"employees": rows, "meta": object{"next_page": next}})
}

// employeeRow is a profile as the list shows it, without its status (documented).
func employeeRow(e *Employee) object {
	return object{
		"email": e.Email, "custom_employee_id": e.CustomID, "first_name": e.FirstName,
		"last_name":      e.LastName,
		"team_leader_id": nil, "team_leader_email": nil, "role": "agent", "license_type": "full",
		"channels": []string{"email", "chat", "phone"}, "employment_status": "employed", "start_date": nil,
		"hometown": nil, "state_or_country": nil, "profile_text": nil, "image": nil, "groups": []string{},
		"manage_team": false, "last_active": nil,
	}
}

// gatewayError is an error that does not come from checking a request (its shape is inferred).
func gatewayError(status int, message string) answer {
	return jsonAnswer(status, object{"message": message})
}

// invalid refuses a request. The status is documented, the body is unknown; like the vendor's status page it
// names the employee's address, so a client must not log it unread.
func invalid(problems ...string) answer {
	sorted := slices.Sorted(slices.Values(problems))
	return jsonAnswer(http.StatusBadRequest, object{"message": "Validation Error", "errors": sorted})
}
