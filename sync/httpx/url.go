package httpx

import (
	"cmp"
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// CheckBase refuses what cannot be the root of an API: it needs https, or http to a loopback address, a host,
// perhaps a path, and nothing else. Like [CheckKey]'s, the error is a predicate for the name of the setting,
// and quotes nothing: URLs are where credentials hide.
func CheckBase(text string) error {
	_, err := parseBase(text, false)
	return err
}

// CheckSecretURL refuses what cannot be an address that is a secret by itself, such as that of a webhook: it
// needs https, or http to a loopback address, and a host. A query may belong to it. The error is as that of
// [CheckBase].
func CheckSecretURL(text string) error {
	before, _, _ := strings.Cut(text, "?")
	return cmp.Or(CheckKey(text), CheckBase(before))
}

// parseBase reads the root of an API. Credentials travel in a header, hence plain http only where it stays on
// this machine, or where anywhere is set, for a test that brings its own client.
func parseBase(text string, anywhere bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil:
		return nil, errors.New("is not a URL; write it like https://host.example")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password; keys have their own settings")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return nil, errors.New("must end with its host or path, without ? or #")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.Opaque != "":
		return nil, errors.New("must be an absolute URL such as https://host.example")
	case u.Scheme == "http" && !anywhere && !loopback(u.Hostname()):
		return nil, errors.New("must begin with https://; plain http is only for a loopback address")
	case u.Port() != "" && !validPort(u.Port()):
		return nil, errors.New("has a port that is not between 1 and 65535")
	}
	return u, nil
}

// Loopback reports whether a URL points to this machine, which is where stand-ins and tests listen.
func Loopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err == nil && loopback(u.Hostname())
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// CheckKey refuses an API key that cannot be one: empty, in quotes, or with a character that no header takes,
// as a key has that was copied with its line break. The error is a predicate, as in "the API key is empty",
// and does not hold the key.
func CheckKey(key string) error {
	if key == "" {
		return errors.New("is empty")
	}
	quoted := strings.Trim(key, "\"'`") != key
	strange := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case quoted:
		return errors.New("is in quotes, which are no part of a key; a file that sets variables (of Docker, for " +
			"instance) keeps them: write the key without")
	case strings.ContainsAny(key, "\r\n"):
		return errors.New("has several lines; it must be the key alone")
	case strings.ContainsAny(key, " \t"):
		return errors.New("has a blank in it, which no key has; it must be the key alone")
	case strings.ContainsFunc(key, strange):
		return errors.New("holds a character that no key has, which may be invisible; copy it again")
	}
	return nil
}
