package agentconnect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"acsync/sync/exit"
	"acsync/sync/httpx"
)

// ErrNoSecret says that the data cannot be read: reading needs the account's API secret beside the key
// (documented).
var ErrNoSecret = exit.Advise(errors.New("agent connect: its data cannot be read without the API secret"),
	"set agent_connect.api_secret_file or AGENT_CONNECT_API_SECRET", "agent-connect")

const (
	// dataTries is how often a call is made; each may last as long as DataTimeout.
	dataTries = 3
	// tokenAge is how old a fresh token says it is, by the service's clock as far as that is known. One that
	// seems to come from the future may be refused (inferred); tokens that were hours old were taken
	// (observed).
	tokenAge = 10 * time.Second
)

// dataReader makes the calls that need the account's secret.
type dataReader struct {
	service *httpx.Service // nil without the secret
	pacer   *httpx.Pacer
	retry   httpx.Retry
}

// newDataReader checks the secret; without one the reader refuses to read.
func newDataReader(o Options, proven *atomic.Bool) (dataReader, error) {
	if o.APISecret == "" {
		return dataReader{}, nil
	}
	if err := httpx.CheckKey(o.APISecret); err != nil {
		return dataReader{}, fmt.Errorf("agent connect: the API secret %w", err)
	}
	service, err := httpx.NewService(httpx.ServiceOptions{
		Name: "agent connect", BaseURL: o.BaseURL, Setting: "agent_connect.base_url",
		Header:  http.Header{"X-Api-Key": {o.APIKey}},
		Secrets: []string{o.APIKey, o.APISecret}, UserAgent: o.UserAgent,
		Timeout: cmp.Or(o.DataTimeout, 5*time.Minute),
		HTTP:    o.HTTP, Transport: httpx.TransportOptions{Connections: 1, Dial: o.Dial},
		Proven: proven, Log: o.Log,
		// How long a token is taken for is unknown: each attempt signs its own, without "Bearer"
		// (documented).
		Authorize: func(now time.Time) (string, error) { return signToken(o.APISecret, now) },
	})
	retry := httpx.Retry{Tries: cmp.Or(o.DataTries, dataTries), Notify: o.Notify}
	return dataReader{service: service, pacer: o.Data, retry: retry}, err
}

// signToken makes a JSON web token with nothing but its time in it (documented).
func signToken(secret string, now time.Time) (string, error) {
	claims := jwt.RegisteredClaims{IssuedAt: jwt.NewNumericDate(now.Add(-tokenAge))}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		return "", fmt.Errorf("agent connect: the token for its data cannot be signed: %w", err)
	}
	return token, nil
}

// fetch reads one page, as often as it takes. What is private in the query is taken out of errors, in case
// that the service echoes it; the errors of decode never quote the answer.
func fetch[T any](
	ctx context.Context, d dataReader, path string, query url.Values, private []string,
	decode func(*httpx.Response) (T, error),
) (T, error) {
	page, err := httpx.Fetch(ctx, d.service, d.retry, httpx.Call{
		Method: http.MethodGet, Path: path, Query: query.Encode(), Secrets: private,
		Paced: []*httpx.Pacer{d.pacer},
	}, decode)
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Kind == httpx.Credentials {
		e.Hint = "check agent_connect.api_key_file and agent_connect.api_secret_file, which must be of one " +
			"account"
	}
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Kind == httpx.NotFound {
		e.Hint = "what answers has no data of Agent Connect: is agent_connect.base_url right?"
		return page, addressError{err}
	}
	return page, explained(err)
}

// addressError is an answer of something else than Agent Connect, which no later call will change.
type addressError struct{ error }

func (e addressError) Unwrap() error { return e.error }

// ExitClass returns the code that the process ends with.
func (addressError) ExitClass() exit.Code { return exit.Usage }

// eachPage yields the rows of one page after the other, and at last an error, if there is one. next fetches a
// page, and reports whether there is another; most bounds how many there are.
func eachPage[T any](
	d dataReader, what string, most int,
	next func() (rows []T, more bool, err error), yield func(T, error) bool,
) {
	if d.service == nil {
		yield(*new(T), ErrNoSecret)
		return
	}
	for range most {
		rows, more, err := next()
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
		if err != nil {
			yield(*new(T), err)
		}
		if err != nil || !more {
			return
		}
	}
	yield(*new(T), fmt.Errorf("agent connect: %s no end: it was read for %d pages; "+
		"is agent_connect.base_url right?", what, most))
}
