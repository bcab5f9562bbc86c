package httpx

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
)

// setupAdvice says what to do about a failure to connect that will not heal by itself, because it lies in how
// this machine, its network or the configuration is set up; empty for any other. The certificate of a service
// that has expired is renewed there, and a clock that is wrong may be set, so that later tries can help.
func setupAdvice(err error, setting string) string {
	if refusal, ok := errors.AsType[*proxyRefusal](err); ok {
		return refusal.advice()
	}
	if nameless, ok := errors.AsType[*net.DNSError](err); ok && nameless.IsNotFound && ofProxy(err) {
		return "there is no host with the name that HTTPS_PROXY gives to the proxy: is it spelt right? To " +
			"use no proxy, leave that variable empty"
	}
	_, noRoots := errors.AsType[x509.SystemRootsError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, otherHost := errors.AsType[x509.HostnameError](err)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	switch {
	case noRoots, unknown && noAuthorities():
		return "this machine has no certificates of authorities: install ca-certificates (in a container: copy " +
			"/etc/ssl/certs/ca-certificates.crt into it), or name such a file in SSL_CERT_FILE" + wrongCertFile()
	case unknown, isInvalid && invalid.Reason != x509.Expired:
		return "what answers shows a certificate that this machine has no reason to trust: if a proxy of yours " +
			"opens TLS, add its authority to the system's certificates or to the file in SSL_CERT_FILE; otherwise " +
			"look what stands in between, and compare " + setting
	case oldTLS(err):
		return "what answers speaks no TLS 1.2 or later, without which nothing is sent: a proxy or gateway that is too " +
			"old stands in between, or " + setting + " names something else"
	case otherHost:
		return "what answers is another host: compare " + setting + ", and look what stands in between"
	}
	return ""
}

// oldTLS reports whether a connection could not be secured because the other side speaks no version of TLS
// that is new enough: it says so itself, or chooses one that was not offered. Only the words tell (observed).
func oldTLS(err error) bool {
	if err == nil {
		return false
	}
	words := err.Error()
	return strings.Contains(words, "tls: ") && (strings.Contains(words, "protocol version not supported") ||
		strings.Contains(words, "unsupported protocol version"))
}

// ofProxy reports whether it is the proxy that could not be connected to.
func ofProxy(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "proxyconnect"
}

// crowdedAdvice says what to do where no more files, and so no connections, can be opened; empty for any
// other failure. Others close theirs, so that a later try can do.
func crowdedAdvice(err error) string {
	// A name is looked up with files, of whose errors the words alone are left.
	nameless, _ := errors.AsType[*net.DNSError](err)
	words := nameless != nil && strings.Contains(nameless.Err, syscall.EMFILE.Error())
	switch {
	case errors.Is(err, syscall.EMFILE), words:
		return "this process may not open more files, and a connection is one: raise its limit (ulimit -n, " +
			"or LimitNOFILE= of systemd); the network is not at fault"
	case errors.Is(err, syscall.ENFILE):
		return "this machine has as many files open as it can, and a connection is one: see which process " +
			"has so many, or raise fs.file-max; the network is not at fault"
	}
	return ""
}

// expired reports whether a certificate is out of its time, by this machine's clock.
func expired(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

// noAuthorities reports whether this machine knows no authority at all, which Go takes for knowing none that
// signed a certificate.
func noAuthorities() bool {
	pool, err := x509.SystemCertPool()
	return err != nil || pool.Equal(x509.NewCertPool())
}

func wrongCertFile() string {
	path := os.Getenv("SSL_CERT_FILE")
	if path == "" {
		return ""
	}
	if _, err := os.Stat(path); err != nil {
		return "; what that names now cannot be read"
	}
	return "; what that names now holds none"
}

// proxyRefusal is the answer of a proxy that does not connect.
type proxyRefusal struct {
	status int
	host   string // that was to be connected to, with its port
	named  bool   // with a user
}

func (p *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy answered %d to the request to connect to %s", p.status, p.host)
}

// busy are the statuses below 500 with which a proxy asks to be tried later.
var busy = []int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}

// advice is empty for what may pass: the proxy fails, or does not reach the host.
func (p *proxyRefusal) advice() string {
	switch {
	case p.status == http.StatusProxyAuthRequired && p.named:
		return "the proxy refuses the user and password in HTTPS_PROXY"
	case p.status == http.StatusProxyAuthRequired:
		return "the proxy wants a user and a password: write them into HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT"
	case p.status < 500 && !slices.Contains(busy, p.status):
		return "the proxy refuses to connect to " + p.host + ": let it allow that, or name the host in NO_PROXY if it " +
			"can be reached without; is HTTPS_PROXY right?"
	}
	return ""
}

// checkConnect makes an error of an answer to CONNECT that is no success. It shows none of the proxy's words.
func checkConnect(proxy *url.URL, connect *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{resp.StatusCode, connect.Host, proxy.User != nil}
}
