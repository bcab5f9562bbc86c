package httpx

import "net/http"

// Kind says what sort of failure an Error is. The set is closed.
type Kind int

// The kinds, and what they are made of.
const (
	Unreadable  Kind = iota // a success, but not the JSON expected: HTML, or cut off
	Credentials             // 401, 403
	Invalid                 // 400, 413 and every other 4xx
	NotFound                // 404
	Limited                 // 429
	Server                  // 5xx
	Network                 // no complete answer: DNS, dial, TLS, reset, time-out
	Redirected              // 3xx; redirects are not followed
	TooLarge                // more than MaxBody bytes
	Stopped                 // the caller's context ended
)

var kinds = [...]struct{ name, phrase string }{
	Unreadable:  {"unreadable", "the answer cannot be read"},
	Credentials: {"credentials", "credentials refused"},
	Invalid:     {"invalid", "request refused"},
	NotFound:    {"not found", "not found"},
	Limited:     {"limited", "too many requests"},
	Server:      {"server", "the server failed"},
	Network:     {"network", "no complete answer"},
	Redirected:  {"redirected", "redirected, which is not followed"},
	TooLarge:    {"too large", "the answer is too large"},
	Stopped:     {"stopped", "stopped"},
}

// String is the kind's short, stable name.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return "unknown"
	}
	return kinds[k].name
}

// phrase is the kind in words that fit into an error.
func (k Kind) phrase() string {
	if k < 0 || int(k) >= len(kinds) {
		return "failed"
	}
	return kinds[k].phrase
}

// kindOf sorts the statuses that are no success.
func kindOf(status int) Kind {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Credentials
	case status == http.StatusNotFound:
		return NotFound
	case status == http.StatusTooManyRequests:
		return Limited
	case status >= 500:
		return Server
	case status >= 400:
		return Invalid
	case status >= 300:
		return Redirected
	default:
		return Unreadable
	}
}
