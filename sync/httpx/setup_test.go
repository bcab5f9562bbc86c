package httpx

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"acsync/sync/exit"
)

// TestSetup tells what somebody has to mend on this machine from what a later run may find mended, for calls made once
// and for others. Whatever it is, nothing has left.
func TestSetup(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that are to fail
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	known := x509.NewCertPool()
	known.AddCert(server.Certificate())
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	proxy := func(status int) func(*http.Request) (*url.URL, error) {
		p := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "you, Jane?", status) }))
		t.Cleanup(p.Close)
		return func(*http.Request) (*url.URL, error) {
			return url.Parse(strings.Replace(p.URL, "//", "//jane:s3cret@", 1))
		}
	}
	tests := []struct {
		name, address string
		tls           *tls.Config // nil: the client's own
		proxy         func(*http.Request) (*url.URL, error)
		code          exit.Code
		hint          string
	}{
		{"an unknown authority", server.URL, &tls.Config{RootCAs: x509.NewCertPool()}, direct, exit.Usage, "add its authority"},
		{"no TLS but 1.1", old.URL, nil, direct, exit.Usage, "speaks no TLS 1.2 or later"},
		{"another host", "https://localhost:" + port, &tls.Config{RootCAs: known}, direct, exit.Usage, "compare test.base_url"},
		{"an expired certificate", server.URL, &tls.Config{RootCAs: known, Time: func() time.Time {
			return time.Now().AddDate(200, 0, 0)
		}}, direct, exit.Temporary, "this machine's clock"},
		{"a proxy that wants a password", "https://acme.example", &tls.Config{}, proxy(407), exit.Usage, "user and password in HTTPS_PROXY"},
		{"a proxy that refuses", "https://acme.example", &tls.Config{}, proxy(403), exit.Usage, "refuses to connect to acme.example:443"},
		{"something that is no proxy", "https://acme.example", &tls.Config{}, proxy(404), exit.Usage, "is HTTPS_PROXY right?"},
		{"a proxy that fails", "https://acme.example", &tls.Config{}, proxy(502), exit.Temporary, "check the network"},
		{"a proxy with much to do", "https://acme.example", &tls.Config{}, proxy(429), exit.Temporary, "check the network"},
	}
	for _, tt := range tests {
		for _, once := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, once: %t", tt.name, once), func(t *testing.T) {
				s, err := NewService(ServiceOptions{
					Name: "test", BaseURL: tt.address, Setting: "test.base_url", Transport: TransportOptions{Single: once},
				})
				if err != nil {
					t.Fatal(err)
				}
				switch transport := s.client.Transport.(type) {
				case *single:
					transport.tls, transport.proxy = cmp.Or(tt.tls, transport.tls), tt.proxy
					transport.proxied.(*http.Transport).Proxy = tt.proxy
				case *http.Transport:
					transport.TLSClientConfig, transport.Proxy = cmp.Or(tt.tls, transport.TLSClientConfig), tt.proxy
				}
				call := Call{Method: "POST", Path: "/v1/x", Body: []byte("{}"), Once: once}
				want := func(code exit.Code) {
					t.Helper()
					written := false
					ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
						GotConn: func(httptrace.GotConnInfo) { written = true },
					})
					_, err := s.Do(ctx, call)
					if got, _ := exit.Of(err); got != code || written {
						t.Errorf("got exit code %d, written %t: %v", got, written, err)
					}
					if !strings.Contains(err.Error(), tt.hint) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "Jane") {
						t.Errorf("got %v, want %q in it", err, tt.hint)
					}
					if e, ok := errors.AsType[*Error](err); !ok || e.OfRequest() {
						t.Errorf("taken for a failure of this request: %v", err)
					}
				}
				want(tt.code)
				// What has worked is set up.
				s.report.proven.Store(true)
				want(exit.Temporary)
			})
		}
	}
}

// TestProxyOfNoName holds that a proxy whose name is of no host is for somebody to mend, and a service's is not.
func TestProxyOfNoName(t *testing.T) {
	for _, once := range []bool{true, false} {
		s, err := NewService(ServiceOptions{
			Name: "test", BaseURL: "https://acme.example", Setting: "test.base_url", Transport: TransportOptions{Single: once},
		})
		if err != nil {
			t.Fatal(err)
		}
		proxy := func(*http.Request) (*url.URL, error) { return url.Parse("http://jane:s3cret@none:3128") }
		transport, ok := s.client.Transport.(*http.Transport)
		if !ok {
			transport = s.client.Transport.(*single).proxied.(*http.Transport)
			s.client.Transport.(*single).proxy = proxy
		}
		nameless := &net.DNSError{Err: "no such host", Name: "none", IsNotFound: true}
		transport.Proxy = proxy
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: nameless}
		}
		for _, scheme := range []string{"http", "socks5"} {
			transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(scheme + "://jane:s3cret@none:3128") }
			_, err = s.Do(t.Context(), Call{Method: "POST", Path: "/v1/x", Body: []byte("{}"), Once: once})
			if code, _ := exit.Of(err); code != exit.Usage || !strings.Contains(err.Error(), "HTTPS_PROXY") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("once %t, %s: got exit code %d: %v", once, scheme, code, err)
			}
		}
		e := s.report.failed(t.Context(), Call{}, 0, &net.OpError{Op: "dial", Net: "tcp", Err: nameless})
		if code, _ := exit.Of(e); code != exit.Temporary {
			t.Errorf("a service's name: got exit code %d: %v", code, e)
		}
	}
}

// TestNoMoreFiles tells a process that may open no more files from a network that fails, wherever it is met: also where
// the certificates of authorities could not be read because of it.
func TestNoMoreFiles(t *testing.T) {
	s, err := NewService(ServiceOptions{Name: "test", BaseURL: "https://acme.example", Setting: "test.base_url"})
	if err != nil {
		t.Fatal(err)
	}
	dialed := func(why syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", why)}
	}
	for _, tt := range []struct {
		err  error
		hint string
	}{
		{dialed(syscall.EMFILE), "ulimit -n"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: dialed(syscall.EMFILE)}, "ulimit -n"},
		{dialed(syscall.ENFILE), "this machine has as many files open"},
		{&net.DNSError{Err: "open /etc/resolv.conf: " + syscall.EMFILE.Error(), Name: "acme.example"}, "ulimit -n"},
		{x509.SystemRootsError{Err: &os.PathError{Op: "open", Path: "/etc/ssl/certs", Err: syscall.EMFILE}}, "ulimit -n"},
	} {
		e := s.report.failed(t.Context(), Call{Method: "GET", Path: "/"}, 0, &url.Error{Op: "Get", URL: "https://acme.example/", Err: tt.err})
		if code, _ := exit.Of(e); code != exit.Temporary || !strings.Contains(e.Error(), tt.hint) || strings.Contains(e.Error(), "check the network") {
			t.Errorf("got exit code %d: %v", code, e)
		}
	}
}

// TestProxyVariables refuses what names proxies and is not understood, and shows nothing of it.
func TestProxyVariables(t *testing.T) {
	for _, tt := range []struct {
		name, value string
		problem     string // empty: it is taken
	}{
		{"HTTPS_PROXY", "http://proxy.example:3128", ""},
		{"HTTPS_PROXY", "http://jane:s3cret@proxy.example:3128/", ""},
		{"HTTPS_PROXY", "proxy.example:3128", ""},
		{"https_proxy", "proxy.example", ""},
		{"HTTPS_PROXY", "socks5://[::1]:1080", ""},
		{"HTTPS_PROXY", "http://jane:s3cret#x@proxy.example:3128", "is not the address of a proxy"},
		{"HTTPS_PROXY", `"http://jane:s3cret@proxy.example:3128"`, "is not the address of a proxy"},
		{"HTTPS_PROXY", "http://jane:s3cret@proxy.example:3128 ", "is not the address of a proxy"},
		{"https_proxy", "http://:3128", "is not the address of a proxy"},
		{"HTTP_PROXY", "http://[s3cret", "is not the address of a proxy"},
		{"HTTPS_PROXY", "htpps://s3cret@proxy.example:3128", "must begin with"},
		{"HTTPS_PROXY", "http://s3cret@proxy.example:99999", "has a port"},
		{"NO_PROXY", "localhost, .acme.example,10.0.0.0/8,*.corp.example,::1,acme.example:8443,", ""},
		{"NO_PROXY", "*", ""},
		{"NO_PROXY", "10.0.0.0/33", "has an entry"},
		{"no_proxy", "https://s3cret.example", "has an entry"},
		{"NO_PROXY", "s3cret.example acme.example", "has an entry"},
	} {
		t.Run(tt.name+" "+tt.value, func(t *testing.T) {
			for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} {
				t.Setenv(name, "")
				t.Setenv(strings.ToLower(name), "")
			}
			t.Setenv(tt.name, tt.value)
			_, err := NewService(ServiceOptions{Name: "test", BaseURL: "https://acme.example", Setting: "test.base_url"})
			if tt.problem == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			code, _ := exit.Of(err)
			if code != exit.Usage || !strings.Contains(err.Error(), tt.name+" "+tt.problem) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got exit code %d: %v", code, err)
			}
			// Nothing on this machine is called through a proxy.
			if _, err := NewService(ServiceOptions{Name: "test", BaseURL: "http://127.0.0.1:1", Setting: "test.base_url"}); err != nil {
				t.Errorf("got %v for a stand-in", err)
			}
		})
	}
}

// TestUnusedProxy warns of a proxy for other programs where one was meant, and shows nothing of it.
func TestUnusedProxy(t *testing.T) {
	for name, tt := range map[string]struct {
		env     []string
		address string
		warned  string
	}{
		"nothing":           {nil, "https://acme.example", ""},
		"for all":           {[]string{"ALL_PROXY"}, "https://acme.example", "ALL_PROXY is not used"},
		"in small letters":  {[]string{"all_proxy"}, "https://acme.example", "all_proxy is not used"},
		"both":              {[]string{"ALL_PROXY", "HTTPS_PROXY"}, "https://acme.example", ""},
		"both, mixed":       {[]string{"ALL_PROXY", "https_proxy"}, "https://acme.example", ""},
		"a stand-in":        {[]string{"ALL_PROXY"}, "http://127.0.0.1:1", ""},
		"no address so far": {[]string{"ALL_PROXY"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, each := range []string{"HTTPS_PROXY", "ALL_PROXY"} {
				t.Setenv(each, "")
				t.Setenv(strings.ToLower(each), "")
			}
			for _, each := range tt.env {
				t.Setenv(each, "http://s3cret@proxy.example:3128")
			}
			got := UnusedProxy("http://localhost:2", tt.address)
			if (got == "") != (tt.warned == "") || !strings.Contains(got, tt.warned) || strings.Contains(got, "s3cret") {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestProxyVariableOfTwo looks at the one that counts.
func TestProxyVariableOfTwo(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://proxy.example:3128")
	t.Setenv("https_proxy", "http://[")
	if err := checkProxies(); err != nil {
		t.Errorf("got %v", err)
	}
}
