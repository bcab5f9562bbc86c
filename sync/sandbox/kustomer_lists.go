package sandbox

import "net/http"

// users lists all users but those that are left out of lists; whether the real list holds deleted users is unknown.
func (k *kustomer) users(c *call) answer {
	if err := unknownParameter(c.query, "page", "pageSize"); err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "query")
	}
	p, err := pageOf(c.query, 100, maxPageUsers)
	if err != nil {
		return recordError(http.StatusBadRequest, err.Error(), "page")
	}
	var rows []resource
	for _, u := range k.world.allUsers() {
		if !u.Unlisted {
			rows = append(rows, userResource(&u))
		}
	}
	return list(c, p, rows)
}

func (u *User) userType() string {
	if u.Type == "" {
		return "user"
	}
	return u.Type
}

// tags lists tags (the endpoint and its parameters are observed).
func (k *kustomer) tags(c *call) answer {
	if err := unknownParameter(c.query, "page", "pageSize"); err != nil {
		return listError(http.StatusBadRequest, err.Error())
	}
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

// list is a page of a list that does not report totals (documented of users and tags).
func list(c *call, p paging, rows []resource) answer {
	from, to := p.of(len(rows))
	links := object{
		"self": pageLink(c.path, p), "first": pageLink(c.path, paging{1, p.size}), "prev": nil, "next": nil,
	}
	if p.page > 1 {
		links["prev"] = pageLink(c.path, paging{p.page - 1, p.size})
	}
	if to < len(rows) {
		links["next"] = pageLink(c.path, paging{p.page + 1, p.size})
	}
	return jsonAnswer(http.StatusOK, object{
		"meta": object{"page": p.page, "pageSize": p.size}, "data": append([]resource{}, rows[from:to]...), "links": links,
	})
}
