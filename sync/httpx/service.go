package httpx

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"
)

// ServiceOptions describes one HTTP API. Name, BaseURL and Setting are required.
type ServiceOptions struct {
	Name string // such as "kustomer", for errors
	// such as "https://acme.api.kustomerapp.com"; its path is put before every path
	BaseURL   string
	Setting   string           // the configuration key of BaseURL, for errors
	Header    http.Header      // sent with every request, credentials included
	Secrets   []string         // never shown: taken out of every error
	CodesOnly bool             // only codes are quoted of the service's words, since the rest may name people
	UserAgent string           // such as "acsync/1.4.0"; empty means "acsync"
	Timeout   time.Duration    // of one attempt, its answer's body included; 0 means 30 s
	Transport TransportOptions // of the service's own http.Client
	HTTP      *http.Client     // in place of the own one, for tests; redirects are not followed here either
	Log       *slog.Logger     // hears of every attempt, at debug; nil: nobody does
	// Authorize, when set, returns the Authorization header of an attempt, which is never shown. The time is
	// the service's own as far as its answers have told it.
	Authorize func(now time.Time) (string, error)
	// Advise, when set, is shown the body of every answer that is no success, whatever of it is quoted, and
	// says what to do about it; empty for nothing in particular.
	Advise func(body []byte) string
	// Own, when set, reports whether the body of an answer that is no success, which arrived whole, is the
	// service's own word, and not that of something that stands before it.
	Own func(body []byte) bool
	// Proven, when set, is shared by services that are reached in the same way: whether one of them has
	// answered.
	Proven *atomic.Bool
}

// clockTolerance is how far two clocks may differ without a correction.
const clockTolerance = 5 * time.Second

// Service is one HTTP API. Its methods may be called concurrently.
type Service struct {
	base      *url.URL
	header    http.Header
	authorize func(time.Time) (string, error)
	client    *http.Client
	report    reporter
	log       callLog
	ahead     *atomic.Int64 // how far this machine's clock is ahead of the service's, in nanoseconds
}

// NewService checks the options and makes a service; it connects to nothing.
func NewService(o ServiceOptions) (*Service, error) {
	base, err := parseBase(o.BaseURL, o.HTTP != nil)
	if err != nil {
		return nil, fmt.Errorf("%s %w", o.Setting, err)
	}
	if o.HTTP == nil && !loopback(base.Hostname()) {
		if err := checkProxies(); err != nil {
			return nil, err
		}
	}
	header := o.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("User-Agent", cmp.Or(o.UserAgent, "acsync"))
	header.Set("Accept", "application/json")
	client := NewClient(o.Transport)
	if o.HTTP != nil {
		client = withoutRedirects(o.HTTP)
	}
	report := reporter{
		name: o.Name, setting: o.Setting, timeout: cmp.Or(max(o.Timeout, 0), 30*time.Second),
		secrets: o.Secrets, codesOnly: o.CodesOnly, advise: o.Advise, own: o.Own,
		proven: cmp.Or(o.Proven, new(atomic.Bool)),
	}
	return &Service{
		base: base, header: header, authorize: o.Authorize, client: client, ahead: new(atomic.Int64),
		report: report, log: callLog{o.Log, report, base.String()},
	}, nil
}

// Base returns the address that every path is put behind, without a trailing slash.
func (s *Service) Base() url.URL { return *s.base }

// Do makes one attempt. A 2xx answer is returned with its whole body; everything else is an *Error, but for
// what Authorize fails with.
func (s *Service) Do(ctx context.Context, c Call) (*Response, error) {
	began := time.Now()
	resp, err := s.do(ctx, c)
	s.log.attempt(ctx, c, began, resp, err)
	return resp, err
}

func (s *Service) do(ctx context.Context, c Call) (*Response, error) {
	header := s.header.Clone()
	ahead := time.Duration(s.ahead.Load())
	if s.authorize != nil {
		token, err := s.authorize(time.Now().Add(-ahead))
		if err != nil {
			return nil, err
		}
		header.Set("Authorization", token)
		c.Secrets = append(slices.Clone(c.Secrets), token)
	}
	attempt, cancel := context.WithTimeout(ctx, s.report.timeout)
	defer cancel()
	req, err := s.request(attempt, c, header)
	if err != nil {
		return nil, s.report.failed(ctx, c, 0, err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, s.report.failed(ctx, c, 0, err)
	}
	defer resp.Body.Close()
	s.report.proven.Store(true)
	for _, p := range c.Paced {
		p.Observe(resp.StatusCode, resp.Header)
	}
	now := s.compareClocks(resp.Header)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		refused := s.report.refused(ctx, c, resp)
		refused.OtherClock = s.authorize != nil && (now-ahead).Abs() > clockTolerance
		return nil, refused
	}
	body, err := c.read(resp.Body, MaxBody)
	if err != nil {
		return nil, s.report.failed(ctx, c, resp.StatusCode, err)
	}
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: body, call: c, report: s.report}, nil
}

// compareClocks measures how far this machine's clock is ahead of the service's, and keeps it.
func (s *Service) compareClocks(h http.Header) time.Duration {
	if at := ServerTime(h); !at.IsZero() {
		ahead := time.Since(at)
		// The header tells whole seconds, and the answer was on its way.
		if ahead.Abs() <= clockTolerance {
			ahead = 0
		}
		s.ahead.Store(int64(ahead))
	}
	return time.Duration(s.ahead.Load())
}

func (s *Service) request(ctx context.Context, c Call, header http.Header) (*http.Request, error) {
	address := s.base.String() + c.Path
	if c.Query != "" {
		address += "?" + c.Query
	}
	var body io.Reader
	if c.Body != nil {
		body = bytes.NewReader(c.Body)
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header = header
	if c.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Once {
		// Without GetBody net/http cannot send a body twice: it replays a request on a new connection only
		// when the body can be had again, or was never touched.
		req.GetBody = nil
		// What is not asked for at all may come compressed.
		req.Header.Set("Accept-Encoding", "identity")
	}
	return req, nil
}
