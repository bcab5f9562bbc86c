package httpx

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"acsync/sync/exit"
	"acsync/sync/httpx/redact"
)

// pathShown is how many characters of a path an error shows; a list of ids can be a thousand long.
const pathShown = 120

// Error is a call that brought no usable answer. It holds no key and no personal data, so it may be logged.
type Error struct {
	Service string // such as "kustomer"
	Method  string // "GET" or "POST"
	Path    string // without the query; ids may be in it
	Status  int    // HTTP status; 0 when no complete status line and header arrived
	Kind    Kind   // what sort of failure
	// the server's own words: one line, at most redact.MaxMessage characters, scrubbed
	Message string
	Own     bool // the body is the service's own word; see ServiceOptions.Own
	Page    bool // the body is a web page, which no API answers with
	// OtherClock: the attempt was authorized by a clock that the service does not share. Another one will be
	// authorized by the service's.
	OtherClock bool
	Hint       string        // what to do next
	RetryAfter time.Duration // how long the server asked to wait; 0 when it did not
	Err        error         // the cause on this side; nil for a complete answer with a bad status
}

// Error says in one line what happened, to what, and what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s %s: ", e.Service, e.Method, redact.Cut(e.Path, pathShown))
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d, ", e.Status)
	}
	b.WriteString(e.Kind.facts().phrase)
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return exit.Told(b.String(), e.Todo())
}

// Unwrap gives the cause, so that errors.Is finds context.Canceled and its like.
func (e *Error) Unwrap() error { return e.Err }

// ExitClass returns the code that the process ends with when the error is what ends it. Whoever stopped the
// call knows better than the call.
func (e *Error) ExitClass() exit.Code { return exit.Or(e.Err, e.Kind.facts().exit) }

// Brief says what sort of failure it was, in this program's own words alone: nothing that a server said, no
// path, no id.
func (e *Error) Brief() string {
	if e.Status == 0 {
		return e.Kind.facts().phrase
	}
	return fmt.Sprintf("%d, %s", e.Status, e.Kind.facts().phrase)
}

// Todo says what to do next, in this program's own words; empty where nothing is known.
func (e *Error) Todo() string { return cmp.Or(e.Hint, e.Kind.facts().hint) }

// Topic is the one of the manual that tells more: that about the service, where its keys are refused.
func (e *Error) Topic() string {
	if e.Kind == Credentials {
		return strings.ReplaceAll(e.Service, " ", "-")
	}
	return ""
}

// OfRequest reports whether the failure may be of this request alone, while the service answers others: it
// asks for more than the service can find in time, or for something that cannot be served.
func (e *Error) OfRequest() bool {
	switch e.Kind {
	case Server, Unreadable, TooLarge:
		return true
	case Network:
		// Without a connection the service never heard of the request.
		_, nameless := errors.AsType[*net.DNSError](e.Err)
		op, ok := errors.AsType[*net.OpError](e.Err)
		connecting := []string{"dial", "proxyconnect", "socks connect"}
		_, refused := errors.AsType[*proxyRefusal](e.Err)
		_, unverified := errors.AsType[*tls.CertificateVerificationError](e.Err)
		return !nameless && !refused && !unverified && !oldTLS(e.Err) && (!ok || !slices.Contains(connecting, op.Op))
	default:
		return false
	}
}
