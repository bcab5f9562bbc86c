package httpx

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// TransportOptions tunes NewClient. The zero value works.
type TransportOptions struct {
	Connections int           // idle connections kept to the one host; 0 means 16
	Idle        time.Duration // how long an idle connection is kept; 0 means 30 s
	HTTP1       bool          // speak HTTP/1.1 only, so that a broken connection concerns one request
}

// NewClient is an http.Client of its own: the proxy of the environment, TLS 1.2 or later, enough idle connections for
// concurrent calls to one host, and never a redirect followed, since that would carry the credentials, and a POST, to a
// place nobody configured. It sets no time-out: a Service has one for each attempt.
func NewClient(o TransportOptions) *http.Client {
	if o.Connections <= 0 {
		o.Connections = 16
	}
	if o.Idle <= 0 {
		o.Idle = 30 * time.Second
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!o.HTTP1)
	return &http.Client{
		CheckRedirect: stay,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    10 * time.Second,
			MaxIdleConns:           o.Connections,
			MaxIdleConnsPerHost:    o.Connections,
			IdleConnTimeout:        o.Idle,
			MaxResponseHeaderBytes: 256 << 10,
			Protocols:              protocols,
		},
	}
}

// stay is the redirect policy: the redirect itself is the answer.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// unfollowing is c with the redirect policy of NewClient and without a cookie jar.
func unfollowing(c *http.Client) *http.Client {
	own := *c
	own.CheckRedirect, own.Jar = stay, nil
	return &own
}
