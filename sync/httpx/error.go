package httpx

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"acsync/sync/exit"
)

// pathShown is how many characters of a path an error shows; a list of ids can be a thousand long.
const pathShown = 120

// Error is a call that brought no usable answer. It holds no key and no personal data, so it may be logged.
type Error struct {
	Service    string        // such as "kustomer"
	Method     string        // "GET" or "POST"
	Path       string        // without the query; ids may be in it
	Status     int           // HTTP status; 0 when no complete status line and header arrived
	Kind       Kind          // what sort of failure
	Message    string        // the server's own words: one line, at most MaxMessage characters, scrubbed
	Hint       string        // what to do next
	RetryAfter time.Duration // how long the server asked to wait; 0 when it did not
	Err        error         // the cause on this side, when there is one: nil for a complete answer with a bad status
}

// Error says in one line what happened, to what, and what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s %s: ", e.Service, e.Method, cut(e.Path, pathShown))
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d, ", e.Status)
	}
	b.WriteString(e.Kind.phrase())
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if hint := e.hint(); hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}

// Unwrap gives the cause, so that errors.Is finds context.Canceled and its like.
func (e *Error) Unwrap() error { return e.Err }

// ExitClass returns the code that the process ends with when the error is what ends it. Whoever stopped the
// call knows better than the call.
func (e *Error) ExitClass() exit.Code {
	switch e.Kind {
	case Credentials:
		return exit.Or(e.Err, exit.Credentials)
	case Limited, Server, Network, Stopped:
		return exit.Or(e.Err, exit.Temporary)
	default:
		return exit.Or(e.Err, exit.Failed)
	}
}

// hint falls back on advice that holds for every service.
func (e *Error) hint() string {
	if e.Hint != "" {
		return e.Hint
	}
	switch e.Kind {
	case Credentials:
		return "check the API key"
	case Limited:
		return "lower the configured requests per minute, or try again later"
	case Server:
		return "try again later"
	case Network:
		return "check the network, the proxy settings and the service's address"
	case Unreadable, Redirected:
		return "check the service's address: something else seems to answer there"
	default:
		return ""
	}
}

// Brief says what sort of failure it was, in this program's own words alone: nothing that a server said, no
// path, no id.
func (e *Error) Brief() string {
	if e.Status == 0 {
		return e.Kind.phrase()
	}
	return fmt.Sprintf("%d, %s", e.Status, e.Kind.phrase())
}

// cause is an error of the standard library with its text scrubbed: errors of net/url spell out whole addresses, and
// those of proxies can hold a password.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }
func (c *cause) Unwrap() error { return c.err }

// cause wraps an error of a call so that its text can be shown.
func (s *Service) cause(err error, c Call) error {
	for {
		inner, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = inner.Err
	}
	text := err.Error()
	if s.codes {
		text = unquoted(text)
	}
	return &cause{text: words(text, s.private(c)), err: err}
}

// cut shortens text to at most n characters, the last of which then is an ellipsis.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
