package httpx

import (
	"net/http"
	"slices"

	"acsync/sync/exit"
)

// Kind says what sort of failure an Error is. The set is closed.
type Kind int

// The kinds, and what they are made of.
const (
	Unreadable  Kind = iota // a success, but not the JSON expected: HTML, or cut off
	Credentials             // 401, 403
	Invalid                 // 400, 413 and every other 4xx, but for those of Server
	NotFound                // 404
	Limited                 // 429
	Server                  // 5xx, and what passes like it: 408, 421, 425, 499
	Network                 // no complete answer: DNS, dial, TLS, reset, time-out
	Redirected              // 3xx; redirects are not followed
	TooLarge                // more than MaxBody bytes
	Stopped                 // the caller's context ended
	Setup                   // no connection can be made, and none will be until somebody mends it
)

// kindFacts are a kind's short, stable name, what it is in words that fit into an error, what to do next
// where nothing better is known, and how the process ends.
type kindFacts struct {
	name, phrase, hint string
	exit               exit.Code
}

const elsewhere = "check the service's address: something else seems to answer there"

var kinds = [...]kindFacts{
	Unreadable:  {"unreadable", "the answer cannot be read", elsewhere, exit.Failed},
	Credentials: {"credentials", "credentials refused", "check the API key", exit.Credentials},
	Invalid:     {"invalid", "request refused", "", exit.Failed},
	NotFound:    {"not found", "not found", "", exit.Failed},
	Limited: {
		"limited", "too many requests", "lower the configured requests per minute, or try again later",
		exit.Temporary,
	},
	Server: {"server", "the server failed", "try again later", exit.Temporary},
	Network: {
		"network", "no complete answer", "check the network, the proxy settings and the service's address",
		exit.Temporary,
	},
	Redirected: {"redirected", "redirected, which is not followed", elsewhere, exit.Failed},
	TooLarge:   {"too large", "the answer is too large", "", exit.Failed},
	Stopped:    {"stopped", "stopped", "", exit.Temporary},
	Setup:      {"set-up", "no connection can be made", "", exit.Usage},
}

// String returns the kind's short, stable name.
func (k Kind) String() string { return k.facts().name }

func (k Kind) facts() kindFacts {
	if k < 0 || int(k) >= len(kinds) {
		return kindFacts{"unknown", "failed", "", exit.Failed}
	}
	return kinds[k]
}

// passing are the statuses below 500 that say nothing about the request: it came too slowly or too early, on
// the wrong connection, or a proxy gave up waiting (499, of nginx).
var passing = []int{http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly, 499}

// kindOf sorts the statuses that are no success.
func kindOf(status int) Kind {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Credentials
	case status == http.StatusNotFound:
		return NotFound
	case status == http.StatusTooManyRequests:
		return Limited
	case status >= 500, slices.Contains(passing, status):
		return Server
	case status >= 400:
		return Invalid
	case status >= 300:
		return Redirected
	default:
		return Unreadable
	}
}
