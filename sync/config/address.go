package config

import (
	"fmt"
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
