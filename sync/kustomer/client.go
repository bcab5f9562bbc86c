package kustomer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"acsync/sync/httpx"
)

// Options are what a Client needs. BaseURL and APIKey are required.
type Options struct {
	BaseURL   string        // such as "https://acme.api.kustomerapp.com"
	APIKey    string        // sent as a bearer token
	Timeout   time.Duration // of one attempt; 0 means 30 s
	All       *httpx.Pacer  // every call waits for it; nil: unpaced
	Search    *httpx.Pacer  // searches wait for it too, since they have a limit of their own
	UserAgent string        // such as "acsync/1.4.0"
	HTTP      *http.Client  // in place of the client's own, for tests
	// Notify, when set, is told of every failed attempt that is followed by another, and of the wait before that.
	Notify func(err error, wait time.Duration)
}

// Client reads from one Kustomer organisation. Its methods may be called concurrently; each waits for its turn and is
// tried again after passing faults. Their errors are *httpx.Error where Kustomer or the way to it is at fault.
type Client struct {
	service   *httpx.Service
	all       *httpx.Pacer
	search    *httpx.Pacer
	retry     httpx.Retry
	listsFail atomic.Bool // conversations cannot be had by a list of ids here
}

// New checks the options and makes a client; it connects to nothing.
func New(o Options) (*Client, error) {
	if err := httpx.CheckKey(o.APIKey); err != nil {
		return nil, fmt.Errorf("kustomer: the API key %w", err)
	}
	service, err := httpx.NewService(httpx.ServiceOptions{
		Name: "kustomer", BaseURL: o.BaseURL, Setting: "kustomer.base_url",
		Header:  http.Header{"Authorization": {"Bearer " + o.APIKey}},
		Secrets: []string{o.APIKey}, UserAgent: o.UserAgent, Timeout: o.Timeout, HTTP: o.HTTP,
		// A customer's name in an error's words is not known here, so that nothing could mask it.
		CodesOnly: true, Advise: advise,
	})
	if err != nil {
		return nil, err
	}
	return &Client{service: service, all: o.All, search: o.Search, retry: httpx.Retry{Notify: o.Notify}}, nil
}

// ServerTime asks for the API key's own record, which every valid key may read, and returns the server's clock. An error
// means that the key, the address or the way there is wrong, or that the answer had no Date header.
func (c *Client) ServerTime(ctx context.Context) (time.Time, error) {
	return read(ctx, c, request{method: http.MethodGet, path: "/v1/auth/tokens/current"}, func(r *httpx.Response) (time.Time, error) {
		if err := r.Decode(new(lenient[struct{}])); err != nil {
			return time.Time{}, err
		}
		at := httpx.ServerTime(r.Header)
		if at.IsZero() {
			return time.Time{}, r.Unreadable(errors.New("it has no Date header that tells the server's clock"))
		}
		return at, nil
	})
}

// request is a read, as often as it takes.
type request struct {
	method string
	path   string // escaped
	query  string // encoded
	body   []byte
	role   string // what the key needs, for the hint of a refusal
	search bool   // uses the search budget too
}

// read makes the request, in turn and again after passing faults, and decodes its answer.
func read[T any](ctx context.Context, c *Client, q request, decode func(*httpx.Response) (T, error)) (T, error) {
	pacers := []*httpx.Pacer{c.all}
	if q.search {
		// Which budget a refused search has exceeded is unknown: both hold still then.
		pacers = []*httpx.Pacer{c.search, c.all}
	}
	call := httpx.Call{Method: q.method, Path: q.path, Query: q.query, Body: q.body, Paced: pacers}
	retry := c.retry
	retry.Paced = c.all != nil || q.search && c.search != nil
	value, err := httpx.Read(ctx, retry, func(ctx context.Context) (T, error) {
		var none T
		if err := httpx.Wait(ctx, pacers...); err != nil {
			return none, err
		}
		resp, err := c.service.Do(ctx, call)
		if err != nil {
			return none, err
		}
		return decode(resp)
	})
	return value, explain(err, q)
}
