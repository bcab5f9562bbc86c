package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// users lists users. Its filters cannot be combined (documented). Without one it lists all but those that are left out
// of lists; whether the real list holds deleted users then is unknown.
func (k *kustomer) users(c *call) answer {
	filters := []string{"pending", "deleted", "userType", "email"}
	if err := unknownParameter(c.query, append(filters, "page", "pageSize")...); err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "query")
	}
	p, err := pageOf(c.query, 100, maxPageUsers)
	if err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "page")
	}
	given := slices.DeleteFunc(filters, func(name string) bool { return !c.query.Has(name) })
	if len(given) > 1 {
		return recordError(http.StatusBadRequest, "filters cannot be combined", strings.Join(given, ","))
	}
	var rows []resource
	for _, u := range k.world.allUsers() {
		if !u.Unlisted && u.passes(c.query) {
			rows = append(rows, userResource(&u))
		}
	}
	return list(c, p, rows, c.query)
}

func (u *User) passes(query url.Values) bool {
	switch {
	case query.Has("pending"):
		return query.Get("pending") == "false" // every user has accepted the invitation
	case query.Has("deleted"):
		return (query.Get("deleted") == "true") == !u.DeletedAt.IsZero()
	case query.Has("userType"):
		return query.Get("userType") == u.userType()
	case query.Has("email"):
		address, _ := u.Email.(string)
		return strings.EqualFold(query.Get("email"), address)
	default:
		return true
	}
}

func (u *User) userType() string {
	if u.Type == "" {
		return "user"
	}
	return u.Type
}

// tags lists tags (the endpoint and its parameters are observed).
func (k *kustomer) tags(c *call) answer {
	if err := unknownParameter(c.query, "deleted", "page", "pageSize"); err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	p, err := pageOf(c.query, maxPageTags, maxPageTags)
	if err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
	var rows []resource
	for _, t := range k.world.allTags() {
		if !c.query.Has("deleted") || (c.query.Get("deleted") == "true") == t.Deleted {
			rows = append(rows, tagResource(&t))
		}
	}
	return list(c, p, rows, c.query)
}

// list is a page of a list that does not report totals (documented of users and tags).
func list(c *call, p paging, rows []resource, query url.Values) answer {
	from, to := p.of(len(rows))
	links := object{
		"self": pageLink(c.path, p, query), "first": pageLink(c.path, paging{1, p.size}, query), "prev": nil, "next": nil,
	}
	if p.page > 1 {
		links["prev"] = pageLink(c.path, paging{p.page - 1, p.size}, query)
	}
	if to < len(rows) {
		links["next"] = pageLink(c.path, paging{p.page + 1, p.size}, query)
	}
	return jsonAnswer(http.StatusOK, object{
		"meta": object{"page": p.page, "pageSize": p.size}, "data": append([]resource{}, rows[from:to]...), "links": links,
	})
}
