package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // containers and Windows often come without a time zone database
)

const (
	kustomerApp     = "kustomerapp.com"
	kustomerAPI     = "api.kustomerapp.com"
	agentConnectWeb = "stellaconnect.net"
	agentConnectAPI = "api.stellaconnect.net"
)

// KustomerURL returns the root of Kustomer's API without a slash at its end: kustomer.base_url, else
// https://<org>.api.kustomerapp.com, which routes to the organisation's region (documented). Empty when neither is set.
func (c Config) KustomerURL() string {
	switch {
	case c.Kustomer.BaseURL != "":
		return strings.TrimRight(c.Kustomer.BaseURL, "/")
	case c.Kustomer.Org != "":
		return "https://" + c.Kustomer.Org + "." + kustomerAPI
	}
	return ""
}

// KustomerAppURL returns the root of Kustomer's web application, https://<org>.kustomerapp.com, for links to
// conversations. Empty when kustomer.org is not set: there is no page to link to then.
func (c Config) KustomerAppURL() string {
	if c.Kustomer.Org == "" {
		return ""
	}
	return "https://" + c.Kustomer.Org + "." + kustomerApp
}

// AgentConnectURL returns the root of Agent Connect's API without a slash at its end: agent_connect.base_url, else
// https://<subdomain>.api.stellaconnect.net, else the host that all accounts share (both documented).
func (c Config) AgentConnectURL() string {
	switch {
	case c.AgentConnect.BaseURL != "":
		return strings.TrimRight(c.AgentConnect.BaseURL, "/")
	case c.AgentConnect.Subdomain != "":
		return "https://" + c.AgentConnect.Subdomain + "." + agentConnectAPI
	}
	return "https://" + agentConnectAPI
}

// Location returns the time zone of dates given without one (sync.timezone). It cannot fail after [Load].
func (c Config) Location() (*time.Location, error) {
	location, err := time.LoadLocation(c.Sync.Timezone)
	if err != nil {
		return nil, fmt.Errorf("sync.timezone is not known on this machine: %w", err)
	}
	return location, nil
}

// loopback tells whether rawURL points to this machine, which is where stand-ins and tests listen.
func loopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err == nil && loopbackHost(u.Hostname())
}

func loopbackHost(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// baseURLProblem says what is wrong with the root of an API, without quoting it: URLs are where credentials hide.
func baseURLProblem(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "is not a URL; write it like https://proxy.example"
	}
	switch {
	case u.User != nil:
		return "must not hold a user or password; keys have their own settings"
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(rawURL, "#"):
		return "must end with its host or path, without ? or #"
	}
	return webURLProblem(u)
}

// webURLProblem is the part that holds for every URL.
func webURLProblem(u *url.URL) string {
	switch {
	case u.Scheme == "http" && u.Hostname() != "" && !loopbackHost(u.Hostname()):
		return "must begin with https://; plain http is only for a loopback address"
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.Opaque != "":
		return "must be an absolute URL such as https://proxy.example"
	case u.Port() != "" && !validPort(u.Port()):
		return "has a port that is not between 1 and 65535"
	}
	return ""
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// labelProblem says what is wrong with the name of an organisation below domain.
func labelProblem(label, domain string) string {
	if strings.ContainsAny(label, "./:") {
		return labelHint(label, domain)
	}
	ok := len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-'
	for _, c := range []byte(label) {
		ok = ok && (c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z')
	}
	if !ok {
		return "must be the name before ." + domain + ": up to 63 lower-case letters, digits and inner hyphens"
	}
	return ""
}

// labelHint answers somebody who pasted a whole address. The name is shown only when the address is one of the
// service's: anything else may be a key in the wrong place.
func labelHint(pasted, domain string) string {
	_, host, found := strings.Cut(pasted, "://")
	if !found {
		host = pasted
	}
	host, _, _ = strings.Cut(host, "/")
	host, _, _ = strings.Cut(host, ":")
	name, ours := strings.CutSuffix(strings.ToLower(host), "."+domain)
	name = strings.TrimSuffix(name, ".api")
	if !ours || name == "api" || len(name) > 63 || strings.ContainsAny(name, ".@") {
		return "must be only the name before ." + domain + `, such as "acme"`
	}
	return fmt.Sprintf("must be only the name before .%s: write %q", domain, name)
}
