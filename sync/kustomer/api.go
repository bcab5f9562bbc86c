package kustomer

import (
	"context"
	"net/http"

	"acsync/sync/httpx"
)

// api makes the requests of a Client, in turn and again after passing faults.
type api struct {
	service *httpx.Service
	all     *httpx.Pacer // every request waits for it
	search  *httpx.Pacer // searches wait for it too
	retry   httpx.Retry
}

// request is a read; one with a body is a search, and the only POST.
type request struct {
	path  string // escaped
	query string // encoded
	body  []byte
	role  string // what the key needs, for the hint of a refusal

	shown   string   // the path as errors show it, where that holds personal data
	private []string // the personal data, which an answer may echo

	failures int // as in httpx.Retry
}

func (q request) isSearch() bool { return q.body != nil }

// read makes the request and decodes its answer.
func read[T any](ctx context.Context, a *api, q request, decode func(*httpx.Response) (T, error)) (T, error) {
	call := httpx.Call{
		Method: http.MethodGet, Path: q.path, Query: q.query, Body: q.body, Paced: []*httpx.Pacer{a.all},
		Shown: q.shown, Secrets: q.private,
	}
	if q.isSearch() {
		// Which budget a refused search has exceeded is unknown: both hold still then.
		call.Method, call.Paced = http.MethodPost, []*httpx.Pacer{a.search, a.all}
	}
	retry := a.retry
	retry.Failures = q.failures
	value, err := httpx.Fetch(ctx, a.service, retry, call, decode)
	return value, explain(err, q)
}
