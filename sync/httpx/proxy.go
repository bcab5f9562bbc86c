package httpx

import (
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"acsync/sync/exit"
)

// checkProxies refuses variables of the environment that name proxies and cannot be understood: net/http
// would do as if they were not set, and call past a proxy. The error shows no value, in which a password can
// be.
func checkProxies() error {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"} {
		// In this order, and one alone, as net/http takes them.
		for _, name := range []string{name, strings.ToLower(name)} {
			value := os.Getenv(name)
			if value == "" {
				continue
			}
			problem := proxyProblem(value)
			if strings.EqualFold(name, "NO_PROXY") {
				problem = exceptionsProblem(value)
			}
			if problem != "" {
				return exit.New(exit.Usage, "the environment variable "+name+" "+problem+"; nothing was read or sent")
			}
			break
		}
	}
	return nil
}

// UnusedProxy is a warning about a variable of the environment that names a proxy for other programs, and is
// not used for these addresses; empty for none. It shows no value.
func UnusedProxy(addresses ...string) string {
	outside := slices.ContainsFunc(addresses, func(address string) bool {
		u, err := url.Parse(address)
		return err == nil && u.Host != "" && !loopback(u.Hostname())
	})
	if !outside || os.Getenv("HTTPS_PROXY") != "" || os.Getenv("https_proxy") != "" {
		return ""
	}
	for _, name := range []string{"ALL_PROXY", "all_proxy"} {
		if os.Getenv(name) != "" {
			return "the environment variable " + name + " is not used, and the services are called without " +
				"a proxy: set HTTPS_PROXY to call them through one"
		}
	}
	return ""
}

// proxyProblem is what is wrong with the address of a proxy; empty for nothing. Without a scheme it is http,
// as net/http has it.
func proxyProblem(text string) string {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Hostname() == "", strings.ContainsAny(text, " \t\r\n\"'"):
		return "is not the address of a proxy: write it like http://proxy.example:3128, with what is no letter or digit " +
			"in a user or password as %XX, and without quotes or blanks"
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		return "must begin with http://, https:// or socks5://"
	case u.Port() != "" && !validPort(u.Port()):
		return "has a port that is not between 1 and 65535"
	}
	return ""
}

// exceptionsProblem is what is wrong with the hosts to be called without a proxy; empty for nothing.
func exceptionsProblem(text string) string {
	for entry := range strings.SplitSeq(text, ",") {
		entry = strings.TrimSpace(entry)
		_, _, err := net.ParseCIDR(entry)
		if strings.ContainsAny(entry, " \t\r\n\"'") || strings.Contains(entry, "/") && err != nil {
			return "has an entry that matches nothing: write hosts, domains, IP addresses and ranges such as 10.0.0.0/8, " +
				"with commas between, and without schemes, paths, quotes or blanks"
		}
	}
	return ""
}
