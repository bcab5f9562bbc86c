package kustomer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"acsync/sync/httpx"
	"acsync/sync/httpx/lenient"
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
	Dial      httpx.Dial    // in place of the network, for tests
	Tries     int           // attempts at a call, at most; 0 means 5
	// ByUpdate finds conversations by when they were changed, for an organisation whose search does not know
	// when they were marked done.
	ByUpdate bool
	Log      *slog.Logger // hears of every attempt at a call, at debug; nil: nobody does
	// Notify, when set, is told of every failed attempt that is followed by another, and of the wait before
	// that.
	Notify func(err error, wait time.Duration)
}

// Client reads from one Kustomer organisation. Its methods may be called concurrently; each waits for its
// turn and is tried again after passing faults. Their errors are *httpx.Error where Kustomer or the way to it
// is at fault.
type Client struct {
	*api
	searcher
	getter
	*batchGetter
	lister
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
		CodesOnly: true, Advise: advise, Log: o.Log, Transport: httpx.TransportOptions{Dial: o.Dial},
	})
	if err != nil {
		return nil, err
	}
	retry := httpx.Retry{Tries: o.Tries, Notify: o.Notify}
	a := &api{service: service, all: o.All, search: o.Search, retry: retry}
	c := &Client{
		api: a, searcher: searcher{api: a}, getter: getter{a}, batchGetter: &batchGetter{api: a},
		lister: lister{a},
	}
	if o.ByUpdate {
		c.searcher.updates = &updates{api: a, read: c.Conversations, most: updatesKept}
	}
	return c, nil
}

// ServerTime asks for the API key's own record, which every valid key may read, and returns the server's
// clock. An error means that the key, the address or the way there is wrong, or that the answer had no Date
// header.
func (c *Client) ServerTime(ctx context.Context) (time.Time, error) {
	q := request{path: "/v1/auth/tokens/current"}
	return read(ctx, c.api, q, func(r *httpx.Response) (time.Time, error) {
		if err := r.Decode(new(lenient.Of[struct{}])); err != nil {
			return time.Time{}, err
		}
		at := httpx.ServerTime(r.Header)
		if at.IsZero() {
			return time.Time{},
				r.Unreadable(errors.New("it has no Date header that tells the server's clock"))
		}
		return at, nil
	})
}
