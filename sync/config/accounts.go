package config

import (
	"cmp"
	"net/url"
	"strings"

	"acsync/sync/httpx"
)

// Accounts names the two accounts that a configuration is about, without any secret, so that a ledger can tell whether it
// is theirs: the hosts that are called, with their paths. Stand-ins and proxies on this machine get another port each
// time, so that there the organisation counts instead. Empty as long as no organisation is configured.
func (c Config) Accounts() string {
	if c.KustomerURL() == "" {
		return ""
	}
	const here = "on this machine"
	return "Kustomer " + account(c.KustomerURL(), cmp.Or(c.Kustomer.Org, "without an organisation")+" "+here) +
		", Agent Connect " + account(c.AgentConnectURL(), here)
}

// account is the host of an API and its path, in one spelling.
func account(rawURL, local string) string {
	u, err := url.Parse(rawURL)
	if err != nil || httpx.Loopback(rawURL) {
		return local
	}
	host := strings.ToLower(u.Hostname())
	if port := u.Port(); port != "" && port != "443" {
		host += ":" + port
	}
	return host + strings.TrimRight(u.EscapedPath(), "/")
}
