package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"acsync/sync/httpx"
)

const (
	oneTry = 3 * time.Second        // of a call that is made again
	pause  = 500 * time.Millisecond // before that
	tries  = 2
)

// caller posts short texts to an address that is a secret. Its errors show nothing of that.
type caller struct {
	client  *http.Client
	address *url.URL
	agent   string // of the header User-Agent
}

func newCaller(address, agent string) (caller, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		// The error of the library quotes it.
		return caller{}, errors.New("its address is not a URL")
	}
	return caller{httpx.NewClient(httpx.TransportOptions{Connections: 1}), parsed, agent}, nil
}

// to is the caller of an address below its own.
func (c caller) to(path string, query url.Values) caller {
	below := *c.address
	below.Path = strings.TrimRight(below.Path, "/") + path
	below.RawPath = ""
	all := below.Query()
	for name, values := range query {
		all[name] = values
	}
	below.RawQuery = all.Encode()
	c.address = &below
	return c
}

// post makes a call, and once again where that can help: a message that comes twice is better than none.
func (c caller) post(ctx context.Context, contentType, body string) (err error) {
	for try := 1; ; try++ {
		var again bool
		if again, err = c.try(ctx, contentType, body); err == nil || !again || try == tries {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

func (c caller) try(ctx context.Context, contentType, body string) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address.String(), strings.NewReader(body))
	if err != nil {
		return false, errors.New("its address is not a URL")
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("User-Agent", c.agent)
	response, err := c.client.Do(request)
	if err != nil {
		return true, errors.New(unreached(err))
	}
	defer response.Body.Close()
	// Nothing of the answer is of use, but a connection whose answer was read can be used again.
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
	if response.StatusCode/100 != 2 {
		passes := response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
		return passes, fmt.Errorf("it answered %d", response.StatusCode)
	}
	return false, nil
}

// unreached says why there was no answer. The error itself holds the address.
func unreached(err error) string {
	_, noName := errors.AsType[*net.DNSError](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	timed, isTimed := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), isTimed && timed.Timeout():
		return "it did not answer in time"
	case noName:
		return "the name of its host is not known"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "its host takes no connections"
	case badCertificate, unknown:
		return "its host shows a certificate that this machine does not trust"
	}
	return "it cannot be reached"
}
