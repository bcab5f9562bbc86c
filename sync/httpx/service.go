package httpx

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
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
		return nil, fmt.Errorf("%s %w", o.Setting, err)
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

// timedOut tells a time-out from the other failures of a connection.
func timedOut(err error) bool {
	ne, ok := errors.AsType[net.Error](err)
	return ok && ne.Timeout()
}
