package sandbox

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	kustomerBody = 100_000 // bytes of a request body; above it 413 (documented)
	maxPage      = 100     // rows of most lists (documented)
	maxPageUsers = 500     // of users and teams (documented)
	maxIDs       = 50      // of one call; the real number is unknown
)

// kustomer answers for Kustomer.
type kustomer struct {
	world         *world
	key           string
	roles         []string // of the key
	clock         func() time.Time
	all, searches limiter
}

func newKustomer(o Options, w *world, key string) backend {
	k := &kustomer{
		world: w, key: key, roles: rolesWithout(o.RolesLacking), clock: o.Now,
		all: limiter{perMinute: o.KustomerPerMinute}, searches: limiter{perMinute: o.SearchesPerMinute},
	}
	s := &searcher{w, w.generator.seed, o.Faults, o.Now}
	return backend{
		maxBody: kustomerBody, admit: k.admit, failure: listError, announce: quota.header,
		routes: []route{
			{http.MethodPost, searchPath, k.needs(roleSearch, s.search)},
			{http.MethodGet, "/v1/conversations/{id}", k.needs(roleConversation, k.conversations)},
			// What an address is looked up by comes before an id, which it would be otherwise.
			{http.MethodGet, "/v1/customers/email={id}", k.needs(roleCustomer, k.customerByEmail)},
			{http.MethodGet, "/v1/customers/{id}", k.needs(roleCustomer, k.customer)},
			{
				http.MethodGet, "/v1/customers/{id}/conversations",
				k.needs(roleConversation, k.customerConversations),
			},
			{http.MethodGet, "/v1/users", k.needs(roleUser, k.users)},
			{http.MethodGet, "/v1/users/{id}", k.needs(roleUser, k.user)},
			{http.MethodGet, "/v1/tags", k.needs(roleTag, k.tags)},
			{http.MethodGet, "/v1/teams", k.needs(roleTeam, k.teams)},
			{http.MethodGet, "/v1/brands", k.needs(roleBrand, k.brands)},
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

// needs serves a call to a key with a role, and refuses the others as it refuses a wrong key (documented).
func (k *kustomer) needs(role string, serve func(*call) answer) func(*call) answer {
	return func(c *call) answer {
		if !slices.Contains(k.roles, role) {
			return listError(http.StatusUnauthorized, "missing role")
		}
		return serve(c)
	}
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

// customerByEmail answers with the customer who has the address as their own, in any case; whether a shared
// one finds somebody, too, is unknown.
func (k *kustomer) customerByEmail(c *call) answer {
	if err := unknownParameter(c.query); err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "query")
	}
	if found, ok := k.world.customerByAddress(c.id, k.clock().UTC()); ok {
		return jsonAnswer(http.StatusOK, object{"data": customerResource(&found)})
	}
	return recordError(http.StatusNotFound, "Not found", "email")
}

// customerConversations lists the conversations of a customer by id, the oldest first; the real order is
// unknown.
func (k *kustomer) customerConversations(c *call) answer {
	p, err := pageOf(c.query, maxPage, maxPage)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	if _, ok := k.world.customer(c.id); !ok {
		return recordError(http.StatusNotFound, "Not found", "id")
	}
	now := k.clock().UTC()
	var rows []resource
	for _, each := range k.world.conversationsOf(c.id, now) {
		rows = append(rows, conversationResource(k.world, &each, now))
	}
	c.path = "/v1/customers/" + url.PathEscape(c.id) + "/conversations"
	return list(c, p, rows)
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
	return listOf(c, maxPage, k.world.allTags(), tagResource)
}

// teams lists teams (documented).
func (k *kustomer) teams(c *call) answer {
	return listOf(c, maxPageUsers, k.world.allTeams(), teamResource)
}

// brands lists brands (documented).
func (k *kustomer) brands(c *call) answer {
	return listOf(c, maxPage, k.world.allBrands(), brandResource)
}

// listOf is a page of a list of records.
func listOf[T any](c *call, maxSize int, all []T, render func(*T) resource) answer {
	p, err := pageOf(c.query, 100, maxSize)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	var rows []resource
	for i := range all {
		rows = append(rows, render(&all[i]))
	}
	return list(c, p, rows)
}

// token answers any valid key (documented); the shape of the answer is inferred.
func (k *kustomer) token(*call) answer {
	return jsonAnswer(http.StatusOK, object{"data": object{
		"type": "auth_token", "id": k.world.generator.seed.id(slot{class: 9}, hired),
		"attributes":    object{"name": "acsync", "userType": "machine", "roles": k.roles, "expiresAt": nil},
		"relationships": object{"org": orgLink()},
	}})
}
