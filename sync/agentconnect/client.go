package agentconnect

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"acsync/sync/httpx"
)

// Options are what a Client needs. BaseURL and APIKey are required.
type Options struct {
	BaseURL   string        // such as "https://acme.api.stellaconnect.net"
	APIKey    string        // sent as x-api-key
	Timeout   time.Duration // of a POST, from the connection to the end of the answer; 0 means 30 s
	Requests  *httpx.Pacer  // Ready waits for it; nil: unpaced
	UserAgent string        // such as "acsync/1.4.0"
	HTTP      *http.Client  // in place of the client's own, for tests
	Dial      httpx.Dial    // in place of the network, for tests
	Log       *slog.Logger  // hears of every attempt at a call, at debug; nil: nobody does

	// Of reading the data back. Without the secret it answers ErrNoSecret.
	APISecret   string        // signs a token for each call; of the same account as the key
	Data        *httpx.Pacer  // each call waits for it; nil: unpaced
	DataTimeout time.Duration // of one call; 0 means 5 min: answers that took longer than one were observed
	DataTries   int           // attempts at one call, at most; 0 means 3
	// Notify, when set, is told of every failed call for data that is tried again, and of the wait before
	// that.
	Notify func(err error, wait time.Duration)
}

// Client posts to one Agent Connect account, and reads its data. Its methods may be called concurrently.
type Client struct {
	interactionReader
	employeeReader
	service  *httpx.Service
	requests *httpx.Pacer
}

// New checks the options and makes a client; it connects to nothing.
func New(o Options) (*Client, error) {
	if err := httpx.CheckKey(o.APIKey); err != nil {
		return nil, fmt.Errorf("agent connect: the API key %w", err)
	}
	proven := new(atomic.Bool)
	service, err := httpx.NewService(httpx.ServiceOptions{
		Name: "agent connect", BaseURL: o.BaseURL, Setting: "agent_connect.base_url",
		Header:  http.Header{"X-Api-Key": {o.APIKey}},
		Secrets: []string{o.APIKey}, UserAgent: o.UserAgent, Timeout: o.Timeout, HTTP: o.HTTP,
		Own: ownWord, Proven: proven, Log: o.Log,
		// No answer can be that of another request, and a connection that breaks leaves one in doubt.
		Transport: httpx.TransportOptions{Single: true, Dial: o.Dial},
	})
	if err != nil {
		return nil, err
	}
	data, err := newDataReader(o, proven)
	if err != nil {
		return nil, err
	}
	return &Client{
		interactionReader{data, newAddressKey()}, employeeReader{data}, service, o.Requests,
	}, nil
}

// WithAttempt lets ctx tell Ready and Create, for the log, which attempt at one request they are of.
func WithAttempt(ctx context.Context, number int) context.Context {
	return httpx.WithAttempt(ctx, number)
}

// ErrTooLate is in the error of an Answer to what was not sent because the time for it was over.
var ErrTooLate = httpx.ErrTooLate

// WithLatest lets ctx end Create, as long as nothing has left, once late reports so.
func WithLatest(ctx context.Context, late func(now time.Time) bool) context.Context {
	return httpx.WithLatest(ctx, late)
}

// Ready waits until a request may be posted, and counts it. It is apart from Create so that the caller can
// note down what it is about to do after the wait and right before the act.
func (c *Client) Ready(ctx context.Context) error { return httpx.Wait(ctx, c.requests) }

// Create posts one survey request, or recovery, once. It does not wait for its turn, but for others that were
// held up between their turn and the wire. When ctx is cancelled, what has not left is not written, and what
// has is finished: see [httpx.WithCutOff]. It may be called again with the same request only when that was
// certainly not taken; see Answer.
func (c *Client) Create(ctx context.Context, r Request) Answer {
	path, body, err := r.post()
	if err != nil {
		return Answer{Err: fmt.Errorf("agent connect: the survey request cannot be encoded: %w", err)}
	}
	if err := c.requests.Depart(ctx); err != nil {
		return Answer{Err: err}
	}
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// From here on a goroutine of net/http may write at any moment, even while Do is told of a failure.
		// Before it nothing of the request has left: names were looked up, a connection was made and secured.
		GotConn: func(httptrace.GotConnInfo) { written.Store(true) },
	})
	resp, err := c.service.Do(ctx, httpx.Call{
		Method: http.MethodPost, Path: path, Body: body,
		Once: true, Secrets: r.personal(), Paced: []*httpx.Pacer{c.requests},
	})
	if err != nil {
		return failed(err, written.Load())
	}
	return accepted(r, resp)
}
