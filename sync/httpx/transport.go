package httpx

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// How long making a connection may take, and securing it.
const connectTime, handshakeTime = 10 * time.Second, 10 * time.Second

// Dial makes a connection, as [net.Dialer.DialContext] does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// TransportOptions tunes NewClient. The zero value works.
type TransportOptions struct {
	Connections int  // idle connections kept to the one host; 0 means 16
	Single      bool // none is kept: HTTP/1.1, and a connection for each request; see single
	Dial        Dial // in place of the network, for tests
}

// NewClient makes an http.Client with the proxy of the environment, TLS 1.2 or later, enough idle connections
// for concurrent calls to one host, and never a redirect followed, since that would carry the credentials,
// and a POST, to a place nobody configured. It sets no time-out: a Service has one for each attempt.
func NewClient(o TransportOptions) *http.Client {
	connections := cmp.Or(max(o.Connections, 0), 16)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectTime, KeepAlive: 15 * time.Second}).DialContext
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshakeTime,
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		Protocols:              protocols,
		OnProxyConnectResponse: func(
			_ context.Context, proxy *url.URL, connect *http.Request, resp *http.Response,
		) error {
			return checkConnect(proxy, connect, resp)
		},
	}
	if o.Single {
		return withoutRedirects(&http.Client{Transport: newSingle(transport, dial)})
	}
	return withoutRedirects(&http.Client{Transport: transport})
}

// withoutRedirects is c with the redirect policy of NewClient and without a cookie jar.
func withoutRedirects(c *http.Client) *http.Client {
	own := *c
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}
