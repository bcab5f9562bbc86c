package sandbox

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	kustomerBody = 100_000 // bytes of a request body; above it 413 (documented)
	maxPageTags  = 100     // most lists (documented)
	maxPageUsers = 500     // documented
	maxIDs       = 50      // of one call; the real number is unknown
)

// kustomer is the backend that plays Kustomer.
type kustomer struct {
	*Sandbox
	all, searches limiter
}

func newKustomer(s *Sandbox) backend {
	k := &kustomer{
		Sandbox:  s,
		all:      limiter{perMinute: s.options.KustomerPerMinute},
		searches: limiter{perMinute: s.options.SearchesPerMinute},
	}
	return backend{
		maxBody: kustomerBody, admit: k.admit, failure: listError, announce: quota.header,
		routes: []route{
			{http.MethodPost, "/v1/customers/search", k.search},
			{http.MethodGet, "/v1/conversations/{id}", k.conversations},
			{http.MethodGet, "/v1/customers/{id}", k.customer},
			{http.MethodGet, "/v1/users", k.users},
			{http.MethodGet, "/v1/users/{id}", k.user},
			{http.MethodGet, "/v1/tags", k.tags},
			{http.MethodGet, "/v1/auth/tokens/current", k.token},
		},
	}
}

// admit checks the key and the limits. The org-wide limit counts every request; searches have one more.
func (k *kustomer) admit(c *call) (quota, *answer) {
	q := k.all.take(k.now())
	if q.ok && c.path == "/v1/customers/search" {
		if of := k.searches.take(k.now()); !of.ok {
			q = of
		}
	}
	if !q.ok {
		a := listError(http.StatusTooManyRequests, "rate limit exceeded")
		return q, &a
	}
	given, bearer := strings.CutPrefix(c.header.Get("Authorization"), "Bearer ")
	if !bearer || subtle.ConstantTimeCompare([]byte(given), []byte(k.KustomerKey())) == 0 {
		a := listError(http.StatusUnauthorized, "invalid token")
		return q, &a
	}
	return q, nil
}

// token answers any valid key (documented); the shape of the answer is inferred.
func (k *kustomer) token(*call) answer {
	return jsonAnswer(http.StatusOK, object{"data": object{
		"type": "auth_token", "id": k.seed.id(slot{class: 9}, hired),
		"attributes":    object{"name": "acsync", "userType": "machine", "roles": roles, "expiresAt": nil},
		"relationships": object{"org": orgLink()},
	}})
}

var errorCodes = map[int]string{
	http.StatusBadRequest: "bad_request", http.StatusUnauthorized: "unauthorized", http.StatusNotFound: "not_found",
	http.StatusMethodNotAllowed: "method_not_allowed", http.StatusRequestEntityTooLarge: "payload_too_large",
	http.StatusTooManyRequests: "too_many_requests",
}

// listError is the shape of most errors (documented).
func listError(status int, message string) answer {
	code := errorCodes[status]
	if code == "" {
		code = "internal_error"
	}
	return jsonAnswer(status, object{"errors": []object{{"code": code, "message": message, "meta": object{}}}})
}

// recordError is the JSON:API shape, which some endpoints use (documented).
func recordError(status int, title, parameter string) answer {
	return jsonAnswer(status, object{"errors": []object{{
		"status": status, "code": errorCodes[status], "title": title, "source": object{"parameters": parameter},
	}}})
}

// paging is the page that a request asks for.
type paging struct{ page, size int }

// pageOf reads page and pageSize; a larger size than the maximum becomes the maximum silently (observed of searches).
func pageOf(query url.Values, size, maxSize int) (paging, error) {
	p := paging{1, size}
	for name, field := range map[string]*int{"page": &p.page, "pageSize": &p.size} {
		if !query.Has(name) {
			continue
		}
		n, err := strconv.Atoi(query.Get(name))
		if err != nil || n < 1 {
			return p, fmt.Errorf("%s must be a positive integer", name)
		}
		*field = n
	}
	p.size = min(p.size, maxSize)
	return p, nil
}

// of is the part of n rows that lies on the page.
func (p paging) of(n int) (from, to int) {
	if p.page > n/p.size+1 {
		return n, n
	}
	from = (p.page - 1) * p.size
	return min(from, n), min(from+p.size, n)
}

// unknownParameter names a query parameter that is not among those known, if there is one.
func unknownParameter(query url.Values, known ...string) error {
	for name, values := range query {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown query parameter %q", name)
		}
		if len(values) > 1 {
			return fmt.Errorf("query parameter %q is given twice", name)
		}
	}
	return nil
}

func pageLink(path string, p paging) string {
	query := url.Values{"page": {strconv.Itoa(p.page)}, "pageSize": {strconv.Itoa(p.size)}}
	return path + "?" + query.Encode()
}
