package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// call is a request as an endpoint sees it: read whole, its path taken apart.
type call struct {
	path   string
	id     string // what stands for {id}, unescaped
	query  url.Values
	header http.Header
	body   []byte
}

// route is one endpoint.
type route struct {
	method string
	path   string // may hold {id}
	serve  func(*call) answer
}

// matches reports whether the path is the route's, and what stands for {id}.
func (r route) matches(escaped string) (id string, ok bool) {
	prefix, suffix, hasID := strings.Cut(r.path, "{id}")
	if !hasID {
		return "", escaped == r.path
	}
	rest, begins := strings.CutPrefix(escaped, prefix)
	rest, ends := strings.CutSuffix(rest, suffix)
	if !begins || !ends || rest == "" || strings.Contains(rest, "/") {
		return "", false
	}
	id, err := url.PathUnescape(rest)
	return id, err == nil
}

// find is the route of a request, and what stands for {id}. match is nil for another method than the path's;
// found reports whether the path is known.
func find(routes []route, r *http.Request) (match *route, id string, found bool) {
	for i := range routes {
		part, ok := routes[i].matches(r.URL.EscapedPath())
		if !ok {
			continue
		}
		found = true
		if routes[i].method == r.Method {
			return &routes[i], part, true
		}
	}
	return nil, "", found
}
