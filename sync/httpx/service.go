package httpx

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// ServiceOptions describes one HTTP API. Name, BaseURL and Setting are required.
type ServiceOptions struct {
	Name      string           // such as "kustomer", for errors
	BaseURL   string           // such as "https://acme.api.kustomerapp.com"; may have a path, which is put before every path
	Setting   string           // the configuration key of BaseURL, for errors
	Header    http.Header      // sent with every request, credentials included
	Secrets   []string         // never shown: taken out of every error
	CodesOnly bool             // of the service's words only codes are quoted in errors, since the rest may name people
	UserAgent string           // such as "acsync/1.4.0"; empty means "acsync"
	Timeout   time.Duration    // of one attempt, its answer's body included; 0 means 30 s
	Transport TransportOptions // of the service's own http.Client
	HTTP      *http.Client     // in place of the own one, for tests; redirects are not followed here either
	// Advise, when set, is shown the body of every answer that is no success, whatever of it is quoted, and
	// says what to do about it; empty for nothing in particular.
	Advise func(body []byte) string
}

// Service is one HTTP API. Its methods may be called concurrently.
type Service struct {
	name    string
	base    *url.URL
	setting string
	header  http.Header
	secrets []string
	codes   bool // only codes are quoted
	advise  func(body []byte) string
	timeout time.Duration
	client  *http.Client
}

// NewService checks the options and makes a service; it connects to nothing.
func NewService(o ServiceOptions) (*Service, error) {
	base, err := parseBase(o.BaseURL, o.HTTP != nil)
	if err != nil {
		return nil, fmt.Errorf("%s is not usable: %w", o.Setting, err)
	}
	header := o.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("User-Agent", cmp.Or(o.UserAgent, "acsync"))
	client := NewClient(o.Transport)
	if o.HTTP != nil {
		client = unfollowing(o.HTTP)
	}
	return &Service{
		name: o.Name, base: base, setting: o.Setting, header: header, secrets: o.Secrets,
		codes: o.CodesOnly, advise: o.Advise, timeout: cmp.Or(max(o.Timeout, 0), 30*time.Second), client: client,
	}, nil
}

// Base is the address that every path is put behind, without a trailing slash.
func (s *Service) Base() url.URL { return *s.base }

// parseBase takes https anywhere, and http only where it stays on this machine or a test brings its own client: the
// credentials travel in a header.
func parseBase(text string, test bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL; write it like https://host.example")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("it names no host; write it like https://host.example")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("it must hold a scheme, a host and perhaps a path, and nothing else")
	case u.Scheme == "https", u.Scheme == "http" && (test || loopback(u.Hostname())):
		return u, nil
	case u.Scheme == "http":
		return nil, errors.New("http would send the API key in the clear; use https")
	default:
		return nil, fmt.Errorf("the scheme %q is unknown; use https", u.Scheme)
	}
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// CheckKey refuses an API key that cannot be one: empty, or with white space or control characters in it, as a key that
// was copied with its line break has. The key itself is not in the error.
func CheckKey(key string) error {
	if key == "" {
		return errors.New("the API key is empty")
	}
	for _, r := range key {
		if r <= ' ' || r > '~' {
			return errors.New("the API key has a space, a line break or another character in it that no key has; copy it again")
		}
	}
	return nil
}

// timedOut tells a time-out from the other failures of a connection.
func timedOut(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
