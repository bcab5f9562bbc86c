package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"acsync/sync/httpx"
)

const (
	kustomerApp     = "kustomerapp.com"
	kustomerAPI     = "api.kustomerapp.com"
	agentConnectWeb = "stellaconnect.net"
	agentConnectAPI = "api.stellaconnect.net"
)

// account is the host of an API and its path, in one spelling, or local on this machine.
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

var labelForm = regexp.MustCompile(`^[0-9a-z]([0-9a-z-]{0,61}[0-9a-z])?$`)

// labelProblem says what is wrong with the name of an organisation below domain; empty is fine.
func labelProblem(label, domain string) string {
	if strings.ContainsAny(label, "./:") {
		return labelHint(label, domain)
	}
	if label != "" && !labelForm.MatchString(label) {
		return "must be the name before ." + domain +
			": up to 63 lower-case letters, digits and inner hyphens"
	}
	return ""
}

// labelHint answers somebody who pasted a whole address. The name is shown only when the address is one of
// the service's: anything else may be a key in the wrong place.
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
