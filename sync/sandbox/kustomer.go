package sandbox

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

const (
	kustomerBody = 100_000 // bytes of a request body; above it 413 (documented)
	maxPageTags  = 100     // most lists (documented)
	maxPageUsers = 500     // documented
	maxIDs       = 50      // of one call; the real number is unknown
)

// kustomer answers for Kustomer.
type kustomer struct {
	world         *world
	key           string
	clock         func() time.Time
	all, searches limiter
}

func newKustomer(o Options, w *world, key string) backend {
	k := &kustomer{
		world: w, key: key, clock: o.Now,
		all: limiter{perMinute: o.KustomerPerMinute}, searches: limiter{perMinute: o.SearchesPerMinute},
	}
	s := &searcher{w, w.generator.seed, o.Faults, o.Now}
	return backend{
		maxBody: kustomerBody, admit: k.admit, failure: listError, announce: quota.header,
		routes: []route{
			{http.MethodPost, searchPath, s.search},
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
	q := k.all.take(k.clock())
	if q.ok && c.path == searchPath {
		if of := k.searches.take(k.clock()); !of.ok {
			q = of
		}
	}
	if !q.ok {
		a := listError(http.StatusTooManyRequests, "rate limit exceeded")
		return q, &a
	}
	given, bearer := strings.CutPrefix(c.header.Get("Authorization"), "Bearer ")
	if !bearer || subtle.ConstantTimeCompare([]byte(given), []byte(k.key)) == 0 {
		a := listError(http.StatusUnauthorized, "invalid token")
		return q, &a
	}
	return q, nil
}

// conversations answers one id with the record, several with those that are there.
func (k *kustomer) conversations(c *call) answer {
	ids := strings.Split(c.id, ",")
	if err := unknownParameter(c.query); err != nil {
		return listError(http.StatusBadRequest, err.Error())
	} else if len(ids) > maxIDs {
		return listError(http.StatusBadRequest, "too many ids")
	}
	now := k.clock().UTC()
	found := []resource{}
	for _, id := range ids {
		if each, ok := k.world.conversation(id, now); ok {
			found = append(found, conversationResource(k.world, &each, now))
		}
	}
	switch {
	case len(ids) > 1:
		return jsonAnswer(http.StatusOK, object{
			"meta": object{"page": 1, "pageSize": len(ids)}, "data": found, "links": object{"self": c.path},
		})
	case len(found) == 0:
		return listError(http.StatusNotFound, "conversation not found")
	default:
		return jsonAnswer(http.StatusOK, object{"data": found[0]})
	}
}

// customer answers a single id; several at once are not documented, and not found.
func (k *kustomer) customer(c *call) answer {
	if err := unknownParameter(c.query); err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "query")
	}
	if found, ok := k.world.customer(c.id); ok {
		return jsonAnswer(http.StatusOK, object{"data": customerResource(&found)})
	}
	return recordError(http.StatusNotFound, "Not found", "id")
}

// users lists all users but those that are left out of lists; whether the real list holds deleted users is
// unknown.
func (k *kustomer) users(c *call) answer {
	p, err := pageOf(c.query, 100, maxPageUsers)
	if err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "query")
	}
	var rows []resource
	for _, u := range k.world.allUsers() {
		if !u.Unlisted {
			rows = append(rows, userResource(&u))
		}
	}
	return list(c, p, rows)
}

// user answers a single id. Several are documented, and nobody asks for them.
func (k *kustomer) user(c *call) answer {
	if found, ok := k.world.user(c.id); ok {
		return jsonAnswer(http.StatusOK, object{"data": userResource(&found)})
	}
	return recordError(http.StatusNotFound, "Not found", "id")
}

// tags lists tags (the endpoint and its parameters are observed).
func (k *kustomer) tags(c *call) answer {
	p, err := pageOf(c.query, maxPageTags, maxPageTags)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	var rows []resource
	for _, t := range k.world.allTags() {
		rows = append(rows, tagResource(&t))
	}
	return list(c, p, rows)
}

// token answers any valid key (documented); the shape of the answer is inferred.
func (k *kustomer) token(*call) answer {
	return jsonAnswer(http.StatusOK, object{"data": object{
		"type": "auth_token", "id": k.world.generator.seed.id(slot{class: 9}, hired),
		"attributes":    object{"name": "acsync", "userType": "machine", "roles": roles, "expiresAt": nil},
		"relationships": object{"org": orgLink()},
	}})
}
