package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"acsync/sync/httpx"
)

const (
	// maxPropertyName is in characters. What Agent Connect takes is unknown.
	maxPropertyName = 100

	// stampProperty is the custom property that bears the intent's id.
	stampProperty = "acsync_intent"
)

// checker collects the faults of values, one for a key at most.
type checker struct {
	faults Faults
	faulty map[string]bool
}

func (k *checker) fault(key, format string, args ...any) { k.faultRelated(key, nil, format, args...) }

// faultRelated is for faults in which several keys have a part.
func (k *checker) faultRelated(key string, related []string, format string, args ...any) {
	if !k.faulty[key] {
		k.faulty[key] = true
		k.faults = append(k.faults, Fault{Key: key, Message: fmt.Sprintf(format, args...), related: related})
	}
}

// label checks the name of an organisation below a domain; empty stands for none.
func (k *checker) label(key, value, domain string) {
	if problem := labelProblem(value, domain); problem != "" {
		k.fault(key, "%s", problem)
	}
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
		full, related := join(key, name), []string{key}
		switch {
		case blank(name):
			k.faultRelated(full, related, "must not have an empty name")
		case name == stampProperty:
			k.faultRelated(full, related, "is written by acsync itself; see agent_connect.stamp")
		case utf8.RuneCountInString(name) > maxPropertyName || strings.ContainsFunc(name, unicode.IsControl):
			k.faultRelated(full, related,
				"must have a name of at most %d characters, without control characters", maxPropertyName)
		case blank(properties[name]):
			k.faultRelated(
				full, related, "must not be empty: give it an expression, or leave the property out")
		}
	}
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
