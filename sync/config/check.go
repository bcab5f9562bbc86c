package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"acsync/sync/httpx"
)

const (
	kustomerApp     = "kustomerapp.com"
	kustomerAPI     = "api.kustomerapp.com"
	agentConnectWeb = "stellaconnect.net"
	agentConnectAPI = "api.stellaconnect.net"
)

const (
	// maxPropertyName is in characters. What Agent Connect takes is unknown.
	maxPropertyName = 100

	// stampProperty is the custom property that bears the intent's id.
	stampProperty = "acsync_intent"
)

// checker collects what is wrong with a configuration.
type checker struct {
	faults  Faults
	faulty  map[string]bool   // keys with a fault
	origins map[string]origin // by key; a key without one has its default
	partial bool              // of the file, something unknown could not be read
	// the rules of all tenants that come before those of a file of their own, and that file; see
	// [draft.readFiles]
	before int
	own    string
}

func newChecker() checker {
	return checker{faulty: map[string]bool{}, origins: map[string]origin{}}
}

func (k *checker) faultAt(at origin, key, message string) {
	k.faulty[key] = true
	k.faults = append(k.faults, Fault{
		File: at.file, Line: at.line, Column: at.column, Source: at.source, Message: message,
		Key: k.keyIn(at.file, key),
	})
}

// keyIn is a key as it is counted in a file: the rules of a tenant follow on those of all tenants.
func (k *checker) keyIn(file, key string) string {
	if k.before == 0 || file != k.own {
		return key
	}
	return countedOn(key, -k.before)
}

// fault adds the fault of a value, placed where that came from, unless it is unclear what was given.
func (k *checker) fault(key, format string, args ...any) { k.faultOf([]string{key}, format, args...) }

// faultOf is for several keys; it is placed where the first came from that did not keep its default.
func (k *checker) faultOf(keys []string, format string, args ...any) {
	if slices.ContainsFunc(keys, k.unclear) {
		return
	}
	at, set := origin{}, false
	for _, key := range keys {
		if !set {
			at, set = nearest(k.origins, key)
		}
	}
	k.faultAt(at, keys[0], fmt.Sprintf(format, args...))
}

// unclear reports whether a key, or what it stands in, is known to be wrong or may not have been read.
func (k *checker) unclear(key string) bool {
	if _, set := k.origins[key]; k.partial && !set {
		return true
	}
	// A section has faults of its own, which say nothing of its keys.
	for ; strings.ContainsAny(key, ".["); key = around(key) {
		if k.faulty[key] {
			return true
		}
	}
	return false
}

// origin is where the value of a key came from.
type origin struct {
	file         string
	line, column int
	text         int    // column of the first character of the value; 0 when it is not known
	source       string // as Fault.Source
}

// nearest returns where a key came from, or else the innermost table around it that is known.
func nearest(origins map[string]origin, key string) (at origin, known bool) {
	for at, known = origins[key]; !known && key != ""; at, known = origins[key] {
		key = around(key)
	}
	return at, known
}

func around(key string) string { return key[:max(0, strings.LastIndexAny(key, ".["))] }

// label checks the name of an organisation below a domain; empty stands for none.
func (k *checker) label(key, label, domain string) {
	switch {
	case strings.ContainsAny(label, "./:"):
		k.fault(key, "%s", labelHint(label, domain))
	case label != "" && !labelForm.MatchString(label):
		k.fault(key, "must be the name before .%s: up to 63 lower-case letters, digits and inner hyphens",
			domain)
	}
}

var labelForm = regexp.MustCompile(`^[0-9a-z]([0-9a-z-]{0,61}[0-9a-z])?$`)

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

// baseURL checks the root of an API; empty stands for the usual one.
func (k *checker) baseURL(key, value string) {
	if err := httpx.CheckBase(value); value != "" && err != nil {
		k.fault(key, "%v", err)
	}
}

func (k *checker) secret(key string, value Secret) {
	if err := httpx.CheckKey(value.Reveal()); value.IsSet() && err != nil {
		k.fault(key, "%v", err)
	}
}

// secretURL checks an address that is a secret by itself. No message shows a part of it.
func (k *checker) secretURL(key string, value Secret) {
	if err := httpx.CheckSecretURL(value.Reveal()); value.IsSet() && err != nil {
		k.fault(key, "%v", err)
	}
}

func (k *checker) count(key string, value, most int) {
	if value < 1 || value > most {
		k.fault(key, "must be between 1 and %d, is %d", most, value)
	}
}

func (k *checker) duration(key string, value, least, most Duration) {
	if value < least || value > most {
		k.fault(key, "must be between %s and %s, is %s", least, most, value)
	}
}

func (k *checker) oneOf(key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		k.fault(key, `must be one of "%s", is %s`, strings.Join(allowed, `", "`), shorten(value))
	}
}

// properties checks the names of custom properties; their expressions are for [Source].Check.
func (k *checker) properties(key string, properties map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		full := join(key, name)
		switch {
		case blank(name):
			k.fault(full, "must not have an empty name")
		case name == stampProperty:
			k.fault(full, "is written by acsync itself; see agent_connect.stamp")
		case utf8.RuneCountInString(name) > maxPropertyName || strings.ContainsFunc(name, unicode.IsControl):
			k.fault(full, "must have a name of at most %d characters, without control characters",
				maxPropertyName)
		case blank(properties[name]):
			k.fault(full, "must not be empty: give it an expression, or leave the property out")
		}
	}
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
