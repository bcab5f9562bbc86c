package httpx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"acsync/sync/httpx/redact"
)

// reporter makes the errors of a service. None of them holds what must not be shown.
type reporter struct {
	name      string
	setting   string
	timeout   time.Duration // of one attempt
	secrets   []string
	codesOnly bool
	advise    func(body []byte) string
	own       func(body []byte) bool
	proven    *atomic.Bool // it has answered
}

// failed is the error of an attempt that broke on the way; status is 0 when no header arrived.
func (r reporter) failed(ctx context.Context, c Call, status int, err error) *Error {
	e := r.error(c, Network, status)
	e.Err = r.cause(err, c)
	if expired(err) {
		e.Hint = "compare this machine's clock; otherwise it is for whoever runs the service to renew the certificate"
	}
	advice := setupAdvice(err, r.setting)
	if todo := crowdedAdvice(err); todo != "" {
		advice, e.Hint = "", todo // what could not be read may have been a certificate
	}
	e.Hint = cmp.Or(advice, e.Hint)
	switch {
	// What has worked a moment ago is set up well enough: it may work again.
	case advice != "" && !r.proven.Load():
		e.Kind = Setup
	case errors.Is(err, errCutOff), errors.Is(err, ErrTooLate):
		e.Kind = Stopped
	// What is made once ends with ctx only before it has begun.
	case ctx.Err() != nil && (!c.Once || errors.Is(err, context.Canceled)):
		e.Kind, e.Err = Stopped, ctx.Err()
	case errors.Is(err, errTooLarge):
		e.Kind = TooLarge
	case errors.Is(err, ErrStray):
		e.Kind = Unreadable
	case timedOut(err) || errors.Is(err, context.DeadlineExceeded):
		e.Err = fmt.Errorf("timed out, after at most %v: %w", r.timeout, e.Err)
	case errors.Is(err, io.ErrUnexpectedEOF) && status != 0:
		e.Kind, e.Err = Unreadable, fmt.Errorf("it was cut off: %w", e.Err)
	}
	return e
}

// refused is the error of an answer that is no success. Its body is read for the server's words; when that
// fails, the status still stands.
func (r reporter) refused(ctx context.Context, c Call, resp *http.Response) *Error {
	body, err := c.read(resp.Body, maxErrorBody)
	switch {
	case errors.Is(err, errTooLarge) && c.Once:
		// Another answer may stand behind what was read.
		err = ErrStray
	case errors.Is(err, errTooLarge):
		err = nil
	}
	e := r.error(c, kindOf(resp.StatusCode), resp.StatusCode)
	e.Message = r.quote(body, c)
	if r.advise != nil {
		e.Hint = r.advise(body)
	}
	e.RetryAfter = retryAfter(resp.StatusCode, resp.Header)
	if err != nil {
		e.Err = r.failed(ctx, c, resp.StatusCode, err).Err
	}
	e.Page = redact.IsHTML(body)
	e.Own = err == nil && r.own != nil && r.own(body)
	return e
}

// unreadable is the error of a success that is not what was asked for.
func (r reporter) unreadable(c Call, status int, body []byte, problem error) *Error {
	e := r.error(c, Unreadable, status)
	e.Err = problem
	if redact.IsHTML(body) && !r.codesOnly {
		e.Message = r.quote(body, c)
	}
	e.Hint = "is " + r.setting + " right?"
	return e
}

func (r reporter) error(c Call, kind Kind, status int) *Error {
	return &Error{
		Service: r.name, Method: c.Method, Path: redact.Path(cmp.Or(c.Shown, c.Path)), Kind: kind, Status: status,
	}
}

// quote is what may be shown of an answer's body.
func (r reporter) quote(body []byte, c Call) string {
	if r.codesOnly {
		return redact.Codes(body, r.private(c)...)
	}
	return redact.Message(body, r.private(c)...)
}

// cause wraps an error of the standard library so that its text can be shown: errors of net/url spell out
// whole addresses, and those of proxies can hold a password.
func (r reporter) cause(err error, c Call) error {
	for {
		inner, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = inner.Err
	}
	text := err.Error()
	if r.codesOnly {
		text = redact.Unquoted(text)
	}
	return &cause{text: redact.Text(text, r.private(c)...), err: err}
}

// private is everything that must not be in an error of this call.
func (r reporter) private(c Call) []string { return slices.Concat(r.secrets, c.Secrets) }

// cause is an error with another text.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err }

// retryAfter is how long the server wants to be left alone: Retry-After, or after a 429 the reset of its
// window.
func retryAfter(status int, h http.Header) time.Duration {
	now := serverNow(h)
	wait, ok := RetryAfter(h, now)
	if !ok && status == http.StatusTooManyRequests {
		wait, _ = Reset(h, now)
	}
	return wait
}
